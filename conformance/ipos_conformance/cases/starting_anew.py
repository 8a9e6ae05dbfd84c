"""A client that begins anew while its earlier connection stands in Forward: no stale SYN may cut that one."""

from ipos_conformance.case import CaseSteps, parameters, quick, requirement
from ipos_conformance.changes import inverted
from ipos_conformance.dut import Dut
from ipos_conformance.frames import Frame
from ipos_conformance.stations.conversation import Conversation
from ipos_conformance.steps.moved import Moved, send_away

_SPACE = 1 << 32


def _anew(moved: Moved) -> Conversation:
    """The same client, with a SYN that it has not sent yet."""
    moved.needs_use()
    client = moved.dut.stranger(moved.client.client)
    client.syn = client.packet("S", options=[("MSS", 1460)])
    return client


def _expect_opened(moved: Moved, client: Conversation) -> Frame:
    """The SYN that was sent is answered, and not forwarded; the SYN/ACK."""
    client.snd_nxt = (client.snd_nxt + 1) % _SPACE
    frame = moved.dut.expect_syn_ack(client)
    moved.expect_nothing_forwarded()
    return frame


def _half_open(moved: Moved) -> tuple[Conversation, Frame]:
    """A SYN and its repetition have opened a half-open endpoint beside the entry; the client, and the SYN/ACK."""
    client = _anew(moved)
    moved.expect_passed_on(client.syn)
    client.carry(client.syn)
    return client, _expect_opened(moved, client)


@requirement("FWD-5")
def test_first_syn_is_forwarded(dut: Dut) -> None:
    """A SYN of a client whose entry is in use goes to the holder, and gets no answer here."""
    moved = send_away(dut)
    moved.expect_passed_on(_anew(moved).syn)


@requirement("FWD-5")
def test_repetition_of_the_syn_is_answered(dut: Dut) -> None:
    """The same SYN again gets a SYN/ACK, and is not forwarded."""
    _half_open(send_away(dut))


@requirement("FWD-5")
def test_another_syn_is_no_repetition(dut: Dut) -> None:
    """A SYN with another sequence number is forwarded like the first."""
    moved = send_away(dut)
    moved.expect_passed_on(_anew(moved).syn)
    moved.expect_passed_on(_anew(moved).syn)


@requirement("FWD-5")
@parameters(flags={"with-ack": "SA", "with-rst": "SR"})
def test_syn_with_ack_or_rst_opens_nothing(dut: Dut, flags: str) -> None:
    """However often it is repeated, it is forwarded."""
    moved = send_away(dut)
    packet = _anew(moved).packet(flags)
    moved.expect_passed_on(packet, packet, packet)


@requirement("FWD-5")
def test_damaged_syn_opens_nothing(dut: Dut) -> None:
    """A SYN with a wrong TCP checksum is forwarded, and its repetition too."""
    moved = send_away(dut)
    damaged = inverted(_anew(moved).syn, 36)
    moved.expect_passed_on(damaged, damaged)


@requirement("FWD-5")
def test_syn_from_the_second_lan_opens_nothing(dut: Dut) -> None:
    """A SYN that another router passes on is sent on, and its repetition too."""
    moved = send_away(dut)
    syn = _anew(moved).syn
    through = moved.through(dut.other_peer)
    through.carry(syn)
    through.carry(syn)
    moved.expect_forwarded(syn, syn)
    dut.judge.expect_silence()


@requirement("FWD-5")
@parameters(flags={"fin": "FA", "rst": "R"})
def test_first_syn_is_answered_in_closing_time(dut: Dut, flags: str) -> None:
    """Behind a FIN or an RST of the earlier connection, the first SYN gets a SYN/ACK."""
    moved = send_away(dut)
    moved.expect_passed_on(moved.client.packet(flags))
    client = _anew(moved)
    client.carry(client.syn)
    _expect_opened(moved, client)


@requirement("FWD-5")
def test_repeated_syn_is_answered_again(dut: Dut) -> None:
    """The half-open endpoint answers each repetition of its SYN."""
    moved = send_away(dut)
    client, _ = _half_open(moved)
    dut.settle(client)
    client.carry(client.syn)
    dut.expect_segment(
        client,
        lambda tcp: "S" in tcp.flags and tcp.ack == client.snd_nxt and (tcp.seq + 1) % _SPACE == client.rcv_nxt,
        "the same SYN/ACK again",
    )
    moved.expect_nothing_forwarded()


@requirement("FWD-5")
def test_earlier_connection_is_forwarded_meanwhile(dut: Dut) -> None:
    """While the new handshake is half open, the old one's segments and other SYNs go to the holder."""
    moved = send_away(dut)
    client, _ = _half_open(moved)
    dut.settle(client)
    others = [moved.client.packet("PA", b"more"), moved.client.packet("A"), _anew(moved).syn, moved.client.packet("FA")]
    moved.carry(*others)
    moved.expect_forwarded(*others)
    moved.expect_nothing_forwarded()


@requirement("FWD-5")
def test_completed_handshake_ends_the_entry(dut: Dut) -> None:
    """Once the client has completed the handshake, its request is answered here and nothing is forwarded."""
    moved = send_away(dut)
    client, syn_ack = _half_open(moved)
    dut.complete(client, syn_ack)
    dut.expect_exchange(client)
    moved.expect_no_entry(client)


@requirement("FWD-5")
def test_request_completes_the_handshake(dut: Dut) -> None:
    """The segment that completes the handshake may carry the request itself (RFC 9293 3.10.7.4)."""
    moved = send_away(dut)
    client, syn_ack = _half_open(moved)
    dut.needs(client.lets_through(syn_ack.tcp), "the target opens its window behind the handshake only")
    dut.expect_exchange(client)
    moved.expect_no_entry(client)


@requirement("FWD-5")
def test_acknowledgement_of_another_number_completes_nothing(dut: Dut) -> None:
    """An ACK that does not acknowledge the SYN/ACK belongs to the earlier connection, and is forwarded."""
    moved = send_away(dut)
    client, syn_ack = _half_open(moved)
    moved.carry(wrong := client.packet("A", ack=client.rcv_nxt + 1000))
    moved.expect_forwarded(wrong)
    dut.complete(client, syn_ack)
    dut.expect_exchange(client)


@requirement("FWD-5")
def test_reset_at_its_rcv_nxt_removes_the_half_open_endpoint(dut: Dut) -> None:
    """An RST with the number that the SYN/ACK acknowledges is taken; what would have completed it is forwarded."""
    moved = send_away(dut)
    client, _ = _half_open(moved)
    dut.settle(client)
    client.carry(client.packet("R"))
    moved.expect_nothing_forwarded()
    moved.expect_passed_on(client.packet("A"))


@requirement("FWD-5")
@parameters(ahead={"before": -1, "behind": 1, "far-behind": 5000})
def test_other_reset_is_forwarded(dut: Dut, ahead: int) -> None:
    """An RST with any other number belongs to the earlier connection; the handshake goes on."""
    moved = send_away(dut)
    client, syn_ack = _half_open(moved)
    moved.carry(reset := client.packet("R", seq=client.snd_nxt + ahead))
    moved.expect_forwarded(reset)
    dut.complete(client, syn_ack)
    dut.expect_exchange(client)


@requirement("FWD-5")
def test_half_open_endpoint_outlives_its_entry(dut: Dut) -> None:
    """The earlier connection comes home meanwhile and is served; the handshake, completed, ends that one."""
    moved = send_away(dut)
    client, syn_ack = _half_open(moved)
    moved.come_home()
    dut.complete(client, syn_ack)
    dut.expect_exchange(client)
    moved.expect_no_entry(client)


@quick
@requirement("FWD-5")
def test_half_open_endpoint_goes_silently(dut: Dut) -> CaseSteps:
    """If nothing completes the handshake in 40 s, no reset tells of its end, and the entry is still there."""
    moved = send_away(dut)
    client = _anew(moved)
    # In closing time, so that it does not matter when the entry had its last packet.
    moved.carry(end := moved.client.packet("FA"))
    moved.expect_forwarded(end)
    client.carry(client.syn)
    _expect_opened(moved, client)
    yield dut.pause(40, 500)
    dut.judge.expect_none(lambda frame: client.is_mine(frame) and "R" in frame.tcp.flags, "no RST to the client")
    moved.carry(later := moved.client.packet("PA", b"more"))
    moved.expect_forwarded(later)
