"""FIG. 11A: the Ethernet header, and the two EtherTypes under which ipOS travels."""

from dataclasses import dataclass
from typing import Annotated

from construct import Bytes, Int16ub

from ipos_spec.addresses import Mac
from ipos_spec.fields import Wire

ETHER_TYPE = 0x0007
"""Printed "0x007" in FIG. 11A. Below 0x0600, so equipment may take it for an IEEE 802.3 length (ENC-2)."""

ALTERNATIVE_ETHER_TYPE = 0x88B5
"""IEEE local experimental EtherType, for equipment that cuts frames of "length 7" (ENC-2)."""

MINIMUM_FRAME = 60
"""Octets of the shortest Ethernet frame without frame check sequence (IEEE 802.3); shorter ones are padded (ENC-9)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EthernetHeader:
    """FIG. 11A, 14 octets."""

    destination: Annotated[
        Mac, Wire(Bytes(6), "MAC address of the receiving router; never a group address.", "fig 11A; ENC-12")
    ]
    source: Annotated[
        Mac, Wire(Bytes(6), "MAC address of the sending router; never a group address.", "fig 11A; ENC-13")
    ]
    type: Annotated[int, Wire(Int16ub, "EtherType: 0x0007, or what the operator configured.", "fig 11A; ENC-2")] = (
        ETHER_TYPE
    )
