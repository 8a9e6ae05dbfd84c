"""Breadth first through every world within the bounds: figures, or the shortest way to a broken property."""

import itertools
from dataclasses import dataclass

from ipos_spec.states.model.bounds import Bounds
from ipos_spec.states.model.machine import Machine
from ipos_spec.states.model.moves import Move, moves
from ipos_spec.states.model.properties import Property, broken, broken_at_rest
from ipos_spec.states.model.variations import Variation
from ipos_spec.states.model.world import Client, Router, World
from ipos_spec.states.table import Event, Row, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Exploration:
    """What was found.

    states, transitions, depth  how much was explored, up to the violation if there is one
    covered    states and events whose rows applied
    first      the world in which the story begins
    violation  the property that is broken; None if none is
    story      the shortest way there: each move, with the world after it
    """

    states: int
    transitions: int
    depth: int
    covered: frozenset[tuple[State, Event]]
    first: World
    violation: Property | None = None
    story: tuple[Move, ...] = ()


def first_world(bounds: Bounds) -> World:
    """Nothing has happened yet."""
    routers = tuple(Router() for _ in range(bounds.routers))
    left = (bounds.migrations, bounds.duplicates, bounds.stale_syns)
    return World(Client(), routers, (), (0,) * bounds.connections, left)


def explore(bounds: Bounds, variations: tuple[Variation, ...] = ()) -> Exploration:
    """Every world that can be reached; ends at the first, and so shortest, violation in a world itself.

    If there is none, the continuation of every world is looked at in which nothing more is lost, and in which what can
    happen again and again happens in the end. It must come to rest, with an answered client and empty tables.
    """
    machine = Machine(bounds, variations)
    search = _Search(machine)
    violation, at = search.run()
    if violation is None:
        violation, at = search.continue_fairly()
    return Exploration(
        states=len(search.worlds),
        transitions=search.transitions,
        depth=len(search.way_to(len(search.worlds) - 1)) - 1,
        covered=frozenset((row.state, row.event) for row in search.applied),
        first=search.worlds[0],
        violation=violation,
        story=tuple(search.story(at)) if violation is not None else (),
    )


class _Search:
    """Worlds by number, in the order in which they were found.

    parents  the world that each was first found from
    before   per world the worlds from which a move leads to it that is no whim
    resting  worlds that have only whims left
    applied  rows that have applied
    """

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.worlds = [first_world(machine.bounds)]
        self.numbers = {self.worlds[0]: 0}
        self.parents = [0]
        self.before: list[list[int]] = [[]]
        self.resting: list[int] = []
        self.transitions = 0
        self.applied: set[Row] = set()

    def run(self) -> tuple[Property | None, int]:
        """Find all worlds, up to the first that breaks a property."""
        for number, world in enumerate(self.worlds):  # grows while it is walked through
            resting = True
            for move in moves(self.machine, world):
                self.transitions += 1
                self.applied.update(move.rows)
                known = len(self.worlds)
                after = self._number(move.world, number)
                if after == known and (violation := broken(move.world)):
                    return violation, after
                if not move.whim:
                    self.before[after].append(number)
                    resting = False
            if resting:
                self.resting.append(number)
        return None, 0

    def continue_fairly(self) -> tuple[Property | None, int]:
        """Look where every world comes to rest; the first that rests wrongly, or from which none rests rightly."""
        right = []
        for number in self.resting:
            if violation := broken_at_rest(self.worlds[number]):
                return violation, number
            right.append(number)
        reached = set(right)
        while right:
            new = set(self.before[right.pop()]) - reached
            reached |= new
            right.extend(new)
        restless = next((number for number in range(len(self.worlds)) if number not in reached), None)
        if restless is None:
            return None, 0
        return (Property.ANSWERED if self.worlds[restless].client.phase else Property.EMPTY), restless

    def _number(self, world: World, parent: int) -> int:
        number = self.numbers.setdefault(world, len(self.worlds))
        if number == len(self.worlds):
            self.worlds.append(world)
            self.parents.append(parent)
            self.before.append([])
        return number

    def way_to(self, number: int) -> list[int]:
        """The shortest way from the first world, by numbers."""
        way = [number]
        while way[-1]:
            way.append(self.parents[way[-1]])
        return way[::-1]

    def story(self, number: int) -> list[Move]:
        """The moves of that way."""
        way = self.way_to(number)
        return [
            next(move for move in moves(self.machine, self.worlds[before]) if move.world == self.worlds[after])
            for before, after in itertools.pairwise(way)
        ]
