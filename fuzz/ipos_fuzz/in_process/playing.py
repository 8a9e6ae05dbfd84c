"""Frames handed to a router in virtual time, and what is wrong with what it does."""

import signal
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import NamedTuple

from ipos_conformance.frames import ARP_TYPE, Direction, Frame, Lan
from ipos_conformance.target import Target

from ipos_fuzz.in_process.loading import SansIo
from ipos_fuzz.oracles.log import faults
from ipos_fuzz.oracles.observer import Observer
from ipos_fuzz.violation import Violation

_PATIENCE = 2.0
"""Seconds of computing after which a router hangs; a frame takes a fraction of a millisecond."""
_ROUNDS = 1000
"""How often something may be due without time passing."""
_ARP = ARP_TYPE.to_bytes(2, "big")
_REQUEST, _REPLY = b"\0\1", b"\0\2"


class Fed(NamedTuple):
    """A frame for the router. at: when, in seconds; operator: what was done to it."""

    at: float
    lan: Lan
    octets: bytes
    operator: str


class _Hangs(BaseException):
    """No Exception, which a router may catch."""


class Play:
    """One router from its beginning.

    stations  who answers ARP: MAC by LAN and address, in network byte order
    frames    what passed
    """

    def __init__(self, router: SansIo, observer: Observer, target: Target) -> None:
        self._router, self._observer = router, observer
        self._ether_type = target.second_lan.ether_type
        self._stations = _stations(target)
        self._now = 0.0
        self.frames: list[Frame] = []

    def take(self, fed: Fed) -> Violation | None:
        """Let time pass until the frame is due, and hand it over; the first thing that is wrong."""
        try:
            with _alarm():
                return self._passed_until(fed.at) or self._handed_over(fed)
        except _Hangs:
            return Violation("liveness", "", "hangs", f"it computes for more than {_PATIENCE:.0f} s")
        except (Exception, SystemExit) as error:  # a router that ends its program ends ours
            fault = next(iter(faults(traceback.format_exc())), None)
            kind = fault.kind if fault is not None else f"Python {type(error).__name__}"
            return Violation("process", "", kind, f"it raises {type(error).__name__}: {error}")

    def _passed_until(self, when: float) -> Violation | None:
        for _ in range(_ROUNDS):
            due = self._router.next_timeout()
            if due is None or due > when:
                return None
            self._now = max(self._now, due)  # what is due from the beginning may say so by minus infinity
            self._router.handle_timeout(self._now)
            if (violation := self._collect(self._now)) is not None:
                return violation
        return Violation("liveness", "", "something is always due", f"{_ROUNDS} times something was due by {when:.3f}")

    def _handed_over(self, fed: Fed) -> Violation | None:
        self._now = fed.at
        self._note(Direction.SENT, fed.lan, fed.octets, fed.at)
        self._router.receive(fed.lan, fed.octets, fed.at)
        return self._collect(fed.at)

    def _collect(self, now: float) -> Violation | None:
        found = None
        for lan, octets in self._router.frames_to_send():
            found = found or self._note(Direction.RECEIVED, Lan(lan), octets, now)
            if (answer := self._reflex(Lan(lan), octets)) is not None:
                found = found or self._handed_over(Fed(now, Lan(lan), answer, ""))
        return found

    def _note(self, direction: Direction, lan: Lan, octets: bytes, now: float) -> Violation | None:
        frame = Frame(lan, direction, now, octets, self._ether_type)
        self.frames.append(frame)
        if direction is Direction.RECEIVED:
            return self._observer.received(frame)
        self._observer.sent(frame)
        return None

    def _reflex(self, lan: Lan, octets: bytes) -> bytes | None:
        """What a station answers to ARP (RFC 826)."""
        mac = self._stations.get((lan, octets[38:42]))
        if octets[12:14] != _ARP or octets[20:22] != _REQUEST or mac is None:
            return None
        return octets[6:12] + mac + octets[12:20] + _REPLY + mac + octets[38:42] + octets[22:32]


def _stations(target: Target) -> Mapping[tuple[Lan, bytes], bytes]:
    found = {(Lan.FIRST, target.router.gateway.to_bytes(4, "big")): bytes(target.suite.gateway_mac)}
    return found | {(Lan.SECOND, peer.address.to_bytes(4, "big")): bytes(peer.mac) for peer in target.peer}


@contextmanager
def _alarm() -> Iterator[None]:
    """Raise _Hangs if what is done here computes for too long. For the main thread."""
    before = signal.signal(signal.SIGVTALRM, _ring)
    signal.setitimer(signal.ITIMER_VIRTUAL, _PATIENCE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _ring(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the signature of signal handlers
    raise _Hangs


Maker = Callable[[], Play]
"""Makes a new router, with an observer of its own."""
