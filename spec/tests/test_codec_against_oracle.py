"""The generated codec against Construct, the oracle: equal on right frames and on wrong ones, errors included."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from ipos_spec import codec, interpreted, oracle, vectors
from ipos_spec.compiled import build, parse, parser
from ipos_spec.connection import TcpConnectionInformation, UdpConnectionInformation
from ipos_spec.control_block import ControlBlock
from ipos_spec.encapsulation import EncapsulationHeader
from ipos_spec.errors import SpecError
from ipos_spec.ethernet import EthernetHeader
from ipos_spec.fields import fields, layout
from ipos_spec.packets import Acknowledgement, Packet, TcpConnectionPacket, TcpPacket, UdpConnectionPacket, UdpPacket
from ipos_spec.struct_source import source

STRUCTURES = (EthernetHeader, EncapsulationHeader, ControlBlock, TcpConnectionInformation, UdpConnectionInformation)
PACKETS = (TcpConnectionPacket, UdpConnectionPacket, TcpPacket, UdpPacket, Acknowledgement)
FRAMES = list(vectors.FRAMES.values())


def outcome(function: Callable[..., Any], *arguments: Any) -> Any:
    """What a call gives: its value and that value's class, or class and text of its error."""
    try:
        value = function(*arguments)
    except SpecError as error:
        return type(error), str(error), vars(error)
    return type(value), value


def same_decoding(frame: bytes, ether_type: int = 7) -> None:
    fast, slow = outcome(codec.decode, frame, ether_type), outcome(oracle.decode, frame, ether_type)
    assert fast == slow
    assert repr(fast) == repr(slow)  # nested classes, too


def same_encoding(packet: Any) -> None:
    assert outcome(codec.encode, packet) == outcome(oracle.encode, packet)


@given(st.one_of(st.from_type(packet) for packet in PACKETS))
def test_right_packets(packet: Packet) -> None:
    same_encoding(packet)
    same_decoding(codec.encode(packet))


@given(st.sampled_from(FRAMES), st.data())
def test_changed_frames(frame: bytes, data: st.DataObject) -> None:
    """Up to four octets set to anything, then cut or padded."""
    octets = bytearray(frame)
    for place in data.draw(st.lists(st.integers(0, len(frame) - 1), max_size=4)):
        octets[place] = data.draw(st.integers(0, 255))
    length = data.draw(st.integers(0, len(octets) + 4))
    same_decoding(bytes(octets[:length].ljust(length, b"\x55")), data.draw(st.sampled_from([7, 0x88B5])))


@pytest.mark.parametrize("name", vectors.FRAMES)
def test_every_truncation(name: str) -> None:
    for length in range(len(vectors.FRAMES[name])):
        same_decoding(vectors.FRAMES[name][:length])


@pytest.mark.parametrize("name", vectors.FRAMES)
def test_every_octet_with_a_few_other_values(name: str) -> None:
    frame = vectors.FRAMES[name]
    for place, octet in enumerate(frame):
        for other in {0, 1, 0x7F, 0x80, 0xFE, 0xFF, octet ^ 1, octet ^ 0x80}:
            same_decoding(frame[:place] + bytes([other]) + frame[place + 1 :])


@given(st.binary(max_size=200))
@example(b"\xff" * 200)
def test_anything(octets: bytes) -> None:
    same_decoding(octets)
    same_decoding(octets[:12] + b"\0\7" + octets[12:])


@pytest.mark.parametrize("buffer", [bytearray, memoryview, lambda frame: memoryview(bytearray(frame))])
@pytest.mark.parametrize("name", vectors.FRAMES)
def test_a_packet_holds_nothing_of_the_buffer_that_it_was_read_from(name: str, buffer: Callable[[bytes], Any]) -> None:
    """A driver that reads into one buffer again and again changes no packet, and gets no other answer for it."""
    same_decoding(buffer(vectors.FRAMES[name]))
    same_decoding(buffer(vectors.FRAMES[name][:29]))
    packet = codec.decode(buffer(vectors.FRAMES[name] + b"padding"))
    assert packet == codec.decode(vectors.FRAMES[name] + b"padding")
    assert type(packet.padding) is bytes


VALUES = st.one_of(
    st.none(),
    st.integers(-1, 1),
    st.integers(2**8 - 1, 2**8),
    st.integers(2**16 - 1, 2**16),
    st.integers(2**32 - 1, 2**32),
    st.floats(),
    st.text(max_size=9),
    st.booleans(),
    st.binary(max_size=9),
    st.binary(max_size=9).map(bytearray),
    st.binary(max_size=9).map(memoryview),
    st.tuples(st.integers(0, 9), st.integers(0, 9)),
    st.sampled_from([packet.header for packet in vectors.PACKETS.values()]),
)


@given(st.sampled_from(list(vectors.PACKETS.values())), VALUES, st.data())
def test_values_that_do_not_fit(packet: Packet, value: Any, data: st.DataObject) -> None:
    """One field anywhere in the packet holds something else."""
    same_encoding(_with_another(packet, value, data))


def _with_another(record: Any, value: Any, data: st.DataObject) -> Any:
    name, wire = data.draw(st.sampled_from(fields(type(record))))
    inner = isinstance(wire.format, type) and data.draw(st.booleans())
    return replace(record, **{name: _with_another(getattr(record, name), value, data) if inner else value})


@pytest.mark.parametrize("packet", [None, b"", 7, vectors.PACKETS["tcp"].header])
def test_what_is_no_packet(packet: Any) -> None:
    same_encoding(packet)


def test_packet_with_a_header_of_another() -> None:
    tcp, udp = vectors.PACKETS["tcp"], vectors.PACKETS["udp"]
    same_encoding(replace(tcp, header=udp.header))
    assert outcome(codec.encode, replace(tcp, header=udp.header))[1].startswith("header.type: ")


@pytest.mark.parametrize("structure", STRUCTURES)
@given(data=st.data())
def test_structures(structure: type, data: st.DataObject) -> None:
    value = data.draw(st.from_type(structure))
    octets = build(value)
    assert octets == interpreted.build(value)
    assert parse(structure, b"xyz" + octets + b"z", 3) == interpreted.parse(structure, octets) == value


@pytest.mark.parametrize("record", [*STRUCTURES, *PACKETS])
def test_source_says_of_every_field_what_it_is(record: type) -> None:
    text = source(record)
    for leaf in layout(record):
        assert f" {leaf.offset:>3} {leaf.path.rpartition('.')[2]}: {leaf.wire.documentation}\n" in text


def test_a_record_is_compiled_once() -> None:
    assert parser(ControlBlock) is parser(ControlBlock)
