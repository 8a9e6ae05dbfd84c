"""Whether ipOS passes on the second LAN: acknowledgements for each peer, what goes away to whom, and how fast."""

from collections.abc import Iterator
from typing import Any

from ipos_spec.addresses import Mac, ipv4_text, mac_text
from ipos_spec.codec import decode, encode
from ipos_spec.encapsulation import PacketType
from ipos_spec.errors import DecodeError
from ipos_spec.ethernet import ALTERNATIVE_ETHER_TYPE, ETHER_TYPE
from ipos_spec.packets import TcpConnectionPacket, UdpConnectionPacket

from ipos_conformance.doctor.facts import length_errors
from ipos_conformance.doctor.finding import Finding, fault, note, unknown, well
from ipos_conformance.dut import Dut
from ipos_conformance.frames import Client, Frame, Lan
from ipos_conformance.stations.conversation import is_syn_ack
from ipos_conformance.stations.peer import Peer

_TARGET = "target"
_PATIENCE = 1.0
_REPETITION = 0.2
"""Seconds after which an unacknowledged connection packet is repeated (ORG-7), times scale."""
_SPACE, _LATER = 1 << 32, 1 << 20
_TYPE_AT = slice(12, 14)
_PACKET_TYPE_AT = 26


def acknowledgements(dut: Dut) -> Iterator[Finding]:
    """Each peer hands an endpoint over."""
    taken = {peer: _is_acknowledged(dut, peer) for peer in (dut.peer, dut.other_peer)}
    if not any(taken.values()):
        yield _nothing_passes(dut)
        return
    for peer, acknowledged in taken.items():
        if acknowledged:
            yield well(_TARGET, f"a connection packet from {_name(peer)} is acknowledged")
            yield _is_known(dut, peer)
        else:
            yield fault(
                _TARGET,
                f"a connection packet from {_name(peer)} is not acknowledged, though another peer's is",
                "Enter this address and MAC in the router's configuration, or write its own into [[peer]].",
            )


def _is_acknowledged(dut: Dut, peer: Peer) -> bool:
    dut.start_case(f"does {_name(peer)} get an acknowledgement")
    answer = _answer(dut, peer, peer.connection_packet(dut.new_client()))
    dut.end_case()
    return answer is not None


def _answer(dut: Dut, peer: Peer, packet: TcpConnectionPacket) -> Frame | None:
    dut.endpoint(peer, packet)
    peer.send(packet)
    return dut.traffic.first(lambda frame: dut.acknowledges(frame, packet), _PATIENCE)


def _is_known(dut: Dut, peer: Peer) -> Finding:
    """Only from the MAC of the server's own router does a newer connection replace an endpoint (TGT-4)."""
    dut.start_case(f"does the router know {_name(peer)}")
    client = dut.new_client()
    older = peer.connection_packet(client)
    later_numbers = (older.connection.control_block.snd_nxt + _LATER) % _SPACE
    _answer(dut, peer, older)
    answer = _answer(dut, peer, peer.connection_packet(client, snd_nxt=later_numbers))
    dut.end_case()
    if answer is None:
        return fault(
            _TARGET,
            f"the router does not know that {ipv4_text(peer.address)} has the MAC {mac_text(peer.mac)}: from there a "
            "client's new connection replaces no old one (TGT-4)",
            "Enter this address and MAC in the router's configuration, or write its own into [[peer]].",
        )
    return well(_TARGET, f"the router knows the MAC of {_name(peer)}")


def _nothing_passes(dut: Dut) -> Finding:
    ours = dut.target.second_lan.ether_type
    other = ALTERNATIVE_ETHER_TYPE if ours == ETHER_TYPE else ETHER_TYPE
    says = f"no connection packet is acknowledged on the second LAN under EtherType 0x{ours:04x}"
    errors = length_errors(dut.target.second_lan.interface)
    if _is_acknowledged_under(dut, other):
        return fault(
            _TARGET,
            f"{says}, but one is under 0x{other:04x}",
            f"Write `ether_type = 0x{other:04X}` into [second_lan], or set the router to 0x{ours:04x}.",
        )
    if length_errors(dut.target.second_lan.interface) > errors:
        return fault(
            _TARGET,
            f"{says}, and {dut.target.second_lan.interface} counts frames of a wrong length: its driver takes the "
            "EtherType for a length of 7",
            "Use another NIC for this LAN, or let the router and second_lan.ether_type have 0x88B5.",
        )
    return fault(
        _TARGET,
        f"{says}, though the router answers ARP there",
        f"See whether port {dut.target.pixit.http_port} is served, whether the peers' MACs are allowed, and whether a "
        "switch or NIC in between takes the EtherType for an IEEE 802.3 length (0x88B5 would not be).",
    )


def _is_acknowledged_under(dut: Dut, ether_type: int) -> bool:
    dut.start_case("is another EtherType understood")
    packet = dut.peer.connection_packet(dut.new_client())
    octets = bytearray(encode(packet))
    octets[_TYPE_AT] = ether_type.to_bytes(2, "big")
    dut.peer.send(bytes(octets))
    answer = dut.traffic.first(
        lambda frame: (
            frame.lan is Lan.SECOND
            and frame.type == ether_type
            and frame.octets[_PACKET_TYPE_AT : _PACKET_TYPE_AT + 1] == bytes([PacketType.ACKNOWLEDGEMENT])
        ),
        _PATIENCE,
    )
    return answer is not None


def away(dut: Dut) -> Iterator[Finding]:
    """What the target file says goes to another server does, and to that one."""
    pixit = dut.target.pixit
    if not dut.target.pics.origin:
        yield note(_TARGET, "pics.origin is not claimed: cases of the origin's role are not applicable")
        return
    if pixit.away is None:
        yield note(_TARGET, "pixit.away is not said: cases of the origin's role are not applicable")
    else:
        yield from _goes(
            dut, "pixit.away", pixit.away.path, pixit.away.peer, pixit.http_port, dut.origin.request_octets()
        )
    if pixit.raw.away is not None:
        yield from _goes(dut, "pixit.raw.away", f"port {pixit.raw.away}", pixit.raw.peer, pixit.raw.away, b"ipOS")
    if pixit.udp.away is not None and dut.target.pics.udp:
        yield from _datagram_goes(dut, pixit.udp.away, pixit.udp.peer)


def _goes(dut: Dut, key: str, what: str, wanted: Any, port: int, octets: bytes) -> Iterator[Finding]:
    dut.start_case(f"where does {key} go")
    client = dut.start_connecting(port=port)
    answer = dut.traffic.first(lambda frame: client.is_mine(frame) and is_syn_ack(frame.tcp), _PATIENCE)
    if answer is None:
        yield fault(
            _TARGET,
            f"port {port} ({key}) is not open, expected open: the router accepts a client before it chooses a server",
            "Let the router listen on it.",
        )
        return
    client.begin(answer)
    client.send()
    client.send("PA", octets)
    packet = _connection_packet(dut, client.client)
    if packet is None:
        answered = any(client.is_mine(frame) and frame.tcp.payload for frame in dut.traffic.unclaimed())
        yield _stays(key, what, wanted, answered=answered)
    else:
        yield _arrives(dut, packet, key, what, wanted)
        yield from _pace(dut, packet, client.client)
    dut.end_case()


def _datagram_goes(dut: Dut, port: int, wanted: Any) -> Iterator[Finding]:
    dut.start_case("where do datagrams go")
    client = dut.new_client()
    dut.edge.datagram(client, port)
    packet = _connection_packet(dut, client)
    key, what = "pixit.udp.away", f"UDP port {port}"
    if packet is None:
        answered = any(client in frame.clients for frame in dut.traffic.unclaimed())
        yield _stays(key, what, wanted, answered=answered)
    else:
        yield _arrives(dut, packet, key, what, wanted)


def _connection_packet(dut: Dut, client: Client) -> Frame | None:
    """The first frame with one for this client, whoever it is for."""
    return dut.traffic.first(lambda frame: _is_connection_packet_of(frame, client), _PATIENCE)


def _is_connection_packet_of(frame: Frame, client: Client) -> bool:
    if frame.lan is not Lan.SECOND or client not in frame.clients or frame.header is None:
        return False
    try:
        return isinstance(decode(frame.octets, frame.ether_type), TcpConnectionPacket | UdpConnectionPacket)
    except DecodeError:
        return False


def _stays(key: str, what: str, wanted: Any, *, answered: bool) -> Finding:
    how = "the target answers it itself" if answered else "nothing comes of it on the second LAN"
    return fault(
        _TARGET,
        f"{key}: {what} does not go to {ipv4_text(wanted)}: {how}",
        f"Map it to the server {ipv4_text(wanted)} in the router's configuration, or leave the key out "
        "(pics.origin = false, if the router migrates nothing).",
    )


def _arrives(dut: Dut, frame: Frame, key: str, what: str, wanted: Any) -> Finding:
    header = frame.header
    assert header is not None  # noqa: S101 - it was looked for by that
    station = next((one for one in dut.target.peer if one.address == wanted), None)
    if header.destination_ip != wanted:
        return fault(
            _TARGET,
            f"{key}: {what} goes to {ipv4_text(header.destination_ip)}, expected {ipv4_text(wanted)}",
            f"Map it to {ipv4_text(wanted)} in the router's configuration, or name the other one in {key}.peer.",
        )
    if station is not None and frame.destination != station.mac:
        return fault(
            _TARGET,
            f"{key}: the connection packet goes to the MAC {mac_text(Mac(frame.destination))}, expected "
            f"{mac_text(station.mac)} because of [[peer]] {ipv4_text(wanted)}",
            "Correct the MAC in the router's configuration, or in [[peer]].",
        )
    return well(_TARGET, f"{key}: {what} goes to {ipv4_text(wanted)}")


def _pace(dut: Dut, packet: Frame, client: Client) -> Iterator[Finding]:
    """Nobody acknowledges, so the packet is repeated: that tells how fast the target's timers run."""
    again = dut.traffic.first(lambda frame: _is_connection_packet_of(frame, client), 4 * _REPETITION)
    scale = dut.target.timing.scale
    if again is None:
        yield unknown(
            _TARGET, "the connection packet was not repeated (ORG-7), so how fast the timers run is not known"
        )
        return
    factor = (again.time - packet.time) / _REPETITION
    says = f"an unacknowledged connection packet is repeated after {factor * _REPETITION * 1e3:.0f} ms"
    if not scale / 2 < factor < scale * 2 + 0.1:
        yield fault(
            _TARGET,
            f"{says}, expected {scale * _REPETITION * 1e3:.0f} ms because of timing.scale {scale:g}",
            f"Write `scale = {min(factor, 1.0):.2g}` into [timing], if the router's timers are scaled so.",
        )
    else:
        yield well(_TARGET, f"{says}, which fits timing.scale {scale:g}")


def _name(peer: Peer) -> str:
    return f"[[peer]] {ipv4_text(peer.address)}"
