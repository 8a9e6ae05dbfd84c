"""FIG. 11A: the Ethernet header, and the two EtherTypes under which ipOS travels."""

from typing import Annotated

from construct import Bytes, Int16ub

from ipos_spec.addresses import Mac
from ipos_spec.fields import Wire
from ipos_spec.record import record
from ipos_spec.rules import Individual, OneOf

ETHER_TYPE = 0x0007
"""Printed "0x007" in FIG. 11A. Below 0x0600, so equipment may take it for an IEEE 802.3 length (ENC-2)."""

ALTERNATIVE_ETHER_TYPE = 0x88B5
"""IEEE local experimental EtherType, for equipment that cuts frames of "length 7" (ENC-2)."""

MINIMUM_FRAME = 60
"""Octets of the shortest Ethernet frame without frame check sequence (IEEE 802.3); shorter ones are padded (ENC-9)."""


@record
class EthernetHeader:
    """FIG. 11A, 14 octets."""

    destination: Annotated[
        Mac, Wire(Bytes(6), "MAC address of the receiving router.", "fig 11A; ENC-12", rules=(Individual("ENC-12"),))
    ]
    source: Annotated[
        Mac, Wire(Bytes(6), "MAC address of the sending router.", "fig 11A; ENC-13", rules=(Individual("ENC-13"),))
    ]
    type: Annotated[
        int,
        Wire(
            Int16ub,
            "EtherType: 0x0007, or what the operator configured.",
            "fig 11A; ENC-2",
            rules=(OneOf((ETHER_TYPE, ALTERNATIVE_ETHER_TYPE), "ENC-2"),),
            hexadecimal=True,
        ),
    ] = ETHER_TYPE
