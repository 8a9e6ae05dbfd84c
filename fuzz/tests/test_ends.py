"""Whom an IPv4 frame is from and to, read without Scapy: the same that Scapy reads where a client would read it."""

from itertools import islice

import pytest
from ipos_conformance.frames import Direction, Frame, Lan, address
from ipos_conformance.target import DEFAULT_TARGET, read_target
from ipos_fuzz.sources.volume import volume
from scapy.layers.inet import ICMP, IP, TCP, UDP, IPerror, UDPerror
from scapy.layers.l2 import Ether

SEED, FRAMES = 20, 3000
NO_HEADER = {"ip-header-length", "ip-length-short", "ip-boundary", "ip-field-swap", "padded-truncation"}
"""Operators that may leave no whole IP header, of which Scapy reads something all the same."""


def frame(octets: bytes) -> Frame:
    return Frame(Lan.FIRST, Direction.RECEIVED, 0.0, octets, 7)


def by_scapy(of: Frame) -> tuple[tuple[int, int], tuple[int, int]]:
    transport = next((of.ip[kind] for kind in (TCP, UDP) if kind in of.ip), None)
    ports = (0, 0) if transport is None else (transport.sport, transport.dport)
    if ICMP in of.ip:
        ports = (0, int.from_bytes(bytes(of.ip[ICMP])[28:30], "big"))
    return (address(of.ip.src), ports[0]), (address(of.ip.dst), ports[1])


def test_ends_are_those_that_scapy_reads() -> None:
    mutants = [
        one for one in islice(volume(read_target(DEFAULT_TARGET), SEED), FRAMES) if one.operator not in NO_HEADER
    ]
    frames = [made for made in map(frame, (one.octets for one in mutants)) if made.ip is not None]
    assert len(frames) > FRAMES / 10
    assert [made.ends for made in frames] == [by_scapy(made) for made in frames]


def test_a_message_is_about_the_client_whose_packet_it_quotes() -> None:
    quoted = IPerror(src="198.51.100.7", dst="192.0.2.1") / UDPerror(sport=4321, dport=9)
    message = Ether() / IP(src="192.0.2.1", dst="198.51.100.7") / ICMP(type=3, code=3) / quoted
    (client,) = frame(bytes(message)).clients
    assert client.port == 4321


@pytest.mark.parametrize("change", [(2, b"\0\0"), (2, b"\0\x13")])
def test_a_packet_that_is_shorter_than_its_header_has_no_ends(change: tuple[int, bytes]) -> None:
    octets = bytearray(bytes(Ether() / IP(src="192.0.2.1", dst="198.51.100.7") / TCP()))
    octets[14 + change[0] : 16 + change[0]] = change[1]
    assert frame(bytes(octets)).ends is None
    assert frame(bytes(octets)).clients == frozenset()
