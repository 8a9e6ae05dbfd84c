"""Opening a connection on the first LAN: SYN, SYN/ACK, and what is refused."""

from typing import Any

from ipos_conformance.case import parameters, requirement
from ipos_conformance.changes import inverted
from ipos_conformance.dut import Dut
from ipos_conformance.stations.conversation import is_syn_ack

_TS_VALUE = 77
_ALL_OPTIONS = [("MSS", 1460), ("SAckOK", b""), ("Timestamp", (_TS_VALUE, 0)), ("NOP", None), ("WScale", 7)]
_IP_CHECKSUM, _TCP_CHECKSUM = 10, 36
"""Offsets in an IPv4 packet without options."""


@requirement("ORG-1")
def test_syn_to_a_listener_is_answered(dut: Dut) -> None:
    """A SYN to a port in Listening Sockets gets a SYN/ACK from that address and port."""
    dut.expect_syn_ack(dut.start_connecting())


@requirement("ORG-1")
def test_syn_to_a_closed_port_is_reset(dut: Dut) -> None:
    """A SYN to a port without a listener gets RST and ACK of its sequence number, with sequence number 0."""
    client = dut.start_connecting(port=dut.target.pixit.closed_port)
    dut.expect_segment(
        client,
        lambda tcp: "R" in tcp.flags and "A" in tcp.flags and (tcp.seq, tcp.ack) == (0, client.snd_nxt),
        "RST/ACK with sequence number 0 that acknowledges the SYN",
    )


@requirement("ORG-1")
@parameters(flags={"ack": "A", "data": "PA", "fin": "FA", "syn-ack": "SA"})
def test_stray_acknowledging_segment_is_reset(dut: Dut, flags: str) -> None:
    """A segment with ACK for no endpoint gets an RST whose sequence number is its acknowledgement number."""
    client = dut.stranger()
    client.carry(client.packet(flags, b"?" * ("P" in flags)))
    dut.expect_closed(client)


@requirement("ORG-1")
def test_stray_segment_without_ack_is_reset(dut: Dut) -> None:
    """A FIN without ACK for no endpoint gets RST and ACK of all that it occupies, with sequence number 0."""
    client = dut.stranger()
    client.carry(client.packet("F"))
    dut.expect_segment(
        client,
        lambda tcp: "R" in tcp.flags and (tcp.seq, tcp.ack) == (0, (client.snd_nxt + 1) % (1 << 32)),
        "RST/ACK with sequence number 0 that acknowledges the FIN",
    )


@requirement("ORG-1")
def test_stray_reset_is_not_answered(dut: Dut) -> None:
    """An RST for no endpoint gets no answer (RFC 9293 3.10.7.1)."""
    client = dut.stranger()
    client.carry(client.packet("R"))
    dut.judge.expect_silence()


@requirement("ORG-2")
def test_offered_mss_leaves_room_for_encapsulation(dut: Dut) -> None:
    """The MSS of the SYN/ACK is at most what fits both LANs, the second with 16 octets of ipOS header."""
    most = min(dut.target.first_lan.mtu, dut.target.second_lan.mtu - 16) - 40
    frame = dut.expect_syn_ack(dut.start_connecting())
    dut.require(dict(frame.tcp.options).get("MSS", 536) <= most, f"an MSS of at most {most}", frame)


@requirement("ORG-9")
def test_repeated_syn_gets_the_same_answer(dut: Dut) -> None:
    """A client that repeats its SYN gets the SYN/ACK again, with the same sequence number."""
    client = dut.start_connecting()
    first = dut.expect_syn_ack(client)
    dut.settle(client).carry(client.syn)
    dut.expect_segment(
        client,
        lambda tcp: is_syn_ack(tcp) and (tcp.seq, tcp.ack) == (first.tcp.seq, first.tcp.ack),
        "the same SYN/ACK again",
    )


@requirement("ORG-9")
@parameters(checksum={"ip": _IP_CHECKSUM, "tcp": _TCP_CHECKSUM})
def test_syn_with_a_wrong_checksum_is_discarded(dut: Dut, checksum: int) -> None:
    """A SYN whose IP header checksum or TCP checksum is wrong gets no answer."""
    client = dut.stranger()
    client.carry(inverted(client.packet("S"), checksum))
    dut.judge.expect_silence()


@requirement("ORG-9")
@parameters(option={"timestamps": "Timestamp", "window-scale": "WScale", "sack-permitted": "SAckOK"})
def test_option_is_not_used_unless_offered(dut: Dut, option: str) -> None:
    """A client that did not offer timestamps, window scale or SACK finds none of them in the SYN/ACK."""
    frame = dut.expect_syn_ack(dut.start_connecting([("MSS", 1460)]))
    dut.require(option not in dict(frame.tcp.options), f"a SYN/ACK without {option}", frame)


@requirement("ORG-9")
@parameters(options={"none": [], "all": _ALL_OPTIONS, "an-unknown-one": [(253, b"ip")], "a-small-mss": [("MSS", 88)]})
def test_connection_works_whatever_options_are_offered(dut: Dut, options: list[Any]) -> None:
    """With no options, all of them, an unknown one or a small MSS, the request is answered."""
    dut.expect_exchange(dut.connect(options))


@requirement("ORG-9")
@parameters(mss={"88": 88, "536": 536, "1460": 1460})
def test_mss_of_the_client_is_kept_to(dut: Dut, mss: int) -> None:
    """No segment to the client is larger than the MSS that it offered."""
    client = dut.connect([("MSS", mss)])
    dut.expect_exchange(client, dut.large)
    dut.expect_every_segment(
        client, f"at most {mss} octets of data in each segment", lambda frame: len(frame.tcp.payload) <= mss
    )


@requirement("ORG-9")
def test_window_of_the_client_is_kept_to(dut: Dut) -> None:
    """A client that offers 2048 octets never gets more than it has room for."""
    client = dut.start_connecting([("MSS", 536)], window=2048)
    dut.finish_connecting(client)
    dut.expect_exchange(client, dut.large)
    dut.require(client.furthest_beyond_window <= 0, "no octet beyond the client's window", client.segments[-1])


@requirement("ORG-9")
def test_timestamps_are_echoed(dut: Dut) -> None:
    """Where the target takes timestamps, every segment of the connection echoes the client's (RFC 7323 3.2)."""
    client = dut.start_connecting(_ALL_OPTIONS)
    frame = dut.finish_connecting(client)
    dut.needs(client.ts_value is not None, "the target takes no timestamps")
    dut.require(client.ts_value == _TS_VALUE, f"TSecr {_TS_VALUE}", frame)
    dut.expect_exchange(client, dut.large)
    dut.expect_every_segment(
        client, f"TSecr {_TS_VALUE}", lambda frame: dict(frame.tcp.options).get("Timestamp", (0, None))[1] == _TS_VALUE
    )


@requirement("ORG-9")
def test_data_on_a_syn_is_not_accepted(dut: Dut) -> None:
    """The SYN/ACK acknowledges the SYN alone, and the request counts that comes after the handshake."""
    client = dut.start_connecting(data=dut.wrong_request())
    dut.finish_connecting(client)
    dut.expect_exchange(client)


@requirement("ORG-9")
def test_wrong_acknowledgement_in_the_handshake_is_reset(dut: Dut) -> None:
    """In SYN-RECEIVED, an ACK of something never sent gets an RST with its number (RFC 9293 3.10.7.4)."""
    client = dut.start_connecting()
    dut.expect_syn_ack(client)
    wrong = (client.rcv_nxt + 1000) % (1 << 32)
    client.carry(client.packet("A", ack=wrong))
    dut.expect_segment(client, lambda tcp: "R" in tcp.flags and tcp.seq == wrong, f"RST with sequence number {wrong}")
