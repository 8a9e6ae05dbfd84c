"""Defects in telling of servers, and in believing what is told (section 9)."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from unittest import mock

from ipos_reference import advertising
from ipos_reference.addresses import Address
from ipos_reference.advertising import Advertiser
from ipos_reference.datagrams import Datagrams
from ipos_reference.knowledge import Knowledge
from ipos_spec import advertisement
from ipos_spec.addresses import IPv4, Mac
from ipos_spec.advertisement import AdvertisedTable, Operation, TableAdvertisement
from ipos_spec.checksum import internet_checksum
from ipos_spec.compiled import build
from ipos_spec.errors import AdvertisementError, TruncatedError
from ipos_spec.ethernet import ETHER_TYPE
from ipos_spec.tables.records import ServerState

from ipos_defects.defect import defect, patch

_COUNT, _LENGTH, _RECORDS = slice(32, 34), slice(34, 36), 36
"""Offsets in the frame."""


def _taking(tables: Iterable[AdvertisedTable]) -> None:
    """Have advertisements of these tables alone taken."""
    original, known = Advertiser._take, frozenset(tables)

    def take(self: Advertiser, packet: TableAdvertisement, server: IPv4, now: float) -> None:
        if packet.table_header.table in known:
            original(self, packet, server, now)

    patch(Advertiser, "_take", take)


# What is told by others


@defect("ADV-1")
def advertisements_unread() -> None:
    """Claims to hear advertisements, and reads none."""
    _taking(())


@defect("ADV-1")
def sockets_of_tcp_unread() -> None:
    """Reads no advertisement of Listening Sockets of TCP."""
    _taking(set(AdvertisedTable) - {AdvertisedTable.LISTENING_SOCKETS_TCP})


@defect("ADV-1")
def urls_unread() -> None:
    """Reads no advertisement of URL Map."""
    _taking(set(AdvertisedTable) - {AdvertisedTable.URL_MAP})


@defect("ADV-1")
def sessions_unread() -> None:
    """Reads no advertisement of Cookie Map."""
    _taking(set(AdvertisedTable) - {AdvertisedTable.COOKIE_MAP})


@defect("ADV-1")
def deletes_ignored() -> None:
    """Believes what is put, and never that it is no more."""
    patch(Advertiser, "_delete", lambda *_: None)


@defect("ADV-1")
def deletes_by_whole_record() -> None:
    """Deletes a socket only where the delete says who serves it, which a key does not."""
    original = Advertiser._delete

    def delete(self: Advertiser, table: AdvertisedTable, record: Any, server: IPv4) -> None:
        if hasattr(record, "process") or table is AdvertisedTable.COOKIE_MAP:
            original(self, table, record, server)

    patch(Advertiser, "_delete", delete)


@defect("ADV-1")
def first_record_only() -> None:
    """Reads the first record of an advertisement alone."""
    original = Advertiser._take

    def take(self: Advertiser, packet: TableAdvertisement, server: IPv4, now: float) -> None:
        original(self, replace(packet, records=packet.records[:1]), server, now)

    patch(Advertiser, "_take", take)


@defect("ADV-1")
def load_of_others_ignored() -> None:
    """Takes every server that is heard of for one with nothing to do."""
    original = Advertiser._put

    def put(self: Advertiser, table: AdvertisedTable, record: Any, server: IPv4, now: float) -> None:
        idle = replace(record, cpu_utilization=0) if isinstance(record, ServerState) else record
        original(self, table, idle, server, now)

    patch(Advertiser, "_put", put)


@defect("ADV-1")
def advertisement_without_records_clears() -> None:
    """Takes an advertisement without records for the word that there are none any more."""
    original = Advertiser._take

    def take(self: Advertiser, packet: TableAdvertisement, server: IPv4, now: float) -> None:
        known = self._knowledge.advertised[AdvertisedTable(packet.table_header.table)]
        for record in [] if packet.records else list(known.told_by(server)):
            known.delete(known.key(record, server))
        original(self, packet, server, now)

    patch(Advertiser, "_take", take)


@defect("ADV-1")
def values_of_advertisements_unchecked() -> None:
    """Believes an advertisement with values that ADV-1 does not know, in its header or in a record."""
    patch(advertising, "violations", lambda _packet: iter(()))


@defect("ADV-1")
def number_of_records_ignored() -> None:
    """Reads as many records as fit, whatever number an advertisement announces."""
    original = advertisement.decode

    def decode(frame: bytes, ether_type: int = ETHER_TYPE) -> TableAdvertisement:
        try:
            return original(frame, ether_type)
        except AdvertisementError:
            length = int.from_bytes(frame[_LENGTH], "big") // 10
            mended = frame[: _COUNT.start] + length.to_bytes(2, "big") + frame[_COUNT.stop :]
            with mock.patch.object(advertisement, "verifies", return_value=True):
                return original(mended[:34] + (length * 10).to_bytes(2, "big") + mended[36:], ether_type)

    patch(advertising, "decode", decode)


@defect("ENC-7")
def checksum_of_advertisements_unverified() -> None:
    """Believes an advertisement whatever its checksum."""
    patch(advertisement, "verifies", lambda _octets: True)


@defect("ENC-8")
def truncated_advertisement_accepted() -> None:
    """Reads the records that are there of an advertisement that ends too early."""
    original = advertisement.decode

    def decode(frame: bytes, ether_type: int = ETHER_TYPE) -> TableAdvertisement:
        try:
            return original(frame, ether_type)
        except TruncatedError:
            count = max(len(frame) - _RECORDS, 0) // 10
            announced = count.to_bytes(2, "big") + (10 * count).to_bytes(2, "big")
            with mock.patch.object(advertisement, "verifies", return_value=True):
                return original(
                    frame[: _COUNT.start].ljust(_COUNT.start, b"\0") + announced + frame[_RECORDS:], ether_type
                )

    patch(advertising, "decode", decode)


@defect("ENC-8")
def padded_advertisement_refused() -> None:
    """Discards an advertisement that has further octets behind it."""
    original = advertisement.decode

    def decode(frame: bytes, ether_type: int = ETHER_TYPE) -> TableAdvertisement:
        packet = original(frame, ether_type)
        if packet.padding:
            raise TruncatedError("padding", len(frame), "not empty", "ENC-8")
        return packet

    patch(advertising, "decode", decode)


@defect("ADV-3")
def foreign_records_believed() -> None:
    """Believes any router whatever it tells of other servers."""

    def put(self: Advertiser, table: AdvertisedTable, record: Any, server: IPv4, now: float) -> None:
        about = getattr(record, "server_ip", server)
        if about != self._own:
            self._knowledge.advertised[table].put(record, about, now)

    patch(Advertiser, "_put", put)


@defect("ADV-3")
def foreign_deletes_believed() -> None:
    """Lets any router take other servers' records away, this one's own included."""

    def delete(self: Advertiser, table: AdvertisedTable, record: Any, server: IPv4) -> None:
        known = self._knowledge.advertised[table]
        known.delete(known.key(record, server))

    patch(Advertiser, "_delete", delete)


@defect("ADV-3")
def foreign_record_makes_all_void() -> None:
    """Discards a whole advertisement for one record about another server."""
    original = Advertiser._take

    def take(self: Advertiser, packet: TableAdvertisement, server: IPv4, now: float) -> None:
        if all(getattr(record, "server_ip", server) == server for record in packet.records):
            original(self, packet, server, now)

    patch(Advertiser, "_take", take)


@defect("ADV-3")
def session_of_another_keeper_refused() -> None:
    """Believes of a session only the server that keeps it."""
    original = Advertiser._put

    def put(self: Advertiser, table: AdvertisedTable, record: Any, server: IPv4, now: float) -> None:
        if table is not AdvertisedTable.COOKIE_MAP or record.server_ip == server:
            original(self, table, record, server, now)

    patch(Advertiser, "_put", put)


@defect("ADV-2")
def silent_server_chosen() -> None:
    """Chooses a server by what it once told, for as long as it is remembered."""

    def state(self: Knowledge, server: IPv4, _now: float) -> ServerState | None:
        heard = self.server_state.get(server)
        return None if heard is None else heard.record

    patch(Knowledge, "state", state)


@defect("ADV-2")
def entries_end_with_the_server_s_word() -> None:
    """Ends the Forward entries of a server that has not been heard of for 3 s."""
    original = Datagrams.first_lan

    def receive(self: Datagrams, packet: Any, octets: bytes, now: float) -> None:
        client = Address(packet.source, int.from_bytes(packet.payload[:2], "big"))
        entry = self.forward.of(client, now)
        if entry is not None and self._knowledge.state(entry.ip, now) is None:
            self._end_entry(client, entry, "its server is silent")
        original(self, packet, octets, now)

    patch(Datagrams, "first_lan", receive)


@defect("TAB-5")
def socket_of_tcp_told_for_udp() -> None:
    """Takes an advertised socket of TCP for one of UDP as well."""
    original = Advertiser._take

    def take(self: Advertiser, packet: TableAdvertisement, server: IPv4, now: float) -> None:
        original(self, packet, server, now)
        if packet.table_header.table == AdvertisedTable.LISTENING_SOCKETS_TCP:
            header = replace(packet.table_header, table=AdvertisedTable.LISTENING_SOCKETS_UDP)
            original(self, replace(packet, table_header=header), server, now)

    patch(Advertiser, "_take", take)


@defect("TAB-3")
def second_udp_connection_leaves() -> None:
    """Hands a client's second address over, too, so that one Forward entry takes the other's place."""
    patch(Datagrams, "_may_leave", lambda *_: True)


# What is told of the own server


def _sending(change: Any) -> None:
    """Have the own server's advertisements changed on their way out."""
    original = advertisement.table_advertisement

    def make(*arguments: Any, **options: Any) -> TableAdvertisement:
        changed: TableAdvertisement = change(original(*arguments, **options))
        return changed

    patch(advertising, "table_advertisement", make)


@defect("ADV-2")
def state_told_every_5_s() -> None:
    """Tells its Server State every 5 s."""
    patch(advertising, "STATE_PERIOD", 5)


@defect("ADV-2")
def sockets_told_once() -> None:
    """Tells its tables once, and then not before an hour has passed."""
    patch(advertising, "TABLE_PERIOD", 3600)


@defect("ADV-1")
def advertises_to_one_router() -> None:
    """Sends its advertisements to the first of its peers."""

    def change(packet: TableAdvertisement) -> TableAdvertisement:
        return replace(packet, ethernet=replace(packet.ethernet, destination=Mac(bytes.fromhex("020000000202"))))

    _sending(change)


@defect("ADV-1")
def tells_nothing_of_tcp() -> None:
    """Leaves Listening Sockets of TCP out."""
    _telling_nothing_of(AdvertisedTable.LISTENING_SOCKETS_TCP)


@defect("ADV-1")
def tells_nothing_of_udp() -> None:
    """Leaves Listening Sockets of UDP out."""
    _telling_nothing_of(AdvertisedTable.LISTENING_SOCKETS_UDP)


def _telling_nothing_of(left_out: AdvertisedTable) -> None:
    original = Advertiser._send

    def send(self: Advertiser, table: AdvertisedTable, operation: Operation, records: Iterable[Any]) -> None:
        if table is not left_out:
            original(self, table, operation, records)

    patch(Advertiser, "_send", send)


@defect("ENC-6")
def checksum_of_advertisements_covers_header_only() -> None:
    """Computes the checksum of an advertisement over its header alone."""

    def change(packet: TableAdvertisement) -> TableAdvertisement:
        blank = replace(packet.header, checksum=0)
        return replace(packet, header=replace(blank, checksum=internet_checksum(build(blank))))

    _sending(change)


@defect("ADV-3")
def tells_of_all_servers() -> None:
    """Tells what it knows of other servers, too."""
    original = Advertiser._send

    def send(self: Advertiser, table: AdvertisedTable, operation: Operation, records: Iterable[Any]) -> None:
        known = self._knowledge.advertised[table]
        others = [record for peer in self._settings.peers for record in known.told_by(peer)]
        original(self, table, operation, [*records, *(others if operation is Operation.PUT else ())])

    patch(Advertiser, "_send", send)
