"""A freshly launched (or reset) target on which a recipe is played, once for each try."""

import contextlib
import multiprocessing
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from ipos_conformance.bench.launch import bench
from ipos_conformance.dut import Dut
from ipos_conformance.errors import BenchError, SuiteError
from ipos_conformance.reproducer.player import REPRODUCED, Player, open_socket
from ipos_conformance.reproducer.recipe import Recipe
from ipos_conformance.runs.phases import Phase
from ipos_conformance.runs.run import ready_or_why_not, reset
from ipos_conformance.target import Target


@dataclass
class Stage:
    """Where tries are made.

    last  the player of the last try that was made in this process
    """

    target: Target
    phase: Phase
    log: Path
    force: bool = False
    last: Player | None = None

    def fails(self, recipe: Recipe) -> bool:
        """Play it against a fresh target. Raises BenchError if that does not answer the suite's own probes."""
        with self._sockets() as sockets:
            player = Player(recipe.setup, recipe.steps, sockets)
            player.play()
        self.last = player
        # A target that now says nothing was there a moment ago: it does not do it.
        return player.verdict(recipe.decisive, recipe.compares)[0] == REPRODUCED

    def fails_beside(self, recipe: Recipe) -> bool:
        """The same in a process of its own, whose namespaces are not ours."""
        context = multiprocessing.get_context("fork")
        ours, theirs = context.Pipe()
        process = context.Process(target=self._answer, args=(recipe, theirs))
        process.start()
        theirs.close()
        try:
            found = ours.recv()
        except EOFError as error:
            raise BenchError("the process beside this one ended without an answer") from error
        finally:
            process.join()
        if isinstance(found, str):
            raise BenchError(found)
        return bool(found)

    def _answer(self, recipe: Recipe, answer: Connection) -> None:
        try:
            answer.send(self.fails(recipe))
        except SuiteError as error:
            answer.send(str(error))

    @contextlib.contextmanager
    def _sockets(self) -> Iterator[list[socket.socket]]:
        target, phase = self.target, self.phase
        with bench(target, phase.launch, self.log, force=self.force) as place:
            reset(phase.reset)
            unready = ready_or_why_not(
                Dut(target, place.ports, 1, place.target_end, phase.scale, phase.bounds), target.timing.start
            )
            if unready:
                raise BenchError(unready)
            sockets = [open_socket(target.first_lan.interface), open_socket(target.second_lan.interface)]
            try:
                yield sockets
            finally:
                for one in sockets:
                    one.close()
