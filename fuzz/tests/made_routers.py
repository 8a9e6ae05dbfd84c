# ruff: noqa: ARG002 - the interface names more than a fault needs
"""Routers that are nothing but a fault each: FACTORY of `ipos-fuzz in-process made_routers:FACTORY`."""

import signal
import sys
from contextlib import suppress
from pathlib import Path

MALFORMED = "a frame of the second LAN that is shorter than its header"


class Mute:
    """Takes everything, and says nothing."""

    def __init__(self, configuration: Path) -> None:
        self.configuration = configuration
        self.waiting: list[tuple[str, bytes]] = []

    def receive(self, lan: str, frame: bytes, now: float) -> None:
        pass

    def frames_to_send(self) -> list[tuple[str, bytes]]:
        frames, self.waiting = self.waiting, []
        return frames

    def next_timeout(self) -> float | None:
        return None

    def handle_timeout(self, now: float) -> None:
        pass


class Short(Mute):
    """Falls at one frame."""

    def receive(self, lan: str, frame: bytes, now: float) -> None:
        if lan == "second LAN" and len(frame) < 30:
            raise LookupError(MALFORMED)


class Interrupter(Mute):
    """Falls at one frame, and has Ctrl-C pressed when it is to fall again."""

    times = 0

    def receive(self, lan: str, frame: bytes, now: float) -> None:
        if lan == "second LAN" and len(frame) < 30:
            Interrupter.times += 1
            if Interrupter.times == 2:
                signal.raise_signal(signal.SIGINT)
            raise LookupError(MALFORMED)


class Catcher(Mute):
    """Has Ctrl-C pressed at the tenth frame, and goes on whatever is raised."""

    seen = 0

    def receive(self, lan: str, frame: bytes, now: float) -> None:
        self.seen += 1
        with suppress(BaseException):
            if self.seen == 10:
                signal.raise_signal(signal.SIGINT)


class Third(Mute):
    """Falls at the third packet of type 1 that it gets, however much comes between."""

    seen = 0

    def receive(self, lan: str, frame: bytes, now: float) -> None:
        self.seen += frame[12:14] == b"\0\7" and frame[26:27] == b"\1"
        assert self.seen < 3


class Leaver(Mute):
    """Ends the program at one frame, as if all were well."""

    def receive(self, lan: str, frame: bytes, now: float) -> None:
        if lan == "second LAN" and len(frame) < 30:
            sys.exit(0)


class Echo(Mute):
    """Sends what it gets on the second LAN back, whatever it is."""

    def receive(self, lan: str, frame: bytes, now: float) -> None:
        if lan == "second LAN":
            self.waiting.append((lan, frame[6:12] + frame[:6] + frame[12:]))


class Busy(Mute):
    """Never gets beyond an ARP message."""

    def receive(self, lan: str, frame: bytes, now: float) -> None:
        while frame[12:14] == b"\x08\x06":
            pass


class Restless(Mute):
    """Has always something to do."""

    def next_timeout(self) -> float:
        return 0.0


class Curious(Mute):
    """Asks for its gateway, and falls when it is told."""

    def receive(self, lan: str, frame: bytes, now: float) -> None:
        if frame[12:14] == b"\x08\x06" and frame[20:22] == b"\0\2" and frame[28:32] == bytes([192, 0, 2, 254]):
            raise LookupError(frame[22:28].hex(":"))
        question = bytes.fromhex("0001080006040001") + b"\2\0\0\0\1\1" + bytes([192, 0, 2, 1]) + bytes(6)
        self.waiting.append(
            ("first LAN", b"\xff" * 6 + b"\2\0\0\0\1\1" + b"\x08\x06" + question + bytes([192, 0, 2, 254]))
        )


def nothing(configuration: Path) -> object:
    """No router."""
    return configuration


def broken(configuration: Path) -> object:
    """A factory that fails."""
    raise ValueError(f"no {configuration.name}")


def leaving(configuration: Path) -> object:
    """A factory that ends the program."""
    sys.exit(f"{configuration.name} is none of mine")
