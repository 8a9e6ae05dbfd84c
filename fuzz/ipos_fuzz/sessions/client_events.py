"""What a client does on the first LAN by TCP (RFC 9293, 7323), right or wrong for the state it is in."""

from random import Random
from typing import Any

from ipos_conformance.stations.conversation import REQUEST, Conversation, request_octets

from ipos_fuzz.sessions.actor import Actor, State
from ipos_fuzz.sessions.event import event

_SPACE = 1 << 32
_BARRAGE = 12
_LIVE = (State.HALF_OPEN, State.OPEN, State.ASKED, State.OFFERED, State.MOVED, State.CLOSING)
_OPTIONS: tuple[list[Any], ...] = (
    [],
    [("MSS", 1460)],
    [("MSS", 1460), ("SAckOK", b""), ("Timestamp", (1, 0)), ("NOP", None), ("WScale", 7)],
    [("MSS", 536), ("WScale", 14)],
    [("MSS", 65535)],
    [("MSS", 64)],
    [("MSS", 63)],
    [("MSS", 0)],
    [("Timestamp", (0, 0)), ("NOP", None), ("NOP", None)],
    [("Timestamp", (0xFFFFFFFF, 0)), ("WScale", 15)],
    [("MSS", 1460), ("WScale", 255)],
    [("SAckOK", b""), ("SAckOK", b""), ("MSS", 1460), ("MSS", 100)],
    [("NOP", None)] * 40,
    [(254, b"\x00" * 20)],
)


def has_side(actor: Actor) -> bool:
    """Whether there is a client's side that can say anything."""
    return actor.side is not None


def _side(actor: Actor) -> Conversation:
    return actor.side or actor.new_side()


def _syn(actor: Actor, side: Conversation, options: list[Any], data: bytes = b"") -> None:
    side.syn = side.packet("S", data, options)
    side.carry(side.syn)
    side.snd_nxt = (side.snd_nxt + 1) % _SPACE
    actor.state = State.OPENING


@event(State.NEW, State.ENDED)
def connect(actor: Actor, random: Random) -> None:
    """SYN, and the ACK of the SYN/ACK, as most clients do it."""
    _connect(actor, None, random.choice(_OPTIONS[:3]))


@event(State.NEW, State.ENDED)
def connect_oddly(actor: Actor, random: Random) -> None:
    """The same with any options, or to another service."""
    raw = actor.dut.target.pixit.raw
    _connect(actor, random.choice((None, raw.local, raw.away)), random.choice(_OPTIONS))


def _connect(actor: Actor, port: int | None, options: list[Any]) -> None:
    side = actor.new_side(port)
    _syn(actor, side, options)
    actor.dut.traffic.collect(0.02)
    actor.take()
    if actor.state is State.HALF_OPEN:
        side.send()
        actor.state = State.OPEN


@event(State.NEW, State.ENDED)
def syn(actor: Actor, random: Random) -> None:
    """A SYN alone, with any options, perhaps with data, which is not accepted (ORG-9)."""
    _syn(actor, actor.new_side(), random.choice(_OPTIONS), random.choice((b"", b"", b"early")))


@event(State.OPENING, State.HALF_OPEN, State.MOVED, possible=lambda actor: bool(actor.side and actor.side.syn))
def syn_again(actor: Actor, random: Random) -> None:  # noqa: ARG001 - an event's signature
    """The same SYN, octet for octet."""
    side = _side(actor)
    side.carry(side.syn)


@event(State.MOVED, State.CLOSING, State.ENDED, possible=has_side)
def port_again(actor: Actor, random: Random) -> None:
    """A SYN of a new connection from the same port, while the old one may be known (FWD-5)."""
    old = _side(actor)
    side = actor.new_side(old.server[1])
    _syn(actor, side, random.choice(_OPTIONS[:4]))


@event(State.HALF_OPEN, possible=has_side)
def ack(actor: Actor, random: Random) -> None:  # noqa: ARG001 - an event's signature
    """A bare ACK."""
    _side(actor).send()
    if actor.state is State.HALF_OPEN:
        actor.state = State.OPEN


@event(State.OPEN, possible=has_side)
def request_here(actor: Actor, random: Random) -> None:  # noqa: ARG001 - an event's signature
    """A request for what the target's own server has."""
    _side(actor).request(actor.dut.first.path)
    actor.state = State.ASKED


@event(State.OPEN, State.OPEN, possible=lambda actor: has_side(actor) and actor.dut.target.pixit.away is not None)
def request_away(actor: Actor, random: Random) -> None:  # noqa: ARG001 - an event's signature
    """A request for what another server has: the target offers the connection to its router (ORG-5)."""
    _side(actor).send("PA", actor.dut.origin.request_octets())
    actor.state = State.ASKED


@event(State.OPEN, State.ASKED, possible=has_side)
def octet(actor: Actor, random: Random) -> None:
    """One octet, or a few: on a raw port the request."""
    _side(actor).send("PA", random.choice((b"a", b"GET /", b"\r\n\r\n", bytes(3), b"\xff" * 8)))
    if actor.state is State.OPEN:
        actor.state = State.ASKED


@event(State.OPEN, possible=has_side)
def request_of_no_kind(actor: Actor, random: Random) -> None:
    """What ends as a request does, and is none."""
    line = random.choice((b"", b"\0\xff", b"GET", b"GET / HTTP/9.9\r\nno colon", b": x\r\n y", random.randbytes(20)))
    _side(actor).send("PA", line + random.choice((b"\r\n\r\n", b"\n\n")))
    actor.state = State.ASKED


@event(State.OPEN, possible=has_side)
def half_a_request(actor: Actor, random: Random) -> None:
    """The beginning of a request, cut anywhere."""
    octets = actor.dut.origin.request_octets()
    _side(actor).send("PA", octets[: random.randrange(1, len(octets))])
    actor.state = State.ASKED


@event(State.OPEN, possible=has_side)
def request_with_a_small_window(actor: Actor, random: Random) -> None:
    """A request whose sender can take nothing yet, or next to nothing."""
    side = _side(actor)
    octets = request_octets(actor.dut.first.path)
    side.carry(side.packet("PA", octets, window=random.choice((0, 0, 1, 100))))
    side.snd_nxt = (side.snd_nxt + len(octets)) % _SPACE
    actor.state = State.ASKED


@event(State.OPEN, State.HANDED_OVER, possible=lambda actor: actor.side_now() is not None)
def urgent_data(actor: Actor, random: Random) -> None:
    """Data of which some is urgent, or all, or what is far behind it (RFC 9293 3.8.5, RFC 6093)."""
    side = actor.side_now() or _side(actor)
    octets = random.choice((b"u", request_octets(actor.dut.first.path)))
    pointer = random.choice((0, 1, len(octets), len(octets) + 1, 0xFFFF))
    side.carry(side.packet("PAU", octets, urgptr=pointer))
    side.snd_nxt = (side.snd_nxt + len(octets)) % _SPACE


@event(State.OPEN, State.ASKED, State.HANDED_OVER, State.DEFINITE, possible=lambda actor: actor.side_now() is not None)
def selective_ack(actor: Actor, random: Random) -> None:
    """SACK blocks: of what is outstanding, of what never was, of no width, reversed, many (RFC 2018, 2883)."""
    side = actor.side_now() or _side(actor)
    edges = [(side.rcv_nxt + random.choice((-1000, -1, 0, 1, 100, 1460, 1 << 31))) % _SPACE for _ in range(6)]
    blocks = edges[: random.choice((2, 2, 4, 6))]
    options = [*side.timestamps(), ("NOP", None), ("NOP", None), ("SAck", tuple(blocks))]
    data = random.choice((b"", b"s", request_octets(actor.dut.first.path)))
    side.carry(side.packet("PA", data, options))
    side.snd_nxt = (side.snd_nxt + len(data)) % _SPACE


@event(
    *(State.HALF_OPEN, State.OPEN, State.OFFERED, State.MOVED, State.HANDED_OVER, State.DEFINITE),
    possible=lambda actor: actor.side_now() is not None,
    barrage=True,
)
def malformed(actor: Actor, random: Random) -> None:
    """What the client might send now, a dozen times, changed in other ways each time."""
    side = actor.side_now() or _side(actor)
    for _ in range(_BARRAGE):
        side.carry(side.packet(*random.choice((("PA", b"malformed"), ("PA", b"m"), ("A", b""), ("FA", b"")))))


@event(State.OPEN, State.ASKED, possible=has_side)
def much_data(actor: Actor, random: Random) -> None:
    """Header lines without end (ORG-3), in segments out of order."""
    side = _side(actor)
    packets = []
    for _ in range(random.randrange(2, 5)):
        packets.append(side.packet("PA", b"x" * 1000))
        side.snd_nxt = (side.snd_nxt + 1000) % _SPACE
    random.shuffle(packets)
    for packet in packets:
        side.carry(packet)


@event(*_LIVE, possible=has_side)
def next_data(actor: Actor, random: Random) -> None:
    """More data in order."""
    _side(actor).send("PA", random.randbytes(random.choice((1, 10, 1400))))


@event(*_LIVE, possible=lambda actor: bool(actor.last))
def same_again(actor: Actor, random: Random) -> None:  # noqa: ARG001 - an event's signature
    """The last packet once more."""
    side = actor.side_now()
    if side is not None:
        side.carry(actor.last)


@event(possible=has_side)
def old_data(actor: Actor, random: Random) -> None:
    """Data before the window, or across its left edge."""
    side = _side(actor)
    side.carry(side.packet("PA", b"o" * 20, seq=(side.snd_nxt - random.choice((1, 10, 20, 300, 1 << 31))) % _SPACE))


@event(possible=has_side)
def far_data(actor: Actor, random: Random) -> None:
    """Data behind a hole, or beyond the window."""
    side = _side(actor)
    side.carry(side.packet("PA", b"f" * 9, seq=(side.snd_nxt + random.choice((1, 9, 1000, 65535, 1 << 30))) % _SPACE))


@event(possible=has_side)
def strange_ack(actor: Actor, random: Random) -> None:
    """An acknowledgement of something that was never sent, or long before."""
    side = _side(actor)
    beyond = random.choice((1, 1000, 1 << 30, _SPACE - 1, _SPACE - 1000))
    side.carry(side.packet("A", b"", ack=(side.rcv_nxt + beyond) % _SPACE))


@event(possible=has_side)
def strange_flags(actor: Actor, random: Random) -> None:
    """Flags that do not go together."""
    side = _side(actor)
    side.carry(
        side.packet(
            random.choice(("", "SF", "SR", "FR", "FPU", "SA", "SFRPAUEC", "U", "F")), b"u"[: random.randrange(2)]
        )
    )


@event(*_LIVE, possible=has_side)
def window(actor: Actor, random: Random) -> None:
    """A window update: closed, tiny, or wide."""
    side = _side(actor)
    side.carry(side.packet("A", b"", window=random.choice((0, 1, 2, 0xFFFF))))


@event(State.OPEN, State.ASKED, State.MOVED, possible=has_side)
def fin(actor: Actor, random: Random) -> None:
    """The client's end, with or without data."""
    _side(actor).send("FA", random.choice((b"", b"", b"end")))
    actor.state = State.CLOSING


@event(State.OPEN, State.ASKED, State.OFFERED, State.MOVED, possible=has_side)
def rst(actor: Actor, random: Random) -> None:  # noqa: ARG001 - an event's signature
    """A reset exactly at rcv_nxt (RFC 5961)."""
    side = _side(actor)
    side.carry(side.packet("R"))


@event(possible=has_side)
def blind_rst(actor: Actor, random: Random) -> None:
    """A reset elsewhere in the window, or outside it."""
    side = _side(actor)
    side.carry(
        side.packet("R", b"", seq=(side.snd_nxt + random.choice((1, 100, REQUEST, 1 << 31, _SPACE - 1))) % _SPACE)
    )


@event(possible=has_side)
def syn_in_window(actor: Actor, random: Random) -> None:
    """A SYN in the middle of a connection (RFC 5961)."""
    side = _side(actor)
    side.carry(side.packet("S", b"", [("MSS", 1460)], seq=(side.snd_nxt + random.choice((0, 1, 100))) % _SPACE))
