"""Several routers, both LANs and any number of clients, in virtual time: a small discrete-event simulation.

Nothing in it waits: the clock jumps to whatever is due next. The LANs lose, double and reorder frames by a seed.
"""

import heapq
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import count

from ipos_reference import arp, ethernet, ipv4, udp
from ipos_reference.addresses import Address
from ipos_reference.arp import Operation
from ipos_reference.ethernet import Frame
from ipos_reference.events import Attached, Changed, Datagram, Detached
from ipos_reference.ipv4 import IpProtocol, Ipv4Packet
from ipos_reference.request import RequestKind
from ipos_reference.router import Lan, Router
from ipos_reference.settings import Entered, Settings, idle
from ipos_reference.tcp import segment as tcp_segment
from ipos_reference.tcp.options import NO_OPTIONS
from ipos_spec.addresses import BROADCAST_MAC, IPv4, Mac, mac
from ipos_spec.addresses import ipv4 as ip
from ipos_spec.encapsulation import Protocol
from ipos_spec.tables.records import ListeningSocket, UrlEntry
from tcp.simple_client import SimpleClient

GATEWAY_IP, EDGE_MAC = ip("192.0.2.254"), mac("02:00:00:00:01:fe")
HTTP, UDP_PORT = 80, 9


def router_ip(number: int) -> IPv4:
    """Address of router and server ``number``, from 1 on."""
    return IPv4(ip("192.0.2.0") + number)


def router_mac(number: int, lan: Lan) -> Mac:
    """Its MAC on a LAN."""
    return mac(f"02:00:00:00:0{1 if lan is Lan.FIRST else 2}:{number:02x}")


PATIENCE = 900.0
"""Seconds for which TCP repeats what is not acknowledged."""


@dataclass(frozen=True, kw_only=True)
class Wire:
    """How bad both LANs are: probabilities, and the delay of a frame in seconds.

    One that is reordered takes up to five times as long, a straggler up to 3 s more.
    """

    loss: float = 0.0
    duplication: float = 0.0
    reordering: float = 0.0
    straggling: float = 0.0
    delay: float = 0.0005


def settings_of(number: int, routers: int, **changes: object) -> Settings:
    """Router ``number`` of so many, which all listen on the same ports; URL Map: /N is server N's."""
    others = [other for other in range(1, routers + 1) if other != number]
    everyone = range(1, routers + 1)
    sockets = tuple(ListeningSocket(server_ip=router_ip(other), port=HTTP, process=1) for other in others)
    datagram = tuple(ListeningSocket(server_ip=router_ip(other), port=UDP_PORT, process=2) for other in others)
    settings = Settings(
        address=router_ip(number),
        prefix=24,
        gateway=GATEWAY_IP,
        first_mac=router_mac(number, Lan.FIRST),
        second_mac=router_mac(number, Lan.SECOND),
        peers={router_ip(other): router_mac(other, Lan.SECOND) for other in others},
        listeners={HTTP: RequestKind.HTTP},
        udp_listeners=frozenset({UDP_PORT}),
        entered=Entered(
            server_states=tuple(idle(router_ip(other)) for other in everyone),
            listening={Protocol.TCP: sockets, Protocol.UDP: datagram},
            urls=tuple(UrlEntry(url=f"/{other}", server_ip=router_ip(other)) for other in everyone),
        ),
    )
    return replace(settings, **changes)  # type: ignore[arg-type]


def body(server: int, path: str, size: int) -> bytes:
    """What server ``server`` answers to a request for a path."""
    text = f"server {server} {path} ".encode()
    return (text * (size // len(text) + 1))[:size]


def answer(server: int, path: str) -> bytes:
    """The whole answer; the path's second part is its size: /2/5000/anything."""
    parts = path.split("/")
    octets = body(server, path, int(parts[2]) if len(parts) > 2 else 100)
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(octets) + octets


Answer = Callable[[int, str], bytes]
"""What a server, by its number, answers to a request for a path."""


def request(path: str) -> bytes:
    """A request for a path."""
    return f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode()


@dataclass
class Application:
    """The application's side of one endpoint: it answers each request at once, as far as there is room."""

    number: int
    incoming: bytes = b""
    outgoing: bytes = b""
    closed: bool = False


class Site:
    """A router and its applications. ``crash`` ends both without a word."""

    def __init__(self, network: "Network", number: int, settings: Settings, seed: int) -> None:
        self.network, self.number, self.settings = network, number, settings
        self.seed = seed
        self.applications: dict[int, Application] = {}
        self.served = 0
        self.router = self._new_router()
        self.up = True
        self._woken_at: float | None = None

    def _new_router(self) -> Router:
        router = Router(self.settings, random.Random(self.seed))
        # On the way over three routers six losses in a row are not rare, after which R2's 100 s are over (RFC 9293
        # 3.8.3): right, and it would only hide that a client is reset for another reason.
        connections = router._connections
        connections._tcp_settings = replace(connections._tcp_settings, patience=PATIENCE)
        return router

    def crash(self) -> None:
        """The router is gone, with all that it knew."""
        self.up = False
        self.applications.clear()

    def restart(self) -> None:
        """It begins with empty tables, and another secret."""
        self.seed += 1000
        self.router, self.up, self._woken_at = self._new_router(), True, None

    def receive(self, lan: Lan, frame: bytes) -> None:
        """A frame arrives."""
        if self.up:
            self.router.receive_all(lan, [frame], self.network.now)
            self.turn()

    def turn(self) -> None:
        """Everything that follows from what just happened."""
        now = self.network.now
        self.router.handle_timeout(now)
        while (event := self.router.next_event()) is not None:
            match event:
                case Attached(number, _, Protocol.TCP):
                    self.applications[number] = Application(number)
                    self._serve(self.applications[number])
                case Changed(number) if number in self.applications:
                    self._serve(self.applications[number])
                case Datagram(number, octets):
                    self.served += 1
                    self.router.datagram(number, b"%d:" % self.number + octets, now)
                case Detached(number, _, unread):
                    application = self.applications.pop(number, None)
                    if application is not None and unread:
                        self._take(application, unread)
        for lan, frame in self.router.frames_to_send():
            self.network.transmit(lan, frame)
        self._set_alarm()

    def _serve(self, application: Application) -> None:
        now, router = self.network.now, self.router
        self._take(application, router.read(application.number, 10**6, now))
        room = router.room(application.number)
        if application.outgoing and room:
            taken = router.write(application.number, application.outgoing[:room], now)
            application.outgoing = application.outgoing[taken:]
        endpoint = router.endpoint(application.number)
        finished = endpoint is not None and endpoint.end_of_stream
        if finished and not application.outgoing and not application.closed:
            application.closed = True
            router.close(application.number, now)

    def _take(self, application: Application, octets: bytes) -> None:
        application.incoming += octets
        while b"\r\n\r\n" in application.incoming:
            head, _, application.incoming = application.incoming.partition(b"\r\n\r\n")
            application.outgoing += self.network.answer(self.number, head.split()[1].decode())
            self.served += 1

    def _set_alarm(self) -> None:
        due = self.router.next_timeout()
        if due is not None and (self._woken_at is None or due < self._woken_at or self._woken_at <= self.network.now):
            self._woken_at = due
            self.network.at(max(due, self.network.now), self._alarm)

    def _alarm(self) -> None:
        if self.up and (due := self.router.next_timeout()) is not None:
            if due <= self.network.now:
                self.turn()
            else:
                self._woken_at = None
                self._set_alarm()


@dataclass
class Client:
    """A client of its own address, which asks for one path after the other on one connection, and then closes it."""

    network: "Network"
    address: Address
    server: Address
    paths: list[str]
    tcp: SimpleClient
    expected: bytes = b""
    asked: int = 0
    pause: float = 0.0
    done: bool = False
    gone: bool = False
    _waiting: bool = False
    _alarm: float | None = None

    def begin(self) -> None:
        """Open the connection."""
        self._ask()
        self.poll()

    def vanish(self, *, reset: bool) -> None:
        """Be gone, with an RST or without a word."""
        self.done = self.gone = True
        if reset:
            seq = (self.tcp.isn + self.tcp.sent) % 2**32
            rst = tcp_segment.Segment(
                source_port=self.address.port, destination_port=0, seq=seq, ack=0, flags=tcp_segment.Flags.RST, window=0
            )
            self.network.from_client(self, rst)

    def receive(self, octets: bytes) -> None:
        """An IP packet arrives."""
        if self.gone:
            return
        packet = ipv4.parse(octets)
        segment = tcp_segment.parse(packet.payload, packet.source, packet.destination)
        if not self._is_acceptable(segment):
            return
        self.tcp.receive(segment, self.network.now)
        if self.tcp.reset:
            return
        if len(self.tcp.received) >= len(self.expected) and not self._waiting and not self.tcp.finishing:
            self._waiting = True
            self.network.at(self.network.now + self.pause, self._go_on)
        self.poll()

    def _is_acceptable(self, segment: tcp_segment.Segment) -> bool:
        """What `SimpleClient` may see: RFC 9293 3.10.7.3 (SYN-SENT) and RFC 5961's checks, all but a RST answered."""
        tcp, flags = self.tcp, tcp_segment.Flags
        acked = (segment.ack - tcp.isn) % 2**32
        if segment.flags & flags.RST:
            if self.done:
                return False  # TIME-WAIT (RFC 1337)
            if tcp.their_isn is None:
                return acked == 1
            return segment.seq == (tcp.their_isn + 1 + len(tcp.received) + tcp.their_fin) % 2**32
        if tcp.their_isn is None:
            if acked != 1:
                rst = segment._replace(seq=segment.ack, ack=0, flags=flags.RST, payload=b"", options=NO_OPTIONS)
                self.network.from_client(self, rst._replace(source_port=self.address.port))
            return acked == 1 and bool(segment.flags & flags.SYN)
        anew = bool(segment.flags & flags.SYN) and segment.seq != tcp.their_isn
        if acked > tcp.end or anew:
            tcp.ack_due += 1
            self.poll()
            return False
        return True

    def poll(self) -> None:
        """Send what is to be sent now."""
        if self.tcp.reset or self.gone:
            return
        for segment in self.tcp.poll(self.network.now):
            self.network.from_client(self, segment._replace(source_port=self.address.port))
        if self.tcp.finished and not self.done:
            self.done = True
            self.network.finished(self)
        due = self.tcp.next_timeout()
        if due is not None and not self.done and (self._alarm is None or due < self._alarm):
            self._alarm = due
            self.network.at(max(due, self.network.now), self._on_time)

    def _go_on(self) -> None:
        self._waiting = False
        if self.asked < len(self.paths):
            self._ask()
        else:
            self.tcp.finishing = True
        self.tcp.deadline = min(self.tcp.deadline, self.network.now)
        self.poll()

    def _ask(self) -> None:
        path = self.paths[self.asked]
        self.asked += 1
        self.tcp.outgoing += request(path)
        self.expected += self.network.answer(int(path.split("/")[1]), path)

    def _on_time(self) -> None:
        self._alarm = None
        self.poll()


class Network:
    """The clock, both LANs, everybody on them."""

    def __init__(
        self,
        routers: int,
        seed: int,
        wire: Wire = Wire(),
        changes: Mapping[str, object] | None = None,
        answer: Answer = answer,
    ) -> None:
        self.now = 1000.0
        self.answer = answer
        self.wire = wire
        self.random = random.Random(seed)
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._ticket = count()
        self.sites = [
            Site(self, number, settings_of(number, routers, **(changes or {})), seed + number)
            for number in range(1, routers + 1)
        ]
        self.clients: dict[Address, Client] = {}
        self.watchers: list[Callable[[Lan, bytes], None]] = []
        self.frames = 0
        self.datagrams: dict[Address, list[bytes]] = {}

    def at(self, when: float, action: Callable[[], None]) -> None:
        """Have something done at a time."""
        heapq.heappush(self._due, (when, next(self._ticket), action))

    def run(self, until: float) -> None:
        """Let everything happen that is due before a time."""
        while self._due and self._due[0][0] <= until:
            self.step()
        self.now = max(self.now, until)

    def step(self) -> bool:
        """Let the next thing happen; False if there is none."""
        if not self._due:
            return False
        when, _, action = heapq.heappop(self._due)
        self.now = max(self.now, when)
        action()
        return True

    def transmit(self, lan: Lan, frame: bytes) -> None:
        """Put a router's frame on a LAN."""
        for watch in self.watchers:
            watch(lan, frame)
        self._carry(lambda: self._deliver(lan, frame))

    def from_client(self, client: Client, segment: tcp_segment.Segment) -> None:
        """Route a client's segment to the router that owns its server's address."""
        segment = segment._replace(destination_port=client.server.port)
        payload = tcp_segment.build(segment, client.address.ip, client.server.ip)
        self._from_outside(client.address.ip, client.server.ip, IpProtocol.TCP, payload)

    def datagram(self, client: Address, server: Address, octets: bytes) -> None:
        """A client's datagram."""
        self._from_outside(client.ip, server.ip, IpProtocol.UDP, udp.build(client, server, octets))

    def add(self, client: Client) -> None:
        """A client begins now."""
        self.clients[client.address] = client
        client.begin()

    def finished(self, client: Client) -> None:
        """A client has all its answers and both FINs are acknowledged."""

    def _from_outside(self, source: IPv4, destination: IPv4, protocol: IpProtocol, payload: bytes) -> None:
        packet = ipv4.build(Ipv4Packet(source=source, destination=destination, protocol=protocol, payload=payload))
        number = destination - router_ip(0)
        frame = ethernet.build(Frame(router_mac(number, Lan.FIRST), EDGE_MAC, ethernet.IPV4, packet))
        self._carry(lambda: self._deliver(Lan.FIRST, frame))

    def _carry(self, arrive: Callable[[], None]) -> None:
        """Over a bad wire."""
        self.frames += 1
        chance = self.random.random
        if chance() < self.wire.loss:
            return
        for _ in range(2 if chance() < self.wire.duplication else 1):
            late = self.wire.delay * (1 + 4 * chance()) if chance() < self.wire.reordering else 0.0
            late += 3 * chance() if chance() < self.wire.straggling else 0.0
            self.at(self.now + self.wire.delay + late, arrive)

    def _deliver(self, lan: Lan, octets: bytes) -> None:
        frame = ethernet.parse(octets)
        assert frame is not None
        if lan is Lan.FIRST and frame.destination in (EDGE_MAC, BROADCAST_MAC):
            self._at_the_edge(frame)
        for site in self.sites:
            if frame.destination == router_mac(site.number, lan):
                site.receive(lan, octets)

    def _at_the_edge(self, frame: Frame) -> None:
        if frame.type == ethernet.ARP:
            question = arp.parse(frame.payload)
            if question is not None and question.operation is Operation.REQUEST and question.target_ip == GATEWAY_IP:
                reply = arp.build(arp.reply(question, EDGE_MAC))
                octets = ethernet.build(Frame(frame.source, EDGE_MAC, ethernet.ARP, reply))
                self._carry(lambda: self._deliver(Lan.FIRST, octets))
        elif frame.type == ethernet.IPV4:
            packet = ipv4.parse(frame.payload)
            port = int.from_bytes(packet.payload[2:4], "big")
            address = Address(packet.destination, port)
            if packet.protocol == IpProtocol.UDP:
                self.datagrams.setdefault(address, []).append(packet.payload[8:])
            elif address in self.clients:
                self.clients[address].receive(frame.payload)
