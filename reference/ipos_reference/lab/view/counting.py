"""Counts the frames of a capture: those of each LAN, and those of each edge router."""

from collections import Counter
from collections.abc import Mapping

from ipos_spec.addresses import Mac
from ipos_spec.captures import CapturedFrame
from ipos_spec.exchanges.values import FIRST_LAN

from ipos_reference.lab import plan
from ipos_reference.lab.view.values import Passed

_EDGE_ROUTERS = {address: name for address, name in plan.by_mac().items() if name.startswith("edge")}


class Counts:
    """Grows by a frame at a time."""

    def __init__(self) -> None:
        self._lans: Counter[str] = Counter()
        self._received: Counter[str] = Counter()
        self._sent: Counter[str] = Counter()

    def add(self, frame: CapturedFrame) -> int:
        """Count a frame; returns its number among all."""
        self._lans[frame.interface] += 1
        if frame.interface == FIRST_LAN:
            for counter, at in ((self._received, 0), (self._sent, 6)):
                if name := _EDGE_ROUTERS.get(Mac(frame.octets[at : at + 6])):
                    counter[name] += 1
        return self._lans.total()

    @property
    def lans(self) -> Mapping[str, int]:
        """Frames by LAN."""
        return dict(self._lans)

    @property
    def edges(self) -> Mapping[str, Passed]:
        """Frames of each edge router on the first LAN."""
        return {name: Passed(self._received[name], self._sent[name]) for name in _EDGE_ROUTERS.values()}
