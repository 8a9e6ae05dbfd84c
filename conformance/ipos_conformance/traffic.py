"""What passes between suite and target: sent, received, answered by stations that always answer, kept as evidence."""

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping

from ipos_conformance.background import is_extension_to_all
from ipos_conformance.bench.stalls import Stalls
from ipos_conformance.bench.wire import Port, wait
from ipos_conformance.frames import Frame, Lan
from ipos_conformance.inbox import Inbox, inbox

Responder = Callable[[Frame], Iterable[bytes]]
"""A station's reflex: from a received frame to the frames that answer it on the same LAN."""

Router = Callable[[Frame], Inbox | None]
"""Says which case under way a received frame belongs to; None: to the one that runs."""


class Traffic:
    """Both LANs at once.

    A received frame is unclaimed until somebody has said what it is: `first` takes frames away. What stays unclaimed is
    what silence is judged by; what routers tell all others never is. Frames of a parked case are kept for it.
    """

    def __init__(self, ports: Mapping[Lan, Port], owner: Router = lambda _: None) -> None:
        self.ports = ports
        self._owner = owner
        self._responders: list[Responder] = []
        self.inbox = inbox(0, "before the first case")
        self.stalls = Stalls()

    @property
    def evidence(self) -> list[Frame]:
        """The frames of the case that runs."""
        return self.inbox.evidence

    def add_responder(self, responder: Responder) -> None:
        """Let a station answer by reflex from now on."""
        self._responders.append(responder)

    def turn_to(self, case: Inbox) -> None:
        """Another case runs from now on. What has arrived until now belongs to the one before, or to its owner."""
        self.collect(0)
        self.inbox = case

    def send(self, lan: Lan, octets: bytes) -> Frame:
        """Put a frame on a LAN."""
        frame = self.ports[lan].send(octets)
        self.inbox.evidence.append(frame)
        return frame

    def note_frame(self, octets: bytes) -> None:
        """A station has built this valid frame, in which a case may change something before it is sent."""
        self.inbox.valid.note_frame(octets)

    def note_packet(self, octets: bytes) -> None:
        """The same of a client's IP packet."""
        self.inbox.valid.note_packet(octets)

    def collect(self, seconds: float) -> bool:
        """Take in what has arrived, or what arrives first within ``seconds``. False if nothing did."""
        begin = time.monotonic()
        frames = wait(list(self.ports.values()), seconds)
        if not frames:
            self.stalls.note(time.time(), time.monotonic() - begin - seconds)
        for frame in frames:
            owner = self._owner(frame)
            if owner is None or owner is self.inbox:
                self._take(frame)
            else:
                with self._as(owner):
                    self._take(frame)
        return bool(frames)

    def _take(self, frame: Frame) -> None:
        """It belongs to the case that runs."""
        self.inbox.evidence.append(frame)
        if not is_extension_to_all(frame):  # whoever wants those listens; there may be thousands
            self.inbox.unclaimed.append(frame)
        for responder in self._responders:
            for answer in responder(frame):
                self.send(frame.lan, answer)

    def collect_for(self, seconds: float) -> None:
        """Take in everything that arrives in the next ``seconds``."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self.collect(left)

    def first(self, wanted: Callable[[Frame], bool], seconds: float) -> Frame | None:
        """Claim the first unclaimed frame that is wanted, waiting for it up to ``seconds``; None if none comes."""
        deadline = time.monotonic() + seconds
        self.collect(0)
        unclaimed, seen = self.inbox.unclaimed, 0
        while True:
            for place in range(seen, len(unclaimed)):  # those that came since the last look: there may be thousands
                if wanted(unclaimed[place]):
                    return unclaimed.pop(place)
            seen = len(unclaimed)
            left = deadline - time.monotonic()
            if left <= 0 or (not self.collect(left) and time.monotonic() >= deadline):
                return None

    def put_back(self, frame: Frame) -> None:
        """A claimed frame turned out to be none of the claimer's."""
        self.inbox.unclaimed.insert(0, frame)

    def unclaimed(self) -> list[Frame]:
        """What nobody has explained yet, in order of arrival."""
        return list(self.inbox.unclaimed)

    @contextlib.contextmanager
    def _as(self, case: Inbox) -> Iterator[None]:
        """What is sent meanwhile is another case's."""
        before, self.inbox = self.inbox, case
        try:
            yield
        finally:
            self.inbox = before
