"""The target file: what is tested, where it stands, whom the suite plays, what its operator says about it."""

from ipos_conformance.target.reading import DEFAULT_TARGET, read_target
from ipos_conformance.target.tables import (
    CONFIGURATION,
    Away,
    Echo,
    FirstLan,
    PeerStation,
    Pics,
    Pixit,
    Quick,
    Resource,
    SecondLan,
    TableBounds,
    Target,
    Timing,
)

__all__ = [
    "CONFIGURATION",
    "DEFAULT_TARGET",
    "Away",
    "Echo",
    "FirstLan",
    "PeerStation",
    "Pics",
    "Pixit",
    "Quick",
    "Resource",
    "SecondLan",
    "TableBounds",
    "Target",
    "Timing",
    "read_target",
]
