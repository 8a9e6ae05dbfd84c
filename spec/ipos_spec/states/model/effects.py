"""What the tables' actions do to the model's world, each a pure function.

What does not happen inside one router's tables at once is put into `World.said` and done next: a segment for the
client, which may get lost, or a packet to be taken again.
"""

from collections.abc import Callable, Mapping
from typing import Protocol

from ipos_spec.states import actions as act
from ipos_spec.states import events as on
from ipos_spec.states import forwarding, origin
from ipos_spec.states.model.bounds import Bounds
from ipos_spec.states.model.judgement import About, endpoint_of, frame_of, segment_of
from ipos_spec.states.model.properties import Property
from ipos_spec.states.model.variations import TAKE_IN
from ipos_spec.states.model.world import (
    FIRST_LAN,
    NOWHERE,
    Ended,
    Endpoint,
    Entry,
    Frame,
    Kind,
    Said,
    Saying,
    Segment,
    Type,
    World,
    with_endpoint,
    with_entry,
    with_router,
)
from ipos_spec.states.origin import CLOSED
from ipos_spec.states.table import Action, Event


class Tables(Protocol):
    """What an effect may ask of the machine that performs it."""

    bounds: Bounds

    def take(self, world: World, router: int, event: Event, about: About) -> World:
        """An event for a router's endpoint."""

    def forwarding(self, world: World, router: int, event: Event, about: About) -> World:
        """An event for a router's Forward entry."""


Effect = Callable[[Tables, World, int, About], World]


def say(world: World, said: Said) -> World:
    """The world in which something follows."""
    return world._replace(said=(*world.said, said))


def send(tables: Tables, world: World, frame: Frame) -> World:
    """The world with one more frame on the second LAN. A frame that is there already, or too many, is lost."""
    if frame in world.lan or len(world.lan) >= tables.bounds.in_flight:
        return world
    return world._replace(lan=tuple(sorted((*world.lan, frame))))


def _entry_of(world: World, router: int) -> Entry:
    entry = world.routers[router].entry
    assert entry is not None  # noqa: S101 - a row of a state with an entry
    return entry


def _nothing(_tables: Tables, world: World, _router: int, _about: About) -> World:
    return world


def _open(_tables: Tables, world: World, router: int, about: About) -> World:
    return with_endpoint(world, router, Endpoint(CLOSED, segment_of(about).connection))


def _input_again(_tables: Tables, world: World, router: int, about: About) -> World:
    return say(world, Said(Saying.INPUT, router, segment=segment_of(about), choice=about.choice))


def receive(_tables: Tables, world: World, router: int, about: About) -> World:
    """TCP's part, as far as it matters here: acknowledgement, one octet in order, FIN in order."""
    endpoint, segment = endpoint_of(world, router), segment_of(about)
    if segment.connection != endpoint.connection:
        return world
    endpoint = endpoint._replace(una=max(endpoint.una, min(segment.ack, endpoint.snd)))
    world = with_endpoint(world, router, endpoint)
    if segment.kind is Kind.LAST_ACK and endpoint.finished:
        return say(world, Said(Saying.ENDS, router))
    if segment.seq != endpoint.rcv or endpoint.finished:
        return world
    if segment.kind is Kind.DATA:
        world = with_endpoint(world, router, endpoint._replace(rcv=endpoint.rcv + 1))
        return _consume(world, router)
    if segment.kind is Kind.FIN:
        return with_endpoint(world, router, endpoint._replace(finished=True))
    return world


def _consume(world: World, router: int) -> World:
    """The application reads the octet before rcv_nxt and answers it by one octet."""
    endpoint = endpoint_of(world, router)
    before, consumed = endpoint.rcv - endpoint.buffered - 1, list(world.consumed)
    if consumed[endpoint.connection] != before:
        world = world._replace(wrong=Property.CONSUMED_ONCE)
    consumed[endpoint.connection] = before + 1
    world = world._replace(consumed=tuple(consumed))
    return with_endpoint(world, router, endpoint._replace(snd=endpoint.snd + 1))


def take_in(_tables: Tables, world: World, router: int, about: About) -> World:
    """Without ORG-12: the octet is acknowledged and waits in a buffer of this router, the packet is not kept."""
    endpoint, segment = endpoint_of(world, router), segment_of(about)
    if segment.kind is not Kind.DATA or segment.seq != endpoint.rcv:
        return world
    return with_endpoint(world, router, endpoint._replace(rcv=endpoint.rcv + 1, buffered=endpoint.buffered + 1))


def _hold(_tables: Tables, world: World, router: int, about: About) -> World:
    endpoint, segment = endpoint_of(world, router), segment_of(about)
    if segment in endpoint.held:
        return world
    return with_endpoint(world, router, endpoint._replace(held=(*endpoint.held, segment)))


def _input_held(_tables: Tables, world: World, router: int, _about: About) -> World:
    endpoint = endpoint_of(world, router)
    for left in reversed(range(endpoint.buffered)):
        world = with_endpoint(world, router, endpoint_of(world, router)._replace(buffered=left))
        world = _consume(world, router)
    world = with_endpoint(world, router, endpoint_of(world, router)._replace(held=(), target=NOWHERE))
    for segment in endpoint.held:
        world = say(world, Said(Saying.INPUT, router, segment=segment))
    return world


def _challenge(_tables: Tables, world: World, router: int, _about: About) -> World:
    endpoint = endpoint_of(world, router)
    return say(world, Said(Saying.CHALLENGE, router, endpoint.connection, endpoint.rcv + endpoint.finished))


def _refuse(_tables: Tables, world: World, router: int, about: About) -> World:
    return say(world, Said(Saying.RESET, router, segment_of(about).connection))


def _reset_client(_tables: Tables, world: World, router: int, _about: About) -> World:
    return say(world, Said(Saying.RESET, router, endpoint_of(world, router).connection))


def _remove(_tables: Tables, world: World, router: int, _about: About) -> World:
    return with_endpoint(world, router, None)


def _remember(_tables: Tables, world: World, router: int, _about: About) -> World:
    mine, endpoint = world.routers[router], endpoint_of(world, router)
    if endpoint.made is None:
        return world
    others = [ended for ended in mine.ended if ended.connection != endpoint.connection]
    ended = tuple(sorted((*others, Ended(endpoint.connection, (endpoint.rcv, endpoint.snd)))))
    return with_router(world, router, mine._replace(ended=ended))


def _forget(_tables: Tables, world: World, router: int, _about: About) -> World:
    return with_router(world, router, world.routers[router]._replace(ended=()))


def _send_connection_packet(tables: Tables, world: World, router: int, about: About) -> World:
    segment, endpoint = segment_of(about), endpoint_of(world, router)
    endpoint = endpoint._replace(target=about.choice, una=max(endpoint.una, min(segment.ack, endpoint.snd)))
    migrations, duplicates, stale = world.left
    world = with_endpoint(world, router, endpoint)._replace(left=(migrations - 1, duplicates, stale))
    return _repeat_connection_packet(tables, world, router, about)


def _repeat_connection_packet(tables: Tables, world: World, router: int, _about: About) -> World:
    endpoint = endpoint_of(world, router)
    numbers = (endpoint.rcv, endpoint.snd)
    return send(tables, world, Frame(Type.CONNECTION, router, endpoint.target, endpoint.connection, numbers))


def _enter_forward(tables: Tables, world: World, router: int, about: About) -> World:
    if frame_of(about).connection != endpoint_of(world, router).connection:
        world = world._replace(wrong=Property.UNMIXED)
    return tables.forwarding(world, router, on.ENTERED, about)


def _send_held(tables: Tables, world: World, router: int, _about: About) -> World:
    for segment in endpoint_of(world, router).held:
        world = tables.forwarding(world, router, event_for_entry(segment, FIRST_LAN), About(segment))
    return world


def _make(_tables: Tables, world: World, router: int, about: About) -> World:
    frame = frame_of(about)
    rcv, snd = frame.numbers
    made = Endpoint(CLOSED, frame.connection, rcv, snd, snd, origin=frame.source, made=frame.numbers)
    return with_endpoint(world, router, made)


def _replace(tables: Tables, world: World, router: int, about: About) -> World:
    connection, mine = frame_of(about).connection, world.routers[router]
    others = [it for it in (mine.endpoint, mine.entry) if it is not None and it.connection != connection]
    if any(other.connection > connection for other in others):
        world = world._replace(wrong=Property.UNMIXED)
    if mine.endpoint in others:
        world = _remember(tables, world, router, about)
    if mine.entry in others:
        world = tables.forwarding(world, router, on.REPLACED, about)
    return with_endpoint(world, router, None)


def _acknowledge(tables: Tables, world: World, router: int, about: About) -> World:
    frame = frame_of(about)
    return send(tables, world, Frame(Type.ACKNOWLEDGEMENT, router, frame.source, frame.connection, frame.numbers))


def _treat_as_absent(tables: Tables, world: World, router: int, about: About) -> World:
    if world.routers[router].entry is None:
        return world
    return tables.forwarding(world, router, event_for_entry(segment_of(about), about.sender), about)


def _end_own_entry(tables: Tables, world: World, router: int, about: About) -> World:
    return tables.forwarding(world, router, on.TAKEN_BACK, about)


def _forward(tables: Tables, world: World, router: int, about: About) -> World:
    entry, segment, hops = _entry_of(world, router), segment_of(about), about.hops + 1
    if hops > tables.bounds.routers + tables.bounds.migrations:
        return world._replace(wrong=Property.NO_CIRCLE)
    if segment.kind is Kind.SYN and entry.state in (forwarding.ACTIVE, forwarding.DOUBTED):
        world = with_entry(world, router, entry._replace(beside=segment.connection))
    return send(tables, world, Frame(Type.PACKET, router, entry.target, segment.connection, (0, 0), segment, hops))


def _enter(_tables: Tables, world: World, router: int, _about: About) -> World:
    it, before = endpoint_of(world, router), world.routers[router].entry
    beside = NOWHERE if before is None else before.beside
    return with_entry(world, router, Entry(forwarding.NONE, it.connection, (it.rcv, it.snd), it.target, beside))


def _open_beside(_tables: Tables, world: World, router: int, about: About) -> World:
    entry = _entry_of(world, router)
    return with_entry(world, router, entry._replace(beside=segment_of(about).connection))


def _remove_half_open(_tables: Tables, world: World, router: int, _about: About) -> World:
    entry = world.routers[router].entry
    return world if entry is None else with_entry(world, router, entry._replace(beside=NOWHERE))


def _pass_to_endpoint(tables: Tables, world: World, router: int, about: About) -> World:
    return tables.take(world, router, event_of(segment_of(about)), about)


def _end_endpoint(tables: Tables, world: World, router: int, about: About) -> World:
    return with_endpoint(_remember(tables, world, router, about), router, None)


def _keep_half_open(_tables: Tables, world: World, router: int, _about: About) -> World:
    return with_endpoint(world, router, Endpoint(origin.HANDSHAKE, _entry_of(world, router).beside))


def _end_entry(_tables: Tables, world: World, router: int, _about: About) -> World:
    return with_entry(world, router, None)


def _end_provisional(tables: Tables, world: World, router: int, about: About) -> World:
    return world if world.routers[router].endpoint is None else _end_endpoint(tables, world, router, about)


def _complete_beside(_tables: Tables, world: World, router: int, about: About) -> World:
    return with_endpoint(world, router, Endpoint(origin.WAITING, segment_of(about).connection))


def event_of(segment: Segment) -> Event:
    """The event that a segment is to an endpoint."""
    match segment.kind:
        case Kind.SYN:
            return on.SYN
        case Kind.RST:
            return on.RST
        case Kind.DATA | Kind.FIN:
            return on.DATA
        case _:
            return on.SEGMENT


def event_for_entry(segment: Segment, sender: int) -> Event:
    """The event that a segment is to a Forward entry."""
    if segment.kind is Kind.SYN and sender == FIRST_LAN:
        return on.SYN
    return on.FIN_OR_RST if segment.kind in (Kind.FIN, Kind.RST) else on.PACKET


EFFECTS: Mapping[Action, Effect] = {
    act.OPEN: _open,
    act.ANSWER_SYN_AGAIN: _nothing,
    act.ESTABLISH: _nothing,
    act.INPUT_AGAIN: _input_again,
    act.RECEIVE: receive,
    act.CHALLENGE: _challenge,
    act.REFUSE: _refuse,
    act.RESET_CLIENT: _reset_client,
    act.REMOVE: _remove,
    act.REMEMBER: _remember,
    act.FORGET: _forget,
    act.DROP: _nothing,
    act.DISCARD: _nothing,
    act.HOLD: _hold,
    TAKE_IN: take_in,
    act.ATTACH: _nothing,
    act.INPUT_HELD: _input_held,
    act.SEND_CONNECTION_PACKET: _send_connection_packet,
    act.REPEAT_CONNECTION_PACKET: _repeat_connection_packet,
    act.ENTER_FORWARD: _enter_forward,
    act.SEND_HELD: _send_held,
    act.PASS_TO_TARGET: _nothing,
    act.MAKE: _make,
    act.REPLACE: _replace,
    act.ACKNOWLEDGE: _acknowledge,
    act.TREAT_AS_ABSENT: _treat_as_absent,
    act.END_OWN_ENTRY: _end_own_entry,
    act.PROBE: _nothing,
    act.FORWARD: _forward,
    act.RESTART: _nothing,
    act.ENTER: _enter,
    act.OPEN_BESIDE: _open_beside,
    act.COMPLETE_BESIDE: _complete_beside,
    act.REMOVE_HALF_OPEN: _remove_half_open,
    act.PASS_TO_ENDPOINT: _pass_to_endpoint,
    act.END_ENDPOINT: _end_endpoint,
    act.END_FORWARDING: _nothing,
    act.KEEP_HALF_OPEN: _keep_half_open,
    act.END_ENTRY: _end_entry,
    act.END_PROVISIONAL: _end_provisional,
}
