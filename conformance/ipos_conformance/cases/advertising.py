"""What the target tells others of its server, and when (section 9)."""

import time

from ipos_spec.advertisement import AdvertisedTable
from ipos_spec.checksum import verifies

from ipos_conformance.case import CaseSteps, parameters, quick, requirement
from ipos_conformance.dut import Dut
from ipos_conformance.frames import ETHERNET
from ipos_conformance.steps.advertising import is_sound


@requirement("ADV-2")
def test_server_state_is_told_every_second(dut: Dut) -> CaseSteps:
    """Within 3.5 s no two advertisements of Server State are further apart than a second."""
    dut.advertising.needs_advertiser()
    since = time.time()
    yield dut.pause(3.5)
    dut.advertising.expect_every(AdvertisedTable.SERVER_STATE, 1, since)


@quick
@requirement("ADV-2")
@parameters(table={"tcp": AdvertisedTable.LISTENING_SOCKETS_TCP, "udp": AdvertisedTable.LISTENING_SOCKETS_UDP})
def test_listening_sockets_are_told_every_10_s(dut: Dut, table: AdvertisedTable) -> CaseSteps:
    """Listening Sockets are told again though nothing has changed."""
    dut.advertising.needs_advertiser()
    since = time.time()
    yield dut.pause(75)
    dut.advertising.expect_every(table, 10, since)


@requirement("ADV-1")
def test_each_advertisement_is_one(dut: Dut) -> CaseSteps:
    """Every frame of the extension is broadcast and reads as a table, an operation and whole records within range."""
    dut.advertising.needs_advertiser()
    yield dut.pause(2.5)
    dut.advertising.expect_each(is_sound, "a Table Advertisement as ADV-1 describes it, broadcast")


@requirement("ENC-6")
def test_advertisement_s_checksum_covers_its_records(dut: Dut) -> CaseSteps:
    """The checksum of each advertisement is that of everything behind Ethernet's header, the body included."""
    dut.advertising.needs_advertiser()
    yield dut.pause(2.5)
    dut.advertising.expect_each(
        lambda frame: verifies(frame.octets[ETHERNET : 36 + int.from_bytes(frame.octets[34:36], "big")]),
        "a checksum that verifies over header and body",
    )


@quick
@requirement("ADV-1")
def test_its_own_tcp_socket_is_told(dut: Dut) -> CaseSteps:
    """Listening Sockets of TCP have a record of the target's own server and its HTTP port."""
    dut.advertising.needs_advertiser()
    yield dut.pause(20)
    dut.advertising.expect_socket(AdvertisedTable.LISTENING_SOCKETS_TCP, dut.target.pixit.http_port)


@quick
@requirement("ADV-1")
def test_its_own_udp_socket_is_told(dut: Dut) -> CaseSteps:
    """Listening Sockets of UDP have a record of the target's own server and its echo port."""
    dut.advertising.needs_advertiser()
    yield dut.pause(20)
    dut.advertising.expect_socket(AdvertisedTable.LISTENING_SOCKETS_UDP, dut.udp.local[1])


@requirement("ADV-3")
def test_its_own_word_only(dut: Dut) -> CaseSteps:
    """No record is about another server: nobody would believe it."""
    dut.advertising.needs_advertiser()
    yield dut.pause(2.5)
    dut.advertising.expect_own_word_only()
