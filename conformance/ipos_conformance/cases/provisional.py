"""The provisional endpoint: silent, found by one MAC only, made definite by data or FIN in the window alone."""

from ipos_spec.control_block import ControlFlag

from ipos_conformance.case import parameters, requirement
from ipos_conformance.changes import inverted
from ipos_conformance.dut import Dut

_NOTHING_NEW = {
    "ack": ("A", b"", 0),
    "old-data": ("PA", b"old data!!", -10),
    "data-behind-the-window": ("PA", b"far", 0x10000),
    "fin-behind-the-window": ("FA", b"", 0x10000),
    "rst-elsewhere-in-the-window": ("R", b"", 100),
    "rst-before-the-window": ("R", b"", -100),
}
"""Flags, data, and distance of the sequence number from rcv_nxt; the window is 65535."""


@requirement("TGT-12")
def test_provisional_endpoint_sends_nothing(dut: Dut) -> None:
    """Between the acknowledgement and the client's first data, the client hears nothing."""
    dut.hand_over()
    dut.judge.expect_silence()


@requirement("TGT-12")
def test_only_the_mac_that_handed_over_finds_it(dut: Dut) -> None:
    """A request that another router passes on is discarded; the origin's is answered."""
    endpoint = dut.hand_over()
    wrong = dut.other_peer.client_packet(endpoint.client, endpoint.packet("PA", dut.wrong_request()))
    dut.other_peer.send(wrong)
    dut.judge.expect_silence()
    dut.expect_exchange(endpoint)


@requirement("TGT-12")
def test_reset_from_another_mac_does_not_remove_it(dut: Dut) -> None:
    """A reset at rcv_nxt that another router passes on does not find the endpoint."""
    endpoint = dut.hand_over()
    dut.other_peer.send(dut.other_peer.client_packet(endpoint.client, endpoint.packet("R")))
    dut.judge.expect_silence()
    dut.expect_exchange(endpoint)


@requirement("TGT-12")
def test_first_lan_does_not_find_it(dut: Dut) -> None:
    """A request that comes in bare from the first LAN is discarded; the origin's is answered."""
    endpoint = dut.hand_over()
    dut.edge.pass_on(endpoint.packet("PA", dut.wrong_request()))
    dut.judge.expect_silence()
    dut.expect_exchange(endpoint)


@requirement("TGT-12")
@parameters(segment=_NOTHING_NEW)
def test_segment_without_anything_new_is_dropped(dut: Dut, segment: tuple[str, bytes, int]) -> None:
    """It is not answered, and the endpoint stays provisional: a later holder's packet still replaces it."""
    packet = dut.peer.connection_packet(dut.new_client())
    endpoint, (flags, data, ahead) = dut.hand_over_by(dut.peer, packet), segment
    endpoint.carry(endpoint.packet(flags, data, seq=endpoint.snd_nxt + ahead))
    dut.judge.expect_silence()
    dut.expect_provisional(packet)


@requirement("TGT-12")
def test_data_with_a_wrong_tcp_checksum_is_dropped(dut: Dut) -> None:
    """Damaged data does not make the endpoint definite."""
    packet = dut.peer.connection_packet(dut.new_client())
    endpoint = dut.hand_over_by(dut.peer, packet)
    endpoint.carry(inverted(endpoint.packet("PA", dut.wrong_request()), 36))
    dut.judge.expect_silence()
    dut.expect_provisional(packet)


@requirement("TGT-12")
def test_data_that_acknowledges_unsent_octets_is_dropped(dut: Dut) -> None:
    """Data whose acknowledgement number lies beyond snd_nxt is not acceptable: the endpoint stays provisional."""
    packet = dut.peer.connection_packet(dut.new_client())
    endpoint = dut.hand_over_by(dut.peer, packet)
    endpoint.carry(endpoint.packet("PA", dut.wrong_request(), ack=endpoint.rcv_nxt + 1000))
    dut.judge.expect_silence()
    dut.expect_provisional(packet)


@requirement("TGT-12")
def test_data_with_an_old_timestamp_is_dropped(dut: Dut) -> None:
    """Data that PAWS refuses (RFC 7323 5) does not make the endpoint definite."""
    packet = dut.peer.connection_packet(
        dut.new_client(), t_flags=ControlFlag.TIMESTAMPS, ts_now=1_000_000, ts_recent=500_000
    )
    endpoint = dut.hand_over_by(dut.peer, packet)
    old = [("NOP", None), ("NOP", None), ("Timestamp", (400_000, 999_995))]
    endpoint.carry(endpoint.packet("PA", dut.wrong_request(), old))
    dut.judge.expect_silence()
    dut.expect_provisional(packet)


@requirement("TGT-12")
def test_reset_at_rcv_nxt_removes_it(dut: Dut) -> None:
    """After the origin has passed on a reset at rcv_nxt, no segment of the connection is acknowledged."""
    endpoint = dut.hand_over()
    endpoint.carry(endpoint.packet("R"))
    dut.expect_ended(endpoint)


@requirement("TGT-12")
def test_fin_makes_it_definite(dut: Dut) -> None:
    """A FIN at rcv_nxt, without data, is acknowledged to the client."""
    endpoint = dut.hand_over()
    endpoint.send("FA")
    dut.judge.expect(
        lambda frame: endpoint.is_mine(frame) and "A" in frame.tcp.flags and frame.tcp.ack == endpoint.snd_nxt,
        "an acknowledgement of the client's FIN",
        seconds=dut.target.timing.response,
    )


@requirement("TGT-12")
def test_data_that_begins_before_the_window_makes_it_definite(dut: Dut) -> None:
    """Of a segment that overlaps rcv_nxt, the part from there on counts."""
    endpoint = dut.hand_over()
    endpoint.carry(endpoint.packet("PA", b"x" * 10 + dut.right_request(), seq=endpoint.snd_nxt - 10))
    endpoint.snd_nxt = (endpoint.snd_nxt + len(dut.right_request())) % (1 << 32)
    dut.expect_response(endpoint, dut.first)
