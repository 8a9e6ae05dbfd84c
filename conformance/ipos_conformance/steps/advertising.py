"""Table Advertisements (section 9): what the suite's peers tell the target, and what the target tells them."""

import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from ipos_spec.addresses import BROADCAST_MAC, IPv4, ipv4_text
from ipos_spec.advertisement import (
    TABLES,
    TYPE,
    AdvertisedTable,
    BroadcastEthernetHeader,
    Operation,
    TableAdvertisement,
    decode,
    encode,
    table_advertisement,
    violations,
)
from ipos_spec.errors import DecodeError
from ipos_spec.tables.records import CookieEntry, ListeningSocket, ServerState, UrlEntry

from ipos_conformance.findings.evidence import Timing
from ipos_conformance.frames import Frame, Lan, describe
from ipos_conformance.stations.datagrams import Flow
from ipos_conformance.stations.peer import Peer
from ipos_conformance.steps.udp_attempts import is_connection_packet
from ipos_conformance.verdicts import Inconclusive, Violation

if TYPE_CHECKING:
    from ipos_conformance.dut import Dut

_TYPE, _ADVERTISEMENT = slice(26, 27), bytes([TYPE])
"""Where the type of an ipOS packet stands: most frames are no advertisements, and need not be taken apart."""
_NO_CPU, _MEMORY, _BANDWIDTH = 10_000, 1 << 40, 10**10
_PROCESS = 1
_A_MOMENT = 0.5
"""Seconds of the document for an advertisement to be read, and not to grow old."""
_SLACK = 0.5
"""Seconds by which an advertisement may be late: nobody says how exact "every second" is."""


class Advertising:
    """Beside `dut`: both sides of section 9.

    heard  what the target has told since the phase began, frame by frame, whatever case was running
    """

    def __init__(self, dut: "Dut") -> None:
        self._dut = dut
        self.heard: list[Frame] = []
        dut.traffic.add_responder(self._listen)

    # What peers tell

    @property
    def teller(self) -> Peer:
        """A router whose server the target does not choose by itself."""
        self._dut.needs(
            self._dut.target.pics.hears_advertisements, "the target file does not claim pics.hears_advertisements"
        )
        return self._dut.udp.other_peer

    @property
    def other_teller(self) -> Peer:
        """Another router, about whose server nothing is told."""
        return self._dut.udp.peer

    def packet(
        self, teller: Peer, table: AdvertisedTable, *records: Any, operation: Operation = Operation.PUT
    ) -> TableAdvertisement:
        """A valid advertisement of a peer; a delete is told by whole records, too, and carries their keys."""
        keys = [_key(table, record) for record in records] if operation is Operation.DELETE else records
        header = BroadcastEthernetHeader(source=teller.mac, type=self._dut.target.second_lan.ether_type)
        packet = table_advertisement(header, teller.address, table, operation, keys)
        self._dut.traffic.note_frame(encode(packet))
        return packet

    def tell(self, teller: Peer, table: AdvertisedTable, *records: Any) -> None:
        """Advertise records, and take them back after the case."""
        self._send(self.packet(teller, table, *records))
        undo = self._dut.traffic.inbox.undo
        undo += [partial(self.take_back, teller, table, record) for record in records]

    def take_back(self, teller: Peer, table: AdvertisedTable, *records: Any) -> None:
        """Advertise that records are no more."""
        self._send(self.packet(teller, table, *records, operation=Operation.DELETE))

    def tell_state(self, teller: Peer, *, busy: bool = False, of: Peer | None = None) -> None:
        """Advertise that a peer's server, its own unless said, has nothing to do, or no CPU left."""
        state = ServerState(
            server_ip=(of or teller).address,
            tcp_connections=0,
            cpu_utilization=_NO_CPU if busy else 0,
            available_memory=_MEMORY,
            available_bandwidth=_BANDWIDTH,
        )
        self._send(self.packet(teller, AdvertisedTable.SERVER_STATE, state))

    def socket(self, server: Peer | IPv4, port: int) -> ListeningSocket:
        """A record that a server listens on a port."""
        address = server.address if isinstance(server, Peer) else server
        return ListeningSocket(server_ip=address, port=port, process=_PROCESS)

    def udp_socket(self, server: Peer) -> ListeningSocket:
        """A record that a server listens on the echo port that the target's own server serves."""
        return self.socket(server, self._dut.udp.local[1])

    def url(self, server: Peer) -> UrlEntry:
        """A record that a server may serve what a right request asks for."""
        return UrlEntry(url=self._dut.first.path, server_ip=server.address)

    def session(self) -> str:
        """A session that no other case has."""
        self._dut.needs(self._dut.target.pixit.cookie is not None, "the target file names no pixit.cookie")
        return self._dut.random.randbytes(8).hex()

    def kept(self, session: str, server: Peer) -> CookieEntry:
        """A record that a server keeps a session."""
        return CookieEntry(cookie_id=session, server_ip=server.address)

    @property
    def raw_port(self) -> int:
        """The echo port of TCP that the target's own server serves."""
        port = self._dut.target.pixit.raw.local
        self._dut.needs(port is not None, "the target file names no pixit.raw.local")
        return int(port or 0)

    # What comes of it

    def expect_chosen(self, peer: Peer) -> None:
        """A new client of the local echo port is handed over to this peer."""
        self._dut.judge.prove_alive()  # nothing else orders the LANs' frames
        flow = self._dut.udp.flow()
        self._dut.udp.accept(flow, peer)
        held = flow.send(self._dut.udp.nonce())
        self._dut.udp.expect_connection_packet(flow, peer)
        self._dut.udp.expect_forwarded(flow, held, peer=peer)

    def expect_own(self) -> None:
        """A new client of the local echo port is served by the target's own server, and nobody else is asked before."""
        self._dut.judge.prove_alive()
        self._dut.udp.expect_exchange(self._dut.udp.flow())
        self._dut.judge.expect_silence()

    def expect_own_request(self) -> None:
        """The same of a new client's right request."""
        self._dut.judge.prove_alive()
        client = self._dut.connect()
        self._dut.expect_exchange(client)
        self._dut.judge.expect_none(
            lambda frame: frame.lan is Lan.SECOND and client.client in frame.clients, "no connection packet"
        )

    def expect_request_leaves(self, peer: Peer, path: str, session: str = "") -> None:
        """A new client's request, in a session perhaps, makes a TCP connection packet for this peer."""
        self._dut.judge.prove_alive()
        cookie = f"Cookie: {self._dut.target.pixit.cookie}={session}\r\n" if session else ""
        client = self._dut.connect()
        client.send("PA", f"GET {path} HTTP/1.1\r\nHost: ipos.test\r\n{cookie}Connection: close\r\n\r\n".encode())
        self._dut.origin.expect_connection_packet(client, peer)

    def start_forwarding(self) -> Flow:
        """Have a client's datagrams forwarded to `teller`, which has told that it listens.

        Raises Inconclusive where the target has served the client itself: it may have heard of the teller too long ago.
        """
        self.tell_state(self.teller)
        self.tell(self.teller, AdvertisedTable.LISTENING_SOCKETS_UDP, self.udp_socket(self.teller))
        self._dut.judge.prove_alive()
        flow = self._dut.udp.flow()
        self.tell_state(self.teller)  # the barriers may have taken as long as a scaled word counts
        self._dut.traffic.collect_for(self._dut.scaled(_A_MOMENT))
        self._dut.udp.accept(flow, self.teller)
        held = flow.send(self._dut.udp.nonce())
        frame = self._dut.judge.expect(
            lambda frame: flow.is_mine(frame) or is_connection_packet(frame, flow, self.teller),
            "a connection packet for the server that has told of itself, or its own server's answer",
        )
        if flow.is_mine(frame):
            raise Inconclusive("the client was not handed over to the server that had told of itself")
        self._dut.udp.expect_forwarded(flow, held, peer=self.teller)
        return flow

    # What the target tells

    def needs_advertiser(self) -> None:
        """End the case as not applicable where the target does not advertise."""
        self._dut.needs(self._dut.target.pics.advertises, "the target file does not claim pics.advertises")

    def told(self, table: AdvertisedTable, since: float = 0.0) -> list[tuple[float, TableAdvertisement]]:
        """The target's advertisements of a table that decode, with the times of their frames."""
        found = ((frame.time, _decoded(frame)) for frame in self.heard if frame.time >= since)
        return [(when, packet) for when, packet in found if packet is not None and packet.table_header.table == table]

    def expect_word(self, seconds: float) -> None:
        """The target has told all others something, or does so within these seconds."""
        deadline = time.monotonic() + seconds
        while not self._has_told_all() and (left := deadline - time.monotonic()) > 0:
            self._dut.traffic.collect(left)
        if not self._has_told_all():
            self._dut.judge.prove_alive()
            raise Violation(("a Table Advertisement",), self._dut.judge.what_came())

    def _has_told_all(self) -> bool:
        return any(frame.destination == BROADCAST_MAC for frame in self.heard)

    def expect_socket(self, table: AdvertisedTable, port: int) -> None:
        """The target has told that its own server listens on this port."""
        self._dut.judge.prove_alive()
        puts = [packet for _, packet in self.told(table) if packet.table_header.operation == Operation.PUT]
        sockets = {(record.server_ip, record.port) for packet in puts for record in packet.records}  # type: ignore[attr-defined]
        wanted = self._dut.address, port
        if wanted not in sockets:
            outcome = f"a record of {ipv4_text(wanted[0])}:{port} in {table.name.replace('_', ' ').title()}"
            raise Violation((outcome,), tuple(f"{ipv4_text(ip)}:{other}" for ip, other in sorted(sockets)) or ("none",))

    def expect_each(self, holds: Callable[[Frame], bool], outcome: str) -> None:
        """There are advertisements of the target, and each of them has a property."""
        self._dut.judge.prove_alive()
        wrong = [frame for frame in self.heard if not holds(frame)]
        if wrong or not self.heard:
            found = tuple(f"{describe(frame)}: {frame.octets.hex(' ')}" for frame in wrong[:3])
            raise Violation((outcome,), found or ("no frame of the extension at all",))

    def expect_own_word_only(self) -> None:
        """No record is about another server, those of Cookie Map excepted."""
        own = self._dut.address
        self.expect_each(lambda frame: _servers(frame) <= {own}, "records about the target's own server")

    def expect_every(self, table: AdvertisedTable, seconds: float, since: float) -> None:
        """Since a time, a table was told in the rhythm of ADV-2, in seconds of the document, until now."""
        dut = self._dut
        dut.judge.prove_alive()
        times = [when for when, _ in self.told(table, since)]
        latest = dut.scaled(seconds) + _SLACK
        longest = max((later - earlier for earlier, later in pairwise(times)), default=float("inf"))
        outcome = f"{table.name.replace('_', ' ').title()} every {dut.scaled(seconds):.2f} s, at most {_SLACK} s late"
        if len(times) < 2:
            raise Violation((outcome,), (f"{len(times)} of them",))
        dut.traffic.inbox.timings.append(
            Timing(what=f"longest time between two of {table.name}", observed=longest, earliest=0.0, latest=latest)
        )
        if longest > latest:
            stall = dut.traffic.stalls.worst_since(since)
            text = f"our machine stalled for {stall:.3f} s" if stall > _SLACK / 2 else ""
            dut.traffic.inbox.doubts.append(lambda: text)
            raise Violation((outcome,), (f"{longest:.3f} s between two",))

    def _send(self, packet: TableAdvertisement) -> None:
        self._dut.traffic.send(Lan.SECOND, encode(packet))

    def _listen(self, frame: Frame) -> Iterator[bytes]:
        if frame.lan is Lan.SECOND and frame.octets[_TYPE] == _ADVERTISEMENT and frame.header is not None:
            self.heard.append(frame)
        yield from ()


def _decoded(frame: Frame) -> TableAdvertisement | None:
    try:
        return decode(frame.octets, frame.ether_type)
    except DecodeError:
        return None


def is_sound(frame: Frame) -> bool:
    """Whether a frame is broadcast and reads as an advertisement that keeps all its rules (ADV-1)."""
    packet = _decoded(frame)
    return packet is not None and frame.destination == BROADCAST_MAC and next(violations(packet), None) is None


def _servers(frame: Frame) -> set[IPv4]:
    """The servers about which an advertisement has records, those of Cookie Map left out."""
    packet = _decoded(frame)
    if packet is None or packet.table_header.table == AdvertisedTable.COOKIE_MAP:
        return set()
    return {record.server_ip for record in packet.records if hasattr(record, "server_ip")}


def _key(table: AdvertisedTable, record: Any) -> Any:
    made_of = TABLES[table]
    return made_of.key_record(**{name: getattr(record, name) for name in made_of.key})
