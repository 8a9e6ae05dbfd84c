"""What a machine says of itself, to be advertised; `machine` finds it out."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """How busy a machine is, in FIG. 12's units.

    cpu_utilization      of the whole machine, 0.01 %
    available_memory     octets
    available_bandwidth  bit/s
    processes            CPU utilization of those that were asked for, by process id: 0.01 % of the whole machine
    """

    cpu_utilization: int
    available_memory: int
    available_bandwidth: int
    processes: Mapping[int, int] = field(default_factory=dict)
