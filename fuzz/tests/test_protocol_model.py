"""Each rule of the protocol model: a right exchange is acquitted, and the same with one wrong frame is convicted."""

from dataclasses import replace

import pytest
from exchange import (
    CLIENT,
    FACTS,
    GATEWAY_MAC,
    IRS,
    ISS,
    OTHER_PEER,
    OWN,
    PEER,
    Exchange,
    answer,
    damaged,
    datagram,
    from_client,
    of_target,
    passed_by_target,
    passed_to_target,
    to_client,
    to_target,
    udp_of_target,
    udp_to_target,
)
from ipos_conformance.frames import Lan
from ipos_fuzz.oracles.model import Model
from ipos_spec.codec import encode
from ipos_spec.packets import TcpConnectionPacket, with_checksum
from scapy.layers.inet import ICMP, IP, UDP
from scapy.layers.l2 import ARP
from scapy.packet import Raw

REQUEST = b"GET /away HTTP/1.1\r\n\r\n"


def handed_over() -> Exchange:
    """A client of the target's server asks for what is the peer's, and is handed over."""
    exchange = Exchange().connects().says(from_client("PA", REQUEST)).received(encode(of_target()))
    return exchange.sent(answer(of_target())).received(passed_by_target(from_client("PA", REQUEST)))


def taken_over() -> Exchange:
    """The target takes a connection of the peer's over, and its request comes."""
    exchange = Exchange().sent(encode(to_target())).received(answer(to_target()))
    return exchange.sent(passed_to_target(from_client("PA", REQUEST, server=PEER)))


def test_right_exchanges_are_acquitted() -> None:
    """A handshake with its answer, a migration in either direction, and a closed port."""
    served = Exchange().connects().says(from_client("PA", REQUEST))
    served.hears(to_client("PA", b"x" * 100, ack=IRS + 1 + len(REQUEST)))
    assert served.found() == []
    assert handed_over().found() == []
    taken = taken_over().hears(to_client("PA", b"answer", server=PEER, ack=IRS + 1 + len(REQUEST)))
    assert taken.found() == []
    closed = Exchange().says(from_client("S", seq=7, ack=0, dport=9)).hears(to_client("RA", seq=0, ack=8, sport=9))
    assert closed.found() == []


def test_acknowledgement_of_what_must_be_discarded() -> None:
    """What the frame itself forbids, what its way forbids, and what nobody listens to."""
    right = to_target()
    assert Exchange().sent(damaged(right)).received(answer(right)).requirements() == ["ENC-7"]
    first = Exchange().sent(encode(right), Lan.FIRST).received(answer(right))
    assert first.requirements() == ["ENC-11"]
    broadcast = b"\xff" * 6 + encode(right)[6:]
    assert Exchange().sent(broadcast).received(answer(right)).requirements() == ["ENC-12"]
    unserved = to_target(port=FACTS.closed_port)
    assert Exchange().sent(encode(unserved)).received(answer(unserved)).requirements() == ["TGT-2"]
    restless = to_target(snd_max=ISS + 2)
    assert Exchange().sent(encode(restless)).received(answer(restless)).requirements() == ["TCB-2"]


def test_acknowledgement_is_for_what_was_asked() -> None:
    """Once for each copy, to the MAC that it came from, with the checksum that it asks for."""
    right = to_target()
    assert Exchange().sent(encode(right)).received(answer(right)).received(answer(right)).requirements() == ["TGT-1"]
    elsewhere = FACTS.peers[OTHER_PEER] + answer(right)[6:]
    assert Exchange().sent(encode(right)).received(elsewhere).requirements() == ["TGT-1"]
    assert Exchange().sent(encode(right)).received(answer(to_target(iss=ISS - 1))).requirements() == ["ENC-6"]
    assert Exchange().received(answer(right)).requirements() == ["TGT-1"]


def test_no_choice_before_the_request() -> None:
    """A connection packet needs a request, ..."""
    assert "ORG-3" in Exchange().connects().received(encode(of_target())).requirements()
    # ... and one that had to be discarded is none.
    wrong = from_client("PA", REQUEST, chksum=1)
    assert "ORG-9" in Exchange().connects().says(wrong).received(encode(of_target())).requirements()


@pytest.mark.parametrize(
    ("fields", "requirement"),
    [
        ({"rcv_nxt": IRS + 2}, "TCB-1"),
        ({"snd_nxt": ISS + 2, "snd_una": ISS + 2, "snd_max": ISS + 2}, "TCB-1"),
        ({"iss": ISS + 1}, "ORG-5"),
        ({"t_maxseg": 1448}, "ORG-5"),
        ({"snd_wnd": 999}, "ORG-5"),
        ({"t_state": 5}, "TCB-1"),
        ({"seg_next": 1}, "TCB-3"),
    ],
)
def test_control_block_says_what_has_passed(fields: dict[str, int], requirement: str) -> None:
    """One wrong field of it is seen."""
    asked = Exchange().connects().says(from_client("PA", REQUEST))
    assert requirement in asked.received(encode(of_target(**fields))).requirements()


def test_acknowledged_request_stays() -> None:
    """ORG-11: octets of which the client has been told that they arrived are not entrusted to the second LAN."""
    exchange = Exchange().connects().says(from_client("PA", REQUEST)).hears(to_client(ack=IRS + 5))
    assert exchange.received(encode(of_target())).requirements() == ["ORG-11"]


def test_connection_packet_goes_to_the_target_s_router() -> None:
    """Not to another one's MAC, and not in another server's name."""
    asked = Exchange().connects().says(from_client("PA", REQUEST))
    packet = encode(of_target())
    assert asked.received(FACTS.peers[OTHER_PEER] + packet[6:]).requirements() == ["ORG-5"]
    named = of_target()
    connection = replace(named.connection, server_ip=PEER)
    exchange = Exchange().connects().says(from_client("PA", REQUEST))
    assert exchange.received(encode(with_checksum(replace(named, connection=connection)))).requirements() == ["CON-1"]


def test_four_identical_copies() -> None:
    """ORG-7: a fifth one, another one, and one behind the acknowledgement are wrong."""
    packet = encode(of_target())
    copies = Exchange().connects().says(from_client("PA", REQUEST))
    for _ in range(4):
        copies.received(packet).wait(0.2)
    assert copies.found() == []
    assert copies.received(packet).requirements() == ["ORG-7"]
    other = Exchange().connects().says(from_client("PA", REQUEST)).received(packet)
    assert other.received(encode(of_target(t_rxtshift=1))).requirements() == ["ORG-7"]
    assert handed_over().received(packet).requirements() == ["ORG-7"]


def test_passes_on_only_what_was_taken_over() -> None:
    """Not before the acknowledgement, nor on a wrong or a late one."""
    inner = from_client("PA", REQUEST)

    def asked() -> Exchange:
        return Exchange().connects().says(inner).received(encode(of_target()))

    assert asked().received(passed_by_target(inner)).requirements() == ["ORG-6"]
    assert asked().sent(damaged_answer()).received(passed_by_target(inner)).requirements() == ["ENC-7"]
    late = asked().wait(4).sent(answer(of_target())).received(passed_by_target(inner))
    assert late.requirements() == ["ORG-6"]


def damaged_answer() -> bytes:
    """An acknowledgement with a wrong checksum."""
    octets = answer(of_target())
    return octets[:28] + bytes([octets[28] ^ 1, octets[29]]) + octets[30:]


def test_passes_on_what_the_client_sent() -> None:
    """Octet for octet, once, in order, to the router that has the client."""
    changed = from_client("PA", REQUEST, urgptr=1)
    assert handed_over().received(passed_by_target(changed)).requirements() == ["FWD-1"]
    assert handed_over().received(passed_by_target(from_client("PA", REQUEST))).requirements() == ["ORG-6"]
    elsewhere = FACTS.peers[OTHER_PEER] + passed_by_target(from_client("PA", REQUEST))[6:]
    assert handed_over().received(elsewhere).requirements() == ["FWD-1"]
    first, second = from_client("A", REQUEST[:5]), from_client("PA", REQUEST[5:], seq=IRS + 6)
    exchange = Exchange().connects().says(first).says(second).received(encode(of_target()))
    exchange.sent(answer(of_target())).received(passed_by_target(second))
    assert exchange.received(passed_by_target(first)).requirements() == ["ORG-6"]


def test_silence_to_a_client_that_was_handed_over() -> None:
    """ORG-8: an answer to the request is wrong at once, a mere ACK when none from before can be under way."""
    answered = handed_over().hears(to_client(ack=IRS + 1 + len(REQUEST)))
    assert answered.requirements() == ["ORG-8"]
    repeated = to_client()
    assert handed_over().hears(repeated).found() == []
    assert handed_over().wait(1).hears(repeated).requirements() == ["ORG-8"]
    # A client that begins anew is answered (FWD-5).
    again = handed_over().says(from_client("S", seq=IRS + 9999, ack=0))
    assert again.wait(1).hears(to_client("SA", seq=77, ack=IRS + 10000)).found() == []


def test_silence_while_it_hands_over() -> None:
    """ORG-8, until it has given up."""
    asked = Exchange().connects().says(from_client("PA", REQUEST)).received(encode(of_target()))
    assert asked.wait(1).hears(to_client()).requirements() == ["ORG-8"]
    given_up = Exchange().connects().says(from_client("PA", REQUEST)).received(encode(of_target()))
    assert given_up.wait(3).hears(to_client(ack=IRS + 1 + len(REQUEST))).found() == []


def test_provisional_endpoint_is_silent() -> None:
    """TGT-12: until data comes from the router that has handed it over."""
    assert Exchange().sent(encode(to_target())).hears(to_client(server=PEER)).requirements() == ["TGT-12"]
    inner = from_client("PA", REQUEST, server=PEER)
    stranger = Exchange().sent(encode(to_target())).sent(passed_to_target(inner, OTHER_PEER))
    assert stranger.hears(to_client(server=PEER, ack=IRS + 1 + len(REQUEST))).requirements() == ["TGT-12"]


@pytest.mark.parametrize(
    ("segment", "requirement"),
    [
        (to_client(server=PEER, ack=IRS + 2 + len(REQUEST)), "TGT-6"),
        (to_client("PA", b"xx", server=PEER, seq=ISS), "TGT-6"),
        (to_client("PA", b"x" * 1002, server=PEER), "TGT-6"),
        (to_client(server=PEER, options=[("Timestamp", (1, 2))]), "TGT-7"),
        (to_client("", server=PEER), "ORG-9"),
        (to_client("S", server=PEER), "ORG-9"),
        (to_client(server=PEER, chksum=1), "ORG-9"),
        (to_client(server=OWN, sport=8080), "CON-1"),
    ],
    ids=["acknowledges-more", "begins-before", "window", "timestamp", "no-flags", "syn", "checksum", "other-address"],
)
def test_segment_continues_the_control_block(segment: bytes, requirement: str) -> None:
    """A segment with one thing wrong is seen."""
    assert requirement in taken_over().hears(segment).requirements()


def test_same_numbers_same_octets() -> None:
    """What is repeated is what stood there before; a longer piece goes on behind it."""
    begun = taken_over().hears(to_client("PA", b"answer", server=PEER))
    assert begun.hears(to_client("PA", b"answer and more", server=PEER)).found() == []
    assert begun.hears(to_client("PA", b"ANSWER", server=PEER)).requirements() == ["TGT-6"]


def test_handshake_offers_what_the_client_offered() -> None:
    """ORG-9, ORG-2: options unasked, an MSS that does not fit, a wrong acknowledgement, a closed port."""

    def answered(**fields: object) -> list[str]:
        syn = from_client("S", seq=IRS, ack=0, options=[("MSS", 1460)])
        return Exchange().says(syn).hears(to_client("SA", **{"seq": ISS, "ack": IRS + 1, **fields})).requirements()

    assert answered(options=[("MSS", 1444)]) == []
    assert answered(options=[("MSS", 1445)]) == ["ORG-2"]
    assert answered(options=[("WScale", 1)]) == ["ORG-9"]
    assert answered(ack=IRS + 2) == ["TGT-6"]
    assert answered(ack=IRS) == ["ORG-9"]
    closed = Exchange().says(from_client("S", seq=IRS, ack=0, dport=9))
    assert closed.hears(to_client("SA", seq=ISS, ack=IRS + 1, sport=9)).requirements() == ["ORG-1"]


def test_reset_answers_something() -> None:
    """RFC 9293 3.10.7.1: not an RST, not what is discarded, and with the numbers of what it answers."""
    to_closed = Exchange().says(from_client("R", dport=9)).hears(to_client("R", seq=ISS + 1, sport=9))
    assert to_closed.requirements() == ["ORG-1"]
    wrong = Exchange().says(from_client("A", dport=9, chksum=1)).hears(to_client("R", seq=ISS + 1, sport=9))
    assert wrong.requirements() == ["ORG-9"]
    number = Exchange().says(from_client("A", dport=9)).hears(to_client("R", seq=ISS + 2, sport=9))
    assert number.requirements() == ["ORG-1"]


def test_reset_answers_a_segment_without_timestamps_once_the_endpoint_is_gone() -> None:
    """TGT-7 discards it while the endpoint is there; a reset at rcv_nxt removes that (TGT-12), then TGT-8 holds."""
    packet = to_target(t_flags=0x80 | 0x100)
    ends = from_client("R", server=PEER, ack=0)
    reset = to_client("R", server=PEER, ack=0)

    def answered(*before: bytes) -> list[str]:
        exchange = Exchange().sent(encode(packet)).received(answer(packet))
        for inner in (*before, from_client("PA", b"x", server=PEER)):
            exchange.sent(passed_to_target(inner))
        return exchange.hears(reset).requirements()

    assert answered(ends) == []
    assert answered() != []


def test_datagrams_are_answered_by_whom_they_asked() -> None:
    """Not to a damaged datagram, not from another address, not by a provisional endpoint."""
    assert Exchange().says(datagram()).hears(datagram(back=True)).found() == []
    assert Exchange().says(datagram(chksum=1)).hears(datagram(back=True)).requirements() == ["UDP-2"]
    assert Exchange().says(datagram()).hears(datagram(back=True, port=2008)).requirements() == ["CON-1"]
    provisional = Exchange().sent(encode(udp_to_target()))
    assert provisional.hears(datagram(back=True, server=PEER)).requirements() == ["TGT-12"]
    definite = Exchange().sent(encode(udp_to_target())).sent(passed_to_target(datagram(server=PEER), port=2007))
    assert definite.hears(datagram(back=True, server=PEER)).found() == []


def test_datagram_entry_ends() -> None:
    """UDP-3: after 60 s without a datagram the next one is a first one."""
    handed = Exchange().says(datagram()).received(encode(udp_of_target())).sent(answer(udp_of_target()))
    handed.received(passed_by_target(datagram(), port=2007))
    assert handed.found() == []
    handed.wait(70).says(datagram()).received(passed_by_target(datagram(), port=2007))
    assert handed.requirements() == ["UDP-3"]


def test_two_connections_of_one_client_port_do_not_both_leave() -> None:
    """TAB-3."""
    two = Exchange().says(datagram()).received(encode(udp_of_target()))
    packet = udp_of_target()
    reference = {"destination_port": 2008}
    other = with_checksum(
        replace(
            packet,
            header=replace(packet.header, **reference),
            connection=replace(packet.connection, server_port=2008),
        )
    )
    two.says(datagram(port=2008)).received(encode(other))
    assert two.requirements() == ["TAB-3"]


def test_icmp_is_about_what_was_sent() -> None:
    """An echo reply repeats its request; an error quotes a packet that a host may refuse."""
    ends = {"src": "192.0.2.1", "dst": "198.51.100.7"}
    request = bytes(IP(src=ends["dst"], dst=ends["src"]) / ICMP(id=1, seq=1) / Raw(b"ping"))
    reply = bytes(IP(**ends) / ICMP(type=0, id=1, seq=1) / Raw(b"ping"))
    other = bytes(IP(**ends) / ICMP(type=0, id=1, seq=2) / Raw(b"ping"))
    assert Exchange().says(request).hears(reply).found() == []
    assert Exchange().says(request).hears(other).requirements() == ["NBR-2"]
    unserved = datagram(port=9)
    refused = bytes(IP(**ends) / ICMP(type=3, code=3) / Raw(unserved[:28]))
    assert Exchange().says(unserved).hears(refused).found() == []
    stray = Exchange().sent(passed_to_target(unserved, port=9))
    assert stray.hears(refused).requirements() == ["UDP-2"]
    assert Exchange().hears(refused).requirements() == ["NBR-2"]


def test_arp_in_its_own_name() -> None:
    """NBR-1, TGT-11."""

    def told(operation: int, sender: str, mac: bytes) -> list[str]:
        message = ARP(op=operation, psrc=sender, hwsrc=mac.hex(":"), pdst="192.0.2.254")
        ethernet = b"\xff" * 6 + FACTS.first_mac + b"\x08\x06"
        return Exchange().received(ethernet + bytes(message), Lan.FIRST).requirements()

    assert told(1, "192.0.2.1", FACTS.first_mac) == []
    assert told(2, "192.0.2.1", FACTS.second_mac) == ["NBR-1"]
    assert told(2, "192.0.2.2", FACTS.first_mac) == ["NBR-1"]
    assert told(1, "192.0.2.2", FACTS.first_mac) == ["TGT-11"]


def test_each_lan_has_its_own() -> None:
    """No ipOS on the first LAN, no IP for clients on the second, no strange MACs, nothing too large."""
    packet = encode(of_target())
    asked = Exchange().connects().says(from_client("PA", REQUEST))
    assert asked.received(packet, Lan.FIRST).requirements() == ["ORG-5"]
    segment = GATEWAY + FACTS.second_mac + b"\x08\x00" + to_client()
    assert Exchange().connects().received(segment, Lan.SECOND).requirements() == ["TGT-6"]
    strange = GATEWAY + FACTS.second_mac + b"\x08\x00" + to_client()
    assert Exchange().connects().received(strange, Lan.FIRST).requirements() == ["TGT-6"]
    large = passed_by_target(from_client("PA", b"x" * 1460))
    assert handed_over().received(large).requirements() == ["MTU-1"]


GATEWAY = bytes.fromhex("0200000001fe")


def test_nothing_is_said_of_what_was_forgotten() -> None:
    """With room for two connections, and the first of three used again: its history may hold the reason."""
    frames = handed_over().frames
    others = Exchange()
    for port in (50001, 50002):
        others.says(from_client("S", sport=port))
    late = handed_over().wait(1).hears(to_client("PA", b"x")).frames[-1]
    bound, unbound = Model(FACTS, bound=2), Model(FACTS)
    for model in (bound, unbound):
        for frame in (*frames, *others.frames):
            if frame.direction == "sent":
                model.sent(frame)
            else:
                assert model.received(frame) is None
    assert bound.received(late) is None
    assert unbound.received(late) is not None


def test_what_was_there_before_is_not_judged() -> None:
    """A model that begins in the middle knows nothing of older connections."""
    segment = Exchange().hears(to_client("PA", b"x")).frames[0]
    assert Model(FACTS, fresh=False).received(segment) is None
    assert Model(FACTS).received(segment) is not None


def test_client_that_sends_fragments_is_not_judged_by_what_they_make() -> None:
    """FWD-1: for its own endpoints a router may put them together."""
    fragment = bytes(IP(src="198.51.100.7", dst="192.0.2.1", flags="MF") / UDP(sport=CLIENT.port, dport=7))
    assert Exchange().says(fragment).hears(datagram(back=True, port=7)).found() == []


def test_type_of_what_is_handed_over() -> None:
    """The helpers make what they say: else every conviction above would be for their own mistake."""
    assert isinstance(of_target(), TcpConnectionPacket)
    assert encode(with_checksum(of_target())) == encode(of_target())


def test_later_holder_takes_the_place() -> None:
    """TGT-4: an earlier one, and another server's connection from who does not own it, do not."""
    later, earlier = to_target(rcv_nxt=IRS + 101), to_target(rcv_nxt=IRS + 1)

    def taken(first: TcpConnectionPacket, second: TcpConnectionPacket) -> list[str]:
        exchange = Exchange().sent(encode(first)).received(answer(first))
        return exchange.sent(encode(second)).received(answer(second)).requirements()

    assert taken(earlier, later) == []
    assert taken(later, earlier) == ["TGT-4"]
    assert taken(to_target(), to_target(OTHER_PEER)) == []
    foreign = replace(to_target(OTHER_PEER), ethernet=to_target(PEER).ethernet)
    assert taken(to_target(), foreign) == ["TGT-4"]


def test_entry_in_closing_time_ends_earlier() -> None:
    """FWD-2: 600 s behind a FIN, but one that is discarded begins nothing."""
    fin, damaged_fin = from_client("FA", seq=IRS + 99), from_client("FA", seq=IRS + 99, chksum=1)
    late = from_client("A", seq=IRS + 100)

    def later_than(seconds: float, ending: bytes) -> list[str]:
        exchange = handed_over().says(ending).received(passed_by_target(ending)).wait(seconds)
        return exchange.says(late).received(passed_by_target(late)).requirements()

    assert later_than(700, fin) == ["FWD-2"]
    assert later_than(700, damaged_fin) == []
    assert later_than(1000, damaged_fin) == ["FWD-2"]


def test_connection_that_is_handed_over_again_behind_its_end_may_be_answered_otherwise() -> None:
    """Whoever is handed over anew, with the same numbers and later ones of the client's, gets an answer of its own."""
    served = taken_over().hears(to_client("PA", b"answer", server=PEER, ack=IRS + 1 + len(REQUEST)))
    fin = from_client("FA", seq=IRS + 1 + len(REQUEST), ack=ISS + 7, server=PEER)
    served.sent(passed_to_target(fin)).hears(to_client("FA", seq=ISS + 7, server=PEER, ack=IRS + 2 + len(REQUEST)))
    served.sent(passed_to_target(from_client("A", seq=IRS + 2 + len(REQUEST), ack=ISS + 8, server=PEER)))
    again = to_target(rcv_nxt=IRS + 2 + len(REQUEST))
    served.sent(encode(again)).received(answer(again))
    served.sent(passed_to_target(from_client("PA", REQUEST, seq=IRS + 2 + len(REQUEST), server=PEER)))
    served.hears(to_client("PA", b"another", server=PEER, ack=IRS + 2 + 2 * len(REQUEST)))
    assert served.found() == []


def test_acknowledgement_that_was_sent_a_moment_before_may_be_in_time() -> None:
    """Of UDP every attempt is acknowledged alike, and on a LAN there is more than one frame on its way."""
    early = Exchange().sent(answer(udp_of_target())).says(datagram()).received(encode(udp_of_target()))
    assert early.received(passed_by_target(datagram(), port=2007)).found() == []
    long_ago = Exchange().sent(answer(udp_of_target())).wait(10).says(datagram()).received(encode(udp_of_target()))
    assert long_ago.received(passed_by_target(datagram(), port=2007)).requirements() == ["ORG-6"]


def test_acknowledgement_from_the_wrong_router_does_not_undo_one_that_was_under_way_before() -> None:
    right, wrong = answer(udp_of_target()), bytearray(answer(udp_of_target()))
    wrong[11] ^= 0x0F  # of the source's MAC address
    early = Exchange().says(datagram()).sent(right).sent(bytes(wrong)).received(encode(udp_of_target()))
    assert early.received(passed_by_target(datagram(), port=2007)).found() == []
    nobody = Exchange().says(datagram()).sent(bytes(wrong)).received(encode(udp_of_target()))
    assert nobody.received(passed_by_target(datagram(), port=2007)).requirements() == ["ORG-6"]


@pytest.mark.parametrize(("seconds", "requirements"), [(0.0, []), (10.0, ["ORG-6"])])
def test_udp_client_may_be_asked_for_anew_by_what_is_under_way(seconds: float, requirements: list[str]) -> None:
    """Its entry has ended (UDP-3). What acknowledges the next packet may be sent before that one has come."""
    asked = encode(udp_of_target())
    once = Exchange().says(datagram()).received(asked).sent(answer(udp_of_target()))
    again = once.received(passed_by_target(datagram(), port=2007)).wait(70).says(datagram())
    again = again.sent(answer(udp_of_target())).wait(seconds).received(asked)
    assert again.received(passed_by_target(datagram(), port=2007)).requirements() == requirements


def test_frame_with_a_priority_may_be_taken_and_one_of_another_vlan_may_not() -> None:
    """IEEE 802.1Q: number 0 names no VLAN."""
    syn = from_client("S", seq=7, ack=0, dport=9)
    start, refusal = FACTS.first_mac + GATEWAY_MAC, to_client("RA", seq=0, ack=8, sport=9)
    for tag, found in ((b"\x81\x00\xe0\x00", []), (b"\x88\xa8\x00\x00", []), (b"\x81\x00\x00\x05", ["CON-1"])):
        asked = Exchange().sent(start + tag + b"\x08\x00" + syn, Lan.FIRST)
        assert asked.hears(refusal).requirements() == found


def test_second_attempt_of_a_client_that_began_anew_counts_by_itself() -> None:
    """It has the same reference as the one that a reset ended, and another control block."""
    exchange = Exchange().connects().says(from_client("PA", REQUEST)).received(encode(of_target()))
    exchange.says(from_client("R", seq=IRS + 1 + len(REQUEST)))
    anew = {"seq": IRS + 9001, "ack": ISS + 9001}
    exchange.says(from_client("S", seq=IRS + 9000, ack=0, options=[("MSS", 1460)]))
    exchange.hears(to_client("SA", seq=ISS + 9000, ack=IRS + 9001, options=[("MSS", 1440)]))
    exchange.says(from_client("PA", REQUEST, **anew))
    numbers = {"iss": ISS + 9000, "snd_una": ISS + 9001, "snd_nxt": ISS + 9001, "snd_max": ISS + 9001}
    second = of_target(**numbers, irs=IRS + 9000, rcv_nxt=IRS + 9001, rcv_adv=IRS + 10001)
    exchange.received(encode(second)).sent(answer(second))
    assert exchange.received(passed_by_target(from_client("PA", REQUEST, **anew))).found() == []
