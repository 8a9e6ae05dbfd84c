"""For each planted bug the shortest sequence of packets that makes it show, to be played on a `bug_stage.Stage`."""

from collections.abc import Callable
from dataclasses import replace

from bug_packets import (
    DATAGRAMS,
    ELSEWHERE,
    GIVEN_UP,
    QUIET,
    SECOND,
    advertises_session,
    asks,
    begins_to_leave,
    datagram,
    hands_datagrams_over,
    last_segment,
    leaves,
    raw_ip,
    repaired,
    sends_ip,
    syn,
    with_options,
)
from bug_stage import AWAY_UDP, Sequence, Stage
from in_memory import (
    BLOCK,
    CLIENT,
    EDGE_MAC,
    HTTP,
    OTHER_PEER_MAC,
    PEER_MAC,
    PEER_SERVER,
    REFERENCE,
    REQUEST,
    ROUTER_IP,
    SERVER,
    client_packet,
    connection_packet,
    later,
    says,
)
from ipos_reference import arp, ethernet
from ipos_reference.addresses import Address
from ipos_reference.ethernet import Frame
from ipos_reference.ipv4 import IpProtocol
from ipos_reference.router import Lan
from ipos_reference.tcp import segment as tcp_segment
from ipos_reference.tcp.segment import Flags, Options
from ipos_spec.addresses import BROADCAST_MAC
from ipos_spec.addresses import ipv4 as ip
from ipos_spec.checksum import internet_checksum
from ipos_spec.codec import decode, encode
from ipos_spec.control_block import ControlFlag
from ipos_spec.encapsulation import Reference
from ipos_spec.packets import (
    UdpConnectionPacket,
    acknowledgement,
    tcp_packet,
    udp_packet,
)

SEQUENCES: dict[str, Sequence] = {}
"""By the bug's name."""


def shows(sequence: Sequence) -> Sequence:
    """Register the sequence that shows the bug of the same name."""
    SEQUENCES[sequence.__name__.replace("_", "-")] = sequence
    return sequence


# Lengths


@shows
def tcp_option_without_length(stage: Stage) -> None:
    sends_ip(stage, IpProtocol.TCP, with_options(b"\x01\x01\x01\x02"))


@shows
def tcp_option_of_no_length(stage: Stage) -> None:
    sends_ip(stage, IpProtocol.TCP, with_options(b"\x02\x00\x01\x01"))


@shows
def inner_header_length_believed(stage: Stage) -> None:
    frame = encode(tcp_packet(SECOND, REFERENCE, client_packet(says())))
    stage.receives(Lan.SECOND, frame[:30] + b"\x4f" + frame[31:])


@shows
def inner_total_length_believed(stage: Stage) -> None:
    frame = encode(tcp_packet(SECOND, REFERENCE, client_packet(says())))
    stage.receives(Lan.SECOND, frame[:32] + b"\xff\xff" + frame[34:])


@shows
def record_count_believed(stage: Stage) -> None:
    stage.receives(Lan.SECOND, repaired(advertises_session(), 32, b"\x00\x02"))


@shows
def text_taken_for_utf_8(stage: Stage) -> None:
    stage.receives(Lan.SECOND, repaired(advertises_session(), 38, b"\xff"))


@shows
def datagram_length_believed(stage: Stage) -> None:
    packet = datagram(b"one")
    raw_ip(stage, packet[:24] + b"\x00\x07" + packet[26:])


# The neighbourhood


@shows
def arp_sizes_believed(stage: Stage) -> None:
    packet = arp.build(arp.request(EDGE_MAC, CLIENT.ip, ROUTER_IP))
    longer = packet[:4] + b"\xff" + packet[5:]
    stage.receives(Lan.FIRST, ethernet.build(Frame(BROADCAST_MAC, EDGE_MAC, ethernet.ARP, longer)))


@shows
def address_given_up(stage: Stage) -> None:
    packet = arp.build(arp.request(EDGE_MAC, ROUTER_IP, ROUTER_IP))
    stage.receives(Lan.FIRST, ethernet.build(Frame(BROADCAST_MAC, EDGE_MAC, ethernet.ARP, packet)))


@shows
def echo_shorter_than_its_header(stage: Stage) -> None:
    sends_ip(stage, IpProtocol.ICMP, b"\x08\x00\xf7\xff")


@shows
def unreachable_on_the_second_lan(stage: Stage) -> None:
    stage.peer_sends(udp_packet(SECOND, DATAGRAMS, datagram(b"one")))


@shows
def unknown_extensions_flooded(stage: Stage) -> None:
    frame = advertises_session()
    stage.receives(Lan.SECOND, repaired(frame, 26, b"\x81"))


@shows
def checksum_of_zero_accepted(stage: Stage) -> None:
    frame = encode(connection_packet())
    stage.receives(Lan.SECOND, frame[:28] + b"\0\0" + frame[30:])


@shows
def frame_completed_from_the_buffer(stage: Stage) -> None:
    frame = encode(hands_datagrams_over())
    stage.receives(Lan.SECOND, frame)
    stage.receives(Lan.SECOND, frame[:30])


# Numbers


@shows
def smallest_segments_divide_by_zero(stage: Stage) -> None:
    stage.migrates(replace(BLOCK, t_maxseg=64))


@shows
def shift_count_unchecked(stage: Stage) -> None:
    stage.migrates(replace(BLOCK, snd_scale=255))


@shows
def unknown_clock_asked(stage: Stage) -> None:
    stage.migrates(replace(BLOCK, t_flags=ControlFlag.TIMESTAMPS, ts_now=0))
    stage.forwards(says(REQUEST, options=Options(timestamps=(1, 1))))
    stage.waits(1.0)


@shows
def next_number_never_wraps(stage: Stage) -> None:
    near_the_end = {"rcv_nxt": 2**32 - 2, "rcv_adv": 30000, "irs": 2**32 - 9, "snd_wl1": 2**32 - 3}
    stage.migrates(replace(BLOCK, **near_the_end))  # type: ignore[arg-type]
    stage.forwards(says(REQUEST, seq=2**32 - 2))
    stage.waits(1.0)


@shows
def closed_window_divides_by_zero(stage: Stage) -> None:
    asks(stage, REQUEST, window=0)


@shows
def urgent_pointer_believed(stage: Stage) -> None:
    asks(stage, REQUEST, flags=Flags.ACK | Flags.URG, urgent=0xFFFF)


@shows
def blocks_walked_through(stage: Stage) -> None:
    stage.migrates(replace(BLOCK, t_flags=ControlFlag.SACK_PERMIT))
    stage.forwards(says(REQUEST, options=Options(sack=((6000, 5500),))))


@shows
def shift_count_of_a_syn_unbounded(stage: Stage) -> None:
    answer = syn(stage, options=Options(window_scale=255))
    stage.client_sends(says(ELSEWHERE, ack=answer.seq + 1))


@shows
def text_of_a_syn_taken_twice(stage: Stage) -> None:
    syn(stage, payload=b"early")
    stage.waits(2.0)


# Handing over


def bystander_is_harmed_by(attack: Callable[[Stage], None]) -> Sequence:
    """Whether a bystander's connection, on which something was said, is answered by anything but text."""

    def sequence(stage: Stage) -> bool:
        bystander = Address(ip("198.51.100.99"), 50000)
        with stage.uncounted():
            number = asks(stage, REQUEST, bystander)
            answered = len(last_segment(stage).payload)
        attack(stage)
        with stage.uncounted():
            again = says(REQUEST, seq=901 + len(REQUEST), ack=number + answered, client=bystander)
            stage.client_sends(again, bystander)
        return not last_segment(stage).payload

    return sequence


@shows
def refused_block_frees_the_last_endpoint(stage: Stage) -> object:
    return bystander_is_harmed_by(lambda stage: stage.peer_sends(connection_packet(replace(BLOCK, t_state=5))))(stage)


@shows
def definite_endpoint_handed_over_again(stage: Stage) -> None:
    stage.migrates()
    stage.forwards(says(REQUEST))
    stage.migrates(later(BLOCK, 1000))


@shows
def reference_outlives_its_endpoint(stage: Stage) -> None:
    stage.migrates()
    stage.forwards(says(flags=Flags.RST, ack=0))
    stage.forwards(says(REQUEST))


@shows
def home_before_it_has_left(stage: Stage) -> None:
    packet = begins_to_leave(stage)
    stage.peer_sends(connection_packet(later(packet.connection.control_block), server=SERVER))


@shows
def home_a_second_time(stage: Stage) -> None:
    block = leaves(stage)
    stage.peer_sends(connection_packet(later(block, 40), server=SERVER))
    stage.peer_sends(connection_packet(later(block, 80), server=SERVER, source=OTHER_PEER_MAC))


@shows
def home_acknowledged_again(stage: Stage) -> None:
    home = later(leaves(stage), 40)
    stage.peer_sends(connection_packet(home, server=SERVER))
    stage.forwards(says(REQUEST, seq=home.rcv_nxt, ack=home.snd_nxt), server=SERVER)
    stage.peer_sends(connection_packet(home, server=SERVER))


# Migrating


@shows
def request_taken_for_http(stage: Stage) -> None:
    asks(stage, b"\x00\xff\r\n\r\n")


@shows
def fin_behind_half_a_request(stage: Stage) -> None:
    number = asks(stage, ELSEWHERE[:10])
    stage.client_sends(says(seq=911, ack=number, flags=Flags.ACK | Flags.FIN))


@shows
def challenge_while_it_migrates(stage: Stage) -> None:
    begins_to_leave(stage)
    stage.client_sends(says(seq=900, ack=0, flags=Flags.SYN))


@shows
def acknowledgement_of_another_router(stage: Stage) -> None:
    packet = begins_to_leave(stage)
    stage.peer_sends(acknowledgement(packet, source=OTHER_PEER_MAC))


@shows
def acknowledgement_behind_the_last_copy(stage: Stage) -> None:
    packet = begins_to_leave(stage)
    stage.waits(GIVEN_UP)
    stage.peer_sends(acknowledgement(packet, source=PEER_MAC))


@shows
def acknowledged_a_second_time(stage: Stage) -> None:
    packet = begins_to_leave(stage)
    for _ in range(2):
        stage.peer_sends(acknowledgement(packet, source=PEER_MAC))


@shows
def datagrams_acknowledged_a_second_time(stage: Stage) -> None:
    raw_ip(stage, datagram(b"one", port=AWAY_UDP))
    packet = decode(stage.frames[-1][1][:36])
    assert isinstance(packet, UdpConnectionPacket)
    for _ in range(2):
        stage.peer_sends(acknowledgement(packet, source=PEER_MAC))


@shows
def acknowledgement_behind_a_reset(stage: Stage) -> None:
    packet = begins_to_leave(stage)
    stage.client_sends(says(seq=901 + len(ELSEWHERE), ack=0, flags=Flags.RST))
    stage.peer_sends(acknowledgement(packet, source=PEER_MAC))


# Forwarding


@shows
def cut_header_forwarded(stage: Stage) -> None:
    leaves(stage)
    segment = tcp_segment.build(says(b"x"), CLIENT.ip, ROUTER_IP)
    sends_ip(stage, IpProtocol.TCP, segment[:8])


@shows
def fragments_take_the_fast_path(stage: Stage) -> None:
    leaves(stage)
    packet = client_packet(says(b"x"))
    header = packet[:6] + b"\x20\x00" + packet[8:10] + b"\0\0" + packet[12:20]
    raw_ip(stage, header[:10] + internet_checksum(header).to_bytes(2, "big") + header[12:] + packet[20:])


def leaves_and_begins_anew(stage: Stage) -> None:
    """Four packets; without the silence the SYN would have to be repeated."""
    leaves(stage)
    stage.waits(QUIET)
    stage.client_sends(says(seq=77777, ack=0, flags=Flags.SYN))


@shows
def believed_syn_forgotten(stage: Stage) -> None:
    leaves_and_begins_anew(stage)


@shows
def half_open_endpoint_reset(stage: Stage) -> None:
    leaves_and_begins_anew(stage)
    stage.client_sends(says(seq=77778, ack=0, flags=Flags.RST))


@shows
def first_octet_of_an_empty_datagram(stage: Stage) -> None:
    stage.peer_sends(hands_datagrams_over())
    packet = datagram(b"", PEER_SERVER.ip)
    stage.peer_sends(udp_packet(SECOND, DATAGRAMS, packet))


# Resources: one round, the client of which is another each time


def refused_packets_kept(stage: Stage, client: Address = CLIENT) -> None:
    reference = Reference(*client, ROUTER_IP, HTTP)
    stage.peer_sends(connection_packet(replace(BLOCK, t_state=5), reference=reference))


def reset_connections_kept(stage: Stage, client: Address = CLIENT) -> None:
    syn(stage, client)
    stage.client_sends(says(ack=0, flags=Flags.RST, client=client), client)
    stage.frames.clear()


ROUNDS = {"refused-packets-kept": refused_packets_kept, "reset-connections-kept": reset_connections_kept}
