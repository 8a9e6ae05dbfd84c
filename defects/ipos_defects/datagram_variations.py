"""Other routers' UDP and advertisements: what RFC 768, ORG-12, UDP-4 and section 9 leave to them."""

from collections.abc import Iterable
from typing import Any

from ipos_reference import advertising, datagrams, ethernet, udp
from ipos_reference.advertising import Advertiser
from ipos_reference.datagram_endpoint import DatagramEndpoint
from ipos_reference.forwarding import Transit
from ipos_spec.advertisement import AdvertisedTable, Operation, encode, table_advertisement

from ipos_defects.defect import patch
from ipos_defects.variation import variation


@variation("RFC 768: a sender may leave the checksum out.")
def datagrams_without_checksum() -> None:
    """Sends its datagrams with a checksum of zero."""
    original = udp.build

    def build(source: Any, destination: Any, octets: bytes) -> bytes:
        datagram = original(source, destination, octets)
        return datagram[:6] + b"\0\0" + datagram[8:]

    patch(udp, "build", build)


@variation("ORG-12: repeats, octet for octet, may be held once or more often.")
def identical_datagrams_held_once() -> None:
    """Drops a datagram that it holds already, octet for octet."""
    original = DatagramEndpoint.hold

    def hold(self: DatagramEndpoint, packet: Transit) -> bool:
        return any(held.octets == packet.octets for held in self.held) or original(self, packet)

    patch(DatagramEndpoint, "hold", hold)


@variation("UDP-4 is a SHOULD.", "UDP-4")
def never_asks_again() -> None:
    """Forwards datagrams without ever asking whether the target is still there."""
    patch(datagrams, "REFRESH", 1e9)


@variation("ADV-2 says how often at least: every second, every 10 s, and on change.")
def advertises_more_often() -> None:
    """Tells its Server State five times a second, and the other tables with it."""
    patch(advertising, "STATE_PERIOD", 0.2)
    patch(advertising, "TABLE_PERIOD", 0.2)


@variation("ADV-1 leaves open how many records an advertisement has, none included.")
def advertises_record_by_record() -> None:
    """Tells each record in an advertisement of its own, and one without any behind them."""
    original = Advertiser._send

    def send(self: Advertiser, table: AdvertisedTable, operation: Operation, records: Iterable[Any]) -> None:
        for record in records:
            original(self, table, operation, [record])
        packet = table_advertisement(self._ethernet, self._own, table, operation, [])
        self._emit(ethernet.pad(encode(packet)))

    patch(Advertiser, "_send", send)
