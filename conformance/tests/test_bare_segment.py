"""Segments that are made without Scapy are those that Scapy makes."""

from random import Random

import pytest
from ipos_conformance.frames import Client
from ipos_conformance.stations.bare_segment import bare_segment
from ipos_spec.addresses import IPv4, ipv4_text
from scapy.layers.inet import IP, TCP

SEED = 20


@pytest.mark.parametrize(("flags", "ip_flags"), [("S", ""), ("R", "DF"), ("A", "DF"), ("FA", "")])
def test_octets_are_those_of_scapy(flags, ip_flags):
    random = Random(f"{SEED}/{flags}")
    for _ in range(50):
        source, destination = (Client(IPv4(random.getrandbits(32)), random.getrandbits(16)) for _ in range(2))
        numbers = {"seq": random.getrandbits(32), "ack": random.getrandbits(32), "window": random.getrandbits(16)}
        ip = IP(src=ipv4_text(source.ip), dst=ipv4_text(destination.ip), flags=ip_flags)
        expected = bytes(ip / TCP(sport=source.port, dport=destination.port, flags=flags, **numbers))
        assert bare_segment(source, destination, flags, ip_flags=ip_flags, **numbers) == expected
