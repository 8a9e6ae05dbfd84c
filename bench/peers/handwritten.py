"""The codec as a person who is in a hurry at run time writes it: `struct`, formats counted by hand, the same checks."""

import struct

from ipos_spec.connection import TcpConnectionInformation
from ipos_spec.control_block import ControlBlock
from ipos_spec.encapsulation import EncapsulationHeader
from ipos_spec.ethernet import EthernetHeader
from ipos_spec.packets import TcpConnectionPacket

_FRAME = struct.Struct(">6s6sH IHIHBBH IH 2IH8s4H2B2H15I2I2HI4HI2BH4B3I")
_HEADER = struct.Struct(">IHIHBBH")
_new = tuple.__new__


def parse_header(octets: bytes) -> EncapsulationHeader:
    """Read FIG. 11B."""
    return _new(EncapsulationHeader, _HEADER.unpack_from(octets))


def build_header(header: EncapsulationHeader) -> bytes:
    """Write FIG. 11B."""
    return _HEADER.pack(*header)


def parse_packet(frame: bytes) -> TcpConnectionPacket:
    """Read FIG. 11E without checks."""
    values = _FRAME.unpack_from(frame)
    return _new(
        TcpConnectionPacket,
        (
            _new(EthernetHeader, values[:3]),
            _new(EncapsulationHeader, values[3:10]),
            _new(TcpConnectionInformation, (values[10], values[11], _new(ControlBlock, values[12:]))),
            frame[176:],
        ),
    )


def build_packet(packet: TcpConnectionPacket) -> bytes:
    """Write FIG. 11E with the checks that `struct` leaves out: classes of records, numbers of octets."""
    ethernet, header, connection, padding = packet
    server_ip, server_port, block = connection
    if (
        type(ethernet) is not EthernetHeader
        or type(header) is not EncapsulationHeader
        or type(connection) is not TcpConnectionInformation
        or type(block) is not ControlBlock
    ):
        raise TypeError("not the records of a TCP connection packet")
    for octets, size in ((ethernet[0], 6), (ethernet[1], 6), (block[3], 8)):
        if type(octets) is not bytes or len(octets) != size:
            raise ValueError(f"{octets!r} does not fit a field of {size} octets")
    if type(padding) is not bytes:
        raise TypeError("padding is not octets")
    return _FRAME.pack(*ethernet, *header, server_ip, server_port, *block) + padding


def decode_packet(frame: bytes, ether_type: int = 7) -> TcpConnectionPacket:
    """Read FIG. 11E with the checks of `ipos_spec.codec.decode`."""
    if len(frame) < 176:
        raise ValueError("shorter than a TCP connection packet")
    if frame[12] << 8 | frame[13] != ether_type:
        raise ValueError("not ipOS")
    if frame[26] != 1 or frame[27] != 1:
        raise ValueError("not a TCP connection packet")
    total = int.from_bytes(frame[14:176], "big")
    if not total or total % 0xFFFF:
        raise ValueError("wrong checksum")
    return parse_packet(frame)


def encode_packet(packet: TcpConnectionPacket) -> bytes:
    """Write FIG. 11E with the checks of `ipos_spec.codec.encode`."""
    if type(packet) is not TcpConnectionPacket:
        raise TypeError("not a TCP connection packet")
    frame = build_packet(packet)
    if frame[26] != 1 or frame[27] != 1:
        raise ValueError("type and protocol of another packet")
    return frame
