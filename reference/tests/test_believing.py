"""Whom a router believes of what it is told, and what it discards (ADV-1, ADV-3, SEC-1)."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from advertisers import (
    APPLICATIONS,
    COOKIES,
    SAMPLES,
    STATE,
    TCP,
    URLS,
    Router,
    advertisement,
    cookie,
    frame,
    key,
    needs,
    router_mac,
    settings,
    socket,
    url,
)
from hypothesis import given
from hypothesis import strategies as st
from in_memory import HTTP, RAW
from ipos_reference.discards import Discard
from ipos_reference.settings import Entered, idle
from ipos_spec.addresses import BROADCAST_IP, BROADCAST_MAC, IPv4
from ipos_spec.advertisement import TABLES, AdvertisedTable, Operation, TableAdvertisement, encode, with_checksum
from ipos_spec.encapsulation import Protocol
from known import NOW, server

D = Operation.DELETE


# Whom a router believes


@pytest.mark.parametrize("operation", Operation)
@pytest.mark.parametrize("about", [1, 2, 3])
@pytest.mark.parametrize("table", AdvertisedTable)
def test_a_record_about_another_server_is_believed_only_from_it(
    table: AdvertisedTable, about: int, operation: Operation
) -> None:
    """ADV-3: router 1 hears from router 2 about each of three servers."""
    router = Router(settings(1, listeners={}))
    record = SAMPLES[table](about)
    teller = server(2) if table is APPLICATIONS else server(about)  # its records name no server
    known = router.knowledge.advertised[table]
    if operation is D:
        known.put(record, teller)
    before = [(heard.record, heard.server) for heard in known]
    router.hears(frame(2, table, record if operation is Operation.PUT else key(table, record), operation=operation))
    after = [(heard.record, heard.server) for heard in known]
    believed = about == 2 or table is APPLICATIONS or (table is COOKIES and operation is Operation.PUT)
    assert (after != before) is believed
    assert router.discards == ({} if believed else {Discard.NOT_ITS_OWN: 1})


def test_of_one_frame_each_record_is_judged_by_itself() -> None:
    router = Router(settings(1))
    router.hears(frame(2, TCP, socket(3), socket(2), socket(1)))
    assert (router.knows(TCP, server(2)), router.knows(TCP, server(3))) == ([socket(2)], [])
    assert router.discards == {Discard.NOT_ITS_OWN: 2}


def test_a_session_is_deleted_by_its_keeper_and_by_who_told_of_it() -> None:
    for deleter, goes in ((2, True), (3, True), (4, False)):
        router = Router(replace(settings(1), peers={server(number): router_mac(number) for number in (2, 3, 4)}))
        router.hears(frame(3, COOKIES, cookie("s", 2)))
        router.hears(frame(deleter, COOKIES, key(COOKIES, cookie("s", 2)), operation=D))
        assert (router.knowledge.keeper("s") is None) is goes


def test_a_late_delete_of_a_session_that_moved_on_ends_nothing() -> None:
    router = Router(settings(1))
    router.hears(frame(3, COOKIES, cookie("s", 3)))
    router.hears(frame(2, COOKIES, cookie("s", 2)))
    router.hears(frame(3, COOKIES, key(COOKIES, cookie("s", 3)), operation=D))
    assert router.knowledge.keeper("s") == server(2)


def test_a_delete_of_what_is_not_there_is_nothing_special() -> None:
    router = Router(settings(1))
    for table in AdvertisedTable:
        router.hears(frame(2, table, key(table, SAMPLES[table](2)), operation=D))
    assert router.discards == {}


def test_process_ids_are_their_servers() -> None:
    """ADV-1."""
    router = Router(settings(1, listeners={}))
    router.hears(frame(2, APPLICATIONS, needs(7, 20)))
    router.hears(frame(3, APPLICATIONS, needs(7, 30)))
    router.hears(frame(2, TCP, socket(2, HTTP, 7)))
    router.hears(frame(3, TCP, socket(3, HTTP, 7)))
    assert [router.knowledge.memory_required(server(number), HTTP) for number in (2, 3)] == [20, 30]
    router.hears(frame(2, APPLICATIONS, key(APPLICATIONS, needs(7)), operation=D))
    assert [router.knowledge.memory_required(server(number), HTTP) for number in (2, 3)] == [0, 30]


def test_the_servers_own_word_replaces_the_operators() -> None:
    entered = Entered(server_states=(idle(server(2)),), listening={Protocol.TCP: (socket(2, process=0),)})
    router = Router(settings(1, listeners={}, entered=entered))
    spoken = replace(idle(server(2)), cpu_utilization=9000)
    router.hears(frame(2, STATE, spoken))
    router.hears(frame(2, TCP, socket(2, process=8)))
    assert [heard.record for heard in router.knowledge.listening[Protocol.TCP]] == [socket(2, process=8)]
    assert router.knowledge.state(server(2), NOW) == spoken
    assert router.knowledge.state(server(2), NOW + 3) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"source": router_mac(9)},  # a stranger
        {"source": router_mac(3)},  # a peer in the name of another
        {"number": 9},  # a peer in the name of nobody
        {"number": 1},  # or in that of the router that hears it
        {"number": 1, "source": router_mac(1)},  # its own frame, come back
    ],
)
def test_frames_are_believed_only_from_the_router_of_their_server(changes: dict[str, Any]) -> None:
    """SEC-1."""
    router = Router(settings(1))
    number = changes.pop("number", 2)
    before = len(router.knowledge.server_state)
    router.hears(encode(advertisement(number, STATE, [idle(server(number))], **changes)))
    assert len(router.knowledge.server_state) == before
    assert router.discards == {Discard.UNKNOWN_PEER: 1}


def test_what_a_stranger_sends_is_not_even_read() -> None:
    router = Router(settings(1))
    router.hears(frame(2, STATE, idle(server(2)))[:-1], source=router_mac(9))
    assert router.discards == {Discard.UNKNOWN_PEER: 1}


def test_an_own_address_among_the_peers_makes_no_difference() -> None:
    router = Router(replace(settings(1), peers={server(1): router_mac(2)}))
    router.hears(encode(advertisement(1, STATE, [replace(idle(server(1)), cpu_utilization=1)], source=router_mac(2))))
    assert router.knows(STATE, server(1)) == [idle(server(1))]
    assert router.discards == {Discard.UNKNOWN_PEER: 1}


def test_what_a_full_table_has_no_room_for_is_counted() -> None:
    """TAB-4."""
    router = Router(settings(1))
    bound = TABLES[URLS].bound.records
    for first in range(0, bound + 100, 100):
        router.hears(frame(2, URLS, *(url(str(number), 2) for number in range(first, first + 100))))
    assert len(router.knowledge.urls) == bound
    assert router.discards == {Discard.KNOWLEDGE_FULL: (bound + 99) // 100 * 100 + 100 - bound}


# Frames that are none


def hears_nothing(octets: bytes, table: AdvertisedTable = TCP) -> Discard | None:
    """Why a router discards a frame, of which it has to believe nothing; None if it discards nothing."""
    router = Router(settings(1))
    before = len(router.knowledge.advertised[table])
    router.hears(octets, source=router_mac(2))
    assert len(router.knowledge.advertised[table]) == before
    assert router.sent == []
    assert sum(router.discards.values()) <= 1
    return next(iter(router.discards), None)


def test_every_truncation_is_discarded() -> None:
    """ENC-8."""
    octets = frame(2, TCP, socket(2), socket(2, RAW))
    for length in range(len(octets)):
        assert hears_nothing(octets[:length]) is Discard.TRUNCATED


def test_every_flipped_bit_is_discarded() -> None:
    """ENC-6, ENC-7: behind the Ethernet header everything is under the checksum."""
    octets = frame(2, TCP, socket(2))
    for position in range(14 * 8, len(octets) * 8):
        flipped = bytearray(octets)
        flipped[position // 8] ^= 1 << position % 8
        assert hears_nothing(bytes(flipped)) is not None


def changed(**changes: Any) -> Callable[[TableAdvertisement], TableAdvertisement]:
    """An advertisement whose header says something else."""
    return lambda packet: replace(packet, header=replace(packet.header, **changes))


def table_changed(**changes: Any) -> Callable[[TableAdvertisement], TableAdvertisement]:
    return lambda packet: replace(packet, table_header=replace(packet.table_header, **changes))


@pytest.mark.parametrize(
    "wrong",
    [
        changed(source_ip=IPv4(0)),
        changed(source_ip=BROADCAST_IP),
        changed(source_port=1),
        changed(destination_ip=server(1)),
        changed(destination_port=80),
        table_changed(table=7),
        table_changed(table=0),
        table_changed(operation=3),
        table_changed(operation=2),  # as many octets would be no keys
        table_changed(record_count=1),
        table_changed(record_count=3),
        table_changed(records_length=19),
        lambda packet: replace(packet, ethernet=replace(packet.ethernet, destination=router_mac(1))),
        lambda packet: replace(packet, records=(socket(2), replace(socket(2), port=0))),
        lambda packet: replace(packet, records=(socket(2), replace(socket(2), server_ip=IPv4(0)))),
    ],
)
def test_what_adv_1_does_not_allow_is_discarded_whole(
    wrong: Callable[[TableAdvertisement], TableAdvertisement],
) -> None:
    right = advertisement(2, TCP, [socket(2), socket(2, RAW)])
    assert hears_nothing(encode(with_checksum(wrong(right)))) in (Discard.ADVERTISEMENT, Discard.CHECKSUM)


def test_a_utilization_above_the_whole_is_discarded() -> None:
    state = replace(idle(server(2)), cpu_utilization=10_001)
    assert hears_nothing(frame(2, STATE, state), STATE) is Discard.ADVERTISEMENT


def test_a_wrong_checksum_is_discarded() -> None:
    packet = advertisement(2, TCP, [socket(2)])
    header = replace(packet.header, checksum=packet.header.checksum ^ 1)
    assert hears_nothing(encode(replace(packet, header=header))) is Discard.CHECKSUM


def test_padding_means_nothing() -> None:
    """ENC-8."""
    router = Router(settings(1))
    router.hears(frame(2, TCP, socket(2)) + b"\xff" * 20)
    assert router.knows(TCP, server(2)) == [socket(2)]
    assert router.discards == {}


@given(st.binary(max_size=120))
def test_any_octets_are_discarded_or_about_the_teller(octets: bytes) -> None:
    router = Router(settings(1, listeners={}))
    router.hears(BROADCAST_MAC + router_mac(2) + octets)
    assert sum(router.discards.values()) == 1
