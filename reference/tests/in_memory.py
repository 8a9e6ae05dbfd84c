"""A router and everyone around it, in virtual time: an edge router, clients behind it, two peer routers."""

import random
from dataclasses import dataclass, field, replace

from ipos_reference import arp, ethernet, ipv4
from ipos_reference.addresses import Address
from ipos_reference.arp import Operation
from ipos_reference.ethernet import Frame
from ipos_reference.events import Event
from ipos_reference.ipv4 import IpProtocol, Ipv4Packet
from ipos_reference.request import RequestKind
from ipos_reference.router import Lan, Router
from ipos_reference.settings import Settings
from ipos_reference.tcp import segment as tcp_segment
from ipos_reference.tcp.segment import Flags, Options, Segment
from ipos_spec.addresses import Mac, mac
from ipos_spec.addresses import ipv4 as ip
from ipos_spec.codec import decode, encode
from ipos_spec.connection import TcpConnectionInformation
from ipos_spec.control_block import ControlBlock
from ipos_spec.encapsulation import Reference
from ipos_spec.ethernet import EthernetHeader
from ipos_spec.packets import Packet, TcpConnectionPacket, tcp_connection_packet, tcp_packet

FIRST_MAC, SECOND_MAC, EDGE_MAC = mac("02:00:00:00:01:01"), mac("02:00:00:00:02:01"), mac("02:00:00:00:01:fe")
PEER_MAC, OTHER_PEER_MAC = mac("02:00:00:00:02:02"), mac("02:00:00:00:02:03")
ROUTER_IP, PEER_IP, OTHER_PEER_IP = ip("192.0.2.1"), ip("192.0.2.2"), ip("192.0.2.3")
GATEWAY_IP = ip("192.0.2.254")
HTTP, RAW, CLOSED_PORT = 80, 7, 81

CLIENT = Address(ip("198.51.100.7"), 49152)
SERVER = Address(ROUTER_IP, HTTP)
PEER_SERVER = Address(PEER_IP, HTTP)
REFERENCE = Reference(*CLIENT, ROUTER_IP, HTTP)
REQUEST = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"

SETTINGS = Settings(
    address=ROUTER_IP,
    prefix=24,
    gateway=GATEWAY_IP,
    first_mac=FIRST_MAC,
    second_mac=SECOND_MAC,
    peers={PEER_IP: PEER_MAC, OTHER_PEER_IP: OTHER_PEER_MAC},
    listeners={HTTP: RequestKind.HTTP, RAW: RequestKind.RAW},
)

BLOCK = ControlBlock(
    t_maxseg=1000,
    snd_una=5001,
    snd_nxt=5001,
    snd_max=5001,
    iss=5000,
    snd_wl1=901,
    snd_wl2=5001,
    snd_wnd=60000,
    max_sndwnd=60000,
    irs=900,
    rcv_nxt=901,
    rcv_up=901,
    rcv_wnd=30000,
    rcv_adv=30901,
    last_ack_sent=901,
)
"""A connection without options on which nothing has been said: the client's next octet is 901, the server's 5001."""


@dataclass
class Sent:
    """What the router has sent since it was last asked."""

    segments: list[tuple[Address, Address, Segment]] = field(default_factory=list)  # server, client, segment
    ipos: list[Packet] = field(default_factory=list)
    questions: list[tuple[Lan, arp.ArpPacket]] = field(default_factory=list)
    other: list[tuple[Lan, Frame]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.segments or self.ipos or self.questions or self.other)


class World:
    """Hands frames and times to one router, and sorts what comes out. The edge router answers ARP by itself."""

    def __init__(self, settings: Settings = SETTINGS) -> None:
        self.settings = settings
        self.router = Router(settings, random.Random(1))
        self.now = 1000.0
        self._sent = Sent()

    # What others do

    def receives(self, lan: Lan, frame: bytes) -> None:
        """Any frame at all."""
        self.router.receive(lan, frame, self.now)
        self._sort()

    def client_sends(self, segment: Segment, client: Address = CLIENT, server: Address = SERVER) -> None:
        """A client's segment comes in on the first LAN."""
        packet = client_packet(segment, client, server)
        self.receives(Lan.FIRST, ethernet.build(Frame(FIRST_MAC, EDGE_MAC, ethernet.IPV4, packet)))

    def peer_sends(self, packet: Packet) -> None:
        """A peer's ipOS frame comes in on the second LAN."""
        self.receives(Lan.SECOND, encode(packet))

    def migrates(self, block: ControlBlock = BLOCK, **changes: object) -> TcpConnectionPacket:
        """A peer sends a connection packet for CLIENT's connection to PEER_SERVER."""
        packet = connection_packet(block, **changes)  # type: ignore[arg-type]
        self.peer_sends(packet)
        return packet

    def forwards(self, segment: Segment, **changes: object) -> None:
        """A peer passes a segment of CLIENT on."""
        self.peer_sends(forwarded(segment, **changes))  # type: ignore[arg-type]

    # Time, and the application

    def waits(self, seconds: float) -> None:
        """Let time pass; everything due meanwhile is done in its order."""
        end = self.now + seconds
        while (due := self.router.next_timeout()) is not None and due <= end:
            self.now = max(self.now, due)
            self.router.handle_timeout(self.now)
            self._sort()
        self.now = end

    def events(self) -> list[Event]:
        """What the router has told the applications since it was last asked."""
        events = []
        while (event := self.router.next_event()) is not None:
            events.append(event)
        return events

    def reads(self, number: int) -> bytes:
        """The application takes all that there is."""
        octets = self.router.read(number, 10**9, self.now)
        self._sort()
        return octets

    def writes(self, number: int, octets: bytes) -> None:
        """The application answers."""
        self.router.write(number, octets, self.now)
        self._sort()

    def closes(self, number: int) -> None:
        """The application has sent everything."""
        self.router.close(number, self.now)
        self._sort()

    def aborts(self, number: int) -> None:
        """The application broke off."""
        self.router.abort(number, self.now)
        self._sort()

    def ends(self) -> None:
        """The router is ended, and what it still holds with it."""
        self.router.end_all(self.now)
        self._sort()

    # What came of it

    def sent(self) -> Sent:
        """Everything that the router has sent since it was last asked."""
        sent, self._sent = self._sent, Sent()
        return sent

    def answers(self) -> list[Segment]:
        """The segments among it, and nothing else may be among it."""
        sent = self.sent()
        assert (sent.ipos, sent.other) == ([], [])
        return [segment for _, _, segment in sent.segments]

    def tables(self) -> list[object]:
        """All that can be seen of the tables, to be compared before and after."""
        numbers = [(connection.number, connection.endpoint.rcv_nxt) for connection in self.router.tables]
        return [*numbers, self.router.next_timeout()]

    def _sort(self) -> None:
        for lan, octets in self.router.frames_to_send():
            frame = ethernet.parse(octets)
            assert frame is not None
            if frame.type == ethernet.ARP:
                self._arp(lan, frame)
            elif frame.type == ethernet.IPV4 and lan is Lan.FIRST:
                self._ipv4(frame)
            elif frame.type == self.settings.ether_type and lan is Lan.SECOND:
                self._sent.ipos.append(decode(octets, self.settings.ether_type))
            else:
                self._sent.other.append((lan, frame))

    def _arp(self, lan: Lan, frame: Frame) -> None:
        packet = arp.parse(frame.payload)
        assert packet is not None
        if packet.operation is Operation.REQUEST and packet.target_ip == GATEWAY_IP:
            reply = arp.build(arp.reply(packet, EDGE_MAC))
            self.router.receive(lan, ethernet.build(Frame(FIRST_MAC, EDGE_MAC, ethernet.ARP, reply)), self.now)
            self._sort()
        else:
            self._sent.questions.append((lan, packet))

    def _ipv4(self, frame: Frame) -> None:
        packet = ipv4.parse(frame.payload)
        if packet.protocol != IpProtocol.TCP:
            self._sent.other.append((Lan.FIRST, frame))
            return
        segment = tcp_segment.parse(packet.payload, packet.source, packet.destination)
        server = Address(packet.source, segment.source_port)
        client = Address(packet.destination, segment.destination_port)
        self._sent.segments.append((server, client, segment))


def says(
    payload: bytes = b"",
    *,
    seq: int = 901,
    ack: int = 5001,
    flags: int = Flags.ACK,
    window: int = 60000,
    options: Options = Options(),  # noqa: B008 - a frozen value
    client: Address = CLIENT,
    port: int = HTTP,
) -> Segment:
    """A client's segment; by default the next one of the connection in BLOCK."""
    return Segment(
        source_port=client.port,
        destination_port=port,
        seq=seq,
        ack=ack,
        flags=flags,
        window=window,
        options=options,
        payload=payload,
    )


def client_packet(segment: Segment, client: Address = CLIENT, server: Address = SERVER) -> bytes:
    """A client's IP packet around a segment."""
    payload = tcp_segment.build(segment, client.ip, server.ip)
    return ipv4.build(Ipv4Packet(source=client.ip, destination=server.ip, protocol=IpProtocol.TCP, payload=payload))


def connection_packet(
    block: ControlBlock = BLOCK,
    *,
    reference: Reference = REFERENCE,
    server: Address = PEER_SERVER,
    source: Mac = PEER_MAC,
) -> TcpConnectionPacket:
    """A connection packet from a peer."""
    information = TcpConnectionInformation(server_ip=server.ip, server_port=server.port, control_block=block)
    return tcp_connection_packet(EthernetHeader(destination=SECOND_MAC, source=source), reference, information)


def forwarded(
    segment: Segment,
    *,
    reference: Reference = REFERENCE,
    server: Address = PEER_SERVER,
    source: Mac = PEER_MAC,
) -> Packet:
    """A type 2 packet from a peer around a client's segment."""
    client = Address(reference.client_ip, reference.client_port)
    ethernet_header = EthernetHeader(destination=SECOND_MAC, source=source)
    return tcp_packet(ethernet_header, reference, client_packet(segment, client, server))


def later(block: ControlBlock, octets: int = 1) -> ControlBlock:
    """The block after the client has sent that many octets more."""
    return replace(block, rcv_nxt=block.rcv_nxt + octets, rcv_adv=block.rcv_adv + octets)


def opened(world: World, client: Address = CLIENT, port: int = HTTP) -> Segment:
    """Open a connection as a client; returns the router's SYN/ACK. The client's next octet is 901."""
    server = Address(ROUTER_IP, port)
    syn = says(seq=900, ack=0, flags=Flags.SYN, options=Options(mss=1460), client=client, port=port)
    world.client_sends(syn, client, server)
    (answer,) = world.answers()
    assert answer.flags == Flags.SYN | Flags.ACK
    world.client_sends(says(ack=answer.seq + 1, client=client, port=port), client, server)
    assert not world.sent()
    return answer
