"""What went through the router's ports."""

from collections import Counter
from dataclasses import dataclass, field

from ipos_reference.router import Lan


def _none_yet() -> Counter[Lan]:
    return Counter(dict.fromkeys(Lan, 0))


@dataclass(slots=True)
class Traffic:
    """Frames by LAN, those that no interface took, and clients' datagrams that no application took.

    waiting  datagrams that wait for an application now
    """

    received: Counter[Lan] = field(default_factory=_none_yet)
    sent: Counter[Lan] = field(default_factory=_none_yet)
    not_sent: int = 0
    not_delivered: int = 0
    waiting: int = 0
