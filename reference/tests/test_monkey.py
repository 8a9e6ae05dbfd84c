"""Anything in any order against one router: clients, peers, applications, the operator, damaged frames, and time.

Nothing of it makes sense for long, which is the point; what must hold holds after each step all the same. The random
choices come from a seed that the test's name shows.
"""

import os
import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import pytest
from in_memory import (
    BLOCK,
    HTTP,
    OTHER_PEER_IP,
    OTHER_PEER_MAC,
    PEER_IP,
    PEER_MAC,
    RAW,
    ROUTER_IP,
    SECOND_MAC,
    World,
    connection_packet,
    forwarded,
)
from ipos_reference import ethernet, ipv4, udp
from ipos_reference.addresses import Address
from ipos_reference.connection import Connection
from ipos_reference.datagram_endpoint import DatagramEndpoint
from ipos_reference.events import Attached
from ipos_reference.hold import MAXIMUM_OCTETS, MAXIMUM_PACKETS
from ipos_reference.ipv4 import IpProtocol, Ipv4Packet
from ipos_reference.operations import OperationError
from ipos_reference.router import Lan
from ipos_reference.settings import Bounds, Settings
from ipos_reference.tables import EndpointTables, Place
from ipos_reference.tcp.segment import Flags, Options, Segment
from ipos_spec.addresses import Mac
from ipos_spec.addresses import ipv4 as ip
from ipos_spec.codec import encode
from ipos_spec.connection import UdpConnectionInformation
from ipos_spec.control_block import ControlBlock
from ipos_spec.encapsulation import Protocol, Reference
from ipos_spec.ethernet import EthernetHeader
from ipos_spec.packets import (
    TcpConnectionPacket,
    UdpConnectionPacket,
    acknowledgement,
    udp_connection_packet,
    udp_packet,
)
from ipos_spec.tables.records import ListeningSocket
from migrating import ELSEWHERE, HERE, MIGRATING

SEEDS = int(os.environ.get("IPOS_MONKEYS", "4"))
STEPS = 2500
NAMES = 53
CLIENTS = [Address(ip("198.51.100.7"), 1), Address(ip("198.51.100.7"), 65535), Address(ip("223.255.255.254"), 0x8000)]
SERVERS = [Address(ROUTER_IP, HTTP), Address(ROUTER_IP, RAW), Address(PEER_IP, HTTP), Address(OTHER_PEER_IP, RAW)]
MACS = {PEER_IP: PEER_MAC, OTHER_PEER_IP: OTHER_PEER_MAC}
SAYINGS = [
    b"", b"", HERE, ELSEWHERE, ELSEWHERE[:9], ELSEWHERE[9:], HERE + ELSEWHERE, b"x" * 1000,
    b"POST /peer HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", b"\r\n\r\n",
]  # fmt: skip
ANSWERS = [
    b"", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", b"HTTP/1.1 200 OK\r\nContent-Le", b"ngth: 2\r\n\r\nok",
    b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 304 Not Modified\r\n\r\n", b"y" * 5000,
]  # fmt: skip
FLAGS = [
    *[Flags.ACK] * 8, *[Flags.SYN] * 3, Flags.ACK | Flags.FIN, Flags.RST, Flags.RST | Flags.ACK, 0,
    Flags.SYN | Flags.ACK, Flags.SYN | Flags.FIN, Flags.FIN,
]  # fmt: skip
NUMBERS = [0, 1, 2**31 - 1, 2**31, 2**32 - 1, 2**32 - 2, 901, 5001]


def settings_of(chance: random.Random) -> Settings:
    """Small tables, so that each is full now and then."""
    both = [ListeningSocket(server_ip=peer, port=port, process=0) for peer in MACS for port in (HTTP, RAW, NAMES)]
    entered = replace(MIGRATING.entered, listening={Protocol.TCP: tuple(both), Protocol.UDP: tuple(both)})
    few = (2, 3, 100)
    bounds = Bounds(
        temporary=chance.choice(few),
        local=chance.choice(few),
        forward_connect=chance.choice(few),
        forward=chance.choice(few),
        ended=chance.choice(few),
    )
    return replace(
        MIGRATING,
        bounds=bounds,
        entered=entered,
        udp_listeners=frozenset({NAMES}),
        session_cookies=frozenset(chance.choice(((), (HTTP,)))),
        timer_scale=chance.choice((1.0, 0.1)),
        second_mtu=chance.choice((1600, 1000)),
    )


class Monkey:
    """One router, and everything that can be done to it."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.world = World(settings_of(self.chance))
        self.packets: list[TcpConnectionPacket | UdpConnectionPacket] = []
        self.frames: list[tuple[Lan, bytes]] = []
        self.numbers = [0]
        self.steps: list[Callable[[], None]] = [
            *[self.client] * 8, *[self.peer] * 4, *[self.hands_over] * 2, *[self.acknowledges] * 3,
            *[self.application] * 6, *[self.datagram] * 2, self.hands_datagrams_over, self.operator, self.damaged,
            *[self.time] * 4,
        ]  # fmt: skip

    # Things to do

    def client(self) -> None:
        client, server = self.chance.choice(CLIENTS), self.chance.choice([*SERVERS[:1] * 6, *SERVERS])
        self.world.client_sends(self._segment(client, server), client, server)

    def peer(self) -> None:
        client, server, source = self.chance.choice(CLIENTS), self.chance.choice(SERVERS), self._mac()
        reference = Reference(*client, ROUTER_IP, self.chance.choice((HTTP, RAW)))
        migrated = [one for one in self.world.router.tables if one.migration is not None]
        if migrated and self.chance.random() < 0.9:
            one = self.chance.choice(migrated)
            client, server, reference = one.client, one.server, one.key
            if one.migration is not None and self.chance.random() < 0.9:
                source = one.migration.origin
        segment = self._segment(client, server)
        self.world.peer_sends(forwarded(segment, reference=reference, server=server, source=source))

    def hands_over(self) -> None:
        client, server = self.chance.choice(CLIENTS), self.chance.choice(SERVERS)
        reference = Reference(*client, ROUTER_IP, self.chance.choice((HTTP, RAW)))
        block = self._block(client, server)
        self.world.peer_sends(connection_packet(block, reference=reference, server=server, source=self._mac()))

    def acknowledges(self) -> None:
        if self.packets:
            packet = self.packets[-1] if self.chance.random() < 0.8 else self.chance.choice(self.packets)
            source = packet.ethernet.destination if self.chance.random() < 0.9 else self._mac()
            self.world.peer_sends(acknowledgement(packet, source=source))

    def application(self) -> None:
        everybody = [one.number for one in self.world.router.tables]
        number, what = self.chance.choice([*self.numbers, *everybody]), self.chance.random()
        router, now = self.world.router, self.world.now
        if what < 0.4:
            router.read(number, self.chance.choice((1, 10**6)), now)
        elif what < 0.8:
            router.write(number, self.chance.choice(ANSWERS), now)
        elif what < 0.82:
            router.close(number, now)
        elif what < 0.84:
            router.abort(number, now)
        else:
            router.datagram(number, self.chance.choice(SAYINGS), now)
        self.world._sort()

    def datagram(self) -> None:
        client, server = self.chance.choice(CLIENTS), Address(self.chance.choice((ROUTER_IP, PEER_IP)), NAMES)
        octets = udp.build(client, server, self.chance.choice(SAYINGS))
        packet = ipv4.build(
            Ipv4Packet(source=client.ip, destination=server.ip, protocol=IpProtocol.UDP, payload=octets)
        )
        if self.chance.random() < 0.5:
            frame = ethernet.Frame(self.world.settings.first_mac, SECOND_MAC, ethernet.IPV4, packet)
            self.world.receives(Lan.FIRST, ethernet.build(frame))
        else:
            header = EthernetHeader(destination=SECOND_MAC, source=self._mac())
            self.world.peer_sends(udp_packet(header, Reference(*client, ROUTER_IP, NAMES), packet))

    def hands_datagrams_over(self) -> None:
        header = EthernetHeader(destination=SECOND_MAC, source=self._mac())
        reference = Reference(*self.chance.choice(CLIENTS), ROUTER_IP, NAMES)
        information = UdpConnectionInformation(
            server_ip=self.chance.choice((ROUTER_IP, PEER_IP, OTHER_PEER_IP)), server_port=NAMES
        )
        self.world.peer_sends(udp_connection_packet(header, reference, information))

    def operator(self) -> None:
        operations, what = self.world.router.operations, self.chance.random()
        if what < 0.05:
            operations.drain()
        elif what < 0.6:
            operations.undrain()
        else:
            server = self.chance.choice((ROUTER_IP, PEER_IP, OTHER_PEER_IP))
            with suppress(OperationError):
                operations.migrate(self.chance.choice(CLIENTS), server, self.world.now)
        operations.left()

    def damaged(self) -> None:
        """A frame of before, with another octet somewhere, or cut off."""
        if not self.frames:
            return
        lan, frame = self.chance.choice(self.frames)
        at = self.chance.randrange(len(frame))
        changed = frame[:at] + bytes([self.chance.randrange(256)]) + frame[at + 1 :]
        self.world.receives(lan, changed if self.chance.random() < 0.8 else frame[:at])

    def time(self) -> None:
        seconds = self.chance.choices(
            (0.0, 0.05, 0.2, 0.7, 3.1, 20.0, 60.1, 310.0, 870.0, 900.1, 8000.0), (20, 20, 20, 20, 6, 3, 4, 1, 2, 3, 0.2)
        )
        self.goes_on_until(self.world.now + seconds[0] * self.world.settings.timer_scale)

    def goes_on_until(self, end: float) -> None:
        """Time passes, and no time-out comes again and again at the same time."""
        router, times = self.world.router, Counter[float]()
        while (due := router.next_timeout()) is not None and due <= end:
            self.world.now = max(self.world.now, due)
            times[self.world.now] += 1
            assert times[self.world.now] < 20, "the router's time-outs spin"
            router.handle_timeout(self.world.now)
            self.observe()
        self.world.now = end

    # What is said

    def _mac(self) -> Mac:
        return self.chance.choice((PEER_MAC, OTHER_PEER_MAC))

    def _segment(self, client: Address, server: Address) -> Segment:
        tables, chance = self.world.router.tables, self.chance
        known = tables.by_client(client, server)
        half_open = tables.beside(client, server)
        if half_open is not None and (known is None or chance.random() < 0.4):
            known = half_open
        seq, ack, flags = chance.choice(NUMBERS), chance.choice(NUMBERS), chance.choice(FLAGS)
        if known is None and chance.random() < 0.7:
            flags = Flags.SYN
        if known is not None and chance.random() < 0.95:
            held = len(known.hold.contiguous(known.endpoint.rcv_nxt))
            seq = known.endpoint.rcv_nxt + chance.choice((0, 0, 0, 0, held, held, held, -1, 9, 5000))
            ack = known.endpoint.snd_nxt + (chance.choice((1, -1, 9)) if chance.random() < 0.1 else 0)
            flags = Flags.ACK if chance.random() < 0.7 else flags
        payload = chance.choice(SAYINGS)
        options = Options(mss=chance.choice((1460, 1460, 536, 20))) if flags & Flags.SYN else Options()
        return Segment(
            source_port=client.port,
            destination_port=server.port,
            seq=seq % 2**32,
            ack=ack % 2**32 if flags & Flags.ACK else 0,
            flags=flags,
            window=chance.choice((60000, 60000, 60000, 1000, 0)),
            options=options,
            payload=payload,
        )

    def _block(self, client: Address, server: Address) -> ControlBlock:
        router, chance = self.world.router, self.chance
        known = router.tables.by_client(client, server)
        entry = router.forward.get(client, server, self.world.now)
        numbers = None
        if entry is not None and chance.random() < 0.8:
            numbers = entry.numbers
        elif known is not None and chance.random() < 0.5:
            numbers = known.endpoint
        if numbers is None:
            change = chance.choice(NUMBERS)
            iss, irs, snd_nxt, rcv_nxt = 5000 + change, 900 + change, 5001 + change, 901 + change
        else:
            iss, irs, snd_nxt, rcv_nxt = numbers.iss, numbers.irs, numbers.snd_nxt, numbers.rcv_nxt
        snd_nxt, rcv_nxt = (snd_nxt + chance.choice((0, 0, 100))) % 2**32, (rcv_nxt + chance.choice((0, 50))) % 2**32
        return replace(
            BLOCK,
            iss=iss % 2**32,
            irs=irs % 2**32,
            snd_una=snd_nxt,
            snd_nxt=snd_nxt,
            snd_max=snd_nxt,
            snd_wl1=rcv_nxt,
            snd_wl2=snd_nxt,
            rcv_nxt=rcv_nxt,
            rcv_up=rcv_nxt,
            rcv_adv=(rcv_nxt + 30000) % 2**32,
            last_ack_sent=rcv_nxt,
            snd_wnd=chance.choice((60000, 0)),
        )

    # What must hold

    def step(self) -> None:
        """One thing happens."""
        self.chance.choice(self.steps)()
        self.observe()

    def observe(self) -> None:
        """Look at what came of it."""
        world = self.world
        router = world.router
        silent = {
            (one.server, one.client) for one in router.tables if one.provisional or one.migrating
        }  # nothing makes one that may speak silent and speak at once
        world._sort()
        sent = world.sent()
        for server, client, segment in sent.segments:
            if (server, client) in silent and router.tables.beside(client, server) is None:
                raise AssertionError(f"{segment} to a client that another router may speak to (ORG-8, TGT-12)")
        for packet in sent.ipos:
            if isinstance(packet, TcpConnectionPacket | UdpConnectionPacket):
                self.packets = [*self.packets, packet][-5:]
        self.frames = [*self.frames, *((Lan.SECOND, encode(packet)) for packet in sent.ipos)][-20:]
        for event in world.events():
            if isinstance(event, Attached):
                self.numbers = [*self.numbers, event.number][-6:]
        self.check()

    def check(self) -> None:
        """TAB-2, TAB-4, ORG-12, and that the router's records of one thing agree."""
        router, now = self.world.router, self.world.now
        _check_tables(router.tables)
        _check_tables(router.datagrams.tables)
        attempts = router._attempts
        migrating = {one.client for one in router.tables if one.migrating}
        assert migrating == set(attempts._attempts[Protocol.TCP])
        for one in router.tables:
            assert len(one.hold.arrivals) <= MAXIMUM_PACKETS
            assert one.hold.octets <= MAXIMUM_OCTETS
            assert not (one.migrating and one.attached)
            assert one.endpoint.quiescent or not (one.migrating or one.provisional)
            entry = router.forward.get(one.client, one.server, now)
            assert entry is None or one.provisional or router.tables.is_beside(one)
        datagrams = router.datagrams
        under_way = {one.client for one in datagrams.tables if one.migrating}
        refreshed = set(datagrams._packets)
        assert under_way <= set(attempts._attempts[Protocol.UDP]) <= under_way | refreshed
        assert refreshed == {client for client, _ in datagrams.forward.entries()}
        assert set(router._connections.schedule._due) <= set(router.tables._endpoints)
        assert set(datagrams._schedule._due) == set(datagrams.tables._endpoints)
        bounds = self.world.settings.bounds
        assert max(len(router.forward), len(datagrams.forward)) <= bounds.forward
        for place, bound in datagrams.tables._bounds.items():
            assert max(len(router.tables.records(place)), len(datagrams.tables.records(place))) <= bound


def _check_tables(tables: EndpointTables[Connection] | EndpointTables[DatagramEndpoint]) -> None:
    numbers = Counter(number for place in Place for number in tables._records[place])
    assert numbers == Counter(list(tables._endpoints))
    assert sorted(numbers) == sorted([*tables._by_client.values(), *tables._beside.values()])
    assert sorted(numbers) == sorted(number for several in tables._by_reference.values() for number in several)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_whatever_happens_the_tables_agree_and_empty_themselves(seed: int) -> None:
    monkey = Monkey(seed)
    for _ in range(STEPS):
        monkey.step()
    monkey.goes_on_until(monkey.world.now + 20_000.0)
    router = monkey.world.router
    assert len(router.tables) == len(router.datagrams.tables) == 0
    assert len(router.forward) == len(router.datagrams.forward) == 0
    assert not router._connections.schedule._due
