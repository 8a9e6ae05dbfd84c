"""Everything that can happen next in a world.

The first LAN loses packets: whoever has something to say may say it at any time, so a loss is a packet not yet sent
again. The second LAN loses, reorders and duplicates. Time is abstract: what a time-out's length guarantees stands
where its move is made.
"""

from collections.abc import Iterator
from typing import NamedTuple

from ipos_spec.states import events as on
from ipos_spec.states import forwarding, origin, target
from ipos_spec.states.model.judgement import NOTHING, About
from ipos_spec.states.model.machine import Machine
from ipos_spec.states.model.properties import SPEAKING, Property
from ipos_spec.states.model.world import (
    OWNER,
    ROUTERS,
    STALE,
    Client,
    Endpoint,
    Frame,
    Kind,
    Phase,
    Router,
    Saying,
    Segment,
    Type,
    World,
    alive,
)
from ipos_spec.states.table import Event, Row

_BESIDE = frozenset({forwarding.HALF_OPEN, forwarding.HALF_OPEN_CLOSING, forwarding.HALF_OPEN_DEFINITE})
_PROVISIONAL = frozenset({target.PROVISIONAL, target.COME_HOME})
_MIGRATING = frozenset(origin.MIGRATING)


class Move(NamedTuple):
    """One thing that can happen: what, the world after it, the rows that applied.

    A whim (a fault, a choice of the client) never has to happen; what is no whim does in the end, if it stays possible.
    """

    whim: bool
    text: str
    world: World
    rows: tuple[Row, ...] = ()


def moves(machine: Machine, world: World) -> Iterator[Move]:
    """All moves of a world that change it."""
    for each in (_deliveries, _speeches, _client, _times, _whims):
        machine.trail.clear()
        for whim, text, after in each(machine, world):
            for settled in _settle(machine, after):
                if settled != world:
                    yield Move(whim, text, settled, tuple(machine.trail))
            machine.trail.clear()


_Moves = Iterator[tuple[bool, str, World]]


def _settle(machine: Machine, world: World) -> Iterator[World]:
    """Do what follows from a step; what goes over the first LAN arrives or is lost."""
    if not world.said:
        yield world
        return
    if world.wrong:
        yield world._replace(said=())
        return
    said, world = world.said[0], world._replace(said=world.said[1:])
    match said.what:
        case Saying.INPUT:
            yield from _settle(machine, machine.segment(world, said.router, About(said.segment, choice=said.choice)))
        case Saying.ENDS:
            yield from _settle(machine, machine.take(world, said.router, on.ENDS, NOTHING))
        case Saying.RESET:
            yield from _settle(machine, world)
            if alive(world, said.connection):
                yield world._replace(said=(), wrong=Property.NOT_CUT)
        case Saying.CHALLENGE:
            yield from _settle(machine, world)
            if _knows_nothing_of(world.client, said.connection):
                rst = Segment(Kind.RST, said.connection, said.seq, 0)
                yield from _settle(machine, machine.segment(world, OWNER, About(rst)))


def _knows_nothing_of(client: Client, connection: int) -> bool:
    """Whether the client answers a segment of this connection by RST (RFC 9293 3.10.7.1, 3.10.7.3)."""
    if client.phase is Phase.CLOSED:
        return True
    return client.phase is Phase.SYN_SENT and client.connection != connection


def _arrivals(machine: Machine, world: World, router: int, about: About) -> Iterator[World]:
    """A segment at a router, for each choice that a policy may make on it."""
    for choice in machine.choices(world, router, about):
        yield machine.segment(world, router, about._replace(choice=choice))


def _from_client(machine: Machine, world: World, segment: Segment) -> Iterator[World]:
    return _arrivals(machine, world, OWNER, About(segment))


# The second LAN


def _deliveries(machine: Machine, world: World) -> _Moves:
    for number, frame in enumerate(world.lan):
        without = world._replace(lan=world.lan[:number] + world.lan[number + 1 :])
        for after in _delivered(machine, without, frame):
            yield False, f"{spelled(frame)}, arrives", after
        yield True, f"{spelled(frame)}, is lost", without
        migrations, duplicates, stale = world.left
        if duplicates:
            twice = world._replace(left=(migrations, duplicates - 1, stale))
            for after in _delivered(machine, twice, frame):
                yield True, f"a duplicate of {spelled(frame)}, arrives", after


def _delivered(machine: Machine, world: World, frame: Frame) -> Iterator[World]:
    if frame.type is Type.PACKET:
        about = About(frame.segment, sender=frame.source, hops=frame.hops)
        yield from _arrivals(machine, world, frame.target, about)
    else:
        yield machine.frame(world, About(frame=frame))


# The routers' voices


def _speeches(machine: Machine, world: World) -> _Moves:
    for number, router in enumerate(world.routers):
        name = ROUTERS[number]
        if router.entry is not None and router.entry.state in _BESIDE:
            yield from _syn_ack(machine, world, name, router.entry.beside)
        if router.endpoint is None or router.endpoint.state not in SPEAKING:
            continue
        if router.endpoint.state is origin.HANDSHAKE:
            yield from _syn_ack(machine, world, name, router.endpoint.connection)
        else:
            yield from _segments(machine, world, name, router.endpoint)


def _syn_ack(machine: Machine, world: World, name: str, connection: int) -> _Moves:
    client = world.client
    if client.phase is Phase.SYN_SENT and client.connection == connection:
        heard = world._replace(client=client._replace(phase=Phase.OPEN))
        yield False, f"{name} sends SYN/ACK of connection {connection}", heard
    elif _knows_nothing_of(client, connection):
        text = f"{name} sends SYN/ACK of connection {connection}; the client answers RST"
        for after in _from_client(machine, world, Segment(Kind.RST, connection, 0, 0)):
            yield False, text, after


def _segments(machine: Machine, world: World, name: str, endpoint: Endpoint) -> _Moves:
    client, connection = world.client, endpoint.connection
    outstanding = endpoint.una < endpoint.snd or endpoint.finished
    if alive(world, connection) and client.phase is not Phase.SYN_SENT:
        got = max(client.got, endpoint.snd) if endpoint.una <= client.got else client.got
        heard = client._replace(una=max(client.una, endpoint.rcv), got=got)
        text = f"{name} sends the client octets {endpoint.una} to {endpoint.snd}, acknowledging {endpoint.rcv}"
        if endpoint.finished and got == endpoint.snd:
            yield from _last_ack(machine, world, f"{text}, with FIN", endpoint)
        else:
            yield False, text, world._replace(client=heard)
    elif outstanding and endpoint.finished and client == Client(connection):
        yield from _last_ack(machine, world, f"{name} repeats its FIN", endpoint)
    elif outstanding and _knows_nothing_of(client, connection):
        text = f"{name} sends for connection {connection}; the client answers RST"
        rst = Segment(Kind.RST, connection, endpoint.rcv + endpoint.finished, 0)
        for after in _from_client(machine, world, rst):
            yield False, text, after


def _last_ack(machine: Machine, world: World, text: str, endpoint: Endpoint) -> _Moves:
    closed = world._replace(client=Client(endpoint.connection))
    ack = Segment(Kind.LAST_ACK, endpoint.connection, endpoint.rcv + 1, endpoint.snd)
    for after in _from_client(machine, closed, ack):
        yield False, f"{text}; the client acknowledges it and is closed", after
    yield True, f"{text}; the client is closed, its acknowledgement is lost", closed


# The client's voice


def _client(machine: Machine, world: World) -> _Moves:
    client, bounds = world.client, machine.bounds
    connection = client.connection
    if client.phase is Phase.CLOSED:
        if connection + 1 < bounds.connections:
            anew = world._replace(client=Client(connection + 1, Phase.SYN_SENT))
            yield True, f"the client opens connection {connection + 1}", anew
        return
    for segment in _to_send(machine, world):
        for after in _from_client(machine, world, segment):
            yield False, f"the client sends {_spelled_segment(segment)}", after
    if client.phase is Phase.OPEN and client.got == bounds.requests:
        yield False, "the client has all it asked for", world._replace(client=client._replace(phase=Phase.FIN_SENT))
    if bounds.aborts and client.phase is not Phase.SYN_SENT:
        sent = min(bounds.requests, client.got + bounds.window) + (client.phase is Phase.FIN_SENT)
        closed = world._replace(client=Client(connection))
        yield True, f"the client breaks connection {connection} off, its RST is lost", closed
        for after in _from_client(machine, closed, Segment(Kind.RST, connection, sent, 0)):
            yield True, f"the client breaks connection {connection} off with an RST", after


def _to_send(machine: Machine, world: World) -> Iterator[Segment]:
    client, bounds = world.client, machine.bounds
    connection = client.connection
    if client.phase is Phase.SYN_SENT:
        yield Segment(Kind.SYN, connection, 0, 0)
    elif client.phase is Phase.FIN_SENT:
        yield Segment(Kind.FIN, connection, bounds.requests, client.got)
    else:
        sent = min(bounds.requests, client.got + bounds.window)
        for octet in range(client.una, sent):
            yield Segment(Kind.DATA, connection, octet, client.got)
        if sent == client.una or _awaits_acknowledgement(world):
            yield Segment(Kind.ACK, connection, sent, client.got)


def _awaits_acknowledgement(world: World) -> bool:
    client = world.client
    return any(
        (it.endpoint is not None and it.endpoint.connection == client.connection and it.endpoint.una < client.got)
        for it in world.routers
    )


# Times


def _times(machine: Machine, world: World) -> _Moves:
    migrating = any(it.endpoint is not None and it.endpoint.state in _MIGRATING for it in world.routers)
    for number, router in enumerate(world.routers):
        if router.endpoint is not None:
            yield from _endpoint_times(machine, world, number, router.endpoint)
        if router.ended:
            yield from _memory_time(machine, world, number)
        if world.lan or migrating:
            # A frame lives less than 3.6 s, a migration is decided within 3 s: a minute begins after both.
            continue
        yield from _long_times(machine, world, number, router)


def _take(machine: Machine, world: World, number: int, event: Event) -> _Moves:
    yield False, f"{ROUTERS[number]}: {event.name}", machine.take(world, number, event, NOTHING)


def _endpoint_times(machine: Machine, world: World, number: int, endpoint: Endpoint) -> _Moves:
    if endpoint.state in _MIGRATING:
        attempt = origin.MIGRATING.index(endpoint.state)
        if attempt < machine.bounds.repetitions:
            yield from _take(machine, world, number, on.REPETITION_TIME)
        yield False, f"{ROUTERS[number]} gives its migration up", _given_up(machine, world, number)
    elif alive(world, endpoint.connection):
        # The client repeats what is unacknowledged: TCP's own times end nothing while it does.
        return
    elif endpoint.state in (origin.HANDSHAKE, origin.WAITING):
        yield from _take(machine, world, number, on.NO_DATA_TIME)
    elif endpoint.state is origin.LOCAL or (endpoint.state is target.DEFINITE and endpoint.finished):
        yield from _take(machine, world, number, on.ENDS)


def _given_up(machine: Machine, world: World, number: int) -> World:
    """All that is left of ORG-7's repetitions is lost, then it gives up."""
    lan = world.lan
    while (endpoint := world.routers[number].endpoint) is not None and endpoint.state in _MIGRATING:
        world = machine.take(world, number, on.REPETITION_TIME, NOTHING)._replace(lan=lan)
    return world


def _memory_time(machine: Machine, world: World, number: int) -> _Moves:
    """The last copy is sent 1.4 s after the first and lives less than 3.6 s: 5 s outlive all of one migration."""
    about = {ended.connection for ended in world.routers[number].ended}
    coming = {frame.connection for frame in world.lan if frame.type is Type.CONNECTION and frame.target == number}
    for router in world.routers:
        endpoint = router.endpoint
        if endpoint is not None and endpoint.state in _MIGRATING and endpoint.target == number:
            coming.add(endpoint.connection)
    if not about & coming:
        yield from _take(machine, world, number, on.MEMORY_TIME)


def _long_times(machine: Machine, world: World, number: int, router: Router) -> _Moves:
    name, endpoint, entry = ROUTERS[number], router.endpoint, router.entry
    if endpoint is not None:
        lonely = not alive(world, endpoint.connection)
        if endpoint.state is target.DEFINITE and lonely and machine.has(on.UNANSWERED):
            yield from _take(machine, world, number, on.UNANSWERED)
        if endpoint.state in _PROVISIONAL and (lonely or not _expected(world, number, endpoint.connection)):
            # What a client repeats makes an endpoint definite in less than 900 s, if packets come to it at all.
            yield from _take(machine, world, number, on.PROVISIONAL_TIME)
    if entry is None:
        return
    kept_alive = _kept_alive(machine, world, entry.connection) or alive(world, entry.beside)
    for event, states, comes in (
        (on.QUIET_TIME, (forwarding.ACTIVE, forwarding.DOUBTED), True),
        (on.HALF_OPEN_TIME, _BESIDE, not alive(world, entry.beside)),
        (on.CLOSING_TIME, (forwarding.CLOSING, forwarding.HALF_OPEN_CLOSING), not kept_alive),
        (on.ENTRY_TIME, (forwarding.ACTIVE, forwarding.QUIET, forwarding.HALF_OPEN), not kept_alive),
    ):
        if entry.state in states and comes and machine.has(event):
            yield False, f"{name}: {event.name}", machine.forwarding(world, number, event, NOTHING)


def _expected(world: World, number: int, connection: int) -> bool:
    """Whether some Forward entry leads to this router's endpoint."""
    entries = [it.entry for it in world.routers if it.entry is not None]
    return any(entry.connection == connection and entry.target == number for entry in entries)


def _kept_alive(machine: Machine, world: World, connection: int) -> bool:
    """Whether packets restart an entry's times.

    They do while the client begins anew, and while it repeats something on this connection; else it is silent, and
    only its answers to probes keep the entry (TGT-13). `silence` holds the lengths of these times against each other.
    """
    client, requests = world.client, machine.bounds.requests
    if client.phase is Phase.SYN_SENT:
        return True
    silent = client.phase is Phase.OPEN and client.got == client.una == requests and not _awaits_acknowledgement(world)
    return alive(world, connection) and (machine.has(on.UNANSWERED) or not silent)


# What nobody in this world does


def _whims(machine: Machine, world: World) -> _Moves:
    migrations, duplicates, stale = world.left
    if stale:
        less = world._replace(left=(migrations, duplicates, stale - 1))
        for after in _from_client(machine, less, Segment(Kind.SYN, STALE, 0, 0)):
            yield True, "a SYN of long ago arrives on the first LAN", after


def _spelled_segment(segment: Segment) -> str:
    number = f" {segment.seq}" if segment.kind is Kind.DATA else ""
    return f"{segment.kind.name.replace('_', ' ')}{number} of connection {segment.connection}"


def spelled(frame: Frame) -> str:
    """A frame in words."""
    way = f"{ROUTERS[frame.source]} to {ROUTERS[frame.target]}"
    if frame.segment is not None:
        return f"type 2, {way}, {_spelled_segment(frame.segment)}"
    kind = "connection packet" if frame.type is Type.CONNECTION else "acknowledgement"
    return f"{kind}, {way}, of connection {frame.connection} at {frame.numbers[0]}"
