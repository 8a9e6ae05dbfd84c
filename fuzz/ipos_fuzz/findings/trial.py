"""Tries: a recipe played on a target that was set up anew, and what the oracles say of it."""

import math
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from socket import MSG_DONTWAIT, socket

from ipos_conformance import background
from ipos_conformance.bench import namespaces
from ipos_conformance.errors import BenchError
from ipos_conformance.findings.evidence import Evidence, Part, evidence
from ipos_conformance.findings.valid import Valid
from ipos_conformance.frames import Direction, Frame
from ipos_conformance.reproducer.octets import Segment
from ipos_conformance.reproducer.player import IMPATIENCE, PATIENCE, Player, open_socket
from ipos_conformance.reproducer.recipe import LANS, Recipe
from ipos_conformance.runs.phases import Phase
from ipos_conformance.target import Target
from ipos_conformance.verdicts import Inconclusive, TargetLost

from ipos_fuzz.campaign.about import named
from ipos_fuzz.campaign.place import Place, place
from ipos_fuzz.campaign.watch import Watch
from ipos_fuzz.findings.spares import Spares, Stage
from ipos_fuzz.oracles.observer import Observer, observe
from ipos_fuzz.oracles.resources import AGAIN, MEMORY, REPEATED, Limits, growth, taken
from ipos_fuzz.violation import ORACLES, Violation

_UNTIL_FULL, _ROUNDS, _BURST = 0.3, 2.0, 256
"""Seconds for which a sequence is repeated in either way, first and then, and frames between two barriers."""
_WARM, _LOOK = 0.1, 0.3
"""The same where it is only compared what grows most: until usual tables are full, and while it is looked at."""
_MOMENT = 0.05
"""Seconds for which is listened behind the last frame; timers of which something is expected are steps."""
_PROMPT = 0.02
"""Seconds by which an answer may come later than it did, where a sequence is only repeated."""
_GUESS = 0.3
"""Seconds without an answer after which a target is taken for silent, until that is confirmed with more patience."""


@dataclass(frozen=True)
class Seen:
    """What one try showed.

    frames      what was played and what came of it, in the order of their times
    everything  the same with barriers and bystanders
    """

    violations: tuple[Violation, ...]
    frames: tuple[Evidence, ...]
    everything: tuple[Evidence, ...]

    def shows(self, signature: str) -> Violation | None:
        """The violation of this signature, if it is there."""
        return next((one for one in self.violations if one.signature == signature), None)


class Lost(Exception):  # noqa: N818 - an answer
    """The target went while a frame was played: the place of its step."""

    def __init__(self, step: int) -> None:
        super().__init__(step)
        self.step = step


class _Player(Player):
    """Plays, and asks after each frame that it sent whether the target is there, if it is to."""

    tail = _MOMENT

    def __init__(self, recipe: Recipe, sockets: Sequence[socket], after_each: Callable[[], bool] | None = None) -> None:
        super().__init__(recipe.setup, recipe.steps, sockets)
        self._after_each = after_each
        self._octets = [octets for _, direction, _, octets in recipe.steps if direction == "sent"]
        self.sent = 0

    def adapted(self, octets: bytes) -> bytes:
        """A recorded frame; counts them."""
        if self._after_each is not None and self.sent and not self._after_each():
            raise Lost(self.sent - 1)
        self.sent += 1
        return super().adapted(octets)


class _Repeater(_Player):
    """Plays what the target has answered once already, and may not answer again: it is not waited for as long."""

    def wait_for(self, fact: str | None, count: int, segment: Segment | None, deadline: float) -> None:
        """Wait until the router has said this so often, or for a moment."""
        super().wait_for(fact, count, segment, min(deadline, time.monotonic() + _PROMPT))


@dataclass(frozen=True)
class Trials:
    """Where tries are made, each on a target that is set up anew.

    log     what targets print, a number added: each try has its own, since it is what is left of a crash
    observer  a new one for each try
    absent    see `Bystanders`
    oracles   those that are asked
    spares    targets set up ahead, if there are; see `ahead`
    begun     is told of each try
    """

    target: Target
    phase: Phase
    log: Path
    seed: int
    limits: Limits
    observer: Callable[[], Observer]
    absent: set[str]
    force: bool = False
    oracles: Collection[str] = ORACLES
    spares: Spares | None = None
    begun: Callable[[], None] = lambda: None

    def play(self, recipe: Recipe, oracle: str = "", *, hurries: bool = False) -> Seen:
        """One try. Raises BenchError if the target can't be set up.

        oracle   "resources" to play it again and again
        hurries  not to wait for answers as long as the target file says: a guess. Nor for barriers, where a target is
                 to be silent: one that is only slow may still print what is looked for, or end
        """
        with self._stage(hurries=hurries and oracle == "liveness") as (stand, watch, sockets):
            played: list[Frame] = []
            found: list[Violation] = []
            stand.dut.start_case("trial")
            began, until = time.time(), math.inf
            try:
                player = _Player(recipe, sockets)
                player.patience = IMPATIENCE if hurries else PATIENCE
                player.play()
                played += _frames(player.log, player)
                stand.dut.traffic.collect(0)
                if oracle == "resources":
                    until = time.time()  # what comes of the repetitions is no part of the sequence, and there is much
                    _again_and_again(recipe, sockets, stand, _UNTIL_FULL)
                    before = taken(stand.processes())
                    _again_and_again(recipe, sockets, stand)
                    grown = growth(before, taken(stand.processes()), REPEATED)
                    found += watch.at_rest(AGAIN) if grown is None else [grown]
                found += watch.at_the_end()
            except BenchError as error:
                found += watch.lost(error)
            frames = [frame for frame in _together(stand.passed(), played) if frame.time <= until]
            found += observe(self.observer(), frames)
            return _seen(recipe, found, frames, began, stand, watch)

    def growth(self, recipes: Sequence[Recipe], violation: Violation) -> list[int]:
        """By how much one target grows at each of these, played again and again: octets, or descriptors."""
        with self._stage(hurries=True) as (stand, _, sockets):
            stand.dut.start_case("trial")
            found = []
            for recipe in recipes:
                _again_and_again(recipe, sockets, stand, _WARM)
                before = taken(stand.processes())
                _again_and_again(recipe, sockets, stand, _LOOK)
                grown = taken(stand.processes())
                memory = violation.kind == MEMORY
                found.append(grown.memory - before.memory if memory else grown.descriptors - before.descriptors)
            return found

    def step_that_shows(self, recipe: Recipe, violation: Violation) -> int | None:
        """The place, among the sent frames, behind which this is seen first; None if it is not.

        The oracles are asked behind each frame. Of a target that is to fall, that barriers are not answered is enough.
        """
        with self._stage(hurries=violation.oracle == "liveness") as (stand, watch, sockets):
            stand.dut.start_case("trial")
            observer = self.observer()
            noted = 0

            def is_well() -> bool:
                nonlocal noted
                if not _answers(stand):
                    return False
                played, noted = player.log[noted:], len(player.log)
                found = observe(observer, _together(stand.passed(), list(_frames(played, player))))
                return all(one.signature != violation.signature for one in (*found, *watch.printed()))

            player = _Player(recipe, sockets, is_well)
            player.patience = IMPATIENCE
            try:
                player.play()
                return None if is_well() else player.sent - 1
            except Lost as lost:
                return lost.step

    @contextmanager
    def ahead(self) -> Iterator["Trials"]:
        """Trials whose targets are set up ahead of the tries, where several can be there at the same time."""
        if not self.phase.launch or self.target.target.interfaces == "existing" or not _may_set_up_in_threads():
            yield self
            return
        with closing(Spares(self._set_up)) as spares:
            yield replace(self, spares=spares)

    @contextmanager
    def _stage(self, *, hurries: bool) -> Iterator[tuple[Place, Watch, list[socket]]]:
        self.begun()
        stage = self._set_up(0) if self.spares is None else self.spares.take()
        with stage.down:
            if hurries:
                stage.stand.dut.judge.hurry(_GUESS)
            watch = Watch(stage.stand, self.limits, self.absent, self.oracles)
            _drain(stage.sockets)
            yield stage.stand, watch, stage.sockets

    def _set_up(self, number: int) -> Stage:
        log = self.log.with_stem(f"{self.log.stem}-{number}")
        with ExitStack() as stack:
            stand = stack.enter_context(
                place(self.target, self.phase, log, self.seed, absent=self.absent, force=self.force)
            )
            stack.callback(stand.kill)
            names = (self.target.first_lan.interface, self.target.second_lan.interface)
            sockets = [open_socket(name) for name in names]
            for one in sockets:
                stack.callback(one.close)
            return Stage(stand, sockets, stack.pop_all())


def _seen(
    recipe: Recipe, found: Sequence[Violation], frames: Sequence[Frame], began: float, stand: Place, watch: Watch
) -> Seen:
    """began: when the recipe was begun with; what passed before was for finding out whether the target is ready."""
    shown = evidence(frames, Valid(), stand.dut.clients.is_about_probe)
    bystanders = stand.dut.clients.of(watch.bystanders.inbox)
    wrong = {violation.frame.octets for violation in found if violation.frame is not None}
    network = stand.target.suite.client_network
    played = {octets for _, direction, _, octets in recipe.steps if direction == "sent"}

    def is_own(frame: Frame, one: Evidence) -> bool:
        if frame.octets in wrong:
            return True
        if one.part is Part.NEIGHBOUR and frame.octets in played:
            return frame.direction is Direction.SENT and frame.time >= began
        speaks = frame.direction is Direction.SENT or background.reason(frame, network) is None
        return one.part is Part.CASE and frame.time >= began and speaks and not bystanders & named(frame)

    own = tuple(one for frame, one in zip(frames, shown, strict=True) if is_own(frame, one))
    return Seen(tuple(found), own, shown)


def _may_set_up_in_threads() -> bool:
    """Without root, only a process without threads gets the user namespace in which they may make others."""
    try:
        namespaces.enter_private_namespace()
    except BenchError:
        return False
    return True


def _again_and_again(recipe: Recipe, sockets: Sequence[socket], stand: Place, seconds: float = _ROUNDS) -> None:
    """For some seconds each: as it was recorded, then its frames as fast as they go, with their old numbers."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        _Repeater(recipe, sockets).play()
        stand.dut.traffic.collect(0)
    frames = [(lan, octets) for _, direction, lan, octets in recipe.steps if direction == "sent"]
    until = time.monotonic() + seconds
    while frames and time.monotonic() < until:
        for lan, octets in frames * (_BURST // len(frames) + 1):
            with suppress(OSError):  # a queue is full
                sockets[lan].send(octets)
        stand.dut.traffic.collect(0)
        if stand.dut.judge.answer_time() is None:
            return


def _answers(stand: Place) -> bool:
    """Asked twice, since a machine that is busy with something else is no dead target."""
    for _ in range(2):
        try:
            stand.dut.judge.pass_barriers()
        except Inconclusive:
            continue
        except (TargetLost, BenchError):
            return False
        return True
    return False


def _frames(log: Sequence[tuple[float, str, int, bytes]], player: Player) -> Iterator[Frame]:
    for when, direction, lan, octets in log:
        yield Frame(LANS[lan], Direction(direction), when, octets, player.setup["ether_type"])


def _together(tape: Sequence[Frame], played: Sequence[Frame]) -> list[Frame]:
    """What the gates and the player saw, each frame once: a gate whose interface has gone has not seen all of it."""
    on_tape = Counter((frame.lan, frame.octets) for frame in tape if frame.direction is Direction.RECEIVED)
    frames = list(tape)
    for frame in played:
        if frame.direction is Direction.RECEIVED and on_tape[frame.lan, frame.octets]:
            on_tape[frame.lan, frame.octets] -= 1
        else:
            frames.append(frame)
    return sorted(frames, key=lambda frame: frame.time)


def _drain(sockets: Sequence[socket]) -> None:
    """What came before is none of the player's business."""
    for one in sockets:
        with suppress(BlockingIOError):
            while True:
                one.recv(1, MSG_DONTWAIT)
