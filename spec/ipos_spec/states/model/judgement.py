"""What the tables' conditions mean in the model's world: pure questions to it.

Bounds of tables and holds are large enough here, and every control block can go on: full tables are not explored.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from ipos_spec.states import conditions as when
from ipos_spec.states.model.variations import BY_OWNER
from ipos_spec.states.model.world import FIRST_LAN, NOWHERE, OWNER, Endpoint, Frame, Kind, Segment, World
from ipos_spec.states.table import Condition


class About(NamedTuple):
    """What an event is about.

    segment  the client's, if any
    sender   router that it came from, or FIRST_LAN
    hops     so far
    frame    the type 1 or 3 frame, if any
    choice   the router that a policy would choose now, or NOWHERE for this one
    """

    segment: Segment | None = None
    sender: int = FIRST_LAN
    hops: int = 0
    frame: Frame | None = None
    choice: int = NOWHERE


NOTHING = About()

Judgement = Callable[[World, int, About], bool]


def endpoint_of(world: World, router: int) -> Endpoint:
    """The endpoint that an event found; the lookup has seen to it that there is one."""
    endpoint = world.routers[router].endpoint
    assert endpoint is not None  # noqa: S101 - a row of a state with an endpoint
    return endpoint


def segment_of(about: About) -> Segment:
    """The segment of a client's event."""
    assert about.segment is not None  # noqa: S101 - an event of a segment has one
    return about.segment


def frame_of(about: About) -> Frame:
    """The frame of a type 1 or 3 event."""
    assert about.frame is not None  # noqa: S101 - an event of a frame has one
    return about.frame


def _later(world: World, router: int, about: About) -> bool:
    frame, mine = frame_of(about), world.routers[router]
    known = [ended.numbers for ended in mine.ended if ended.connection == frame.connection]
    if mine.entry is not None and mine.entry.connection == frame.connection:
        known.append(mine.entry.numbers)
    if mine.endpoint is not None and mine.endpoint.connection == frame.connection:
        known.append((mine.endpoint.rcv, mine.endpoint.snd))
    return all(frame.numbers > numbers for numbers in known)


def _by_owner(world: World, router: int, about: About) -> bool:
    frame, mine = frame_of(about), world.routers[router]
    others = [it for it in (mine.endpoint, mine.entry) if it is not None and it.connection != frame.connection]
    return not others or frame.source == OWNER


def _supersedes(world: World, router: int, about: About) -> bool:
    frame, mine = frame_of(about), world.routers[router]
    newer = any(it is not None and it.connection > frame.connection for it in (mine.endpoint, mine.entry))
    return _by_owner(world, router, about) and not newer


def _repeated(world: World, router: int, about: About) -> bool:
    endpoint, frame = endpoint_of(world, router), frame_of(about)
    return endpoint.connection == frame.connection and endpoint.made == frame.numbers


def _returns(world: World, router: int, about: About) -> bool:
    mine = world.routers[router]
    connection = about.frame.connection if about.frame else endpoint_of(world, router).connection
    return mine.entry is not None and mine.entry.connection == connection


def _this_attempt(world: World, router: int, about: About) -> bool:
    endpoint, frame = endpoint_of(world, router), frame_of(about)
    return (frame.connection, frame.numbers) == (endpoint.connection, (endpoint.rcv, endpoint.snd))


def _elsewhere(world: World, router: int, about: About) -> bool:
    if about.choice == NOWHERE:
        return False
    endpoint, segment = endpoint_of(world, router), segment_of(about)
    return (
        segment.kind is Kind.DATA
        and (segment.connection, segment.seq) == (endpoint.connection, endpoint.rcv)
        and max(endpoint.una, segment.ack) == endpoint.snd
        and not endpoint.finished
    )


def _acknowledges_syn(world: World, router: int, about: About) -> bool:
    segment, mine = segment_of(about), world.routers[router]
    waits = mine.entry.beside if mine.entry is not None else endpoint_of(world, router).connection
    return segment.connection == waits and segment.kind is not Kind.SYN


def _repeats_syn(world: World, router: int, about: About) -> bool:
    segment, mine = segment_of(about), world.routers[router]
    before = mine.entry.beside if mine.entry is not None else endpoint_of(world, router).connection
    return segment.connection == before


def _resets_half_open(world: World, router: int, about: About) -> bool:
    segment, entry = segment_of(about), world.routers[router].entry
    assert entry is not None  # noqa: S101 - a row of a state with an entry
    return (segment.kind, segment.connection, segment.seq) == (Kind.RST, entry.beside, 0)


def _in_window(world: World, router: int, about: About) -> bool:
    endpoint, segment = endpoint_of(world, router), segment_of(about)
    return segment.connection == endpoint.connection and segment.seq >= endpoint.rcv and not endpoint.finished


def _at_rcv_nxt(world: World, router: int, about: About) -> bool:
    endpoint, segment = endpoint_of(world, router), segment_of(about)
    return (segment.connection, segment.seq) == (endpoint.connection, endpoint.rcv + endpoint.finished)


def _resets_held(world: World, router: int, about: About) -> bool:
    endpoint, segment = endpoint_of(world, router), segment_of(about)
    end = endpoint.rcv
    for held in sorted(endpoint.held, key=lambda held: held.seq):
        if held.connection == endpoint.connection and held.kind in (Kind.DATA, Kind.FIN) and held.seq == end:
            end += 1
    return segment.connection == endpoint.connection and segment.seq in (endpoint.rcv, end)


def _true(_world: World, _router: int, _about: About) -> bool:
    return True


def _false(_world: World, _router: int, _about: About) -> bool:
    return False


JUDGEMENTS: Mapping[Condition, Judgement] = {
    when.LISTENS: _true,
    when.TEMPORARY_HAS_ROOM: _true,
    when.HOLD_HAS_ROOM: _true,
    when.COMPLETE: _true,
    when.CAN_SERVE: _true,
    when.HAS_PLACE: _true,
    when.OVER: _false,
    when.ELSEWHERE: _elsewhere,
    when.REPEATS_SYN: _repeats_syn,
    when.ACKNOWLEDGES_SYN: _acknowledges_syn,
    when.AT_RCV_NXT: _at_rcv_nxt,
    when.RESETS_HELD: _resets_held,
    when.THIS_ATTEMPT: _this_attempt,
    when.FROM_TARGET: lambda world, router, about: frame_of(about).source == endpoint_of(world, router).target,
    when.CAME_BY_MIGRATION: lambda world, router, _about: endpoint_of(world, router).made is not None,
    when.REPEATED: _repeated,
    when.SAME_CONNECTION: lambda world, router, about: (
        endpoint_of(world, router).connection == frame_of(about).connection
    ),
    when.LATER: _later,
    when.SUPERSEDES: _supersedes,
    BY_OWNER: _by_owner,
    when.OWN_SERVER: lambda _world, router, _about: router == OWNER,
    when.RETURNS: _returns,
    when.FROM_ITS_ORIGIN: lambda world, router, about: about.sender == endpoint_of(world, router).origin,
    when.IN_WINDOW: _in_window,
    when.RESETS_HALF_OPEN: _resets_half_open,
}
