"""FIG. 11C and 11D: the connection information of type 1 packets."""

from dataclasses import dataclass
from typing import Annotated

from construct import Int16ub, Int32ub

from ipos_spec.addresses import IPv4
from ipos_spec.control_block import ControlBlock
from ipos_spec.fields import Wire

_SERVER_IP = "The address that the client itself is talking to; the same however often the endpoint migrates."


@dataclass(frozen=True, slots=True, kw_only=True)
class UdpConnectionInformation:
    """FIG. 11C, 6 octets."""

    server_ip: Annotated[IPv4, Wire(Int32ub, _SERVER_IP, "fig 11C; CON-1")]
    server_port: Annotated[int, Wire(Int16ub, "The port that the client itself is talking to.", "fig 11C; CON-1")]


@dataclass(frozen=True, slots=True, kw_only=True)
class TcpConnectionInformation:
    """FIG. 11D, 146 octets."""

    server_ip: Annotated[IPv4, Wire(Int32ub, _SERVER_IP, "fig 11D; CON-1")]
    server_port: Annotated[int, Wire(Int16ub, "The port that the client itself is talking to.", "fig 11D; CON-1")]
    control_block: Annotated[ControlBlock, Wire(ControlBlock, "The endpoint's state.", "fig 11D; TCB-1")]
