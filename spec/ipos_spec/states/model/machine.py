"""The tables as a machine: looks a packet up (TAB-1), finds the one row that applies, performs its actions."""

from ipos_spec.states import CONTINUED, FORWARDING, ORIGIN, TARGET, forwarding, origin, target
from ipos_spec.states import events as on
from ipos_spec.states.model.bounds import Bounds
from ipos_spec.states.model.effects import EFFECTS, event_for_entry, event_of
from ipos_spec.states.model.judgement import JUDGEMENTS, About, Judgement
from ipos_spec.states.model.variations import Variation, varied
from ipos_spec.states.model.world import FIRST_LAN, NOWHERE, Kind, Router, Type, World, with_endpoint, with_entry
from ipos_spec.states.table import Event, Row, State

_NO_ENDPOINT = frozenset({origin.CLOSED, origin.MIGRATED, target.NONE, target.ENDED})
_CHOOSES = frozenset(
    {
        origin.HANDSHAKE,
        origin.WAITING,
        target.DEFINITE,
        forwarding.HALF_OPEN,
        forwarding.HALF_OPEN_CLOSING,
        forwarding.HALF_OPEN_DEFINITE,
    }
)
_Literal = tuple[Judgement, bool]


class Machine:
    """The three tables, perhaps with rules removed, and what their rows mean in the model's world.

    trail  rows that have applied since it was last cleared
    """

    def __init__(self, bounds: Bounds, variations: tuple[Variation, ...] = ()) -> None:
        self.bounds = bounds
        self.trail: list[Row] = []
        self._rows: dict[tuple[State, Event], list[tuple[tuple[_Literal, ...], Row]]] = {}
        for table in (varied(table, variations) for table in (ORIGIN, TARGET, FORWARDING)):
            for row in table.rows:
                literals = tuple((JUDGEMENTS[~it if not it.holds else it], it.holds) for it in row.when)
                self._rows.setdefault((row.state, row.event), []).append((literals, row))
        self._events = frozenset(event for _, event in self._rows)

    def has(self, event: Event) -> bool:
        """Whether this event comes at all: a removed rule may have brought it."""
        return event in self._events

    def take(self, world: World, router: int, event: Event, about: About) -> World:
        """An event for a router's endpoint, or for the place where none is."""
        endpoint = world.routers[router].endpoint
        if event is on.MEMORY_TIME:  # the memory may have outlived its place to another endpoint
            return self._perform(world, router, target.ENDED, event, about)[0]
        if endpoint is not None:
            state = endpoint.state
        elif event is on.CONNECTION_PACKET:
            state = target.ENDED if world.routers[router].ended else target.NONE
        else:
            state = origin.CLOSED
        world, then = self._perform(world, router, state, event, about)
        then = CONTINUED.get(then, then) if then is not origin.MIGRATED else then
        if then in _NO_ENDPOINT:
            return self._without_endpoint(world, router, about)
        endpoint = world.routers[router].endpoint
        if endpoint is None or endpoint.state is then:
            return world
        return with_endpoint(world, router, endpoint._replace(state=then))

    def _without_endpoint(self, world: World, router: int, about: About) -> World:
        mine = world.routers[router]
        if mine.endpoint is not None:
            world = with_endpoint(world, router, None)
        if mine.entry is not None and mine.entry.state is forwarding.HALF_OPEN_DEFINITE:
            return self.forwarding(world, router, on.ENDPOINT_ENDS, about)
        return world

    def forwarding(self, world: World, router: int, event: Event, about: About) -> World:
        """An event for a router's Forward entry."""
        entry = world.routers[router].entry
        world, then = self._perform(world, router, entry.state if entry else forwarding.NONE, event, about)
        entry = world.routers[router].entry
        if entry is None or entry.state is then:
            return world
        return with_entry(world, router, None if then is forwarding.NONE else entry._replace(state=then))

    def segment(self, world: World, router: int, about: About) -> World:
        """A segment of the client at a router: to its endpoint, else by Forward, else to where none is (TAB-1)."""
        segment, mine = about.segment, world.routers[router]
        assert segment is not None  # noqa: S101 - that is what the event is about
        beside_definite = mine.entry is not None and mine.entry.state is forwarding.HALF_OPEN_DEFINITE
        if mine.endpoint is not None and not (beside_definite and about.sender == FIRST_LAN):
            return self.take(world, router, event_of(segment), about)
        if mine.entry is not None:
            return self.forwarding(world, router, event_for_entry(segment, about.sender), about)
        if segment.kind is Kind.SYN and about.sender != FIRST_LAN:
            return world  # TGT-8
        return self.take(world, router, event_of(segment), about)

    def frame(self, world: World, about: About) -> World:
        """A frame of type 1 or 3 at its router."""
        frame = about.frame
        assert frame is not None  # noqa: S101 - that is what the event is about
        event = on.CONNECTION_PACKET if frame.type is Type.CONNECTION else on.ACKNOWLEDGEMENT
        return self.take(world, frame.target, event, about)

    def choices(self, world: World, router: int, about: About) -> tuple[int, ...]:
        """The servers that a policy may choose when this segment comes (ORG-3, TGT-10), this one first."""
        mine, segment = world.routers[router], about.segment
        chooses = any(it is not None and it.state in _CHOOSES for it in (mine.endpoint, mine.entry))
        if not chooses or not world.left[0] or segment is None or segment.kind is not Kind.DATA:
            return (NOWHERE,)
        others = [other for other in range(len(world.routers)) if other != router]
        if _alike(world):
            others.remove(2)
        return (NOWHERE, *others)

    def _perform(self, world: World, router: int, state: State, event: Event, about: About) -> tuple[World, State]:
        for literals, row in self._rows[state, event]:
            if all(judge(world, router, about) is holds for judge, holds in literals):
                self.trail.append(row)
                for action in row.do:
                    world = EFFECTS[action](self, world, router, about)
                return world, row.then
        raise AssertionError(f"no row for {state.name}, {event.name}")  # the tables' tests exclude it


def _alike(world: World) -> bool:
    """Whether B and C are still the same to everybody, so that one choice stands for both."""
    second = world.routers[1:]
    touched = {number for frame in world.lan for number in (frame.source, frame.target)}
    named = {it.target for router in world.routers for it in (router.endpoint, router.entry) if it is not None}
    return len(second) > 1 and second[0] == second[1] == Router() and not (touched | named) & {1, 2}
