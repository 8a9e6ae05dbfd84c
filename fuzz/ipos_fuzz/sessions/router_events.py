"""What other routers do for a client by TCP: hand over, pass on, acknowledge; also twice, late, in another's name."""

from random import Random
from typing import Any

from ipos_conformance.changes import changed
from ipos_conformance.stations.conversation import Conversation, request_octets
from ipos_conformance.stations.peer import Peer
from ipos_spec.packets import TcpConnectionPacket, acknowledgement

from ipos_fuzz.sessions.actor import Actor, State
from ipos_fuzz.sessions.event import event

_SPACE = 1 << 32
_FRESH = (State.NEW, State.ENDED)
_TAKEN = (State.HANDED_OVER, State.DEFINITE)
_TIMESTAMPS, _SCALES = 0x80 | 0x100, 0x20 | 0x40


def was_handed_over(actor: Actor) -> bool:
    """Whether a connection packet was sent for this client."""
    return bool(actor.offers) and actor.through is not None


def was_offered(actor: Actor) -> bool:
    """Whether the target has sent a connection packet for it."""
    return bool(actor.takes)


def _through(actor: Actor) -> Conversation:
    if actor.through is None:
        raise LookupError("an event of a client that was never handed over")
    return actor.through


# Handing over


@event(*_FRESH)
def hand_over(actor: Actor, random: Random) -> None:
    """A fresh connection of a client of the peer's server."""
    block: dict[str, Any] = {"t_flags": _TIMESTAMPS, "ts_now": 1000, "ts_recent": 7} if random.random() < 0.3 else {}
    actor.hand_over(actor.peer.connection_packet(actor.client, **block))


@event(*_FRESH)
def hand_over_at_the_edge(actor: Actor, random: Random) -> None:
    """The same with numbers at which arithmetic goes wrong."""
    near = random.choice((1, 100, 255, 256, 257))
    block: dict[str, Any] = random.choice(
        (
            {"rcv_nxt": _SPACE - near},
            {"snd_nxt": _SPACE - near},
            {"rcv_nxt": 0, "snd_nxt": 0},
            {"rcv_nxt": (1 << 31) - near},
            {"t_maxseg": 64},
            {"t_maxseg": 65495},
            {"snd_wnd": 0, "max_sndwnd": 0},
            {"rcv_wnd": 0, "rcv_adv": 0},
            {"snd_cwnd": 0, "snd_ssthresh": 0},
            {"t_flags": _TIMESTAMPS, "ts_now": 0, "ts_recent": 0},
            {"t_flags": _TIMESTAMPS, "ts_now": 0xFFFFFFFF, "ts_recent": 0xFFFFFFFF},
            {"t_flags": _SCALES, "snd_scale": 14, "rcv_scale": 14, "request_r_scale": 14, "requested_s_scale": 14},
            {"t_flags": 0xFFFF},
            {"snd_wl1": 0, "snd_wl2": 0, "snd_up": 0, "rcv_up": 0},
            {"last_ack_sent": 0, "irs": 0, "iss": 0},
        )
    )
    actor.hand_over(actor.peer.connection_packet(actor.client, **block))


@event(*_TAKEN, possible=was_handed_over)
def hand_over_again(actor: Actor, random: Random) -> None:  # noqa: ARG001 - an event's signature
    """The same connection packet (TGT-3)."""
    actor.peer.send(actor.offers[-1])


@event(*_TAKEN, possible=was_handed_over)
def hand_over_later(actor: Actor, random: Random) -> None:
    """A later holder's packet for the same connection (TGT-4)."""
    actor.hand_over(_successor(actor, random.choice((1, 256)), random.choice((0, 100)), actor.peer))


@event(possible=was_handed_over)
def hand_over_earlier(actor: Actor, random: Random) -> None:
    """An earlier holder's."""
    actor.peer.send(_successor(actor, -random.choice((1, 256)), 0, actor.peer))


@event(possible=was_handed_over)
def hand_over_another(actor: Actor, random: Random) -> None:  # noqa: ARG001 - an event's signature
    """Another connection under the same reference: other initial sequence numbers."""
    actor.hand_over(actor.peer.connection_packet(actor.client))


@event(possible=was_handed_over)
def hand_over_by_another(actor: Actor, random: Random) -> None:
    """The same, or another connection of the same client, from another router."""
    packet = (
        _successor(actor, 1, 0, actor.other) if random.random() < 0.5 else actor.other.connection_packet(actor.client)
    )
    actor.hand_over(packet, actor.other)


@event()
def hand_over_home(actor: Actor, random: Random) -> None:  # noqa: ARG001 - an event's signature
    """A connection of the target's own server that it never had (TGT-4)."""
    actor.hand_over(actor.peer.connection_packet(actor.client, actor.dut.server))


@event(State.MOVED, State.CLOSING, possible=was_offered)
def come_home(actor: Actor, random: Random) -> None:
    """The router that took it over hands it back."""
    packet = actor.takes[-1]
    back = actor.dut.successor(actor.peer, packet, rcv=random.choice((0, 1, 256)), snd=random.choice((0, 0, 300)))
    actor.hand_over(back)


# Passing on


@event(State.HANDED_OVER, State.HANDED_OVER, possible=was_handed_over)
def pass_request(actor: Actor, random: Random) -> None:
    """The client's request comes through its origin: the endpoint becomes definite (TGT-12)."""
    side = _through(actor)
    away = actor.dut.target.pixit.away
    path = actor.dut.first.path if away is None or random.random() < 0.7 else away.path
    side.send("PA", request_octets(path))
    actor.state = State.DEFINITE


@event(State.DEFINITE, possible=was_handed_over)
def pass_data(actor: Actor, random: Random) -> None:
    """More data through the origin."""
    _through(actor).send("PA", random.randbytes(random.choice((1, 100, 1400))))


@event(*_TAKEN, possible=was_handed_over)
def pass_old_data(actor: Actor, random: Random) -> None:
    """Data before the window, or across its left edge, through the origin."""
    side = _through(actor)
    side.carry(side.packet("PA", b"o" * 20, seq=(side.snd_nxt - random.choice((1, 10, 20, 1 << 31))) % _SPACE))


@event(State.DEFINITE, possible=was_handed_over)
def pass_fin(actor: Actor, random: Random) -> None:
    """The client's end through the origin."""
    _through(actor).send("FA", random.choice((b"", b"end")))
    actor.state = State.CLOSING


@event(*_TAKEN, possible=was_handed_over)
def pass_rst(actor: Actor, random: Random) -> None:
    """A reset at rcv_nxt, or near it, through the origin."""
    side = _through(actor)
    side.carry(side.packet("R", b"", seq=(side.snd_nxt + random.choice((0, 0, 0, 1, 1000))) % _SPACE))


@event(possible=was_handed_over)
def pass_syn(actor: Actor, random: Random) -> None:  # noqa: ARG001 - an event's signature
    """A SYN through the origin."""
    side = _through(actor)
    side.carry(side.packet("S", b"", [("MSS", 1460)]))


@event(possible=was_handed_over)
def pass_by_another(actor: Actor, random: Random) -> None:
    """The client's data through a router that has nothing to do with it (TGT-12)."""
    inner = _through(actor).packet("PA", request_octets(actor.dut.second.path)[: random.choice((1, 256))])
    actor.other.send(actor.other.client_packet(actor.client, inner))


@event(possible=was_handed_over)
def pass_to_another(actor: Actor, random: Random) -> None:
    """The client's data for another server address under the same reference (TAB-1)."""
    side = _through(actor)
    inner = bytearray(side.packet("PA", b"elsewhere"))
    address = random.choice((actor.other.address, actor.dut.address))
    other = Conversation(side.client, (address, side.server[1]), side.carry, snd_nxt=side.snd_nxt, rcv_nxt=side.rcv_nxt)
    inner = bytearray(other.packet("PA", b"elsewhere"))
    actor.peer.send(actor.peer.client_packet(actor.client, bytes(inner)))


@event(possible=lambda actor: actor.side is not None)
def pass_own(actor: Actor, random: Random) -> None:
    """What the client sends on the first LAN comes from a router, too."""
    side = actor.side
    if side is not None:
        by = random.choice((actor.peer, actor.other))
        by.send(by.client_packet(actor.client, side.packet("PA", b"through")))


# Acknowledging


@event(State.OFFERED, State.OFFERED, State.OFFERED, possible=was_offered)
def acknowledge(actor: Actor, random: Random) -> None:  # noqa: ARG001 - an event's signature
    """The peer takes the connection over (ORG-6)."""
    actor.peer.acknowledge(actor.takes[-1])
    if actor.state is State.OFFERED:
        actor.state = State.MOVED


@event(State.MOVED, possible=was_offered)
def acknowledge_again(actor: Actor, random: Random) -> None:
    """The same, or an earlier attempt's, once more."""
    actor.peer.acknowledge(random.choice(actor.takes))


@event(possible=was_offered)
def acknowledge_as_another(actor: Actor, random: Random) -> None:  # noqa: ARG001 - an event's signature
    """Another router claims it."""
    actor.other.acknowledge(actor.takes[-1])


@event(possible=was_offered)
def acknowledge_another(actor: Actor, random: Random) -> None:
    """The acknowledgement of a control block that the target never sent (ENC-6)."""
    packet = changed(actor.takes[-1], {"connection.control_block.rcv_nxt": random.getrandbits(32)})
    actor.peer.send(acknowledgement(packet, actor.peer.mac))


@event()
def acknowledge_unasked(actor: Actor, random: Random) -> None:
    """Nobody has asked for this acknowledgement: for a client in whatever state."""
    by: Peer = random.choice((actor.peer, actor.other))
    by.send(acknowledgement(_as_if_from_target(actor, by), by.mac))


def _as_if_from_target(actor: Actor, peer: Peer) -> TcpConnectionPacket:
    """A connection packet that the target might have sent to the peer for this client."""
    return (
        actor.dut.origin.guess(actor.side)
        if actor.side is not None and peer is actor.dut.peer
        else (peer.connection_packet(actor.client))
    )


def _successor(actor: Actor, rcv: int, snd: int, peer: Peer) -> TcpConnectionPacket:
    return actor.dut.successor(peer, actor.offers[-1], rcv=rcv, snd=snd)
