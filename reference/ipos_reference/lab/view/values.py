"""What is seen of a lab at one moment."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from ipos_reference.lab.plan import Server
from ipos_reference.lab.view.exchanges import Exchange

MOST_RECORDS = 30
"""Records of a table that are shown."""


@dataclass(frozen=True, slots=True)
class RouterSeen:
    """What a router answers.

    problem   in a line, why it does not answer; all else is empty then
    counters  its answer to ``counters``
    draining  whether it is being drained
    records   of each table that has some, at most MOST_RECORDS, by the table's name
    """

    server: Server
    problem: str = ""
    counters: Mapping[str, Any] | None = None
    draining: bool = False
    records: Mapping[str, tuple[Mapping[str, Any], ...]] | None = None


class Passed(NamedTuple):
    """How many frames."""

    received: int
    sent: int


@dataclass(frozen=True, slots=True)
class Seen:
    """All of it.

    directory  of the lab
    problem    in a line, why there is nothing (new) to be seen; empty if all is well
    time_ns    when, since 1970-01-01 00:00 UTC
    lines      which lines work; None if that is not known
    lans       frames that were captured, by LAN
    edges      of these, what each edge router took from the first LAN and what it sent there, by its name
    """

    directory: str
    problem: str
    time_ns: int
    lines: Mapping[str, bool] | None
    routers: tuple[RouterSeen, ...]
    lans: Mapping[str, int]
    edges: Mapping[str, Passed]
    exchanges: tuple[Exchange, ...]
