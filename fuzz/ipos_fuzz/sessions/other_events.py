"""Datagrams, advertisements, neighbours, and time that passes."""

from random import Random
from typing import Any

from ipos_conformance.frames import Lan
from ipos_conformance.stations.datagrams import Flow
from ipos_conformance.verdicts import NotApplicable
from ipos_spec.advertisement import AdvertisedTable
from ipos_spec.packets import acknowledgement
from ipos_spec.tables.records import CookieEntry, UrlEntry

from ipos_fuzz.sessions.actor import Actor, State
from ipos_fuzz.sessions.event import event

_NAPS = (0.2, 3.1, 5.1, 30.5)
"""Seconds of the document: repetition and end of an attempt (ORG-7), memory of the ended (TGT-4), an idle endpoint."""


def _speaks_udp(actor: Actor) -> bool:
    return actor.dut.target.pics.udp and actor.dut.target.pixit.udp.local is not None


def _was_handed_over(actor: Actor) -> bool:
    return _speaks_udp(actor) and bool(actor.datagram_offers)


def _flow(actor: Actor, port: int) -> Flow:
    return actor.dut.udp.flow(actor.client, (actor.dut.address, port))


@event(State.NEW, possible=_speaks_udp)
def datagram(actor: Actor, random: Random) -> None:
    """A datagram for the target's own service, or for one that another server has (UDP-1)."""
    pixit = actor.dut.target.pixit
    ports = [port for port in (pixit.udp.local, pixit.udp.away) if port is not None]
    actor.flow = _flow(actor, random.choice(ports))
    actor.flow.send(random.choice((b"", b"d", b"datagram", random.randbytes(1400))))


@event(possible=lambda actor: actor.flow is not None)
def datagram_again(actor: Actor, random: Random) -> None:
    """Several more."""
    for number in range(random.randrange(1, 5)):
        if actor.flow is not None:
            actor.flow.send(b"more %d" % number)


@event()
def datagram_to_nobody(actor: Actor, random: Random) -> None:
    """A datagram for a port that nobody serves (NBR-2)."""
    actor.dut.edge.datagram(actor.client, random.choice((actor.dut.target.pixit.closed_port, 65535)))


@event(possible=_speaks_udp)
def datagram_hand_over(actor: Actor, random: Random) -> None:
    """A UDP endpoint is handed over, by its own router or by another."""
    by = random.choice((actor.peer, actor.peer, actor.other))
    packet = actor.dut.udp.connection_packet(by, actor.client)
    actor.datagram_offers.append(packet)
    by.send(packet)


@event(possible=_was_handed_over)
def datagram_through(actor: Actor, random: Random) -> None:
    """A datagram through the origin."""
    endpoint = actor.dut.udp.endpoint(actor.datagram_offers[-1])
    endpoint.send(random.choice((b"", b"through", random.randbytes(1400))))


@event(possible=lambda actor: bool(actor.datagram_takes))
def datagram_acknowledge(actor: Actor, random: Random) -> None:
    """The peer takes the client's datagrams over; or another one claims to."""
    by = random.choice((actor.peer, actor.peer, actor.other))
    by.send(acknowledgement(actor.datagram_takes[-1], by.mac))


@event()
def advertise(actor: Actor, random: Random) -> None:
    """A peer tells of itself, or of somebody else (ADV-3), and perhaps takes it back."""
    teller, about = (random.choice((actor.peer, actor.other)) for _ in range(2))
    advertising = actor.dut.advertising
    try:
        # Of a port that no session needs: a peer that took back what it serves would be handed no client any more.
        socket = advertising.socket(about, actor.dut.target.pixit.closed_port)
    except NotApplicable:
        return
    url = UrlEntry(url="/" + "u" * random.choice((0, 1, 1400)), server_ip=about.address)
    session = CookieEntry(cookie_id="c" * random.choice((1, 255)), server_ip=about.address)
    told: tuple[tuple[AdvertisedTable, Any], ...] = (
        (AdvertisedTable.LISTENING_SOCKETS_TCP, socket),
        (AdvertisedTable.URL_MAP, url),
        (AdvertisedTable.COOKIE_MAP, session),
    )
    table, record = random.choice(told)
    if random.random() < 0.5:
        advertising.tell(teller, table, record)
    advertising.take_back(teller, table, record)


@event()
def ping(actor: Actor, random: Random) -> None:
    """An ICMP echo request of any size."""
    actor.dut.edge.ping(actor.client, random.randbytes(random.choice((0, 1, 56, 1400))))


@event()
def ask_who_has(actor: Actor, random: Random) -> None:
    """ARP for the target, or for somebody whom it does not own (NBR-1)."""
    actor.dut.ask_who_has(random.choice((actor.dut.address, actor.peer.address)), random.choice(list(Lan)))


@event(answered=False, waits=_NAPS[0])
def wait_for_a_copy(actor: Actor, random: Random) -> None:  # noqa: ARG001 - an event's signature
    """The connection packet is repeated meanwhile (ORG-7)."""
    _nap(actor, _NAPS[0])


@event(State.OFFERED, answered=False, waits=_NAPS[1])
def wait_until_given_up(actor: Actor, random: Random) -> None:  # noqa: ARG001 - an event's signature
    """The attempt is given up meanwhile (ORG-7)."""
    _nap(actor, _NAPS[1])


@event(State.ENDED, answered=False, waits=_NAPS[2])
def wait_until_forgotten(actor: Actor, random: Random) -> None:  # noqa: ARG001 - an event's signature
    """The memory of an ended endpoint is over (TGT-4)."""
    _nap(actor, _NAPS[2])


@event(State.OPEN, State.MOVED, answered=False, waits=_NAPS[3])
def wait_until_idle(actor: Actor, random: Random) -> None:  # noqa: ARG001 - an event's signature
    """An endpoint without data is reset (ORG-10), a UDP entry is asked for again (UDP-4)."""
    _nap(actor, _NAPS[3])


def _nap(actor: Actor, seconds: float) -> None:
    actor.dut.traffic.collect_for(actor.dut.scaled(seconds))
