"""The valid frames of a case: what its stations build before the case changes something in it."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ipos_conformance.findings.differences import Difference, differences, nearest
from ipos_conformance.frames import ENCAPSULATION, ETHERNET, IPV4_TYPE, Frame

_INNER = ETHERNET + ENCAPSULATION


@dataclass
class Valid:
    """Noted by the stations; what was sent is held against what was noted until then.

    frames   whole ipOS frames, and when each was built (seconds since the epoch)
    packets  clients' IP packets, likewise
    """

    frames: dict[bytes, float] = field(default_factory=dict)
    packets: dict[bytes, float] = field(default_factory=dict)

    def note_frame(self, octets: bytes, when: float | None = None) -> None:
        """A peer's router has built a packet, or could have."""
        self.frames.setdefault(octets, time.time() if when is None else when)

    def note_packet(self, octets: bytes) -> None:
        """A client has built a packet."""
        self.packets.setdefault(octets, time.time())

    def changes(self, frame: Frame) -> tuple[Difference, ...]:
        """Where a frame differs from the valid one that it was made of; nowhere, if it is valid or nobody noted any."""
        octets = frame.octets
        if frame.type == IPV4_TYPE:
            usual = self._with_valid_packet(frame, ETHERNET)
        else:
            usual = nearest(octets, _until(self.frames, frame.time))
            # A valid header around a client's packet that is not: the packet's own valid form is what was changed.
            if usual == octets and usual[_INNER:] not in self.packets and _carries_packet(usual):
                usual = self._with_valid_packet(frame, _INNER)
        return () if usual is None or usual == octets else differences(usual, octets, frame.ether_type)

    def _with_valid_packet(self, frame: Frame, offset: int) -> bytes | None:
        packet = nearest(frame.octets[offset:], _longest_first(_until(self.packets, frame.time)))
        return None if packet is None else frame.octets[:offset] + packet


def _until(noted: Mapping[bytes, float], when: float) -> list[bytes]:
    """What had been built before something was sent."""
    return [octets for octets, built in noted.items() if built <= when]


def _carries_packet(frame: bytes) -> bool:
    return frame[_INNER - 4 : _INNER - 3] == b"\x02"


def _longest_first(packets: Iterable[bytes]) -> list[bytes]:
    """Of two that need the same change the one with data: a segment without any is within every other."""
    return sorted(packets, key=len, reverse=True)
