"""A router that keeps a capture of both its LANs: what came and went, and in comments what it did with it and why."""

import random
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ipos_spec.addresses import ipv4_text
from ipos_spec.captures import Direction

from ipos_reference.addresses import Address
from ipos_reference.capture_file import DEFAULT_LIMIT, CaptureFile
from ipos_reference.connection import Connection
from ipos_reference.discards import Discard
from ipos_reference.forward_table import Onward
from ipos_reference.journal import Journal
from ipos_reference.router import Lan, Router
from ipos_reference.settings import Settings
from ipos_reference.tables import Place, Placed
from ipos_reference.tally import Happening
from ipos_reference.tcp.endpoint import Acceptance
from ipos_reference.tcp.segment import Segment

_MOST_EARLIER = 64
"""Remarks that wait for a frame at most; a router that nobody talks to forgets the oldest."""


class Remarks(Journal):
    """What a router has done since it was last asked, in sentences."""

    def __init__(self) -> None:
        self._sentences: list[str] = []
        self._arrival = ""
        self._rcv_nxt = 0

    def take(self) -> list[str]:
        """The sentences, in order; they are then gone."""
        sentences, self._sentences = self._sentences, []
        return sentences

    def discarded(self, reason: Discard, times: int) -> None:
        """The reason, which begins with the requirement's id."""
        what = "Discarded" if times == 1 else f"Discarded {times} packets"
        self._say(f"{what}: {reason}.")

    def placed(self, connection: Placed, before: Place | None, after: Place | None) -> None:
        """Which table, and how an endpoint that has just come is to be found."""
        kind = ", provisional (TGT-12)" if before is None and connection.provisional else ""
        match before, after:
            case None, _:
                way = f"enters {after}"
            case _, None:
                way = f"leaves {before}"
            case _:
                way = f"moves from {before} to {after}"
        self._say(f"{_name(connection)} {way}{kind}.")

    def attached(self, connection: Placed) -> None:
        """Which application."""
        self._say(f"{_name(connection)} is attached to the application of port {connection.listener}.")

    def acknowledged(self, *, again: bool) -> None:
        """Which of the two reasons there are."""
        way = "again; its endpoint was there already (TGT-3)" if again else "(TGT-1)"
        self._say(f"Acknowledged {way}.")

    def definite(self, connection: Placed) -> None:
        """By this frame."""
        self._say(f"{_name(connection)} is definite now (TGT-12).")

    def held(self, connection: Placed, count: int) -> None:
        """How much waits."""
        self._say(f"Held for {_name(connection)}, unacknowledged (ORG-12): {count} now.")

    def migrates(self, connection: Placed, onward: Onward) -> None:
        """To whom, by its connection packet."""
        self._say(f"{_name(connection)} is to migrate to {_place(onward)} (ORG-5); its client hears nothing from here.")

    def migrated(self, connection: Placed, onward: Onward) -> None:
        """By this acknowledgement."""
        self._say(f"{_name(connection)} has migrated to {_place(onward)}: its client enters Forward (ORG-6).")

    def given_up(self, connection: Placed, onward: Onward) -> None:
        """For want of one."""
        self._say(
            f"{_name(connection)} stays: {_place(onward)} has acknowledged none of its connection packets (ORG-7)."
        )

    def kept(self, connection: Placed, why: Happening) -> None:
        """In spite of the choice."""
        self._say(f"{_name(connection)} is {why}.")

    def forwarded(self, client: Address, server: Address, onward: Onward) -> None:
        """Where to."""
        self._say(f"Forwarded for {client} with {server} to {_place(onward)} (FWD-1).")

    def entry_ended(self, client: Address, server: Address, why: str) -> None:
        """And why."""
        self._say(f"{client} with {server} leaves Forward: {why}.")

    def arrives(self, connection: Connection, segment: Segment, now: float) -> None:
        """What TCP is about to decide."""
        acceptance = connection.endpoint.judge(segment, now)
        effect = "" if acceptance is Acceptance.ACCEPTABLE else f", {acceptance.value}"
        self._arrival = f"For {_name(connection)}{effect}: {connection.endpoint.state.value}"
        self._rcv_nxt = connection.endpoint.rcv_nxt

    def arrived(self, connection: Connection) -> None:
        """The state before and after, and how far the client's stream has come."""
        endpoint = connection.endpoint
        after = f" -> {endpoint.state.value}" if not self._arrival.endswith(f": {endpoint.state.value}") else ""
        progress = f", rcv_nxt {self._rcv_nxt} -> {endpoint.rcv_nxt}" if endpoint.rcv_nxt != self._rcv_nxt else ""
        self._say(f"{self._arrival}{after}{progress}.")

    def _say(self, sentence: str) -> None:
        self._sentences.append(sentence[0].upper() + sentence[1:])


class CapturingRouter(Router):
    """A router for a driver that wants a capture; times in it are the wall clock's, in nanoseconds.

    A frame that came in stands before those that were sent because of it, which name it by its number. What was done
    without a frame, at a time-out or for an application, is told with the frame sent because of it, or with the next.
    Frames stand there as the router takes and gives them; a port's own losses do not show.
    """

    def __init__(
        self,
        settings: Settings,
        randomness: random.Random,
        file: CaptureFile,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        self._remarks = Remarks()
        super().__init__(settings, randomness, self._remarks)
        self._file = file
        self._clock = clock
        self._comments: deque[list[str]] = deque()  # for each frame that waits to be sent
        self._earlier: deque[str] = deque(maxlen=_MOST_EARLIER)  # remarks that found no frame of their own

    def receive(self, lan: Lan, octets: bytes, now: float) -> None:
        """Take a frame, then write it down with what was done."""
        arrived_at = self._clock()
        super().receive(lan, octets, now)
        fresh = self._uncommented()
        remarks = self._remarks.take() or [f"Frames sent because of it: {fresh}." if fresh else "Nothing follows."]
        number = self._write(lan, arrived_at, octets, remarks, Direction.INBOUND)
        self._comments.extend([f"Sent because of frame {number}."] for _ in range(fresh))

    def receive_all(self, lan: Lan, frames: Iterable[bytes], now: float) -> None:
        """Take each frame the long way, on which something is told of it."""
        for octets in frames:
            self.receive(lan, octets, now)

    def frames_to_send(self) -> list[tuple[Lan, bytes]]:
        """Write down what leaves, and why."""
        self._comments.extend([["Sent of the router's own accord."]] * self._uncommented())
        frames = super().frames_to_send()
        for lan, octets in frames:
            self._write(lan, self._clock(), octets, self._comments.popleft(), Direction.OUTBOUND)
        self._file.turn_over()
        return frames

    def handle_timeout(self, now: float) -> None:
        """Do what is due."""
        with self._because("a time-out"):
            super().handle_timeout(now)

    def read(self, number: int, limit: int, now: float) -> bytes:
        """The application reads."""
        with self._because("the application, which reads"):
            return super().read(number, limit, now)

    def write(self, number: int, octets: bytes, now: float) -> int:
        """The application writes."""
        with self._because("the application, which writes"):
            return super().write(number, octets, now)

    def datagram(self, number: int, octets: bytes, now: float) -> None:
        """The application sends a datagram."""
        with self._because("the application, which sends"):
            super().datagram(number, octets, now)

    def end_all(self, now: float) -> None:
        """The router stops."""
        with self._because("the router's end"):
            super().end_all(now)

    def close(self, number: int, now: float) -> None:
        """The application has sent everything."""
        with self._because("the application, which closes"):
            super().close(number, now)

    def abort(self, number: int, now: float) -> None:
        """The application broke off."""
        with self._because("the application, which breaks off"):
            super().abort(number, now)

    @contextmanager
    def _because(self, cause: str) -> Iterator[None]:
        """Comment on the frames that are made meanwhile."""
        yield
        fresh, remarks = self._uncommented(), self._remarks.take()
        comments = [[f"Sent because of {cause}."] for _ in range(fresh)]
        if comments:
            comments[0] += remarks
        else:
            self._earlier.extend(f"Before this frame, because of {cause}: {remark}" for remark in remarks)
        self._comments.extend(comments)

    def _uncommented(self) -> int:
        return len(self._frames) - len(self._comments)

    def _write(self, lan: Lan, time_ns: int, octets: bytes, comments: list[str], direction: Direction) -> int:
        comments = [*self._earlier, *comments]
        self._earlier.clear()
        return self._file.write(lan, time_ns, octets, comments, direction=direction)


def open_file(
    path: Path, settings: Settings, limit: int = DEFAULT_LIMIT, *, on_failure: Callable[[str], None]
) -> CaptureFile:
    """A file for a router with these settings. Raises CaptureFileError."""
    title = f"What the ipOS router of {ipv4_text(settings.address)} received and sent, and why."
    return CaptureFile(path, list(Lan), title, limit=limit, on_failure=on_failure)


def _place(onward: Onward) -> str:
    return str(Address(onward.ip, onward.port))


def _name(connection: Placed) -> str:
    return f"endpoint {connection.number} of {connection.client} with {connection.server}"
