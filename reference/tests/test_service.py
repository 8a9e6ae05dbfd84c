"""Who serves a port, in virtual time: processes are played, what listens is a socket of the test."""

import json
import os
import selectors
import socket
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from ipos_reference.applications import END_WITHIN, ApplicationError
from ipos_reference.event_log import EventLog, LogFormat
from ipos_reference.local_address import LocalAddress
from ipos_reference.service import RETRY_AFTER, START_WITHIN, TRY_EVERY, Served, Service
from ipos_spec.encapsulation import Protocol

COMMAND = ("/bin/sh", "-c", "an application")


class Process:
    """Stands in for an Application: ends when the test says so."""

    def __init__(self, number: int) -> None:
        self.process = number
        self.name = COMMAND[0]
        self.asked: list[str] = []
        self.closed = False
        self._ended = os.eventfd(0)

    def ends(self) -> None:
        os.eventfd_write(self._ended, 1)

    def fileno(self) -> int:
        return self._ended

    def has_ended(self, within: float = 0.0) -> bool:
        del within
        return False

    def ask_to_end(self) -> None:
        self.asked.append("SIGTERM")

    def kill(self) -> None:
        self.asked.append("SIGKILL")

    def close(self) -> int:
        self.closed = True
        os.close(self._ended)
        return 7


class Caller:
    """Somebody who needs the application, and notes what becomes of that."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def connect(self, _address: LocalAddress, _now: float) -> None:
        self.heard.append("there")

    def fail(self, _now: float) -> None:
        self.heard.append("not there")

    def lose(self, _now: float) -> None:
        self.heard.append("gone")


class Port:
    """A service with all that is around it."""

    def __init__(self, place: Path, **said: Any) -> None:
        self.address = LocalAddress(path=str(place / "socket"))
        self.now = 100.0
        self.processes: list[Process] = []
        self.told: list[tuple[Any, ...]] = []
        self.log: list[dict[str, Any]] = []
        self.cannot_start = False
        self._selector = selectors.DefaultSelector()
        self._listener: socket.socket | None = None
        served = Served(address=self.address, **{"command": COMMAND, "on_demand": True, **said})
        self.service = Service(
            (Protocol.TCP, 80),
            served,
            self._selector,
            tables=self,
            log=EventLog(LogFormat.JSON, lambda line: bool(self.log.append(json.loads(line)) or True)),
            launch=self._launch,  # type: ignore[arg-type]
        )

    def _launch(self, command: Sequence[str], account: None) -> Process:
        assert command == COMMAND
        assert account is None
        if self.cannot_start:
            raise ApplicationError("out of memory")
        self.processes.append(Process(1000 + len(self.processes)))
        return self.processes[-1]

    def process_started(self, protocol: Protocol, port: int, process: int) -> None:
        self.told.append((protocol, port, process))

    def process_ended(self, protocol: Protocol, port: int) -> None:
        self.told.append((protocol, port))

    def listens(self) -> None:
        """Somebody accepts connections where the application should."""
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(self.address.path)
        self._listener.listen()

    def is_silent(self) -> None:
        """Nobody does any more."""
        if self._listener is not None:
            self._listener.close()
            Path(self.address.path).unlink()
            self._listener = None

    def needed(self) -> Caller:
        caller = Caller()
        self.service.serve(caller, self.now)
        return caller

    def waits(self, seconds: float) -> None:
        """Let time pass as the driver does: what is due is done at its time."""
        end = self.now + seconds
        while True:
            for key, mask in self._selector.select(0):
                key.data(mask, self.now)
            due = self.service.next_timeout()
            if due is None or due > end:
                self.now = end
                return
            self.now = max(self.now, due)
            self.service.handle_timeout(self.now)

    def started(self) -> Caller:
        """The application runs, and one has come for it."""
        caller = self.needed()
        self.listens()
        self.waits(TRY_EVERY)
        assert caller.heard == ["there"]
        return caller

    def events(self) -> list[str]:
        return [line["event"] for line in self.log]

    def close(self) -> None:
        self.is_silent()
        self._selector.close()


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., Port]]:
    ports: list[Port] = []

    def made(**said: Any) -> Port:
        ports.append(Port(tmp_path, **said))
        return ports[-1]

    yield made
    for port in ports:
        port.close()


# Somebody else's


def test_an_application_of_somebody_else_is_simply_connected_to(make: Callable[..., Port]) -> None:
    port = make(command=None, on_demand=False)
    port.service.start()
    port.service.wait_until_ready()
    assert port.needed().heard == ["there"]
    assert port.service.next_timeout() is None
    assert not port.processes


# With the router


def test_one_that_ends_by_itself_is_noticed_and_not_started_again(make: Callable[..., Port]) -> None:
    port = make(on_demand=False)
    port.service.start()
    port.listens()
    port.service.wait_until_ready()
    port.processes[0].ends()
    port.waits(1.0)
    assert port.told == [(Protocol.TCP, 80, 1000), (Protocol.TCP, 80)]
    (line,) = port.log
    assert (line["event"], line["port"], line["process"], line["status"], line["why"]) == (
        "application-ended",
        80,
        1000,
        7,
        "by itself",
    )
    assert port.processes[0].closed
    port.needed()
    assert len(port.processes) == 1


@pytest.mark.parametrize("on_demand", [False, True])
def test_where_something_listens_already_nothing_is_started(make: Callable[..., Port], on_demand: bool) -> None:
    port = make(on_demand=on_demand)
    port.listens()
    with pytest.raises(ApplicationError, match=r"something already listens on unix:.*; stop it, or leave out"):
        port.service.start()
    assert not port.processes


# On demand


def test_nothing_is_started_before_it_is_needed(make: Callable[..., Port]) -> None:
    port = make()
    port.service.start()
    port.service.wait_until_ready()
    port.waits(1000.0)
    assert not port.processes


def test_a_command_that_is_not_there_is_said_before_it_is_needed(make: Callable[..., Port]) -> None:
    with pytest.raises(ApplicationError, match="/no/such/server: not found"):
        make(command=("/no/such/server",)).service.start()


def test_who_needs_it_waits_until_it_accepts(make: Callable[..., Port]) -> None:
    port = make()
    callers = [port.needed(), port.needed()]
    port.waits(START_WITHIN / 2)
    callers.append(port.needed())
    assert [caller.heard for caller in callers] == [[], [], []]
    assert port.told == []
    port.listens()
    port.waits(TRY_EVERY)
    assert [caller.heard for caller in callers] == [["there"]] * 3
    assert port.needed().heard == ["there"]
    assert len(port.processes) == 1
    assert port.told == [(Protocol.TCP, 80, 1000)]
    assert port.events() == ["application-started"]
    assert port.service.next_timeout() is None


def test_who_has_left_meanwhile_is_not_connected(make: Callable[..., Port]) -> None:
    port = make()
    caller = port.needed()
    port.service.left(caller, port.now)
    port.listens()
    port.waits(TRY_EVERY)
    assert caller.heard == []


def test_one_that_does_not_accept_in_time_is_given_up_and_ended(make: Callable[..., Port]) -> None:
    port = make()
    caller = port.needed()
    port.waits(START_WITHIN - 0.1)
    assert caller.heard == []
    port.waits(0.1 + TRY_EVERY)
    assert caller.heard == ["not there"]
    assert port.processes[0].asked == ["SIGTERM"]
    port.waits(END_WITHIN)
    assert port.processes[0].asked == ["SIGTERM", "SIGKILL"]
    assert port.log[0]["why"] == f"does not listen on {port.address} after 15 s"


def test_one_that_ends_at_once_is_not_started_again_at_once(make: Callable[..., Port]) -> None:
    port = make()
    caller = port.needed()
    port.processes[0].ends()
    port.waits(0.0)
    assert caller.heard == ["not there"]
    assert port.events() == ["application-ended", "application-failed"]
    port.waits(RETRY_AFTER / 2)
    assert port.needed().heard == ["not there"]
    assert len(port.processes) == 1
    port.waits(RETRY_AFTER / 2)
    assert port.needed().heard == []
    assert len(port.processes) == 2


def test_one_that_can_not_be_started_fails_who_needs_it(make: Callable[..., Port]) -> None:
    port = make()
    port.cannot_start = True
    assert port.needed().heard == ["not there"]
    assert [line["why"] for line in port.log] == ["out of memory"]
    port.needed()
    assert len(port.log) == 1  # once a second, however many ask


def test_one_that_ends_by_itself_is_started_again_at_the_next_need(make: Callable[..., Port]) -> None:
    port = make()
    caller = port.started()
    port.is_silent()
    port.processes[0].ends()
    port.waits(0.0)
    assert caller.heard == ["there", "gone"]
    assert port.told[-1] == (Protocol.TCP, 80)
    assert len(port.processes) == 1
    port.started()
    assert port.told[-1] == (Protocol.TCP, 80, 1001)


# No longer needed


def test_one_that_nobody_needs_for_so_long_is_ended(make: Callable[..., Port]) -> None:
    port = make(idle=60.0)
    caller = port.started()
    port.waits(1000.0)
    port.service.left(caller, port.now)
    port.waits(59.0)
    assert port.processes[0].asked == []
    port.waits(1.0)
    assert port.processes[0].asked == ["SIGTERM"]
    port.processes[0].ends()
    port.waits(END_WITHIN)
    assert port.processes[0].closed
    assert port.log[-1]["why"] == "unused"
    assert port.told[-1] == (Protocol.TCP, 80)


def test_without_idle_it_stays(make: Callable[..., Port]) -> None:
    port = make()
    port.service.left(port.started(), port.now)
    port.waits(1e6)
    assert port.processes[0].asked == []


def test_a_new_need_begins_the_time_anew(make: Callable[..., Port]) -> None:
    port = make(idle=60.0)
    port.service.left(port.started(), port.now)
    port.waits(50.0)
    caller = port.needed()
    port.waits(50.0)
    port.service.left(caller, port.now)
    port.waits(50.0)
    assert port.processes[0].asked == []


def test_one_whose_only_caller_left_before_it_accepted_is_ended_in_time(make: Callable[..., Port]) -> None:
    port = make(idle=60.0)
    port.service.left(port.needed(), port.now)
    port.listens()
    port.waits(61.0)
    assert port.processes[0].asked == ["SIGTERM"]


def test_who_comes_while_it_is_being_ended_gets_a_new_one(make: Callable[..., Port]) -> None:
    port = make(idle=60.0)
    port.service.left(port.started(), port.now)
    port.waits(60.0)
    caller = port.needed()
    port.waits(1.0)
    assert len(port.processes) == 1
    port.is_silent()
    port.processes[0].ends()
    port.listens()
    port.waits(TRY_EVERY)
    assert caller.heard == ["there"]
    assert len(port.processes) == 2


def test_one_that_does_not_go_is_killed(make: Callable[..., Port]) -> None:
    port = make(idle=60.0)
    port.service.left(port.started(), port.now)
    port.waits(60.0 + END_WITHIN)
    assert port.processes[0].asked == ["SIGTERM", "SIGKILL"]
