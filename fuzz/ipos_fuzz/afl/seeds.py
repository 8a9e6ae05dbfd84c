"""Where AFL++ begins: a valid frame of each packet, and sequences as they pass between routers.

They are the worked examples of the specification: 192.0.2.2 hands clients over to 192.0.2.1, whose second-LAN MAC is
02:00:00:00:02:01. An input is a sequence of frames, each behind its length in two octets.
"""

from collections.abc import Mapping
from dataclasses import replace

from ipos_spec import decode, encode
from ipos_spec.checksum import internet_checksum
from ipos_spec.packets import TcpConnectionPacket, with_checksum
from ipos_spec.vectors import FRAMES

from ipos_fuzz.subject import INNER

LENGTH = 2
_LATER = 256
_MACS = 12
_RST_ACK = 0x14


def seeds() -> Mapping[str, bytes]:
    """Inputs by file name."""
    acknowledgement = _addressed_to_the_target(FRAMES["acknowledgement"])
    singles = [(name, (frame,)) for name, frame in {**FRAMES, "acknowledgement": acknowledgement}.items()]
    connection, request = FRAMES["tcp-connection"], FRAMES["tcp"]
    datagrams = (FRAMES["udp-connection"], FRAMES["udp"])
    sequences = {
        "migration": (connection, request),
        "repeated": (connection, connection, request, request),
        "later-holder": (connection, _later(connection), request),
        "reset": (connection, _reset(request), _reset(request)),
        "later-holder-reset": (connection, _later(connection), _reset(request, _LATER)),
        "unasked-acknowledgement": (connection, acknowledgement, request),
        "datagrams": (*datagrams, FRAMES["udp"]),
        "both-protocols": (connection, datagrams[0], request, datagrams[1]),
    }
    return {name: _joined(*frames) for name, frames in (*singles, *sequences.items())}


def _addressed_to_the_target(frame: bytes) -> bytes:
    """A frame that the target sent, the other way: an acknowledgement that nobody asked for."""
    return frame[6:_MACS] + frame[:6] + frame[_MACS:]


def _later(frame: bytes) -> bytes:
    """The same connection from a later holder (TGT-4)."""
    packet = decode(frame)
    if not isinstance(packet, TcpConnectionPacket):
        raise TypeError(f"{type(packet).__name__} has no numbers")
    block = packet.connection.control_block
    later = replace(block, rcv_nxt=block.rcv_nxt + _LATER, rcv_adv=block.rcv_adv + _LATER)
    return encode(with_checksum(replace(packet, connection=replace(packet.connection, control_block=later))))


def _reset(frame: bytes, later: int = 0) -> bytes:
    """The reset of a client whose request this frame carries, so many octets further on (RFC 9293 3.5.3)."""
    inner = frame[INNER:]
    start = (inner[0] & 0xF) * 4
    end = start + (inner[start + 12] >> 4) * 4
    number = int.from_bytes(inner[start + 4 : start + 8], "big") + later
    tcp = inner[start : start + 4] + number.to_bytes(4, "big") + inner[start + 8 : start + 13] + bytes([_RST_ACK])
    tcp += inner[start + 14 : start + 16] + bytes(2) + inner[start + 18 : end]
    ip = inner[:2] + end.to_bytes(2, "big") + inner[4:10] + bytes(2) + inner[12:start]
    pseudo_header = ip[12:20] + bytes([0, ip[9]]) + len(tcp).to_bytes(2, "big")
    return frame[:INNER] + _with_checksum(ip, 10) + _with_checksum(tcp, 16, pseudo_header)


def _with_checksum(octets: bytes, offset: int, before: bytes = b"") -> bytes:
    checksum = internet_checksum(before + octets).to_bytes(2, "big")
    return octets[:offset] + checksum + octets[offset + 2 :]


def _joined(*frames: bytes) -> bytes:
    return b"".join(len(frame).to_bytes(LENGTH, "big") + frame for frame in frames)
