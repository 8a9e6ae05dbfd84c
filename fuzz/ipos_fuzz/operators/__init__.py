"""The catalogue: named ways to change one frame, a subject a module, and ways to change a sequence of them."""

from ipos_fuzz.operators.control_block import CONTROL_BLOCK
from ipos_fuzz.operators.ip import IP_INSIDE, IP_OUTSIDE
from ipos_fuzz.operators.ipos_checksum import IPOS_CHECKSUM
from ipos_fuzz.operators.ipos_fields import IPOS_FIELDS, REFERENCES
from ipos_fuzz.operators.link import LINK
from ipos_fuzz.operators.operator import Operator, Operators
from ipos_fuzz.operators.others import OTHERS
from ipos_fuzz.operators.splice import SPLICE
from ipos_fuzz.operators.tcp import TCP_OPERATORS

OPERATORS: Operators = {
    **LINK,
    **IPOS_FIELDS,
    **REFERENCES,
    **IPOS_CHECKSUM,
    **CONTROL_BLOCK,
    **SPLICE,
    **IP_INSIDE,
    **IP_OUTSIDE,
    **TCP_OPERATORS,
    **OTHERS,
}
"""All of them by name. Each promise is held against the specification by a test."""

__all__ = ["OPERATORS", "Operator", "Operators"]
