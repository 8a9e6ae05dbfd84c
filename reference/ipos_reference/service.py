"""Who serves one port: an application that somebody else runs, that runs with the router, or that is started on demand.

A state machine that never waits: the loop calls it when a process ends and when `next_timeout` is reached.
"""

import selectors
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol as Interface

from ipos_spec.encapsulation import Protocol

from ipos_reference.applications import END_WITHIN, Application, ApplicationError
from ipos_reference.event_log import EventLog
from ipos_reference.local_address import LocalAddress
from ipos_reference.privileges import Account

START_WITHIN = 15.0
"""Seconds in which an application has to accept connections after it was started."""

TRY_EVERY = 0.02
"""Seconds between two looks whether it does."""

RETRY_AFTER = 1.0
"""Seconds for which an application that could not be started is not started again, however many ask for it."""

Key = tuple[Protocol, int]
"""A port that the router serves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """What the operator says of the application of a port.

    command    starts it; None for one that somebody else runs
    on_demand  it is started when the first endpoint needs it, not with the router
    idle       seconds without an endpoint after which one on demand is ended; None for never
    """

    address: LocalAddress
    command: tuple[str, ...] | None = None
    on_demand: bool = False
    idle: float | None = None


class Caller(Interface):
    """Whoever needs the application."""

    def connect(self, address: LocalAddress, now: float) -> None:
        """The application is there."""

    def fail(self, now: float) -> None:
        """It is not, and won't be."""

    def lose(self, now: float) -> None:
        """It was, and has ended."""


class Tables(Interface):
    """Who is told which process serves a port."""

    def process_started(self, protocol: Protocol, port: int, process: int) -> None:
        """It takes connections."""

    def process_ended(self, protocol: Protocol, port: int) -> None:
        """It does no more."""


class _State(Enum):
    THERE = "somebody runs it, or should"
    ABSENT = "nobody needs it"
    STARTING = "started, does not accept yet"
    READY = "accepts"
    ENDING = "asked to end"


class Service:
    """The application of one port, and those who need it.

    account  whose process it becomes; the router's own user without
    """

    def __init__(
        self,
        key: Key,
        served: Served,
        selector: selectors.BaseSelector,
        *,
        tables: Tables,
        log: EventLog,
        account: Account | None = None,
        launch: Callable[..., Application] = Application,
    ) -> None:
        self._key = key
        self._served = served
        self._selector = selector
        self._tables = tables
        self._log = log
        self._account = account
        self._launch = launch
        self._state = _State.ABSENT if served.on_demand else _State.THERE
        self._application: Application | None = None
        self._why_ending = ""
        self._callers: set[Caller] = set()
        self._waiting: dict[Caller, None] = {}  # in the order in which they came
        self._due: float | None = None
        self._give_up = 0.0
        self._not_before = 0.0

    @property
    def process(self) -> int | None:
        """The id of its process, if it has one of ours."""
        return self._application.process if self._application is not None else None

    # With the router

    def start(self) -> None:
        """Start an application that is to run with the router, without waiting for it. Raises ApplicationError."""
        command, address = self._served.command, self._served.address
        if command is None:
            return
        if address.answers():
            raise ApplicationError(f"something already listens on {address}; stop it, or leave out `command` to use it")
        if not self._served.on_demand:
            self._watch(self._launch(command, self._account))
        elif shutil.which(command[0]) is None:  # rather said now than when a client needs it
            raise ApplicationError(f"{command[0]}: not found; is it installed, and is the name right?")

    def wait_until_ready(self) -> None:
        """Wait until what `start` started accepts. Raises ApplicationError if it ends or takes too long."""
        application, address = self._application, self._served.address
        if application is None:
            return
        give_up = time.monotonic() + START_WITHIN
        while not address.answers():
            if application.has_ended(TRY_EVERY):
                status = self._unwatch(application)
                raise ApplicationError(f"{application.name} ended at once with status {status}")
            if time.monotonic() > give_up:
                raise ApplicationError(f"{application.name} does not listen on {address} after {START_WITHIN:.0f} s")
        self._tables.process_started(*self._key, application.process)

    def release(self) -> Application | None:
        """Hand over the process, if there is one, for its end with the router."""
        application, self._application = self._application, None
        return application

    # Those who need it

    def serve(self, caller: Caller, now: float) -> None:
        """Have a caller connect as soon as the application is there, which is started if it has to be."""
        self._callers.add(caller)
        if self._state in (_State.THERE, _State.READY):
            self._due = None  # it is not unused any more
            caller.connect(self._served.address, now)
            return
        self._waiting[caller] = None
        if self._state is _State.ABSENT:
            self._start_on_demand(now)

    def left(self, caller: Caller, now: float) -> None:
        """A caller needs it no more."""
        self._callers.discard(caller)
        self._waiting.pop(caller, None)
        self._rest_if_unused(now)

    # Times

    def next_timeout(self) -> float | None:
        """When `handle_timeout` is due."""
        return self._due

    def handle_timeout(self, now: float) -> None:
        """Do what is due; too early is harmless."""
        application = self._application
        if application is None or self._due is None or now < self._due:
            return
        match self._state:
            case _State.STARTING if self._served.address.answers():
                self._ready(application, now)
            case _State.STARTING if now >= self._give_up:
                self._refuse(f"does not listen on {self._served.address} after {START_WITHIN:.0f} s", now)
                self._end(application, "not ready", now)
            case _State.STARTING:
                self._due = now + TRY_EVERY
            case _State.READY:
                self._end(application, "unused", now)
            case _State.ENDING:
                self._due = None
                application.kill()

    def _start_on_demand(self, now: float) -> None:
        command = self._served.command
        if command is None or now < self._not_before:
            self._fail_waiting(now)
            return
        try:
            self._watch(self._launch(command, self._account))
        except ApplicationError as error:
            self._refuse(str(error), now)
            return
        self._state, self._due, self._give_up = _State.STARTING, now + TRY_EVERY, now + START_WITHIN

    def _ready(self, application: Application, now: float) -> None:
        self._state, self._due = _State.READY, None
        self._note("application-started", process=application.process)
        self._tables.process_started(*self._key, application.process)
        waiting, self._waiting = list(self._waiting), {}
        for caller in waiting:
            caller.connect(self._served.address, now)
        self._rest_if_unused(now)

    def _rest_if_unused(self, now: float) -> None:
        if self._state is _State.READY:
            unused = not self._callers and self._served.idle is not None
            self._due = now + (self._served.idle or 0.0) if unused else None

    def _refuse(self, why: str, now: float) -> None:
        self._note("application-failed", why=why)
        self._not_before = now + RETRY_AFTER
        self._fail_waiting(now)

    def _fail_waiting(self, now: float) -> None:
        waiting, self._waiting = list(self._waiting), {}
        for caller in waiting:
            caller.fail(now)

    # The process

    def _end(self, application: Application, why: str, now: float) -> None:
        self._state, self._due, self._why_ending = _State.ENDING, now + END_WITHIN, why
        application.ask_to_end()

    def _watch(self, application: Application) -> None:
        self._application = application
        self._selector.register(application, selectors.EVENT_READ, self._has_ended)

    def _unwatch(self, application: Application) -> int:
        self._application = None
        self._selector.unregister(application)
        return application.close()

    def _has_ended(self, _mask: int, now: float) -> None:
        """By itself, or because it was asked to."""
        application, before = self._application, self._state
        if application is None:
            return
        status = self._unwatch(application)
        self._state, self._due = _State.ABSENT if self._served.on_demand else _State.THERE, None
        why = self._why_ending if before is _State.ENDING else "by itself"
        self._note("application-ended", process=application.process, status=status, why=why)
        if before is _State.STARTING:
            self._refuse(f"ended at once with status {status}", now)
            return
        self._tables.process_ended(*self._key)
        for caller in self._callers - self._waiting.keys():
            caller.lose(now)
        if self._waiting:  # they came while it ended
            self._start_on_demand(now)

    def _note(self, event: str, **values: object) -> None:
        protocol, port = self._key
        self._log.note(event, protocol=protocol.name, port=port, **values)
