"""Bugs at lengths, counts and sizes that a packet says of itself."""

import io
import os
import signal
import struct
import traceback
from typing import Any

from ipos_reference import udp
from ipos_reference.advertising import Advertiser
from ipos_reference.tcp import options
from ipos_spec import advertisement, fields, inner_packet
from ipos_spec.addresses import IPv4, Mac
from ipos_spec.text import Text

from ipos_defects.bug import bug
from ipos_defects.defect import patch

_LEAST = 28
"""Octets of the shortest client packet: an IP header without options, and UDP's."""

_PAGE = 4096
"""Octets that can be read behind a buffer before another page begins, at most."""


@bug(1, "process")
def tcp_option_without_length() -> None:
    """Reads the length of a TCP option whose kind is the last octet of the header."""
    original = options._option_length

    def option_length(octets: bytes, position: int) -> int:
        _length = octets[position + 1]
        return original(octets, position)

    patch(options, "_option_length", option_length)


@bug(1, "liveness")
def tcp_option_of_no_length() -> None:
    """Never gets beyond a TCP option whose length is 0."""
    original = options._option_length

    def option_length(octets: bytes, position: int) -> int:
        return 0 if octets[position + 1 : position + 2] == b"\0" else original(octets, position)

    patch(options, "_option_length", option_length)


@bug(1, "process")
def inner_header_length_believed() -> None:
    """Reads the ports of a type 2 packet where its IHL says, before it looks whether the frame goes so far."""
    original = inner_packet.is_acceptable

    def is_acceptable(protocol: int, source_ip: int, source_port: int, frame: bytes, offset: int) -> bool:
        if len(frame) < offset + _LEAST:
            return False
        ports = offset + (frame[offset] & 0xF) * 4
        port = frame[ports] << 8 | frame[ports + 1]
        return original(protocol, source_ip, port, frame, offset) and port == source_port

    patch(inner_packet, "is_acceptable", is_acceptable)


@bug(1, "process")
def inner_total_length_believed() -> None:
    """Copies as many octets of a type 2 packet as its total length says, and dies by a signal behind the buffer."""
    original = inner_packet.is_acceptable

    def is_acceptable(protocol: int, source_ip: int, source_port: int, frame: bytes, offset: int) -> bool:
        if int.from_bytes(frame[offset + 2 : offset + 4], "big") > len(frame) - offset + _PAGE:
            os.kill(os.getpid(), signal.SIGSEGV)
        return original(protocol, source_ip, source_port, frame, offset)

    patch(inner_packet, "is_acceptable", is_acceptable)


@bug(1, "process")
def record_count_believed() -> None:
    """Reads as many records of an advertisement as their count says, whatever their length."""

    def read(made_of: type, reader: io.BytesIO, _start: int, _path: str) -> object:
        return made_of(**{name: wire.format.parse_stream(reader) for name, wire in fields.fields(made_of)})

    patch(advertisement, "_read", read)


@bug(1, "log")
def text_taken_for_utf_8() -> None:
    """Drops an advertisement whose text is no UTF-8 only because an exception is logged that nobody foresaw."""
    receive = Advertiser.receive

    def parse(_self: Text, stream: Any, _context: Any, _path: str) -> str:
        return str(stream.read(int.from_bytes(stream.read(2), "big")), "utf-8")

    def receive_guarded(self: Advertiser, octets: bytes, frame_source: Mac, now: float) -> None:
        try:
            receive(self, octets, frame_source, now)
        except UnicodeDecodeError:
            traceback.print_exc()

    patch(Text, "_parse", parse)
    patch(Advertiser, "receive", receive_guarded)


@bug(1, "process")
def datagram_length_believed() -> None:
    """Takes as many octets for a datagram's data as its UDP length says, less the header, be it shorter than that."""
    original = udp.is_well_formed

    def is_well_formed(octets: bytes, source: IPv4, destination: IPv4) -> bool:
        struct.unpack_from(f"!{int.from_bytes(octets[4:6], 'big') - udp.HEADER}s", octets, udp.HEADER)
        return original(octets, source, destination)

    patch(udp, "is_well_formed", is_well_formed)
