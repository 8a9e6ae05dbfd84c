"""The migrated connection: answered directly, from the address that the client knows, where the origin stopped."""

from typing import Any

from ipos_spec.control_block import ControlFlag

from ipos_conformance.case import parameters, requirement
from ipos_conformance.changes import inverted
from ipos_conformance.dut import Dut
from ipos_conformance.frames import Frame, address

_SPACE = 1 << 32
_WRAPPING = 0xFFFF_FFF0
_SCALED: dict[str, Any] = {
    "t_flags": ControlFlag.SCALE,
    "snd_scale": 7,
    "requested_s_scale": 7,
    "snd_wnd": 2048,
}


@requirement("CON-1")
@parameters(server={"the-origin-s": ("peer", 0), "a-third-router-s": ("other_peer", 0), "another-port": ("peer", 1)})
def test_client_is_answered_from_the_address_that_it_talks_to(dut: Dut, server: tuple[str, int]) -> None:
    """Whatever server address and port the connection information names, the client hears from them."""
    owner, further = getattr(dut, server[0]).server, server[1]
    dut.expect_exchange(dut.hand_over(server=(owner[0], owner[1] ^ further)))


@requirement("TGT-5")
def test_request_for_another_server_is_discarded(dut: Dut) -> None:
    """A type 2 packet under the endpoint's reference, but to another inner destination, does not reach it."""
    endpoint = dut.hand_over()
    wrong = endpoint.as_seen_from(endpoint.client)
    wrong.server = dut.other_peer.server
    endpoint.carry(wrong.packet("PA", dut.wrong_request()))
    dut.judge.expect_silence()
    dut.expect_exchange(endpoint)


@requirement("TGT-5")
def test_definite_endpoint_is_found_through_any_router(dut: Dut) -> None:
    """Once definite, an endpoint listens to whoever passes on its client's packets."""
    endpoint, octets = dut.hand_over(), dut.right_request()
    endpoint.send("PA", octets[:128])
    dut.other_peer.send(dut.other_peer.client_packet(endpoint.client, endpoint.packet("PA", octets[128:])))
    endpoint.snd_nxt = (endpoint.snd_nxt + 128) % _SPACE
    dut.expect_response(endpoint, dut.first)


@requirement("TAB-1")
def test_definite_endpoint_is_found_from_the_first_lan(dut: Dut) -> None:
    """Once definite, an endpoint gets what comes from the first LAN for the server address of its connection."""
    endpoint, octets = dut.hand_over(), dut.right_request()
    endpoint.send("PA", octets[:128])
    # Nothing orders one LAN's frames against the other's, but a barrier.
    dut.settle(endpoint)
    dut.edge.pass_on(endpoint.packet("PA", octets[128:]))
    endpoint.snd_nxt = (endpoint.snd_nxt + 128) % _SPACE
    dut.expect_response(endpoint, dut.first)


@requirement("TGT-6")
def test_answer_goes_directly_to_the_client(dut: Dut) -> None:
    """Segments leave on the first LAN, from the router's own MAC there to the client's next hop."""
    endpoint = dut.hand_over()
    dut.expect_exchange(endpoint)
    way = (dut.edge.mac, dut.first_mac)
    dut.expect_every_segment(
        endpoint, "from the router's MAC to the gateway's", lambda frame: (frame.destination, frame.source) == way
    )


@requirement("TGT-6")
@parameters(
    numbers={
        "usual": {},
        "wrapping-on-the-way-to-the-client": {"snd_nxt": _WRAPPING},
        "wrapping-on-the-way-to-the-server": {"rcv_nxt": _WRAPPING},
        "from-zero": {"snd_nxt": 0, "rcv_nxt": 0},
    }
)
def test_long_answer_continues_the_sequence_numbers(dut: Dut, numbers: dict[str, Any]) -> None:
    """An answer of many segments begins exactly at snd_nxt and arrives whole."""
    dut.expect_exchange(dut.hand_over(**numbers), dut.large)


@requirement("TGT-6")
@parameters(t_maxseg={"64": 64, "536": 536, "1460": 1460, "65495": 65495})
def test_segments_keep_to_t_maxseg_and_mtu(dut: Dut, t_maxseg: int) -> None:
    """No segment is larger than t_maxseg, nor than the first LAN carries."""
    endpoint, most = dut.hand_over(t_maxseg=t_maxseg), min(t_maxseg, dut.target.first_lan.mtu - 40)
    dut.expect_exchange(endpoint, dut.large)
    dut.expect_every_segment(endpoint, f"at most {most} octets of options and data", lambda frame: _size(frame) <= most)


@requirement("TGT-6")
@parameters(
    window={
        "scaled": (16, _SCALED),
        "scale-without-flags": (2048, {"snd_scale": 7, "requested_s_scale": 7, "snd_wnd": 2048}),
        "scale-with-one-flag": (2048, {"t_flags": ControlFlag.REQ_SCALE, "snd_scale": 7, "snd_wnd": 2048}),
    }
)
def test_client_s_window_is_kept_to(dut: Dut, window: tuple[int, dict[str, Any]]) -> None:
    """A window of 2048 octets, scaled or not, is never exceeded."""
    endpoint = dut.hand_over(t_maxseg=536, max_sndwnd=2048, **window[1])
    endpoint.window = window[0]
    dut.expect_exchange(endpoint, dut.large)
    last = endpoint.segments[-1]
    dut.require(endpoint.furthest_beyond_window <= 0, "no octet beyond the client's window", last)


@requirement("TGT-6")
def test_client_s_window_is_scaled(dut: Dut) -> None:
    """A window field of 16 with scale 7 lets segments of more than 16 octets through."""
    endpoint = dut.hand_over(t_maxseg=536, max_sndwnd=2048, **_SCALED)
    endpoint.window = 16
    dut.expect_exchange(endpoint)
    last = endpoint.segments[-1]
    dut.require(endpoint.largest_payload > 16, "segments larger than the unscaled window field", last)


@requirement("TGT-8")
@parameters(flags={"ack": "A", "data": "PA", "fin": "FA"})
def test_stray_client_packet_is_reset(dut: Dut, flags: str) -> None:
    """A type 2 packet for the router's own address and no endpoint gets an RST to the client, on the first LAN."""
    stranger = dut.stranger()
    packet = stranger.packet(flags, b"?" * ("P" in flags))
    dut.peer.send(dut.peer.client_packet(stranger.client, packet))
    dut.expect_segment(
        stranger,
        lambda tcp: "R" in tcp.flags and tcp.seq == stranger.rcv_nxt,
        f"RST to the client with sequence number {stranger.rcv_nxt}",
    )


@requirement("TGT-8")
@parameters(flags={"syn": "S", "rst": "R"})
def test_stray_syn_or_reset_is_not_answered(dut: Dut, flags: str) -> None:
    """A SYN or an RST as a type 2 packet for no endpoint gets no answer."""
    stranger = dut.stranger()
    dut.peer.send(dut.peer.client_packet(stranger.client, stranger.packet(flags)))
    dut.judge.expect_silence()


@requirement("TGT-8")
def test_stray_malformed_segment_is_not_answered(dut: Dut) -> None:
    """A segment whose TCP checksum is wrong gets no reset."""
    stranger = dut.stranger()
    dut.peer.send(dut.peer.client_packet(stranger.client, inverted(stranger.packet("A"), 36)))
    dut.judge.expect_silence()


@requirement("TGT-9")
def test_answer_does_not_set_df(dut: Dut) -> None:
    """Packets of a migrated endpoint may be fragmented on the way."""
    endpoint = dut.hand_over()
    dut.expect_exchange(endpoint, dut.large)
    dut.expect_every_segment(endpoint, "DF not set", lambda frame: "DF" not in frame.ip.flags)


@requirement("TGT-11")
def test_next_hop_is_asked_for_with_the_router_s_own_address(dut: Dut) -> None:
    """For a client on the first LAN itself, the ARP request's sender is the router's address, not the server's."""
    client = dut.new_neighbour()
    endpoint = dut.hand_over(client)
    endpoint.request(dut.first.path)
    frame = dut.judge.expect(
        lambda frame: endpoint.is_mine(frame) or _asks_for(frame, client.ip),
        "an ARP request for the client",
        seconds=dut.target.timing.response,
    )
    dut.needs(frame.arp is not None, "the target reached its neighbour without asking for it")
    dut.require(address(frame.arp.psrc) == dut.address, "an ARP request from the router's own address", frame)
    dut.expect_response(endpoint, dut.first)


def _asks_for(frame: Frame, client: int) -> bool:
    return frame.arp is not None and frame.arp.op == 1 and address(frame.arp.pdst) == client


def _size(frame: Frame) -> int:
    return int(frame.tcp.dataofs) * 4 - 20 + len(frame.tcp.payload)
