"""Each planted bug shows at a sequence of as many packets as it says, at no shorter part of it, and not without it."""

import gc
import selectors
import socket
import time
import tracemalloc
from pathlib import Path

import ipos_defects.__main__  # noqa: F401 - fills the register
import pytest
from bug_sequences import ROUNDS, SEQUENCES, syn
from bug_stage import Outcome, Sequence, Stage, become_of
from in_memory import CLIENT, HTTP, REQUEST, says
from ipos_defects.bug import BUGS
from ipos_defects.defect import DEFECTS
from ipos_defects.variation import VARIATIONS
from ipos_fuzz.oracles.log import faults
from ipos_reference.addresses import Address
from ipos_reference.local_address import LocalAddress
from ipos_reference.service import Served
from ipos_reference.services import Services
from ipos_reference.tcp.segment import Flags
from ipos_spec.encapsulation import Protocol

_A_FEW, _MANY = 30, 130
_OCTETS = 200
"""More than a round may leave in memory, less than what a leak keeps of it."""

DESCRIPTORS = "socket-outlives-a-reset"


def nothing() -> None:
    """Plant nothing: the right router."""


def seen(outcome: Outcome, right: Outcome) -> str | None:
    """The oracle that would see it; None if nobody would."""
    if outcome.hung or (outcome.status == 0 and not outcome.alive):
        return "liveness"
    if outcome.status != 0:
        return "process"
    if faults(outcome.log):
        return "log"
    if outcome.measured != right.measured:
        return "bystander"
    return "model" if outcome.frames != right.frames else None


def test_every_bug_has_a_proof_and_a_name_of_its_own() -> None:
    assert set(SEQUENCES) | set(ROUNDS) | {DESCRIPTORS} == set(BUGS)
    assert not set(BUGS) & (set(DEFECTS) | set(VARIATIONS))


@pytest.mark.parametrize("name", SEQUENCES)
def test_bug_shows_at_its_sequence_and_at_no_shorter_one(name: str) -> None:
    bug, sequence = BUGS[name], SEQUENCES[name]
    right = become_of(nothing, sequence)
    assert (right.status, right.log, right.alive, right.packets) == (0, "", True, bug.depth)
    assert seen(become_of(bug.plant, sequence), right) == bug.oracle
    for without in range(1, bug.depth + 1):
        shorter = become_of(bug.plant, sequence, without)
        assert shorter.stuck or seen(shorter, become_of(nothing, sequence, without)) is None, without


@pytest.mark.parametrize("name", ROUNDS)
def test_memory_grows_with_each_round(name: str) -> None:
    bug, one = BUGS[name], ROUNDS[name]
    assert become_of(nothing, one).packets == bug.depth

    def growth(stage: Stage) -> float:
        _rounds(stage, name, 0, _A_FEW)
        tracemalloc.start()
        before = _in_use()
        _rounds(stage, name, _A_FEW, _MANY)
        return (_in_use() - before) / (_MANY - _A_FEW)

    right, wrong = become_of(nothing, growth), become_of(bug.plant, growth)
    assert isinstance(right.measured, float)
    assert isinstance(wrong.measured, float)
    assert right.measured < _OCTETS < wrong.measured


def _rounds(stage: Stage, name: str, first: int, last: int) -> None:
    for number in range(first, last):
        ROUNDS[name](stage, Address(CLIENT.ip, 10000 + number))


def _in_use() -> int:
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


def test_descriptor_stays_with_each_reset(tmp_path: Path) -> None:
    bug = BUGS[DESCRIPTORS]
    assert bug.oracle == "resources"
    sequence = _resets_at_an_application(tmp_path / "application")
    right, wrong = become_of(nothing, sequence), become_of(bug.plant, sequence)
    assert right.packets == bug.depth * 10
    assert (right.measured, wrong.measured) == (0, 10)


def _descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def _resets_at_an_application(path: Path) -> Sequence:
    """Ten clients that reset their connection to an application that is there; returns the descriptors they leave."""

    def sequence(stage: Stage) -> int:
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        path.unlink(missing_ok=True)
        listener.bind(str(path))
        listener.listen(100)
        stage.now = time.monotonic()
        with selectors.DefaultSelector() as selector:
            served = {(Protocol.TCP, HTTP): Served(address=LocalAddress(path=str(path)))}
            services = Services(stage.router, served, selector)
            stage.handle = lambda event: services.handle(event, stage.now)
            before = _descriptors()
            for number in range(10):
                client = Address(CLIENT.ip, 20000 + number)
                answer = syn(stage, client)
                stage.client_sends(says(REQUEST, ack=answer.seq + 1, client=client), client)
                stage.client_sends(says(seq=901 + len(REQUEST), ack=0, flags=Flags.RST, client=client), client)
            return _descriptors() - before

    return sequence
