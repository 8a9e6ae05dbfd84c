"""The layout of every record against facts that were typed from the figures, not taken from the schemas.

A field that moves, grows or changes its octet order fails here.
"""

import struct

import pytest
from ipos_spec.compiled import build, parse
from ipos_spec.connection import TcpConnectionInformation, UdpConnectionInformation
from ipos_spec.control_block import ControlBlock
from ipos_spec.encapsulation import EncapsulationHeader
from ipos_spec.ethernet import EthernetHeader
from ipos_spec.fields import fields, layout, size_of
from ipos_spec.packets import Acknowledgement, TcpConnectionPacket, TcpPacket, UdpConnectionPacket, UdpPacket

# struct tcpcb of 4.4BSD on a 32-bit machine: offset and format of every member and of the gaps that alignment leaves.
CONTROL_BLOCK = {
    "seg_next": (0, "I"),
    "seg_prev": (4, "I"),
    "t_state": (8, "H"),
    "t_timer": (10, "8s"),
    "t_rxtshift": (18, "H"),
    "t_rxtcur": (20, "H"),
    "t_dupacks": (22, "H"),
    "t_maxseg": (24, "H"),
    "t_force": (26, "B"),
    "padding_1": (27, "B"),
    "t_flags": (28, "H"),
    "padding_2": (30, "H"),
    "ts_now": (32, "I"),
    "t_inpcb": (36, "I"),
    "snd_una": (40, "I"),
    "snd_nxt": (44, "I"),
    "snd_up": (48, "I"),
    "snd_wl1": (52, "I"),
    "snd_wl2": (56, "I"),
    "iss": (60, "I"),
    "snd_wnd": (64, "I"),
    "rcv_wnd": (68, "I"),
    "rcv_nxt": (72, "I"),
    "rcv_up": (76, "I"),
    "irs": (80, "I"),
    "rcv_adv": (84, "I"),
    "snd_max": (88, "I"),
    "snd_cwnd": (92, "I"),
    "snd_ssthresh": (96, "I"),
    "t_idle": (100, "H"),
    "t_rtt": (102, "H"),
    "t_rtseq": (104, "I"),
    "t_srtt": (108, "H"),
    "t_rttvar": (110, "H"),
    "t_rttmin": (112, "H"),
    "padding_3": (114, "H"),
    "max_sndwnd": (116, "I"),
    "t_oobflags": (120, "B"),
    "t_iobc": (121, "B"),
    "t_softerror": (122, "H"),
    "snd_scale": (124, "B"),
    "rcv_scale": (125, "B"),
    "request_r_scale": (126, "B"),
    "requested_s_scale": (127, "B"),
    "ts_recent": (128, "I"),
    "ts_recent_age": (132, "I"),
    "last_ack_sent": (136, "I"),
}
ETHERNET = {"destination": (0, "6s"), "source": (6, "6s"), "type": (12, "H")}
ENCAPSULATION = {
    "source_ip": (0, "I"),
    "source_port": (4, "H"),
    "destination_ip": (6, "I"),
    "destination_port": (10, "H"),
    "type": (12, "B"),
    "protocol": (13, "B"),
    "checksum": (14, "H"),
}
SERVER = {"server_ip": (0, "I"), "server_port": (4, "H")}

RECORDS = [
    (EthernetHeader, ETHERNET, 14),
    (EncapsulationHeader, ENCAPSULATION, 16),
    (UdpConnectionInformation, SERVER, 6),
    (ControlBlock, CONTROL_BLOCK, 140),
]


def distinct(index: int, code: str) -> int | bytes:
    """A value that no other field of the record has, and whose octets differ from one another."""
    size = struct.calcsize(f">{code}")
    octets = bytes((index * 5 + position * 3 + 1) % 256 for position in range(size))
    return octets if code.endswith("s") else int.from_bytes(octets, "big")


@pytest.mark.parametrize(("record", "offsets", "size"), RECORDS)
def test_every_field_stands_where_the_figure_says(record: type, offsets: dict[str, tuple[int, str]], size: int) -> None:
    values = {name: distinct(index, code) for index, (name, (_, code)) in enumerate(offsets.items())}
    by_hand = bytearray(size)
    for name, (offset, code) in offsets.items():
        struct.pack_into(f">{code}", by_hand, offset, values[name])
    assert build(record(**values)) == by_hand
    assert parse(record, bytes(by_hand)) == record(**values)


@pytest.mark.parametrize(("record", "offsets", "size"), RECORDS)
def test_typed_facts_leave_no_octet_out(record: type, offsets: dict[str, tuple[int, str]], size: int) -> None:
    """Holds the table above to account: fields lie end to end, and none of the schema's is missing."""
    ends = [offset + struct.calcsize(f">{code}") for offset, code in offsets.values()]
    assert [offset for offset, _ in offsets.values()] == [0, *ends[:-1]]
    assert ends[-1] == size == size_of(record)
    assert list(offsets) == [name for name, _ in fields(record)]


@pytest.mark.parametrize(
    ("record", "size", "starts"),
    [
        (TcpConnectionInformation, 146, {"server_ip": 0, "server_port": 4, "control_block.seg_next": 6}),
        (TcpConnectionPacket, 176, {"ethernet.type": 12, "header.source_ip": 14, "connection.server_ip": 30}),
        (UdpConnectionPacket, 36, {"ethernet.type": 12, "header.checksum": 28, "connection.server_port": 34}),
        (TcpPacket, 30, {"ethernet.destination": 0, "header.type": 26}),
        (UdpPacket, 30, {"ethernet.source": 6, "header.protocol": 27}),
        (Acknowledgement, 30, {"header.destination_ip": 20, "header.destination_port": 24}),
    ],
)
def test_packets_are_put_together_as_in_figures_11d_to_11i(record: type, size: int, starts: dict[str, int]) -> None:
    assert size_of(record) == size
    offsets = {field.path: field.offset for field in layout(record)}
    assert {path: offsets[path] for path in starts} == starts


def test_every_field_is_documented_with_its_source() -> None:
    records = [TcpConnectionPacket, UdpConnectionPacket, TcpPacket, UdpPacket, Acknowledgement]
    leaves = [leaf for record in records for leaf in layout(record)]
    assert not [leaf.path for leaf in leaves if not leaf.wire.documentation.endswith(".") or not leaf.wire.source]
