"""A router whose URL Map sends some requests to other servers, and how a client comes to ask for those."""

from dataclasses import replace
from typing import Any

from in_memory import (
    HTTP,
    OTHER_PEER_IP,
    PEER_IP,
    PEER_MAC,
    SETTINGS,
    World,
    opened,
    says,
)
from ipos_reference.events import Attached
from ipos_reference.settings import Entered, idle
from ipos_reference.tcp.segment import Segment
from ipos_spec.addresses import Mac
from ipos_spec.encapsulation import Protocol
from ipos_spec.packets import TcpConnectionPacket, TcpPacket, acknowledgement
from ipos_spec.tables.records import ListeningSocket, UrlEntry

ELSEWHERE = b"GET /peer HTTP/1.1\r\nHost: a\r\n\r\n"
HERE = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
MIGRATING = replace(
    SETTINGS,
    entered=Entered(
        server_states=(idle(PEER_IP), idle(OTHER_PEER_IP)),
        listening={
            Protocol.TCP: tuple(
                ListeningSocket(server_ip=peer, port=HTTP, process=0) for peer in (PEER_IP, OTHER_PEER_IP)
            )
        },
        urls=(UrlEntry(url="/peer", server_ip=PEER_IP), UrlEntry(url="/other", server_ip=OTHER_PEER_IP)),
    ),
)


def leaves(world: World, said: bytes = ELSEWHERE, **changes: Any) -> tuple[TcpConnectionPacket, Segment]:
    """A client asks for another server's page; returns the connection packet, and the SYN/ACK from before."""
    answer = opened(world)
    world.client_sends(says(said, ack=answer.seq + 1, **changes))
    sent = world.sent()
    (packet,) = sent.ipos
    assert isinstance(packet, TcpConnectionPacket)
    assert sent.segments == []
    return packet, answer


def acknowledges(world: World, packet: TcpConnectionPacket, source: Mac = PEER_MAC) -> None:
    """The target answers a connection packet."""
    world.peer_sends(acknowledgement(packet, source=source))


def forwarded(world: World) -> list[TcpPacket]:
    """The type 2 packets that the router has sent, and nothing else."""
    sent = world.sent()
    assert (sent.segments, sent.other) == ([], [])
    assert all(isinstance(packet, TcpPacket) for packet in sent.ipos)
    return [packet for packet in sent.ipos if isinstance(packet, TcpPacket)]


def attached(world: World) -> int:
    """The number of the endpoint that has just been attached to its application."""
    (number,) = [event.number for event in world.events() if isinstance(event, Attached)]
    return number


def served_here(world: World) -> tuple[int, int, int]:
    """A first request is answered here; returns the endpoint's number, the client's next octet and the server's."""
    answer = opened(world)
    world.client_sends(says(HERE, ack=answer.seq + 1))
    number = attached(world)
    assert world.reads(number) == HERE
    world.writes(number, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    (segment,) = world.answers()
    return number, 901 + len(HERE), answer.seq + 1 + len(segment.payload)
