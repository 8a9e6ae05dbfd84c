"""Forward at work: what goes by an entry, who begins anew beside one, and who comes home (FWD-1 to 5, MTU-1)."""

from dataclasses import replace

import pytest
from in_memory import (
    CLIENT,
    EDGE_MAC,
    FIRST_MAC,
    HTTP,
    OTHER_PEER_IP,
    OTHER_PEER_MAC,
    PEER_IP,
    PEER_MAC,
    REFERENCE,
    ROUTER_IP,
    SERVER,
    World,
    client_packet,
    connection_packet,
    later,
    opened,
    says,
)
from in_memory import (
    forwarded as by_peer,
)
from ipos_reference import ethernet, ipv4
from ipos_reference.addresses import Address
from ipos_reference.discards import Discard
from ipos_reference.ethernet import Frame
from ipos_reference.events import Attached
from ipos_reference.forward_table import STALE, Onward
from ipos_reference.ipv4 import IpProtocol, Ipv4Packet
from ipos_reference.numbers import Numbers
from ipos_reference.router import Lan
from ipos_reference.tables import Place
from ipos_reference.tcp.segment import Flags, Segment
from ipos_spec.control_block import ControlBlock
from ipos_spec.encapsulation import Reference
from ipos_spec.packets import Acknowledgement, TcpConnectionPacket, TcpPacket
from migrating import ELSEWHERE, MIGRATING, acknowledges, attached, forwarded, leaves

IDLE, CLOSING, PROVISIONAL = 900.0, 600.0, 900.0


@pytest.fixture
def world() -> World:
    return World(MIGRATING)


@pytest.fixture
def away(world: World) -> tuple[ControlBlock, Segment]:
    """CLIENT's connection has migrated to PEER_IP; the control block, and the SYN/ACK from before."""
    packet, answer = leaves(world)
    acknowledges(world, packet)
    forwarded(world)
    return packet.connection.control_block, answer


def raw(world: World, packet: bytes) -> None:
    """Any IP packet comes in on the first LAN."""
    world.receives(Lan.FIRST, ethernet.build(Frame(FIRST_MAC, EDGE_MAC, ethernet.IPV4, packet)))


def comes_home(world: World, block: ControlBlock, octets: int = 30, source: bytes = PEER_MAC) -> TcpConnectionPacket:
    """The peer hands the connection back, so many octets later."""
    packet = connection_packet(later(block, octets), server=SERVER, source=source)  # type: ignore[arg-type]
    world.peer_sends(packet)
    return packet


# What goes by an entry


@pytest.mark.usefixtures("away")
def test_a_wrong_tcp_checksum_is_forwarded_a_wrong_header_checksum_is_not(world: World) -> None:
    good = client_packet(says(b"x"))
    damaged = good[:-1] + bytes([good[-1] ^ 1])
    raw(world, damaged)
    assert [found.inner for found in forwarded(world)] == [damaged]
    raw(world, good[:10] + bytes([good[10] ^ 1]) + good[11:])
    assert not world.sent()
    assert world.router.discards[Discard.IPV4_MALFORMED] == 1


@pytest.mark.usefixtures("away")
def test_a_fragment_is_dropped_and_counted(world: World) -> None:
    packet = bytearray(client_packet(says(b"x")))
    packet[6] = 0x20
    header = bytes(packet[:10]) + bytes(2) + bytes(packet[12:20])
    packet[10:12] = (0xFFFF - sum(int.from_bytes(header[n : n + 2], "big") for n in range(0, 20, 2)) % 0xFFFF).to_bytes(
        2, "big"
    )
    raw(world, bytes(packet))
    assert not world.sent()
    assert world.router.discards[Discard.IPV4_FRAGMENT] == 1


@pytest.mark.usefixtures("away")
def test_ethernet_padding_is_not_forwarded(world: World) -> None:
    packet = client_packet(says())
    raw(world, packet)  # 40 octets, so that its frame is padded
    assert [found.inner for found in forwarded(world)] == [packet]


@pytest.mark.parametrize(("octets", "fits"), [(1500 - 16, True), (1500 - 15, False)])
@pytest.mark.parametrize("dont_fragment", [True, False])
def test_what_does_not_fit_is_dropped_and_told_of_where_df_is_set(octets: int, fits: bool, dont_fragment: bool) -> None:
    world = World(replace(MIGRATING, first_mtu=1500, second_mtu=1500))
    packet, _ = leaves(world)
    acknowledges(world, packet)
    forwarded(world)
    segment = ipv4.parse(client_packet(says(b"x" * (octets - 40)))).payload
    big = ipv4.build(
        Ipv4Packet(
            source=CLIENT.ip,
            destination=ROUTER_IP,
            protocol=IpProtocol.TCP,
            payload=segment,
            dont_fragment=dont_fragment,
        )
    )
    raw(world, big)
    sent = world.sent()
    assert [found.inner for found in sent.ipos if isinstance(found, TcpPacket)] == ([big] if fits else [])
    messages = [ipv4.parse(frame.payload) for _, frame in sent.other]
    assert len(messages) == (not fits and dont_fragment)
    for message in messages:
        assert (message.source, message.destination, message.protocol) == (ROUTER_IP, CLIENT.ip, IpProtocol.ICMP)
        assert message.payload[:2] == bytes([3, 4])
        assert message.payload[6:8] == (1500 - 16).to_bytes(2, "big")
        assert message.payload[8:] == big[:28]
    assert world.router.discards[Discard.TOO_LARGE_TO_FORWARD] == (not fits)


@pytest.mark.usefixtures("away")
def test_another_clients_packets_and_those_for_another_server_do_not_go_by_it(world: World) -> None:
    world.client_sends(says(b"x", client=Address(CLIENT.ip, 1)), Address(CLIENT.ip, 1))
    world.client_sends(says(b"x", port=81), server=Address(ROUTER_IP, 81))
    sent = world.sent()
    assert sent.ipos == []
    assert [segment.flags & Flags.RST for _, _, segment in sent.segments] == [Flags.RST] * 2


@pytest.mark.usefixtures("away")
def test_a_type_2_packet_goes_on_with_the_next_reference(world: World) -> None:
    world.peer_sends(by_peer(says(b"x"), server=SERVER, source=OTHER_PEER_MAC))
    (found,) = forwarded(world)
    assert found.ethernet.destination == PEER_MAC
    assert found.header.reference == Reference(*CLIENT, PEER_IP, HTTP)
    assert found.inner == client_packet(says(b"x"))


@pytest.mark.usefixtures("away")
def test_without_a_packet_the_entry_ends_and_the_next_one_is_reset(world: World) -> None:
    world.waits(IDLE - 1)
    world.client_sends(says(b"x"))
    assert len(forwarded(world)) == 1
    world.waits(IDLE + 1)
    world.client_sends(says(b"x"))
    (answer,) = world.answers()
    assert answer.flags & Flags.RST


@pytest.mark.parametrize("flag", [Flags.FIN | Flags.ACK, Flags.RST])
@pytest.mark.usefixtures("away")
def test_behind_a_fin_or_rst_it_ends_sooner(world: World, flag: int) -> None:
    world.client_sends(says(flags=flag))
    forwarded(world)
    world.waits(CLOSING - 1)
    world.client_sends(says(b"x"))
    assert len(forwarded(world)) == 1
    world.waits(CLOSING + 1)
    world.client_sends(says(b"x"))
    assert world.sent().ipos == []


# A client that begins anew (FWD-5)


def syn(seq: int = 70_000) -> Segment:
    return says(seq=seq, ack=0, flags=Flags.SYN)


def answered(world: World) -> Segment:
    """The SYN/ACK that the router has sent, and nothing else."""
    (answer,) = world.answers()
    assert answer.flags == Flags.SYN | Flags.ACK
    return answer


@pytest.mark.usefixtures("away")
def test_the_first_syn_is_forwarded_and_its_repetition_answered(world: World) -> None:
    world.client_sends(syn())
    assert len(forwarded(world)) == 1
    world.client_sends(syn(70_001))  # another one is a first one again
    assert len(forwarded(world)) == 1
    world.client_sends(syn(70_001))
    assert answered(world).ack == 70_002


@pytest.mark.usefixtures("away")
def test_a_syn_does_not_keep_an_entry_alive(world: World) -> None:
    world.waits(STALE - 1)
    world.client_sends(syn())
    assert len(forwarded(world)) == 1
    world.waits(2)
    world.client_sends(syn(5))
    assert answered(world).ack == 6


@pytest.mark.parametrize("how", ["quiet", "closing"])
@pytest.mark.usefixtures("away")
def test_a_syn_is_believed_at_once_where_nothing_is_cut(world: World, how: str) -> None:
    if how == "quiet":
        world.waits(STALE)
    else:
        world.client_sends(says(flags=Flags.FIN | Flags.ACK))
        forwarded(world)
    world.client_sends(syn())
    assert answered(world).ack == 70_001


def half_open(world: World) -> Segment:
    """Open one beside the entry; returns its SYN/ACK."""
    world.waits(STALE)
    world.client_sends(syn())
    return answered(world)


@pytest.mark.usefixtures("away")
def test_the_old_connection_goes_on_beside_a_half_open_one(world: World) -> None:
    half_open(world)
    for segment in (says(b"x"), says(seq=902), says(seq=5, flags=Flags.RST), says(flags=Flags.FIN | Flags.ACK), syn(3)):
        world.client_sends(segment)
        assert [found.inner for found in forwarded(world)] == [client_packet(segment)]


@pytest.mark.usefixtures("away")
def test_a_half_open_endpoint_answers_its_syn_again(world: World) -> None:
    first = half_open(world)
    world.client_sends(syn())
    again = answered(world)
    assert (again.seq, again.ack) == (first.seq, first.ack)


@pytest.mark.usefixtures("away")
def test_the_entry_ends_when_the_new_handshake_completes(world: World) -> None:
    answer = half_open(world)
    world.client_sends(says(seq=70_001, ack=answer.seq + 1))
    assert not world.sent()
    assert len(world.router.forward) == 0
    world.client_sends(says(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", seq=70_001, ack=answer.seq + 1))
    assert world.reads(attached(world)).startswith(b"GET /")


@pytest.mark.usefixtures("away")
def test_the_new_connection_may_migrate_as_well(world: World) -> None:
    answer = half_open(world)
    world.client_sends(says(ELSEWHERE, seq=70_001, ack=answer.seq + 1))
    (packet,) = world.sent().ipos
    assert isinstance(packet, TcpConnectionPacket)
    assert packet.connection.control_block.irs == 70_000


@pytest.mark.usefixtures("away")
def test_an_rst_of_its_own_removes_a_half_open_endpoint(world: World) -> None:
    half_open(world)
    world.client_sends(says(seq=70_001, flags=Flags.RST))
    assert not world.sent()
    assert len(world.router.tables) == 0
    assert len(world.router.forward) == 1


@pytest.mark.usefixtures("away")
def test_a_half_open_endpoint_that_nothing_completes_goes_silently(world: World) -> None:
    half_open(world)
    for _ in range(100):
        world.waits(1)
        assert all(segment.flags == Flags.SYN | Flags.ACK for segment in world.answers())
    assert len(world.router.tables) == 0
    world.client_sends(says(b"x"))
    assert len(forwarded(world)) == 1


@pytest.mark.usefixtures("away")
def test_a_half_open_endpoint_outlives_its_entry(world: World) -> None:
    world.client_sends(says(flags=Flags.FIN | Flags.ACK))
    forwarded(world)
    world.waits(CLOSING - 1)
    world.client_sends(syn())
    answer = answered(world)
    world.waits(2.5)
    world.sent()
    assert len(world.router.forward) == 0
    world.client_sends(says(seq=70_001, ack=answer.seq + 1))
    world.client_sends(says(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", seq=70_001, ack=answer.seq + 1))
    assert world.reads(attached(world)).startswith(b"GET /")


# Coming home (TGT-1, TGT-4, TGT-12, FWD-4)


def test_an_endpoint_comes_home_into_local_and_its_client_is_answered_here(
    world: World, away: tuple[ControlBlock, Segment]
) -> None:
    block, _ = away
    packet = comes_home(world, block)
    (acknowledged,) = world.sent().ipos
    assert isinstance(acknowledged, Acknowledgement)
    (connection,) = world.router.tables
    assert world.router.tables.place_of(connection) is Place.LOCAL
    # Until its origin's packets come, the client's go where they went (TGT-12)
    home = packet.connection.control_block
    request = says(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", seq=home.rcv_nxt, ack=home.snd_nxt)
    world.client_sends(request)
    assert len(forwarded(world)) == 1
    world.peer_sends(by_peer(request, server=SERVER))
    assert world.reads(attached(world)).startswith(b"GET /")
    assert len(world.router.forward) == 0
    world.waits(0.1)
    assert [segment.ack for segment in world.answers()] == [home.rcv_nxt + len(request.payload)]
    world.client_sends(says(b"GET ", seq=home.rcv_nxt + len(request.payload), ack=home.snd_nxt))
    assert world.sent().ipos == []


@pytest.mark.parametrize("octets", [0, -5])
def test_an_endpoint_that_has_consumed_nothing_can_not_come_home(
    world: World, away: tuple[ControlBlock, Segment], octets: int
) -> None:
    comes_home(world, away[0], octets)
    assert not world.sent()
    assert world.router.discards[Discard.NOT_LATER] == 1


def test_another_connection_does_not_come_home(world: World, away: tuple[ControlBlock, Segment]) -> None:
    comes_home(world, replace(away[0], irs=away[0].irs + 1))
    assert not world.sent()


def test_a_reset_at_home_ends_entry_and_endpoint(world: World, away: tuple[ControlBlock, Segment]) -> None:
    home = comes_home(world, away[0]).connection.control_block
    world.sent()
    world.peer_sends(by_peer(says(seq=home.rcv_nxt, flags=Flags.RST), server=SERVER))
    assert not world.sent()
    assert len(world.router.tables) == len(world.router.forward) == 0


def test_a_provisional_endpoint_goes_only_together_with_the_entry(
    world: World, away: tuple[ControlBlock, Segment]
) -> None:
    comes_home(world, away[0])
    world.sent()
    for _ in range(10):
        world.waits(IDLE / 5)
        world.client_sends(says())
        assert len(forwarded(world)) == 1
    assert len(world.router.tables) == 1
    world.waits(IDLE + 1)
    assert len(world.router.tables) == len(world.router.forward) == 0


def test_a_half_open_endpoint_stays_when_the_connection_comes_home(
    world: World, away: tuple[ControlBlock, Segment]
) -> None:
    answer = half_open(world)
    home = comes_home(world, away[0]).connection.control_block
    world.peer_sends(by_peer(says(b"GET ", seq=home.rcv_nxt, ack=home.snd_nxt), server=SERVER))
    world.sent()
    (number,) = [event.number for event in world.events() if isinstance(event, Attached)]
    assert len(world.router.tables) == 2
    world.client_sends(says(b"/ HT", seq=home.rcv_nxt + 4, ack=home.snd_nxt))
    assert world.reads(number) == b"GET / HT"
    world.client_sends(says(seq=70_001, ack=answer.seq + 1))  # the client has begun anew after all
    assert world.router.endpoint(number) is None
    assert len(world.router.tables) == 1


# At a target: beside an entry of another server


@pytest.mark.parametrize(
    ("iss", "source", "taken"), [(9000, PEER_MAC, True), (9000, OTHER_PEER_MAC, False), (4000, PEER_MAC, False)]
)
def test_only_the_owners_newer_connection_ends_a_forward_entry(
    world: World, iss: int, source: bytes, taken: bool
) -> None:
    server = Address(PEER_IP, HTTP)
    onward = Onward(OTHER_PEER_IP, HTTP, OTHER_PEER_MAC)
    world.router.forward.enter(CLIENT, server, onward, Numbers(5000, 900, 5001, 950), world.now)
    block = replace(connection_packet().connection.control_block, iss=iss, irs=77)
    world.peer_sends(connection_packet(block, source=source))  # type: ignore[arg-type]
    assert (len(world.sent().ipos), len(world.router.forward)) == ((1, 0) if taken else (0, 1))


def test_a_type_2_packet_for_nobody_is_refused_as_before(world: World) -> None:
    world.peer_sends(by_peer(says(b"x"), reference=REFERENCE))
    (answer,) = world.answers()
    assert answer.flags & Flags.RST
    assert opened(world).flags == Flags.SYN | Flags.ACK
