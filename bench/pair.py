"""Two routers in one process, and clients whose requests the first one migrates to the second: no I/O, virtual time.

Clients do each step together, as frames come in together that a router's driver takes; each step's processor time is
taken of the router alone: what the clients do is not in it.
"""

import random
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "reference" / "tests"))

from ipos_reference import arp, ethernet, ipv4
from ipos_reference.addresses import Address
from ipos_reference.ethernet import Frame
from ipos_reference.events import Attached, Event
from ipos_reference.ipv4 import IpProtocol, Ipv4Packet
from ipos_reference.router import Lan, Router
from ipos_reference.settings import Bounds
from ipos_reference.tcp import segment as tcp_segment
from ipos_reference.tcp.segment import Flags, Options, Segment
from ipos_spec.addresses import IPv4
from ipos_spec.addresses import ipv4 as ip
from network import EDGE_MAC, GATEWAY_IP, HTTP, request, router_ip, router_mac, settings_of

BATCH = 64
"""Clients that do a step together: a driver takes up to twice as many frames of a port at a time."""

SERVER = Address(router_ip(1), HTTP)
_ROOM = 1_000_000
_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
_FIRST_CLIENT = ip("198.18.0.0")


@dataclass(slots=True)
class Client:
    """A client's side of its connection: the next numbers, and the timestamps of a kernel that offers all it has."""

    address: Address
    seq: int
    ack: int = 0
    stamp: int = 1
    echo: int = 0

    def says(self, payload: bytes = b"", flags: int = Flags.ACK) -> bytes:
        """The frame that comes to the first router from the edge router."""
        syn = bool(flags & Flags.SYN)
        self.stamp += 1
        options = Options(timestamps=(self.stamp, self.echo))
        if syn:
            options = Options(mss=1460, window_scale=7, sack_permitted=True, timestamps=(self.stamp, 0))
        segment = Segment(
            source_port=self.address.port,
            destination_port=HTTP,
            seq=self.seq,
            ack=self.ack,
            flags=flags,
            window=65535 if syn else 502,
            options=options,
            payload=payload,
        )
        self.seq = (self.seq + segment.length) % 2**32
        octets = tcp_segment.build(segment, self.address.ip, SERVER.ip)
        packet = ipv4.build(
            Ipv4Packet(source=self.address.ip, destination=SERVER.ip, protocol=IpProtocol.TCP, payload=octets)
        )
        return ethernet.build(Frame(router_mac(1, Lan.FIRST), EDGE_MAC, ethernet.IPV4, packet))

    def hears(self, segment: Segment) -> None:
        """Take a segment, which has to be the next one."""
        if segment.flags & Flags.SYN:
            self.ack = segment.seq
        if segment.seq != self.ack or segment.flags & Flags.RST:
            raise AssertionError(f"{self.address}: expected {self.ack}, got {segment}")
        self.ack = (segment.seq + segment.length) % 2**32
        if segment.options.timestamps is not None:
            self.echo = segment.options.timestamps[0]


class Pair:
    """Two routers, of which /1 and /2 are the URLs; their clocks are one, which the steps move on.

    taken_over  how many endpoints the second router takes over at most (TAB-4)
    spent       nanoseconds of processor time by step, since it was last cleared
    """

    def __init__(self, taken_over: int = _ROOM) -> None:
        room = Bounds(temporary=_ROOM, local=_ROOM, forward_connect=taken_over, forward=_ROOM)
        self.origin, self.target = (
            Router(settings_of(number, 2, bounds=room), random.Random(number))  # noqa: S311 - repeatable on purpose
            for number in (1, 2)
        )
        self.spent: Counter[str] = Counter()
        self.now = 1000.0
        self._clients = 0
        for number, router in enumerate((self.origin, self.target), 1):
            question = arp.build(arp.request(EDGE_MAC, GATEWAY_IP, router_ip(number)))
            mac = router_mac(number, Lan.FIRST)
            self._turn("", router, [(Lan.FIRST, ethernet.build(Frame(mac, EDGE_MAC, ethernet.ARP, question)))])

    def clients(self, count: int = BATCH) -> list[Client]:
        """New clients, each with an address of its own."""
        first, self._clients = self._clients, self._clients + count
        return [Client(Address(IPv4(_FIRST_CLIENT + n), 40_000), n * 7919 % 2**32) for n in range(first, first + count)]

    def connect(self, clients: Sequence[Client]) -> None:
        """Both segments of the handshake that are the client's."""
        frames, _ = self._first_lan("handshake", (client.says(flags=Flags.SYN) for client in clients))
        _hear(clients, frames)
        self._first_lan("handshake", (client.says() for client in clients))

    def ask_here(self, clients: Sequence[Client]) -> list[int]:
        """A request that the first router's application gets; the numbers of its endpoints."""
        _, events = self._first_lan("request", (client.says(request("/1/here")) for client in clients))
        return _attached(events)

    def migrate(self, clients: Sequence[Client]) -> list[int]:
        """A request that makes the endpoint migrate; the numbers of the second router's endpoints."""
        connection_packets, _ = self._first_lan("request", (client.says(request("/2/away")) for client in clients))
        acknowledgements, _ = self._turn("takes over", self.target, connection_packets)
        held, _ = self._turn("acknowledged", self.origin, acknowledgements)
        _, events = self._turn("definite", self.target, held)
        return _attached(events)

    def refuse(self, clients: Sequence[Client]) -> None:
        """A request that would make the endpoint migrate, if the second router, which is full, took it."""
        connection_packets, _ = self._first_lan("request", (client.says(request("/2/away")) for client in clients))
        acknowledgements, _ = self._turn("refuses", self.target, connection_packets)
        if acknowledgements:
            raise AssertionError(f"{len(acknowledgements)} were taken over by a full router")

    def answer(self, router: Router, numbers: Iterable[int], clients: Sequence[Client]) -> None:
        """The application's answer to what these endpoints have read."""
        for number in numbers:
            router.read(number, 65536, self.now)
            router.write(number, _ANSWER, self.now)
        frames, _ = self._turn("", router, [])
        _hear(clients, frames)

    def acknowledge(self, clients: Sequence[Client]) -> None:
        """The clients acknowledge what they have heard; packets of those that have left are forwarded."""
        forwarded, _ = self._first_lan("forwards", (client.says() for client in clients))
        self._turn("", self.target, forwarded)

    def rest(self) -> None:
        """Wait until nobody owes anybody an acknowledgement any more."""
        self.now += 1.0
        for router in (self.origin, self.target):
            self._turn("", router, [])

    def reset(self, clients: Sequence[Client]) -> None:
        """The clients are gone, and their entries and endpoints with them."""
        forwarded, _ = self._first_lan("", (client.says(flags=Flags.RST) for client in clients))
        self._turn("", self.target, forwarded)
        for client in clients:
            if self.origin.forward.has(client.address):
                self.origin.forward.remove(client.address)

    def _first_lan(self, step: str, frames: Iterable[bytes]) -> tuple[list[tuple[Lan, bytes]], list[Event]]:
        return self._turn(step, self.origin, [(Lan.FIRST, frame) for frame in frames])

    def _turn(
        self, step: str, router: Router, frames: Sequence[tuple[Lan, bytes]]
    ) -> tuple[list[tuple[Lan, bytes]], list[Event]]:
        """What a driver does with frames that have come in; what the router sends, and tells its applications."""
        self.now += 0.001
        by_lan = {lan: [frame for its, frame in frames if its is lan] for lan in Lan}
        began = time.process_time_ns()
        for lan, together in by_lan.items():
            router.receive_all(lan, together, self.now)
        router.handle_timeout(self.now)
        events = []
        while (event := router.next_event()) is not None:
            events.append(event)
        sent = router.frames_to_send()
        router.next_timeout()
        self.spent[step] += time.process_time_ns() - began
        return sent, events


def _attached(events: Iterable[Event]) -> list[int]:
    return [event.number for event in events if isinstance(event, Attached)]


def _hear(clients: Sequence[Client], frames: Sequence[tuple[Lan, bytes]]) -> None:
    """Each client takes what is for it, and something has to be."""
    by_address = {client.address: client for client in clients}
    told: set[Address] = set()
    for _, frame in frames:
        packet = ipv4.parse(frame[ethernet.HEADER :])
        segment = tcp_segment.parse(packet.payload, packet.source, packet.destination)
        address = Address(packet.destination, segment.destination_port)
        by_address[address].hears(segment)
        told.add(address)
    if told != by_address.keys():
        raise AssertionError(f"{len(told)} of {len(clients)} clients were told anything")
