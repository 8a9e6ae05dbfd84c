"""The target role: taking over a connection, and what its client and strangers may do to it (TGT-1 to 8, TGT-12)."""

from dataclasses import replace

import pytest
from in_memory import (
    BLOCK,
    CLIENT,
    CLOSED_PORT,
    GATEWAY_IP,
    HTTP,
    OTHER_PEER_IP,
    OTHER_PEER_MAC,
    PEER_IP,
    PEER_MAC,
    PEER_SERVER,
    REFERENCE,
    REQUEST,
    ROUTER_IP,
    SECOND_MAC,
    SETTINGS,
    World,
    connection_packet,
    later,
    opened,
    says,
)
from ipos_reference.addresses import Address
from ipos_reference.arp import Operation
from ipos_reference.discards import Discard
from ipos_reference.events import Attached, Detached
from ipos_reference.router import Lan
from ipos_reference.settings import Bounds
from ipos_reference.tables import Place
from ipos_reference.tcp.segment import Flags, Options
from ipos_spec.connection import UdpConnectionInformation
from ipos_spec.control_block import ControlBlock, ControlFlag
from ipos_spec.ethernet import EthernetHeader
from ipos_spec.packets import Acknowledgement, acknowledges, udp_connection_packet
from ipos_spec.tables.records import EndpointEntry

STAMPED = replace(BLOCK, t_flags=ControlFlag.TIMESTAMPS, ts_now=5_000_000, ts_recent=100)


@pytest.fixture
def world() -> World:
    return World()


def acknowledgements(world: World) -> list[Acknowledgement]:
    """What the router has sent since it was last asked, which may be nothing but acknowledgements."""
    sent = world.sent()
    assert (sent.segments, sent.questions, sent.other) == ([], [], [])
    assert all(isinstance(packet, Acknowledgement) for packet in sent.ipos), sent
    return [packet for packet in sent.ipos if isinstance(packet, Acknowledgement)]


def attached(world: World) -> list[int]:
    """The numbers of the endpoints that have been attached to their applications."""
    return [event.number for event in world.events() if isinstance(event, Attached)]


def test_a_connection_packet_makes_a_provisional_endpoint_and_is_acknowledged(world: World) -> None:
    packet = world.migrates()
    (answer,) = acknowledgements(world)
    assert acknowledges(answer, packet)
    assert (answer.ethernet.destination, answer.ethernet.source) == (PEER_MAC, SECOND_MAC)
    (connection,) = world.router.tables
    assert world.router.tables.records(Place.FORWARD_CONNECT).part(0, 2) == [
        EndpointEntry.of(REFERENCE, connection.number)
    ]
    assert connection.provisional
    assert attached(world) == []


def test_the_acknowledgement_is_padded_to_the_shortest_frame(world: World) -> None:
    world.migrates()
    (answer,) = acknowledgements(world)
    assert answer.padding == bytes(30)


def test_where_nobody_listens_silence_is_the_refusal(world: World) -> None:
    world.migrates(reference=REFERENCE._replace(target_port=CLOSED_PORT))
    assert not world.sent()
    assert world.router.discards == {Discard.NO_LISTENER: 1}


def test_a_full_forward_connect_does_not_acknowledge(world: World) -> None:
    world = World(replace(SETTINGS, bounds=Bounds(forward_connect=1)))
    world.migrates()
    assert len(acknowledgements(world)) == 1
    world.migrates(reference=REFERENCE._replace(client_port=CLIENT.port + 1))
    assert not world.sent()
    world.migrates(later(BLOCK))
    assert len(acknowledgements(world)) == 1


def test_a_repeated_connection_packet_is_acknowledged_again_and_changes_nothing(world: World) -> None:
    world.migrates()
    before = world.tables()
    world.now += 1
    world.migrates()
    assert len(acknowledgements(world)) == 2
    assert world.tables() == before


def test_it_is_acknowledged_again_after_the_endpoint_became_definite(world: World) -> None:
    world.migrates()
    world.forwards(says(REQUEST))
    world.sent()
    world.migrates()
    assert len(acknowledgements(world)) == 1
    assert len(world.router.tables) == 1


def another_connection(iss: int) -> ControlBlock:
    """Of the same client and server, with other numbers."""
    snd_nxt = (iss + 1) % 2**32
    return replace(BLOCK, iss=iss, snd_una=snd_nxt, snd_nxt=snd_nxt, snd_max=snd_nxt)


ANOTHER_CONNECTION = another_connection(7000)
OLDER_CONNECTION = another_connection(4000)


@pytest.mark.parametrize(
    ("block", "source", "replaces"),
    [
        (later(BLOCK), PEER_MAC, True),
        (later(BLOCK), OTHER_PEER_MAC, True),
        (replace(BLOCK, snd_una=5002, snd_nxt=5002, snd_max=5002), PEER_MAC, True),
        (later(BLOCK, -1), PEER_MAC, False),
        (replace(BLOCK, snd_una=5000, snd_nxt=5000, snd_max=5000), PEER_MAC, False),
        (replace(later(BLOCK, -1), snd_una=5002, snd_nxt=5002, snd_max=5002), PEER_MAC, False),
        (ANOTHER_CONNECTION, PEER_MAC, True),
        (ANOTHER_CONNECTION, OTHER_PEER_MAC, False),
        (OLDER_CONNECTION, PEER_MAC, False),
        (another_connection(2**32 - 1), PEER_MAC, False),
        (replace(BLOCK, irs=70), PEER_MAC, False),
    ],
)
def test_a_provisional_endpoint_gives_way_only_to_a_later_holder(
    world: World, block: ControlBlock, source: bytes, *, replaces: bool
) -> None:
    world.migrates()
    world.sent()
    world.migrates(block, source=source)
    assert len(acknowledgements(world)) == int(replaces)
    (connection,) = world.router.tables
    assert (connection.endpoint.rcv_nxt, connection.endpoint.snd_nxt) == (
        (block.rcv_nxt, block.snd_nxt) if replaces else (901, 5001)
    )


def test_another_server_of_the_same_reference_needs_no_later_iss(world: World) -> None:
    """Two servers' initial sequence numbers can't be compared: the owner's word is enough."""
    world.migrates()
    world.sent()
    world.migrates(OLDER_CONNECTION, server=Address(OTHER_PEER_IP, HTTP), source=OTHER_PEER_MAC)
    assert len(acknowledgements(world)) == 1
    assert [connection.server.ip for connection in world.router.tables] == [OTHER_PEER_IP]


def test_a_definite_endpoint_is_not_replaced_by_the_same_connection(world: World) -> None:
    world.migrates()
    world.forwards(says(REQUEST))
    world.sent()
    world.migrates(later(BLOCK, 1000))
    assert not world.sent()
    assert world.router.discards == {Discard.NOT_LATER: 1}


def test_an_endpoint_that_was_accepted_here_is_never_replaced(world: World) -> None:
    world.client_sends(says(seq=900, ack=0, flags=Flags.SYN))
    world.sent()
    world.migrates()  # the same reference, another server
    assert not world.sent()


def test_a_connection_to_its_own_server_is_not_accepted_from_nowhere(world: World) -> None:
    world.migrates(server=Address(ROUTER_IP, HTTP))
    assert not world.sent()


def test_the_application_of_a_replaced_endpoint_learns_that_it_did_not_end_in_order(world: World) -> None:
    world.migrates()
    world.forwards(says(REQUEST))
    (number,) = attached(world)
    world.migrates(ANOTHER_CONNECTION)
    (end,) = [event for event in world.events() if isinstance(event, Detached)]
    assert end == Detached(number, "replaced")


def test_a_late_copy_does_not_bring_an_ended_endpoint_back(world: World) -> None:
    world.migrates()
    world.forwards(says(flags=Flags.RST))
    assert len(world.router.tables) == 0
    world.sent()
    world.migrates()
    assert not world.sent()
    world.migrates(ANOTHER_CONNECTION)
    assert len(acknowledgements(world)) == 1
    world.forwards(says(flags=Flags.RST))
    world.waits(5.1)
    world.migrates(ANOTHER_CONNECTION)
    assert len(acknowledgements(world)) == 1


def test_the_memory_of_ended_endpoints_is_bounded_and_forgets_the_oldest() -> None:
    world = World(replace(SETTINGS, bounds=Bounds(ended=2)))
    references = [REFERENCE._replace(client_port=CLIENT.port + n) for n in range(3)]
    for reference in references:
        world.migrates(reference=reference)
        world.forwards(says(flags=Flags.RST, client=CLIENT._replace(port=reference.client_port)), reference=reference)
    world.sent()
    remembered = []
    for reference in reversed(references):  # the oldest last: it comes back
        world.migrates(reference=reference)
        remembered.append(acknowledgements(world) == [])
    assert remembered == [True, True, False]


def test_a_udp_connection_packet_is_refused_by_silence(world: World) -> None:
    header = EthernetHeader(destination=SECOND_MAC, source=PEER_MAC)
    information = UdpConnectionInformation(server_ip=PEER_IP, server_port=HTTP)
    world.peer_sends(udp_connection_packet(header, REFERENCE, information))
    assert not world.sent()
    assert world.router.discards == {Discard.NO_LISTENER: 1}


def test_nothing_is_due_once_the_last_endpoint_is_gone(world: World) -> None:
    world.migrates()
    assert world.router.next_timeout() is not None
    world.forwards(says(flags=Flags.RST))
    assert world.router.next_timeout() is None


def test_a_provisional_endpoint_says_nothing_to_anybody(world: World) -> None:
    world.migrates()
    world.sent()
    world.forwards(says())
    world.forwards(says(seq=905))
    world.forwards(says(REQUEST), source=OTHER_PEER_MAC)
    world.forwards(says(REQUEST, seq=901 + 30000))
    world.forwards(says(REQUEST, seq=901 - len(REQUEST)))
    world.forwards(says(flags=Flags.RST, seq=902))
    world.client_sends(says(REQUEST), server=PEER_SERVER)
    world.waits(899)
    assert not world.sent()
    assert attached(world) == []
    assert len(world.router.tables) == 1
    world.waits(2)
    assert not world.sent()
    assert len(world.router.tables) == 0


def test_data_in_the_window_makes_it_definite_and_reaches_the_application(world: World) -> None:
    world.migrates()
    world.sent()
    world.forwards(says(REQUEST[5:], seq=906))
    (number,) = attached(world)
    world.forwards(says(REQUEST[:5]))
    assert world.reads(number) == REQUEST


def test_a_fin_makes_it_definite(world: World) -> None:
    world.migrates()
    world.forwards(says(flags=Flags.FIN | Flags.ACK))
    (number,) = attached(world)
    endpoint = world.router.endpoint(number)
    assert endpoint is not None
    assert endpoint.end_of_stream


def test_the_answer_goes_straight_to_the_client_from_the_server_address(world: World) -> None:
    world.migrates()
    world.forwards(says(REQUEST))
    (number,) = attached(world)
    world.sent()
    world.reads(number)
    world.writes(number, b"x" * 2500)
    sent = world.sent()
    assert not sent.ipos
    assert {(server, client) for server, client, _ in sent.segments} == {(PEER_SERVER, CLIENT)}
    segments = [segment for _, _, segment in sent.segments if segment.payload]
    assert [(segment.seq, len(segment.payload)) for segment in segments] == [(5001, 1000), (6001, 1000), (7001, 500)]
    assert {segment.ack for segment in segments} == {901 + len(REQUEST)}


def test_the_client_may_reach_a_definite_endpoint_on_the_first_lan_too(world: World) -> None:
    world.migrates()
    world.forwards(says(REQUEST[:5]))
    (number,) = attached(world)
    world.client_sends(says(REQUEST[5:], seq=906), server=PEER_SERVER)
    assert world.reads(number) == REQUEST


def test_it_asks_for_the_next_hop_with_its_own_address(world: World) -> None:
    neighbour = Address(PEER_IP + 48, 49152)  # on the first LAN itself, not behind the edge router
    reference = REFERENCE._replace(client_ip=neighbour.ip)
    world.migrates(reference=reference)
    world.forwards(says(REQUEST), reference=reference)
    world.waits(1)
    questions = [packet for lan, packet in world.sent().questions if lan is Lan.FIRST]
    assert {(question.sender_ip, question.target_ip) for question in questions} == {(ROUTER_IP, neighbour.ip)}
    assert questions[0].operation is Operation.REQUEST
    assert neighbour.ip != GATEWAY_IP


def test_timestamps_go_on_where_the_origins_clock_stood(world: World) -> None:
    world.migrates(STAMPED)
    world.waits(0.25)
    world.forwards(says(REQUEST, options=Options(timestamps=(200, 4_999_000))))
    (number,) = attached(world)
    world.reads(number)
    world.sent()
    world.writes(number, b"x")
    (answer,) = world.answers()
    assert answer.options.timestamps == (5_000_250, 200)


def test_without_the_origins_clock_it_starts_well_after_what_the_client_has_seen(world: World) -> None:
    world.migrates(replace(STAMPED, ts_now=0))
    world.sent()
    world.forwards(says(REQUEST, options=Options(timestamps=(200, 4_999_000))))
    world.waits(0.05)
    (answer,) = world.answers()
    assert answer.options.timestamps is not None
    assert answer.options.timestamps[0] >= 4_999_000 + 10_000


def test_a_segment_without_timestamps_though_they_are_in_use_makes_nothing_definite(world: World) -> None:
    world.migrates(STAMPED)
    world.forwards(says(REQUEST))
    assert attached(world) == []
    assert world.router.discards == {Discard.PROVISIONAL: 1}


def test_another_inner_destination_is_discarded(world: World) -> None:
    world.migrates()
    world.sent()
    world.forwards(says(REQUEST), server=Address(OTHER_PEER_IP, HTTP))
    world.forwards(says(REQUEST, port=CLOSED_PORT), server=Address(PEER_IP, CLOSED_PORT))
    assert not world.sent()
    assert world.router.discards == {Discard.WRONG_INNER_DESTINATION: 2}


def test_the_same_client_port_may_talk_to_this_server_too(world: World) -> None:
    world.migrates()
    world.forwards(says(REQUEST[:5]))
    (migrated,) = attached(world)
    world.sent()
    answer = opened(world)
    world.forwards(says(REQUEST[5:], seq=906))
    assert world.reads(migrated) == REQUEST
    world.client_sends(says(REQUEST, ack=answer.seq + 1))
    (native,) = attached(world)
    assert world.reads(native) == REQUEST


def test_an_endpoint_that_shares_its_reference_with_one_in_time_wait_is_not_forgotten(world: World) -> None:
    world.migrates()
    world.forwards(says(REQUEST))
    (migrated,) = attached(world)
    world.sent()
    answer = opened(world)
    world.client_sends(says(REQUEST, ack=answer.seq + 1))
    world.closes(attached(world)[0])
    world.client_sends(says(seq=901 + len(REQUEST), ack=answer.seq + 2, flags=Flags.FIN | Flags.ACK))
    world.sent()
    world.migrates(server=Address(OTHER_PEER_IP, HTTP), source=PEER_MAC)  # not the owner, so it may replace neither
    assert not world.sent()
    assert world.reads(migrated) == REQUEST
    world.aborts(migrated)
    assert world.sent()


@pytest.mark.parametrize(
    ("flags", "answered"), [(Flags.ACK, True), (Flags.FIN | Flags.ACK, True), (Flags.RST, False), (Flags.SYN, False)]
)
def test_a_packet_for_no_endpoint_is_answered_as_a_closed_connection_does(
    world: World, flags: int, *, answered: bool
) -> None:
    world.forwards(says(flags=flags))
    assert [(answer.flags, answer.seq) for answer in world.answers()] == ([(Flags.RST, 5001)] if answered else [])


def test_an_acknowledgement_that_nobody_asked_for_is_discarded(world: World) -> None:
    packet = connection_packet()
    world.peer_sends(
        Acknowledgement(ethernet=packet.ethernet, header=replace(packet.header, type=3)),
    )
    assert not world.sent()
    assert world.router.discards == {Discard.NOT_IN_PROGRESS: 1}
