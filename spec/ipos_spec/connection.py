"""FIG. 11C and 11D: the connection information of type 1 packets."""

from typing import Annotated

from construct import Int16ub, Int32ub

from ipos_spec.addresses import IPv4
from ipos_spec.control_block import ControlBlock
from ipos_spec.fields import Wire
from ipos_spec.record import record
from ipos_spec.rules import Unicast, Within

_SERVER_IP = Wire(
    Int32ub,
    "The address that the client itself is talking to; the same however often the endpoint migrates.",
    "fig 11C-11D; CON-1",
    rules=(Unicast("ENC-13"),),
)
_SERVER_PORT = Wire(
    Int16ub,
    "The port that the client itself is talking to.",
    "fig 11C-11D; CON-1",
    rules=(Within(1, 0xFFFF, "ENC-13"),),
)


@record
class UdpConnectionInformation:
    """FIG. 11C, 6 octets."""

    server_ip: Annotated[IPv4, _SERVER_IP]
    server_port: Annotated[int, _SERVER_PORT]


@record
class TcpConnectionInformation:
    """FIG. 11D, 146 octets."""

    server_ip: Annotated[IPv4, _SERVER_IP]
    server_port: Annotated[int, _SERVER_PORT]
    control_block: Annotated[ControlBlock, Wire(ControlBlock, "The endpoint's state.", "fig 11D; TCB-1")]
