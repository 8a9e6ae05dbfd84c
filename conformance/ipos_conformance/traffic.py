"""What passes between suite and target: sent, received, answered by stations that always answer, kept as evidence."""

import time
from collections.abc import Callable, Iterable, Mapping

from ipos_conformance.frames import Frame, Lan
from ipos_conformance.wire import Port, wait

Responder = Callable[[Frame], Iterable[bytes]]
"""A station's reflex: from a received frame to the frames that answer it on the same LAN."""


class Traffic:
    """Both LANs at once.

    A received frame is unclaimed until somebody has said what it is: `first` and `claim` take frames away. What
    stays unclaimed is what silence is judged by.
    """

    def __init__(self, ports: Mapping[Lan, Port]) -> None:
        self._ports = ports
        self._responders: list[Responder] = []
        self._unclaimed: list[Frame] = []
        self.evidence: list[Frame] = []

    def add_responder(self, responder: Responder) -> None:
        """Let a station answer by reflex from now on."""
        self._responders.append(responder)

    def start_case(self) -> None:
        """Forget the frames of the case before."""
        self.collect(0)
        self._unclaimed.clear()
        self.evidence = []
        self.drops()

    def send(self, lan: Lan, octets: bytes) -> Frame:
        """Put a frame on a LAN."""
        frame = self._ports[lan].send(octets)
        self.evidence.append(frame)
        return frame

    def collect(self, seconds: float) -> bool:
        """Take in what has arrived, or what arrives first within ``seconds``. False if nothing did."""
        frames = wait(list(self._ports.values()), seconds)
        for frame in frames:
            self.evidence.append(frame)
            self._unclaimed.append(frame)
            for responder in self._responders:
                for answer in responder(frame):
                    self.send(frame.lan, answer)
        return bool(frames)

    def collect_for(self, seconds: float) -> None:
        """Take in everything that arrives in the next ``seconds``."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self.collect(left)

    def first(self, wanted: Callable[[Frame], bool], seconds: float) -> Frame | None:
        """Claim the first unclaimed frame that is wanted, waiting for it up to ``seconds``; None if none comes."""
        deadline = time.monotonic() + seconds
        self.collect(0)
        while True:
            found = next((frame for frame in self._unclaimed if wanted(frame)), None)
            if found is not None:
                self._unclaimed.remove(found)
                return found
            left = deadline - time.monotonic()
            if left <= 0 or (not self.collect(left) and time.monotonic() >= deadline):
                return None

    def put_back(self, frame: Frame) -> None:
        """A claimed frame turned out to be none of the claimer's."""
        self._unclaimed.insert(0, frame)

    def unclaimed(self) -> list[Frame]:
        """What nobody has explained yet, in order of arrival."""
        return list(self._unclaimed)

    def drops(self) -> int:
        """Frames that our kernel dropped since the last call, both LANs together."""
        return sum(port.drops() for port in self._ports.values())
