"""Other ways on the LANs: framing, IP headers, ARP, latency, and what else a device says there by itself."""

import random
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from ipos_reference import arp, cli, ethernet, icmp, ipv4, neighbours
from ipos_reference.advertising import Advertiser
from ipos_reference.arp import ArpPacket, Operation
from ipos_reference.configuration import Configuration
from ipos_reference.datagrams import Datagrams
from ipos_reference.ethernet import Frame
from ipos_reference.first_lan import FirstLan
from ipos_reference.ipv4 import Ipv4Packet
from ipos_reference.ports import Port
from ipos_reference.router import Lan, Router
from ipos_reference.settings import Settings
from ipos_reference.target import Target
from ipos_spec.addresses import BROADCAST_MAC, IPv4, Mac
from ipos_spec.addresses import ipv4 as ipv4_address
from ipos_spec.checksum import internet_checksum
from ipos_spec.compiled import build
from ipos_spec.encapsulation import EncapsulationHeader
from ipos_spec.ethernet import ETHER_TYPE

from ipos_defects.defect import patch
from ipos_defects.regularly import regularly
from ipos_defects.variation import variation

# Framing


@variation("ENC-8: further octets are padding, and a link may have its own idea of the shortest frame.")
def longer_padding() -> None:
    """Pads frames with zeros to 128 octets."""
    patch(ethernet, "pad", lambda octets: octets.ljust(128, b"\0"))


@variation("ENC-8: padding is ignored whatever its values; ENC-9 would like zeros.", "ENC-9")
def padding_of_garbage() -> None:
    """Pads frames with what was in the buffer before."""
    patch(ethernet, "pad", lambda octets: octets + b"\xa5" * (60 - len(octets)))


@variation("ENC-9 is a SHOULD: veth and TAP carry shorter frames.", "ENC-9")
def no_padding() -> None:
    """Leaves short frames as they are."""
    patch(ethernet, "pad", lambda octets: octets)


# IP headers


def _written(change: Callable[[bytearray], bytearray]) -> None:
    """Have the header of each IP packet changed on its way out; its checksum is made to fit."""
    original = ipv4.build

    def build_packet(packet: Ipv4Packet) -> bytes:
        octets = original(packet)
        header = change(bytearray(octets[: ipv4.HEADER]))
        header[2:4] = (len(header) + len(packet.payload)).to_bytes(2, "big")
        header[10:12] = bytes(2)
        header[10:12] = internet_checksum(bytes(header)).to_bytes(2, "big")
        return bytes(header) + packet.payload

    patch(ipv4, "build", build_packet)


@variation("RFC 791, 2474 and 6864 leave TTL, DSCP and the identification of whole packets to the sender.")
def other_ip_headers() -> None:
    """Sends TTL 255, a DSCP, and identification 0."""

    def change(header: bytearray) -> bytearray:
        header[1], header[4:6], header[8] = 0xB8, bytes(2), 255
        return header

    _written(change)


@variation("RFC 791 3.1: IP options may be sent; RFC 9293 3.9.2 leaves them to the implementation.")
def ip_options() -> None:
    """Puts four octets of IP options into each packet."""
    _written(lambda header: bytearray([0x46, *header[1:], 1, 1, 1, 0]))


@variation("TGT-9 is about migrated endpoints only.")
def dont_fragment_on_its_own_packets() -> None:
    """Sets DF on what it sends from its own address."""
    own = [False]
    send_before, build_before = FirstLan.send, ipv4.build

    def send(self: FirstLan, source: IPv4, destination: IPv4, protocol: int, payload: bytes, now: float) -> None:
        own[0] = source == self._settings.address
        send_before(self, source, destination, protocol, payload, now)

    patch(FirstLan, "send", send)
    patch(ipv4, "build", lambda packet: build_before(replace(packet, dont_fragment=own[0])))


@variation("RFC 1812 4.3.2.3: an ICMP error may quote up to 576 octets.")
def long_icmp_quotation() -> None:
    """Quotes as much as it has of the datagram that it refuses."""
    patch(icmp, "_QUOTED", 548)


# ARP


@variation("RFC 826 and RFC 1122 2.3.2.1: how long an answer is believed is the cache's business.")
def forgetful_arp_cache() -> None:
    """Forgets its neighbours after 50 ms, and asks again."""
    patch(neighbours, "LIFETIME", 0.05)


@variation("RFC 1122 2.3.2.2: a packet that waits for ARP should be kept, and TCP lives with its loss.")
def drops_what_waits_for_arp() -> None:
    """Drops the packet for which it has to ask; TCP repeats it."""
    original = neighbours.Neighbours.deliver

    def deliver(self: neighbours.Neighbours, next_hop: IPv4, packet: bytes, now: float) -> None:
        original(self, next_hop, packet, now)
        for pending in self._pending.values():
            pending.packets.clear()

    patch(neighbours.Neighbours, "deliver", deliver)


# Speed


class _DelayedPort(Port):
    """A port whose frames take some time in each direction; none overtakes another of its direction.

    delay  draws the seconds for the next frame
    """

    def __init__(self, port: Port, delay: Callable[[], float]) -> None:
        self._port, self._delay = port, delay
        self._in: deque[tuple[float, bytes]] = deque()
        self._out: deque[tuple[float, bytes]] = deque()

    def fileno(self) -> int:
        return self._port.fileno()

    def receive(self, now: float, budget: int) -> list[bytes]:
        for frame in self._port.receive(now, budget):
            self._queue(self._in, frame, now)
        return list(_due(self._in, now))

    def send(self, frame: bytes, now: float) -> bool:
        self._queue(self._out, frame, now)
        return True

    def next_timeout(self) -> float | None:
        return min((queue[0][0] for queue in (self._in, self._out) if queue), default=None)

    def flush(self, now: float) -> None:
        for frame in _due(self._out, now):
            self._port.send(frame, now)

    def close(self) -> None:
        self._port.close()

    def _queue(self, queue: deque[tuple[float, bytes]], frame: bytes, now: float) -> None:
        earliest = queue[-1][0] if queue else 0.0
        queue.append((max(earliest, now + self._delay()), frame))


def _due(queue: deque[tuple[float, bytes]], now: float) -> Iterator[bytes]:
    while queue and queue[0][0] <= now:
        yield queue.popleft()[1]


def _delayed(delays: Mapping[Lan, Callable[[], float]]) -> None:
    original = cli._ports

    def ports(found: Configuration) -> dict[Lan, Port]:
        return {
            lan: _DelayedPort(port, delays[lan]) if lan in delays else port for lan, port in original(found).items()
        }

    patch(cli, "_ports", ports)


@variation("No requirement says how fast a LAN's side of a router is.")
def slow_first_lan() -> None:
    """Takes 10 ms for each frame on the first LAN, in either direction."""
    _delayed({Lan.FIRST: lambda: 0.01})


@variation("No requirement says how fast a LAN's side of a router is.")
def slow_second_lan() -> None:
    """Takes 10 ms for each frame on the second LAN, in either direction."""
    _delayed({Lan.SECOND: lambda: 0.01})


@variation("Only frames of one LAN keep their order: nothing ties one LAN's queue to the other's.")
def jittery_lans() -> None:
    """Takes up to 15 ms for each frame, by chance, on both LANs and in both directions; none overtakes on its LAN."""
    chance = random.Random(7)  # noqa: S311 - repeatable on purpose
    _delayed(dict.fromkeys(Lan, lambda: chance.uniform(0.0, 0.015)))


# What it says by itself

_ALL_HOSTS = ipv4_address("224.0.0.1")


@variation("RFC 5227 and RFC 826: a host may announce and probe its address, and ask for neighbours, when it likes.")
def talkative_arp() -> None:
    """Announces its address on both LANs, probes it, and asks for its gateway and a neighbour, 20 times a second."""

    def talk(router: Router, now: float) -> None:
        del now
        settings = router.settings
        for lan in Lan:
            mac = router._mac(lan)
            for operation, sender, asked in (
                (Operation.REQUEST, settings.address, settings.address),
                (Operation.REPLY, settings.address, settings.address),
                (Operation.REQUEST, IPv4(0), settings.address),
                (Operation.REQUEST, settings.address, settings.gateway or settings.address),
                (Operation.REQUEST, settings.address, next(iter(settings.peers))),
            ):
                packet = ArpPacket(operation, mac, sender, Mac(bytes(6)), asked)
                router._emit(lan, ethernet.build(Frame(BROADCAST_MAC, mac, ethernet.ARP, arp.build(packet))))

    regularly(0.05, talk)


@variation("Nothing forbids a router to speak other protocols on its LANs.")
def talkative_host() -> None:
    """Speaks IGMP, OSPF, VRRP, mDNS, DHCP, syslog, router discovery and LLDP, each 20 times a second."""

    def talk(router: Router, now: float) -> None:
        del now
        own = router.settings.address
        gateway = router.settings.gateway or own
        for destination, protocol, payload in (
            (_ALL_HOSTS, 2, bytes.fromhex("1600e9fee0000001")),
            (ipv4_address("224.0.0.5"), 89, bytes(44)),
            (ipv4_address("224.0.0.18"), 112, bytes(20)),
            (ipv4_address("224.0.0.251"), 17, _datagram(5353, 5353)),
            (ipv4_address("255.255.255.255"), 17, _datagram(68, 67)),
            (gateway, 17, _datagram(514, 514)),
            (_ALL_HOSTS, 1, b"\x09\x00\xf6\xff" + bytes(4)),
        ):
            packet = ipv4.build(Ipv4Packet(source=own, destination=destination, protocol=protocol, payload=payload))
            mac = router.settings.first_mac
            router._emit(Lan.FIRST, ethernet.build(Frame(BROADCAST_MAC, mac, ethernet.IPV4, packet)))
        for lan in Lan:
            lldp = Frame(Mac(bytes.fromhex("0180c200000e")), router._mac(lan), 0x88CC, bytes(46))
            router._emit(lan, ethernet.build(lldp))

    regularly(0.05, talk)


def _datagram(source_port: int, destination_port: int) -> bytes:
    ports = source_port.to_bytes(2, "big") + destination_port.to_bytes(2, "big")
    return ports + (16).to_bytes(2, "big") + bytes(2) + bytes(8)


@variation("ADV-1 and ADV-2: a router may advertise its tables to all.")
def advertises_its_tables() -> None:
    """Broadcasts a Table Advertisement of its Server State on the second LAN, 20 times a second."""

    def advertise(router: Router, now: float) -> None:
        del now
        settings = router.settings
        record = settings.address.to_bytes(4, "big") + (1).to_bytes(4, "big") + (150).to_bytes(2, "big") + bytes(16)
        body = bytes((1, 1)) + (1).to_bytes(2, "big") + len(record).to_bytes(2, "big") + record
        header = EncapsulationHeader(
            source_ip=settings.address,
            source_port=0,
            destination_ip=ipv4_address("255.255.255.255"),
            destination_port=0,
            type=0x80,
            protocol=0,
            checksum=0,
        )
        packet = build(replace(header, checksum=internet_checksum(build(header) + body))) + body
        router._emit(Lan.SECOND, ethernet.build(Frame(BROADCAST_MAC, settings.second_mac, ETHER_TYPE, packet)))

    regularly(0.05, advertise)


# SHOULDs


class _Everybody(dict[IPv4, Mac]):
    """Peers to which every MAC belongs."""

    def values(self) -> Any:
        return self

    def __contains__(self, _mac: object) -> bool:
        return True


@variation("SEC-1 is a SHOULD: without an allow-list, connection packets are taken from any router.", "SEC-1")
def takes_frames_from_anybody() -> None:
    """Has no allow-list of peers."""
    original = Configuration.settings

    def settings(self: Configuration) -> Settings:
        right = original(self)
        return replace(right, peers=_Everybody(right.peers))

    patch(Configuration, "settings", settings)
    begin_before = Advertiser.__init__

    def begin(self: Advertiser, *arguments: Any, **options: Any) -> None:
        begin_before(self, *arguments, **options)
        self._peer_macs = self._settings.peers  # type: ignore[assignment]

    patch(Advertiser, "__init__", begin)


@variation("TGT-8, TGT-9 and NBR-2 are SHOULDs.", "TGT-8", "TGT-9", "NBR-2")
def does_what_it_must() -> None:
    """Resets no stray type 2 packet, sets DF, and answers neither echo requests nor datagrams."""
    build_before = ipv4.build
    patch(Target, "refuse", lambda *_: None)
    patch(ipv4, "build", lambda packet: build_before(replace(packet, dont_fragment=True)))
    patch(Router, "_receive_icmp", lambda *_: None)
    patch(Datagrams, "_refuse", lambda *_: None)
