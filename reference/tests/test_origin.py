"""The origin role's local service: accept, hold, attach (ORG-1 to ORG-4, ORG-9 to ORG-12, TAB-4)."""

from dataclasses import replace

import pytest
from in_memory import (
    CLIENT,
    CLOSED_PORT,
    HTTP,
    OTHER_PEER_IP,
    PEER_IP,
    RAW,
    REQUEST,
    ROUTER_IP,
    SERVER,
    SETTINGS,
    World,
    opened,
    says,
)
from ipos_reference.addresses import Address
from ipos_reference.discards import Discard
from ipos_reference.events import Attached, Changed, Detached
from ipos_reference.settings import Bounds, Entered, idle
from ipos_reference.tables import Place
from ipos_reference.tcp.endpoint import State
from ipos_reference.tcp.segment import Flags, Options
from ipos_reference.tcp.sequence import add, difference
from ipos_spec.encapsulation import Protocol
from ipos_spec.tables.records import CookieEntry, ListeningSocket, UrlEntry


@pytest.fixture
def world() -> World:
    return World()


def attached(world: World) -> int:
    """The number of the endpoint that has just been attached to its application."""
    (number,) = [event.number for event in world.events() if isinstance(event, Attached)]
    return number


def place(world: World) -> Place:
    """The table in which the only endpoint stands."""
    (connection,) = world.router.tables
    return world.router.tables.place_of(connection)


def test_a_syn_opens_an_endpoint_in_temporary_that_no_application_knows_of(world: World) -> None:
    opened(world)
    assert place(world) is Place.TEMPORARY
    assert world.events() == []


def test_a_syn_to_a_port_that_nobody_serves_is_reset(world: World) -> None:
    syn = says(seq=900, ack=0, flags=Flags.SYN, port=CLOSED_PORT)
    world.client_sends(syn, server=Address(ROUTER_IP, CLOSED_PORT))
    (answer,) = world.answers()
    assert (answer.flags, answer.ack) == (Flags.RST | Flags.ACK, 901)
    assert len(world.router.tables) == 0


@pytest.mark.parametrize(
    ("first_mtu", "second_mtu", "expected"), [(1500, 1600, 1460), (1500, 1500, 1444), (1400, 1600, 1360)]
)
def test_the_offered_mss_leaves_room_for_encapsulation(first_mtu: int, second_mtu: int, expected: int) -> None:
    world = World(replace(SETTINGS, first_mtu=first_mtu, second_mtu=second_mtu))
    assert opened(world).options.mss == expected


def test_a_complete_request_goes_to_the_application_once_and_in_order(world: World) -> None:
    answer = opened(world)
    halves = REQUEST[:10], REQUEST[10:]
    world.client_sends(says(halves[1], seq=911, ack=answer.seq + 1))
    world.client_sends(says(halves[1], seq=911, ack=answer.seq + 1))
    assert world.events() == []
    world.client_sends(says(halves[0], ack=answer.seq + 1))
    assert place(world) is Place.LOCAL
    assert world.reads(attached(world)) == REQUEST


def test_on_a_raw_port_the_first_octet_is_the_request(world: World) -> None:
    answer = opened(world, port=RAW)
    world.client_sends(says(b"x", ack=answer.seq + 1, port=RAW), server=Address(ROUTER_IP, RAW))
    assert world.reads(attached(world)) == b"x"


def test_the_ack_that_completes_the_handshake_may_carry_the_request(world: World) -> None:
    world.client_sends(says(seq=900, ack=0, flags=Flags.SYN))
    (answer,) = world.answers()
    world.client_sends(says(REQUEST, ack=answer.seq + 1))
    assert world.reads(attached(world)) == REQUEST


def test_a_request_that_a_peer_passes_on_is_held_like_any_other(world: World) -> None:
    answer = opened(world)
    world.forwards(says(REQUEST[:10], ack=answer.seq + 1), server=SERVER)
    world.waits(0.999)
    assert not world.sent()
    world.forwards(says(REQUEST[10:], seq=911, ack=answer.seq + 1), server=SERVER)
    assert world.reads(attached(world)) == REQUEST


def test_a_repeated_syn_is_answered_again_though_it_carries_data(world: World) -> None:
    syn = says(b"early", seq=900, ack=0, flags=Flags.SYN)
    for _ in range(2):
        world.client_sends(syn)
        (answer,) = world.answers()
        assert (answer.flags, answer.ack) == (Flags.SYN | Flags.ACK, 901)


def test_a_reset_with_data_ends_an_unfinished_handshake(world: World) -> None:
    world.client_sends(says(seq=900, ack=0, flags=Flags.SYN))
    world.client_sends(says(b"a reason", flags=Flags.RST))
    assert len(world.router.tables) == 0


def test_no_octet_of_an_incomplete_request_is_acknowledged_for_a_second(world: World) -> None:
    answer = opened(world)
    world.client_sends(says(REQUEST[:10], ack=answer.seq + 1))
    world.waits(0.999)
    assert not world.sent()
    world.waits(0.1)
    assert place(world) is Place.LOCAL
    (acknowledgment,) = world.answers()
    assert acknowledgment.ack == 911


def test_a_fin_without_data_is_the_end_of_the_applications_file(world: World) -> None:
    answer = opened(world)
    world.client_sends(says(ack=answer.seq + 1, flags=Flags.FIN | Flags.ACK))
    endpoint = world.router.endpoint(attached(world))
    assert endpoint is not None
    assert endpoint.end_of_stream


def test_a_fin_that_has_overtaken_the_data_does_not_begin_the_request(world: World) -> None:
    answer = opened(world)
    world.client_sends(says(seq=911, ack=answer.seq + 1, flags=Flags.FIN | Flags.ACK))
    world.waits(0.9)
    world.client_sends(says(REQUEST[:10], ack=answer.seq + 1))
    world.waits(0.9)
    assert not world.sent()


def test_the_application_is_told_once_however_much_has_come_since_it_looked(world: World) -> None:
    answer = opened(world)
    world.client_sends(says(REQUEST, ack=answer.seq + 1))
    number = attached(world)
    seq = 901 + len(REQUEST)
    for _ in range(2):
        world.client_sends(says(b"xy", seq=seq, ack=answer.seq + 1))
        world.client_sends(says(b"z", seq=seq + 2, ack=answer.seq + 1))
        assert world.events() == [Changed(number)]
        seq += 3


@pytest.mark.parametrize(
    ("port", "said", "chosen"),
    [
        (HTTP, b"GET /images/a HTTP/1.1\r\nHost: a\r\n\r\n", PEER_IP),
        (HTTP, b"GET / HTTP/1.1\r\nHost: a\r\nCookie: ipos=s\r\n\r\n", OTHER_PEER_IP),
        (HTTP, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", ROUTER_IP),
        (HTTP, b"GET /images/a\r\n\r\n", ROUTER_IP),
        (RAW, b"GET /images/a HTTP/1.1\r\nHost: a\r\n\r\n", ROUTER_IP),
    ],
)
def test_a_server_is_chosen_by_the_request_and_no_sooner(port: int, said: bytes, chosen: int) -> None:
    peers = [ListeningSocket(server_ip=peer, port=HTTP, process=0) for peer in (PEER_IP, OTHER_PEER_IP)]
    entered = Entered(
        server_states=(idle(PEER_IP), idle(OTHER_PEER_IP)),
        listening={Protocol.TCP: tuple(peers)},
        urls=(UrlEntry(url="/images", server_ip=PEER_IP),),
        cookies=(CookieEntry(cookie_id="s", server_ip=OTHER_PEER_IP),),
    )
    world = World(replace(SETTINGS, entered=entered))
    answer = opened(world, port=port)
    world.client_sends(says(said, ack=answer.seq + 1, port=port), server=Address(ROUTER_IP, port))
    (connection,) = world.router.tables
    assert connection.chosen == chosen
    assert connection.migrating is (chosen != ROUTER_IP)
    if chosen == ROUTER_IP:
        assert world.router.tables.place_of(connection) is Place.LOCAL
        assert world.reads(attached(world)) == said


def test_an_end_without_a_request_chooses_nobody(world: World) -> None:
    answer = opened(world)
    world.client_sends(says(ack=answer.seq + 1, flags=Flags.FIN | Flags.ACK))
    (connection,) = world.router.tables
    assert connection.chosen is None


@pytest.mark.parametrize(
    ("seq", "payload", "flags"),
    [(901 - 5, b"early", Flags.ACK), (2**31, b"late", Flags.ACK), (901, b"", Flags.SYN), (902, b"", Flags.RST)],
)
def test_what_is_out_of_place_before_a_request_is_answered_with_an_ack(
    world: World, seq: int, payload: bytes, flags: int
) -> None:
    opened(world)
    world.client_sends(says(payload, seq=seq, flags=flags, ack=0))
    (answer,) = world.answers()
    assert (answer.flags, answer.ack) == (Flags.ACK, 901)
    assert place(world) is Place.TEMPORARY


def test_an_endpoint_without_data_is_reset_after_thirty_seconds(world: World) -> None:
    opened(world)
    world.waits(29.9)
    assert not world.sent()
    world.waits(0.2)
    (answer,) = world.answers()
    assert answer.flags & Flags.RST
    assert len(world.router.tables) == 0


@pytest.mark.parametrize(("seq", "ends"), [(901, True), (911, True), (905, False), (912, False)])
def test_a_reset_counts_only_at_either_end_of_what_is_held(world: World, seq: int, *, ends: bool) -> None:
    answer = opened(world)
    world.client_sends(says(REQUEST[:10], ack=answer.seq + 1))
    world.client_sends(says(seq=seq, flags=Flags.RST))
    assert not world.sent()
    assert (len(world.router.tables) == 0) is ends


def test_what_is_held_is_bounded(world: World) -> None:
    answer = opened(world)
    for octet in range(70):
        world.client_sends(says(b"x", seq=902 + 2 * octet, ack=answer.seq + 1))
    assert world.router.discards[Discard.HOLD_FULL] == 70 - 64


def test_a_younger_timestamp_while_a_request_is_held_does_not_make_it_look_old(world: World) -> None:
    stamps = Options(mss=1460, timestamps=(1000, 0))
    world.client_sends(says(seq=900, ack=0, flags=Flags.SYN, options=stamps))
    (answer,) = world.answers()
    assert answer.options.timestamps is not None
    echo = answer.options.timestamps[0]
    world.client_sends(says(ack=answer.seq + 1, options=Options(timestamps=(1001, echo))))
    world.client_sends(says(REQUEST[10:], seq=911, ack=answer.seq + 1, options=Options(timestamps=(1002, echo))))
    world.client_sends(says(seq=901, ack=answer.seq + 1, options=Options(timestamps=(9000, echo))))
    world.client_sends(says(REQUEST[:10], ack=answer.seq + 1, options=Options(timestamps=(1002, echo))))
    assert world.reads(attached(world)) == REQUEST


def test_a_full_temporary_drops_syns_and_recovers() -> None:
    world = World(replace(SETTINGS, bounds=Bounds(temporary=1)))
    opened(world)
    second = Address(CLIENT.ip, CLIENT.port + 1)
    syn = says(seq=900, ack=0, flags=Flags.SYN, client=second)
    world.client_sends(syn, second)
    assert not world.sent()
    assert world.router.discards[Discard.TEMPORARY_FULL] == 1
    world.client_sends(says(seq=901, flags=Flags.RST))
    world.client_sends(syn, second)
    assert [answer.flags for answer in world.answers()] == [Flags.SYN | Flags.ACK]


def test_a_full_local_resets_the_connection() -> None:
    world = World(replace(SETTINGS, bounds=Bounds(local=0)))
    answer = opened(world)
    world.client_sends(says(REQUEST, ack=answer.seq + 1))
    assert [bool(reset.flags & Flags.RST) for reset in world.answers()] == [True]
    assert world.router.discards == {Discard.LOCAL_FULL: 1}
    assert world.events() == []
    assert len(world.router.tables) == 0


def test_an_answer_and_both_ends_of_stream(world: World) -> None:
    answer = opened(world)
    world.client_sends(says(REQUEST, ack=answer.seq + 1))
    number = attached(world)
    world.reads(number)
    world.writes(number, b"hello")
    world.closes(number)
    world.waits(0.05)
    segments = world.answers()
    assert b"".join(segment.payload for segment in segments) == b"hello"
    assert segments[-1].flags & Flags.FIN
    end = 901 + len(REQUEST)
    world.client_sends(says(seq=end, ack=answer.seq + 7, flags=Flags.FIN | Flags.ACK))
    assert [segment.ack for segment in world.answers()] == [end + 1]
    world.waits(61)
    assert len(world.router.tables) == 0
    assert [event for event in world.events() if not isinstance(event, Changed)] == [Detached(number, None)]


def in_time_wait(world: World, said: int) -> int:
    """Have a connection end, the server first, after it has sent that many octets; returns its next sequence number."""
    answer = opened(world)
    world.client_sends(says(REQUEST, ack=answer.seq + 1))
    number = attached(world)
    world.reads(number)
    seq = 901 + len(REQUEST)
    for start in range(0, said, 10_000):
        world.writes(number, b"x" * 10_000)
        world.client_sends(says(seq=seq, ack=add(answer.seq, 1 + start + 10_000)))
    world.closes(number)
    end = add(answer.seq, 2 + said)
    world.client_sends(says(seq=seq, ack=end, flags=Flags.FIN | Flags.ACK))
    world.sent()
    (connection,) = world.router.tables
    assert connection.endpoint.state is State.TIME_WAIT
    return end


@pytest.mark.parametrize("said", [0, 1_000_000])
def test_a_syn_reopens_a_connection_in_time_wait_with_numbers_that_were_not_used(world: World, said: int) -> None:
    end = in_time_wait(world, said)
    world.waits(0.01)
    world.client_sends(says(seq=500_000, ack=0, flags=Flags.SYN))
    (answer,) = world.answers()
    assert answer.flags == Flags.SYN | Flags.ACK
    assert difference(answer.seq, end) > 0


@pytest.mark.parametrize(("seq", "flags"), [(901, Flags.SYN), (500_000, Flags.SYN | Flags.FIN)])
def test_another_syn_does_not_end_time_wait(world: World, seq: int, flags: int) -> None:
    in_time_wait(world, 0)
    world.client_sends(says(seq=seq, ack=0, flags=flags))
    assert [answer.flags for answer in world.answers()] == [Flags.ACK]
    assert len(world.router.tables) == 1


def test_abort_by_the_application_resets_the_client(world: World) -> None:
    answer = opened(world)
    world.client_sends(says(REQUEST, ack=answer.seq + 1))
    world.aborts(attached(world))
    assert [bool(reset.flags & Flags.RST) for reset in world.answers()] == [True]


def test_what_the_application_has_not_read_outlives_the_endpoint(world: World) -> None:
    answer = opened(world)
    world.client_sends(says(REQUEST, ack=answer.seq + 1, flags=Flags.FIN | Flags.ACK))
    number = attached(world)
    world.closes(number)
    world.client_sends(says(seq=902 + len(REQUEST), ack=answer.seq + 2))
    assert len(world.router.tables) == 0
    assert world.events()[-1] == Detached(number, None, REQUEST)
