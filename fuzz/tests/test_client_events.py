"""What clients send is what a target takes where it is meant to be taken: else nothing behind its checks is reached."""

from random import Random
from types import SimpleNamespace
from typing import Any, cast

import pytest
from frames_of import TARGET
from ipos_conformance.frames import Client
from ipos_conformance.stations.conversation import Conversation
from ipos_fuzz.sessions.actor import Actor
from ipos_fuzz.sessions.client_events import selective_ack
from ipos_spec.addresses import ipv4
from scapy.layers.inet import IP, TCP


@pytest.mark.parametrize("stamp", [None, 77])
def test_sack_blocks_come_with_the_timestamp_that_was_agreed_on(stamp: int | None) -> None:
    """A segment without it is discarded (RFC 7323 3.2), and nobody looks at its blocks."""
    carried: list[bytes] = []
    server = TARGET.router.address, 80
    side = Conversation(Client(ipv4("198.51.100.7"), 40000), server, carried.append, snd_nxt=1, rcv_nxt=1)
    side.ts_value = stamp
    dut = SimpleNamespace(first=SimpleNamespace(path="/"))
    for seed in range(20):
        selective_ack(cast("Actor", cast("Any", SimpleNamespace(side_now=lambda: side, dut=dut))), Random(seed))
        options = dict(IP(carried[-1])[TCP].options)
        assert "SAck" in options
        assert options.get("Timestamp", (None,))[0] == stamp
