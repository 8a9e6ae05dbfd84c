"""Segments for an established connection that follow RFC 9293 and RFC 5961: what moves it, what does not."""

from ipos_conformance.case import parameters, requirement
from ipos_conformance.changes import inverted
from ipos_conformance.dut import Dut

_BEYOND_ANY_WINDOW = 0x5000_0000
"""Further than the largest window there is, 65535 << 14, and still ahead in sequence space."""


@requirement("ORG-9")
@parameters(
    segment={
        "rst-in-the-window": ("R", b"", 100),
        "syn-in-the-window": ("S", b"", 100),
        "old-data": ("PA", b"old data!!", -10),
        "data-beyond-the-window": ("PA", b"far", _BEYOND_ANY_WINDOW),
    }
)
def test_unacceptable_segment_is_acknowledged_and_dropped(dut: Dut, segment: tuple[str, bytes, int]) -> None:
    """An RST or SYN elsewhere in the window, and data outside it, get an ACK that says where the connection stands."""
    client, (flags, data, ahead) = dut.connect(), segment
    dut.expect_challenge(client, client.packet(flags, data, seq=client.snd_nxt + ahead))
    dut.expect_exchange(client)


@requirement("ORG-9")
def test_acknowledgement_of_unsent_octets_is_answered(dut: Dut) -> None:
    """An ACK of octets that were never sent gets an ACK, and changes nothing (RFC 9293 3.10.7.4)."""
    client = dut.connect()
    dut.expect_challenge(client, client.packet("A", ack=client.rcv_nxt + 1000))
    dut.expect_exchange(client)


@requirement("ORG-9")
def test_reset_outside_the_window_is_discarded(dut: Dut) -> None:
    """An RST before the window gets no answer and ends nothing."""
    client = dut.settle(dut.connect())
    client.carry(client.packet("R", seq=client.snd_nxt - 1000))
    dut.expect_silence_in(client)
    dut.expect_exchange(client)


@requirement("ORG-9")
def test_reset_at_rcv_nxt_ends_the_connection(dut: Dut) -> None:
    """After an RST exactly at rcv_nxt, the next segment finds no endpoint and is reset."""
    client = dut.connect()
    client.carry(client.packet("R"))
    client.carry(client.packet("A"))
    dut.expect_closed(client)


@requirement("ORG-9")
@parameters(checksum={"ip": 10, "tcp": 36})
def test_request_with_a_wrong_checksum_is_discarded(dut: Dut, checksum: int) -> None:
    """A request whose checksum is wrong is not delivered: the one sent in its place is answered."""
    client = dut.connect()
    client.carry(inverted(client.packet("PA", dut.wrong_request()), checksum))
    dut.expect_exchange(client)
