"""The states of the protocol as data: what a router does with one connection as origin, as target and as forwarder.

Documentation, the fuzzer's oracle and the coverage of state x event read these tables; `model` explores them.
"""

from collections.abc import Mapping
from types import MappingProxyType

from ipos_spec.states import forwarding, origin, target
from ipos_spec.states.table import State, Table

ORIGIN, TARGET, FORWARDING = origin.TABLE, target.TABLE, forwarding.TABLE

TABLES: Mapping[str, Table] = MappingProxyType({table.name: table for table in (ORIGIN, TARGET, FORWARDING)})

CONTINUED: Mapping[State, State] = MappingProxyType(
    {
        origin.MIGRATED: forwarding.ACTIVE,
        origin.RETURNED: target.DEFINITE,
        target.MIGRATING_ON: origin.MIGRATING[0],
    }
)
"""Where a state that goes on in another table stands there."""
