"""The reference in the fuzz harness's own process, with a bug: `ipos-fuzz in-process planted:FACTORY`."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import ipos_defects.__main__  # noqa: F401 - fills the register
from ipos_defects.bug import BUGS
from ipos_reference.in_process import InProcess, router


def arp_sizes_believed(configuration: Path) -> InProcess:
    """Falls over a short ARP message."""
    _once(BUGS["arp-sizes-believed"].plant)
    return router(configuration)


def unreachable_on_the_second_lan(configuration: Path) -> InProcess:
    """Sends an IP packet where only ipOS and ARP belong."""
    _once(BUGS["unreachable-on-the-second-lan"].plant)
    return router(configuration)


@cache
def _once(plant: Callable[[], None]) -> None:
    plant()
