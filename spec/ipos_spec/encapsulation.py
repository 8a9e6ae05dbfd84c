"""FIG. 11B: the ipOS encapsulation header, and the reference to a connection that it carries."""

from enum import IntEnum
from typing import Annotated, NamedTuple

from construct import Int8ub, Int16ub, Int32ub

from ipos_spec.addresses import IPv4, ipv4_text
from ipos_spec.fields import Wire
from ipos_spec.record import record
from ipos_spec.rules import OneOf, Unicast, Within


class PacketType(IntEnum):
    """Type octet of FIG. 11E-11I; 0x80-0xFF are extensions (ENC-4)."""

    CONNECTION = 1
    PACKET = 2
    ACKNOWLEDGEMENT = 3


class Protocol(IntEnum):
    """Protocol octet of FIG. 11E-11H: not IANA's numbers (ENC-5)."""

    TCP = 1
    UDP = 2


class Reference(NamedTuple):
    """How the header names a connection: the client, and the target's endpoint (ENC-3). Keys Forward-Connect."""

    client_ip: IPv4
    client_port: int
    target_ip: IPv4
    target_port: int

    def __str__(self) -> str:
        return f"{ipv4_text(self.client_ip)}:{self.client_port} at {ipv4_text(self.target_ip)}:{self.target_port}"


_HOST = Unicast("ENC-13")
_PORT = Within(1, 0xFFFF, "ENC-13")


@record
class EncapsulationHeader:
    """FIG. 11B, 16 octets."""

    source_ip: Annotated[IPv4, Wire(Int32ub, "The client's IPv4 address.", "fig 11B; ENC-3", rules=(_HOST,))]
    source_port: Annotated[int, Wire(Int16ub, "The client's port.", "fig 11B; ENC-3", rules=(_PORT,))]
    destination_ip: Annotated[
        IPv4, Wire(Int32ub, "IPv4 address of the target's endpoint.", "fig 11B; ENC-3", rules=(_HOST,))
    ]
    destination_port: Annotated[int, Wire(Int16ub, "Port of the target's endpoint.", "fig 11B; ENC-3", rules=(_PORT,))]
    type: Annotated[
        int,
        Wire(
            Int8ub,
            "Which packet follows: 1 connection, 2 packet, 3 acknowledgement.",
            "fig 11E-11I; ENC-4",
            rules=(OneOf(tuple(PacketType), "ENC-4"),),
            names=PacketType,
            hexadecimal=True,
        ),
    ]
    protocol: Annotated[
        int,
        Wire(
            Int8ub,
            "Transport of the client's connection: 1 TCP, 2 UDP.",
            "fig 11E-11H; ENC-5",
            rules=(OneOf(tuple(Protocol), "ENC-5"),),
            names=Protocol,
            hexadecimal=True,
        ),
    ]
    checksum: Annotated[
        int, Wire(Int16ub, "Internet checksum of what ipOS adds to the frame.", "fig 11B; ENC-6", hexadecimal=True)
    ] = 0

    @property
    def reference(self) -> Reference:
        """The connection that this header refers to."""
        return Reference(self.source_ip, self.source_port, self.destination_ip, self.destination_port)
