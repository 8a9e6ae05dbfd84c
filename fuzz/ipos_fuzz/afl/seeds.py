"""Where AFL++ begins: a valid frame of each packet, and sequences as they pass between routers.

They are the worked examples of the specification: 192.0.2.2 hands clients over to 192.0.2.1, whose second-LAN MAC is
02:00:00:00:02:01. An input is a sequence of frames, each behind its length in two octets.
"""

from collections.abc import Mapping
from dataclasses import replace

from ipos_spec import decode, encode
from ipos_spec.packets import TcpConnectionPacket, with_checksum
from ipos_spec.vectors import FRAMES

LENGTH = 2
_LATER = 256
_MACS = 12


def seeds() -> Mapping[str, bytes]:
    """Inputs by file name."""
    acknowledgement = _addressed_to_the_target(FRAMES["acknowledgement"])
    single = {**FRAMES, "acknowledgement": acknowledgement}
    connection, request = FRAMES["tcp-connection"], FRAMES["tcp"]
    datagrams = (FRAMES["udp-connection"], FRAMES["udp"])
    sequences = {
        "migration": (connection, request),
        "repeated": (connection, connection, request, request),
        "later-holder": (connection, _later(connection), request),
        "unasked-acknowledgement": (connection, acknowledgement, request),
        "datagrams": (*datagrams, FRAMES["udp"]),
        "both-protocols": (connection, datagrams[0], request, datagrams[1]),
    }
    return {name: _joined(*frames) for name, frames in {**{k: (v,) for k, v in single.items()}, **sequences}.items()}


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


def _joined(*frames: bytes) -> bytes:
    return b"".join(len(frame).to_bytes(LENGTH, "big") + frame for frame in frames)
