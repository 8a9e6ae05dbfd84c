"""Frames on their way to the cases: what is kept, and what stands in nobody's way."""

from types import SimpleNamespace

import pytest
from ipos_conformance import traffic
from ipos_conformance.frames import Direction, Frame, Lan
from ipos_conformance.traffic import Traffic
from ipos_spec.addresses import BROADCAST_MAC, ipv4, mac
from ipos_spec.advertisement import AdvertisedTable, BroadcastEthernetHeader, Operation, encode, table_advertisement

TARGET = mac("02:00:00:00:02:01")
ADVERTISEMENT = encode(
    table_advertisement(
        BroadcastEthernetHeader(source=TARGET), ipv4("192.0.2.1"), AdvertisedTable.SERVER_STATE, Operation.PUT, []
    )
)


@pytest.fixture
def arriving(monkeypatch):
    """Traffic whose frames arrive from the list that is returned with it."""
    frames = []
    monkeypatch.setattr(traffic, "wait", lambda _ports, _seconds: [frames.pop(0)] if frames else [])
    return Traffic({Lan.SECOND: SimpleNamespace()}), frames


def received(octets):
    return Frame(Lan.SECOND, Direction.RECEIVED, 0.0, octets, 7)


def test_what_routers_tell_all_waits_for_nobody_and_is_evidence_all_the_same(arriving):
    """Looked through again for each answer, the many frames of a talkative router made our own bench late."""
    bench, frames = arriving
    heard = []
    bench.add_responder(lambda frame: heard.append(frame) or ())
    frames += [received(ADVERTISEMENT)] * 3
    while bench.collect(0):
        pass
    assert (len(bench.unclaimed()), len(bench.evidence), len(heard)) == (0, 3, 3)


@pytest.mark.parametrize("octets", [TARGET + ADVERTISEMENT[6:], BROADCAST_MAC + ADVERTISEMENT[6:26] + b"\x03" * 8])
def test_what_is_sent_to_one_router_or_is_no_extension_counts(arriving, octets):
    bench, frames = arriving
    frames.append(received(octets))
    bench.collect(0)
    assert bench.unclaimed() == bench.evidence
