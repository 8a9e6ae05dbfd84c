"""Breadth first through every world within the bounds: figures, or the shortest way to a broken property."""

from collections.abc import Callable
from dataclasses import dataclass

from ipos_spec.states.model.bounds import Bounds
from ipos_spec.states.model.machine import Machine
from ipos_spec.states.model.moves import Move, Urgency, moves
from ipos_spec.states.model.properties import Property, broken, broken_at_rest
from ipos_spec.states.model.variations import Variation
from ipos_spec.states.model.world import Client, Router, World
from ipos_spec.states.table import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Exploration:
    """What was found.

    states, transitions, depth  how much was explored, up to the violation if there is one
    rows       rows of the tables that applied
    violation  the property that is broken; None if none is
    story      the shortest way there: each move, with the world after it
    """

    states: int
    transitions: int
    depth: int
    rows: frozenset[Row]
    violation: Property | None = None
    story: tuple[Move, ...] = ()


def first_world(bounds: Bounds) -> World:
    """Nothing has happened yet."""
    routers = tuple(Router() for _ in range(bounds.routers))
    left = (bounds.migrations, bounds.duplicates, bounds.stale_syns)
    return World(Client(), routers, (), (0,) * bounds.connections, left)


def explore(bounds: Bounds, variations: tuple[Variation, ...] = ()) -> Exploration:
    """Every world that can be reached; ends at the first, and so shortest, violation in a world itself.

    If there is none, the fair continuation of every world is followed: nothing more is lost, and of what can happen
    the most urgent does. It must end, with an answered client and empty tables.
    """
    machine = Machine(bounds, variations)
    search = _Search(machine)
    violation, at = search.run()
    if violation is None:
        violation, at = search.continue_quietly()
    return Exploration(
        states=len(search.worlds),
        transitions=search.transitions,
        depth=search.depth_of(len(search.worlds) - 1),
        rows=frozenset(machine.used),
        violation=violation,
        story=tuple(search.story(at)) if violation is not None else (),
    )


class _Search:
    """Worlds by number, in the order in which they were found.

    parents  the world that each was first found from
    quiet    per world the worlds of its moves that are no whims, most urgent first
    """

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.worlds = [first_world(machine.bounds)]
        self.numbers = {self.worlds[0]: 0}
        self.parents = [0]
        self.quiet: list[list[int]] = []
        self.transitions = 0

    def run(self) -> tuple[Property | None, list[int]]:
        """Find all worlds, up to the first that breaks a property; the way to it by numbers."""
        for number, world in enumerate(self.worlds):  # grows while it is walked through
            expected = []
            for move in moves(self.machine, world):
                self.transitions += 1
                after = self._number(move.world, number)
                if move.world.wrong or (after >= len(self.worlds) - 1 and broken(move.world)):
                    return broken(move.world), self._way(after)
                if move.urgency is not Urgency.WHIM:
                    expected.append((move.urgency, after))
            self.quiet.append([after for _, after in sorted(expected, key=lambda it: it[0])])
        return None, []

    def continue_quietly(self) -> tuple[Property | None, list[int]]:
        """Follow every world to its rest; the way to the first that has none, or none that is right."""
        good: set[int] = set()
        for start in range(len(self.worlds)):
            way, violation = self._rest(start, good)
            if violation is not None:
                return violation, self._way(start)[:-1] + way
            good.update(way)
        return None, []

    def _rest(self, start: int, good: set[int]) -> tuple[list[int], Property | None]:
        """The way from a world to rest, or to one that is known to find it.

        A circle (the client repeats itself) is left by the next less urgent move of a world on it, for what stays
        possible happens in the end; a circle without one is never left.
        """
        way: list[int] = []
        place: dict[int, int] = {}
        at = start
        while at not in good:
            if at in place:
                circle = way[place[at] :]
                world = min(
                    (it for it in circle if len(self.quiet[it]) > 1),
                    key=lambda it: self._urgency_of_second(it),
                    default=None,
                )
                if world is None:
                    client = self.worlds[at].client
                    return way, Property.ANSWERED if client.phase else Property.EMPTY
                self.quiet[world].pop(0)
                for passed in way[place[world] :]:
                    del place[passed]
                del way[way.index(world) :]
                at = world
                continue
            place[at] = len(way)
            way.append(at)
            if not self.quiet[at]:
                return way, broken_at_rest(self.worlds[at])
            at = self.quiet[at][0]
        return way, None

    def _urgency_of_second(self, number: int) -> int:
        world = self.worlds[self.quiet[number][1]]
        return min(
            move.urgency for move in moves(self.machine, self.worlds[number]) if move.world == world
        )

    def _number(self, world: World, parent: int) -> int:
        number = self.numbers.setdefault(world, len(self.worlds))
        if number == len(self.worlds):
            self.worlds.append(world)
            self.parents.append(parent)
        return number

    def depth_of(self, number: int) -> int:
        """Moves from the first world."""
        return len(self._way(number)) - 1

    def _way(self, number: int) -> list[int]:
        way = [number]
        while way[-1]:
            way.append(self.parents[way[-1]])
        return way[::-1]

    def story(self, way: list[int]) -> list[Move]:
        """The moves of a way."""
        return [
            next(move for move in moves(self.machine, self.worlds[before]) if move.world == self.worlds[after])
            for before, after in zip(way, way[1:], strict=False)
        ]
