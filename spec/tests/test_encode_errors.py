"""What `encode` says about a value that is no frame."""

from dataclasses import replace
from typing import Any

import pytest
from ipos_spec import EncodeError, decode, encode, vectors
from ipos_spec.packets import TcpConnectionPacket

PACKET = vectors.PACKETS["tcp-connection"]
assert isinstance(PACKET, TcpConnectionPacket)


def changed(path: str, value: object) -> Any:
    """The example with one field replaced, however deep it stands."""

    def change(record: Any, names: list[str]) -> Any:
        inner = change(getattr(record, names[0]), names[1:]) if names[1:] else value
        return replace(record, **{names[0]: inner})

    return change(PACKET, path.split("."))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("ethernet.destination", b"\x02\x00\x00\x00\x00"),
        ("ethernet.source", b"\x02\x00\x00\x00\x00\x00\x00"),
        ("ethernet.type", 0x1_0000),
        ("header.source_ip", 2**32),
        ("header.source_port", -1),
        ("header.checksum", 0x1_0000),
        ("connection.server_ip", -1),
        ("connection.server_port", 65536),
        ("connection.control_block.t_state", 65536),
        ("connection.control_block.t_timer", bytes(7)),
        ("connection.control_block.snd_scale", 256),
        ("connection.control_block.snd_una", 2**32),
        ("connection.control_block.last_ack_sent", -1),
    ],
)
def test_value_that_does_not_fit_names_its_field(path: str, value: object) -> None:
    with pytest.raises(EncodeError) as caught:
        encode(changed(path, value))
    assert caught.value.path == path
    assert str(caught.value).startswith(f"{path}: {value!r} does not fit")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("ethernet.destination", None),
        ("ethernet.source", "020000"),
        ("header", None),
        ("header.source_ip", None),
        ("header.type", "1"),
        ("header.source_port", 1.5),
        ("connection", None),
        ("connection.control_block.t_timer", 5),
        ("connection.control_block.snd_una", b"1234"),
        ("padding", None),
        ("padding", 7),
    ],
)
def test_value_of_another_type_is_an_encode_error_too(path: str, value: object) -> None:
    """A value from outside (a target file, a fuzz operator) is not type-checked: it must not end in a traceback."""
    with pytest.raises(EncodeError) as caught:
        encode(changed(path, value))
    assert caught.value.path == path


@pytest.mark.parametrize("name", ["tcp", "udp"])
@pytest.mark.parametrize("value", [None, "4500", 69])
def test_inner_packet_that_is_no_octets_is_an_encode_error(name: str, value: Any) -> None:
    with pytest.raises(EncodeError) as caught:
        encode(replace(vectors.PACKETS[name], inner=value))
    assert caught.value.path == "inner"


@pytest.mark.parametrize(("packet_type", "protocol"), [(1, 2), (2, 1), (3, 1), (0, 1), (1, 6), (0x80, 0)])
def test_header_that_announces_another_packet(packet_type: int, protocol: int) -> None:
    with pytest.raises(EncodeError) as caught:
        encode(replace(PACKET, header=replace(PACKET.header, type=packet_type, protocol=protocol)))
    assert caught.value.path == "header.type"
    assert "TcpConnectionPacket" in str(caught.value)


@pytest.mark.parametrize("value", [None, b"", 5, vectors.PACKETS])
def test_what_is_no_packet(value: Any) -> None:
    with pytest.raises(EncodeError, match=r"expected one of FIG\. 11E-11I"):
        encode(value)


def test_nothing_is_corrected() -> None:
    """A test suite has to be able to send what is wrong: `encode` writes a wrong checksum and a wrong port."""
    wrong = replace(PACKET, header=replace(PACKET.header, checksum=0x1234, source_port=0))
    assert encode(wrong)[18:20] == bytes(2)
    assert encode(wrong)[28:30] == b"\x12\x34"
    with pytest.raises(Exception, match="does not verify"):
        decode(encode(wrong))
