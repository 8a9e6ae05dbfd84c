"""What other routers tell of their servers: what is believed, and what is discarded without effect (section 9)."""

from ipos_spec.advertisement import AdvertisedTable, TableAdvertisement, encode
from ipos_spec.fields import layout
from ipos_spec.rules import Broadcast, OneOf, Within

from ipos_conformance.case import CaseSteps, exclusive, generated, parameters, quick, requirement
from ipos_conformance.changes import announced, inverted, shortened
from ipos_conformance.dut import Dut
from ipos_conformance.frames import ETHERNET

_UDP, _TCP = AdvertisedTable.LISTENING_SOCKETS_UDP, AdvertisedTable.LISTENING_SOCKETS_TCP
_FIELDS = [field for field in layout(TableAdvertisement) if field.offset > ETHERNET and field.path != "header.type"]
_OUTSIDE: dict[str, tuple[str, int]] = {
    **{f"{field.path}-1": (field.path, 1) for field in _FIELDS if Within(0, 0, "ADV-1") in field.wire.rules},
    **{
        f"{field.path}-{value}": (field.path, value)
        for field in _FIELDS
        for rule in field.wire.rules
        if isinstance(rule, OneOf)
        for value in sorted({0, max(rule.values) + 1, 255} - set(rule.values))
    },
    **{
        f"{field.path}-{name}": (field.path, value)
        for field in _FIELDS
        for rule in field.wire.rules
        if isinstance(rule, Broadcast)
        for name, value in {"zero": 0, "one-host": 0xC000_0201}.items()
    },
}
"""Each field of an advertisement's headers with values that its rule excludes."""
_COUNTS: dict[str, dict[str, int]] = {
    "no-record-of-one": {"record_count": 0},
    "two-records-of-one": {"record_count": 2},
    "as-many-as-may-be": {"record_count": 0xFFFF},
    "length-one-less": {"records_length": -1},
    "length-one-more": {"records_length": 1},
    "length-0": {"records_length": -10},
}
"""What the table header says instead: a count, or a difference of length. The checksum fits what is announced."""
_SIZES = {
    **{f"before-{field.path}": field.offset for field in layout(TableAdvertisement) if field.offset > ETHERNET},
    **{f"before-record-{number}": 36 + 10 * number for number in range(3)},
    **{f"in-record-{number}": 40 + 10 * number for number in range(3)},
    "before-the-last-octet": 65,
}
"""Three sockets take 66 octets: more than a link pads to."""


@requirement("ADV-1")
def test_server_that_tells_its_socket_is_chosen(dut: Dut) -> None:
    """An idle server that tells that it listens on a port of UDP gets a new client's datagrams."""
    teller = dut.advertising.teller
    dut.advertising.tell_state(teller)
    dut.advertising.tell(teller, _UDP, dut.advertising.udp_socket(teller))
    dut.advertising.expect_chosen(teller)


@requirement("ADV-1")
def test_server_that_tells_its_tcp_socket_is_chosen(dut: Dut) -> None:
    """The same of TCP: a new client's first octet makes a connection packet for the server that has told."""
    teller, port = dut.advertising.teller, dut.advertising.raw_port
    dut.advertising.tell_state(teller)
    dut.advertising.tell(teller, _TCP, dut.advertising.socket(teller, port))
    client = dut.start_connecting(port=port)
    dut.finish_connecting(client)
    dut.settle(client)  # nothing else orders what was told on the second LAN before what is sent on the first
    client.send("PA", b"o")
    dut.origin.expect_connection_packet(client, teller)


@requirement("TAB-5")
def test_socket_of_tcp_says_nothing_of_udp(dut: Dut) -> None:
    """A server that tells that it listens on a port of TCP gets none of this port's datagrams."""
    teller = dut.advertising.teller
    dut.advertising.tell_state(teller)
    dut.advertising.tell(teller, _TCP, dut.advertising.udp_socket(teller))
    dut.advertising.expect_own()


@requirement("ADV-1")
def test_busy_server_is_not_chosen(dut: Dut) -> None:
    """A server that tells that it has no CPU left gets no new client."""
    teller = dut.advertising.teller
    dut.advertising.tell_state(teller)
    dut.advertising.tell(teller, _UDP, dut.advertising.udp_socket(teller))
    dut.advertising.tell_state(teller, busy=True)
    dut.advertising.expect_own()


@requirement("ADV-1")
def test_server_that_takes_its_socket_back_is_not_chosen(dut: Dut) -> None:
    """A delete, which carries the record's key alone, ends what a put has told."""
    teller = dut.advertising.teller
    dut.advertising.tell_state(teller)
    dut.advertising.tell(teller, _UDP, dut.advertising.udp_socket(teller))
    dut.advertising.take_back(teller, _UDP, dut.advertising.udp_socket(teller))
    dut.advertising.expect_own()


@requirement("ADV-1")
def test_several_records_come_in_one_advertisement(dut: Dut) -> None:
    """The record that counts may stand between others."""
    teller = dut.advertising.teller
    others = [dut.advertising.socket(teller, port) for port in (1, 0xFFFF)]
    dut.advertising.tell_state(teller)
    dut.advertising.tell(teller, _UDP, others[0], dut.advertising.udp_socket(teller), others[1])
    dut.advertising.expect_chosen(teller)


@requirement("ADV-1")
def test_advertisement_without_records_changes_nothing(dut: Dut) -> None:
    """No record is a number of records, too: what was told before stays."""
    teller = dut.advertising.teller
    dut.advertising.tell_state(teller)
    dut.advertising.tell(teller, _UDP, dut.advertising.udp_socket(teller))
    dut.advertising.tell(teller, _UDP)
    dut.advertising.take_back(teller, _UDP)
    dut.advertising.expect_chosen(teller)


@requirement("ADV-1")
def test_request_goes_to_the_server_that_told_its_url(dut: Dut) -> None:
    """A URL that a server tells as its own makes a request for it leave."""
    teller = dut.advertising.teller
    dut.advertising.tell_state(teller)
    dut.advertising.tell(teller, _TCP, dut.advertising.socket(teller, dut.target.pixit.http_port))
    dut.advertising.tell(teller, AdvertisedTable.URL_MAP, dut.advertising.url(teller))
    dut.advertising.expect_request_leaves(teller, dut.first.path)


@requirement("ADV-1")
def test_url_that_was_taken_back_is_served_here(dut: Dut) -> None:
    """A delete of URL Map carries the whole record, which is its key."""
    teller = dut.advertising.teller
    dut.advertising.tell_state(teller)
    dut.advertising.tell(teller, _TCP, dut.advertising.socket(teller, dut.target.pixit.http_port))
    dut.advertising.tell(teller, AdvertisedTable.URL_MAP, dut.advertising.url(teller))
    dut.advertising.take_back(teller, AdvertisedTable.URL_MAP, dut.advertising.url(teller))
    dut.advertising.expect_own_request()


@requirement("ADV-1")
def test_request_with_a_session_goes_to_its_keeper(dut: Dut) -> None:
    """A session that a server tells makes a request with its cookie leave for that server."""
    teller, session = dut.advertising.teller, dut.advertising.session()
    dut.advertising.tell_state(teller)
    dut.advertising.tell(teller, _TCP, dut.advertising.socket(teller, dut.target.pixit.http_port))
    dut.advertising.tell(teller, AdvertisedTable.COOKIE_MAP, dut.advertising.kept(session, teller))
    dut.advertising.expect_request_leaves(teller, dut.first.path, session)


@requirement("ADV-1")
@generated
@parameters(change=_OUTSIDE)
def test_impossible_header_is_discarded(dut: Dut, change: tuple[str, int]) -> None:
    """An advertisement with a value that ADV-1 does not know has no effect; the right one has."""
    teller = dut.advertising.teller
    dut.advertising.tell_state(teller)
    packet = dut.advertising.packet(teller, _UDP, dut.advertising.udp_socket(teller))
    teller.send(announced(packet, {change[0]: change[1]}))
    dut.advertising.expect_own()
    dut.advertising.tell(teller, _UDP, dut.advertising.udp_socket(teller))
    dut.advertising.expect_chosen(teller)


@requirement("ADV-1")
@parameters(change=_COUNTS)
def test_wrong_number_or_length_of_records_is_discarded(dut: Dut, change: dict[str, int]) -> None:
    """An advertisement whose records are not as many or as long as it says has no effect."""
    teller = dut.advertising.teller
    dut.advertising.tell_state(teller)
    packet = dut.advertising.packet(teller, _UDP, dut.advertising.udp_socket(teller))
    length = packet.table_header.records_length + change.get("records_length", 0)
    fields = {"table_header.record_count": change.get("record_count", 1), "table_header.records_length": length}
    teller.send(announced(packet, fields))
    dut.advertising.expect_own()


@requirement("ADV-1")
def test_impossible_record_makes_an_advertisement_void(dut: Dut) -> None:
    """Beside a record for port 0 the right one has no effect either."""
    teller = dut.advertising.teller
    dut.advertising.tell_state(teller)
    dut.advertising.tell(teller, _UDP, dut.advertising.udp_socket(teller), dut.advertising.socket(teller, 0))
    dut.advertising.expect_own()


@requirement("ENC-7")
@parameters(offset={"source": 17, "table": 30, "port-of-the-record": 41, "process-of-the-record": 45})
def test_advertisement_with_a_wrong_checksum_is_discarded(dut: Dut, offset: int) -> None:
    """The checksum covers header, table header and records: an inverted octet anywhere makes it void."""
    teller = dut.advertising.teller
    dut.advertising.tell_state(teller)
    packet = dut.advertising.packet(teller, _UDP, dut.advertising.udp_socket(teller))
    teller.send(inverted(inverted(encode(packet), offset), 29))
    dut.advertising.expect_own()
    teller.send(inverted(encode(packet), 29))
    dut.advertising.expect_own()


@requirement("ENC-8")
@generated
@parameters(size=_SIZES)
def test_truncated_advertisement_is_discarded(dut: Dut, size: int) -> None:
    """An advertisement cut off at any field has no effect."""
    teller = dut.advertising.teller
    dut.advertising.tell_state(teller)
    sockets = [dut.advertising.socket(teller, port) for port in (dut.udp.local[1], 1, 2)]
    teller.send(shortened(encode(dut.advertising.packet(teller, _UDP, *sockets)), size))
    dut.advertising.expect_own()


@requirement("ENC-8")
@parameters(padding={"zeros": bytes(20), "ones": b"\xff" * 20, "another-record": bytes.fromhex("c0000209000700000001")})
def test_octets_behind_an_advertisement_are_ignored(dut: Dut, padding: bytes) -> None:
    """Padding of any length and value is no part of the records."""
    teller = dut.advertising.teller
    dut.advertising.tell_state(teller)
    dut.advertising.tell(teller, _UDP, dut.advertising.udp_socket(teller))
    dut.advertising.take_back(teller, _UDP, dut.advertising.udp_socket(teller))
    teller.send(encode(dut.advertising.packet(teller, _UDP, dut.advertising.udp_socket(teller))) + padding)
    dut.advertising.expect_chosen(teller)


@requirement("ADV-3")
def test_socket_of_another_server_is_not_believed(dut: Dut) -> None:
    """That a server listens is believed from itself, not from another router."""
    server, teller = dut.advertising.teller, dut.advertising.other_teller
    dut.advertising.tell_state(server)
    dut.advertising.tell(teller, _UDP, dut.advertising.udp_socket(server))
    dut.advertising.expect_own()
    dut.advertising.tell(server, _UDP, dut.advertising.udp_socket(server))
    dut.advertising.expect_chosen(server)


@requirement("ADV-3")
def test_another_server_s_own_record_counts_beside_a_foreign_one(dut: Dut) -> None:
    """Records are judged one by one: of two in one advertisement the teller's own is believed."""
    teller = dut.advertising.teller
    foreign = dut.advertising.udp_socket(dut.advertising.other_teller)
    dut.advertising.tell_state(teller)
    dut.advertising.tell(teller, _UDP, foreign, dut.advertising.udp_socket(teller))
    dut.advertising.expect_chosen(teller)


@requirement("ADV-3")
def test_state_of_another_server_is_not_believed(dut: Dut) -> None:
    """That a server has no CPU left is believed from itself, not from another router."""
    server, teller = dut.advertising.teller, dut.advertising.other_teller
    dut.advertising.tell_state(server)
    dut.advertising.tell(server, _UDP, dut.advertising.udp_socket(server))
    dut.advertising.tell_state(teller, busy=True, of=server)
    dut.advertising.expect_chosen(server)


@requirement("ADV-3")
def test_delete_of_another_server_s_socket_is_not_believed(dut: Dut) -> None:
    """That a server listens no longer is believed from itself, not from another router."""
    server, teller = dut.advertising.teller, dut.advertising.other_teller
    dut.advertising.tell_state(server)
    dut.advertising.tell(server, _UDP, dut.advertising.udp_socket(server))
    dut.advertising.take_back(teller, _UDP, dut.advertising.udp_socket(server))
    dut.advertising.expect_chosen(server)


@requirement("ADV-3")
def test_url_of_another_server_is_not_believed(dut: Dut) -> None:
    """That a server may serve a URL is believed from itself, not from another router."""
    server, teller = dut.advertising.teller, dut.advertising.other_teller
    dut.advertising.tell_state(server)
    dut.advertising.tell(server, _TCP, dut.advertising.socket(server, dut.target.pixit.http_port))
    dut.advertising.tell(teller, AdvertisedTable.URL_MAP, dut.advertising.url(server))
    dut.advertising.expect_own_request()


@requirement("ADV-3")
def test_nobody_takes_the_target_s_own_socket_away(dut: Dut) -> None:
    """What the target itself serves is its own word: another router's delete changes nothing."""
    own = dut.advertising.socket(dut.address, dut.udp.local[1])
    dut.advertising.take_back(dut.advertising.teller, _UDP, own)
    dut.advertising.expect_own()


@requirement("ADV-3")
def test_session_is_believed_from_any_server(dut: Dut) -> None:
    """Cookie Map is excepted: who told of a session need not be the one that keeps it."""
    server, teller, session = dut.advertising.teller, dut.advertising.other_teller, dut.advertising.session()
    dut.advertising.tell_state(server)
    dut.advertising.tell(server, _TCP, dut.advertising.socket(server, dut.target.pixit.http_port))
    dut.advertising.tell(teller, AdvertisedTable.COOKIE_MAP, dut.advertising.kept(session, server))
    dut.advertising.expect_request_leaves(server, dut.first.path, session)


@quick
@exclusive
@requirement("ADV-2")
def test_server_that_is_silent_for_3_s_is_not_chosen(dut: Dut) -> CaseSteps:
    """A server that told its state and sockets and then nothing more gets no new client."""
    teller = dut.advertising.teller
    dut.advertising.tell_state(teller)
    dut.advertising.tell(teller, _UDP, dut.advertising.udp_socket(teller))
    yield dut.pause(5)
    dut.advertising.expect_own()


@exclusive
@requirement("ADV-2")
def test_silent_server_s_clients_are_forwarded_still(dut: Dut) -> CaseSteps:
    """The Forward entries of a server that has fallen silent stay: its connections may live."""
    # Not where timers are scaled: the 3 s in which the client has to be handed over would be gone too soon.
    flow = dut.advertising.start_forwarding()
    yield dut.pause(3.5)
    dut.udp.expect_forwarded(flow, flow.send(b"still there?"), peer=dut.advertising.teller)


@requirement("TAB-3")
def test_second_connection_of_a_client_is_served_here(dut: Dut) -> None:
    """A client in Forward whose datagrams to another port would leave for another server is served here instead."""
    teller = dut.advertising.teller
    flow = dut.udp.leaving()
    dut.udp.migrate(flow)
    dut.advertising.tell_state(teller)
    dut.advertising.tell(teller, _UDP, dut.advertising.udp_socket(teller))
    dut.udp.expect_exchange(dut.udp.flow(flow.client))
    dut.judge.expect_silence()
    dut.advertising.expect_chosen(teller)
