"""Schedule, neighbours, hold and initial numbers: each by itself."""

from typing import Any

from in_memory import CLIENT, SERVER, client_packet, says
from ipos_reference.discards import Discard, Discards
from ipos_reference.hold import MAXIMUM_OCTETS, Arrival, Hold
from ipos_reference.initial_numbers import initial_sequence_number, timestamp_offset
from ipos_reference.neighbours import LIFETIME, MAXIMUM_KNOWN, MAXIMUM_PENDING, MAXIMUM_WAITING, Neighbours
from ipos_reference.schedule import Schedule
from ipos_reference.tcp.segment import Flags
from ipos_spec.addresses import IPv4, Mac, ipv4, mac

NEIGHBOUR, MAC = ipv4("192.0.2.9"), mac("02:00:00:00:00:09")


class Recorder:
    """What a Neighbours has sent and asked."""

    def __init__(self) -> None:
        self.sent: list[tuple[Mac, bytes]] = []
        self.asked: list[IPv4] = []
        self.discards = Discards()
        self.neighbours = Neighbours(
            send=lambda mac, packet: self.sent.append((mac, packet)), ask=self.asked.append, discards=self.discards
        )


def test_schedule_gives_each_key_once_in_order_of_its_latest_time() -> None:
    schedule = Schedule()
    schedule.set(1, 5.0)
    schedule.set(2, 3.0)
    schedule.set(3, 4.0)
    schedule.set(1, 2.0)
    schedule.set(3, None)
    assert schedule.next() == 2.0
    assert list(schedule.pop_due(4.0)) == [1, 2]
    assert schedule.next() is None


def test_schedule_goes_on_with_what_is_set_meanwhile() -> None:
    schedule = Schedule()
    schedule.set(1, 1.0)
    for key in schedule.pop_due(1.0):
        schedule.set(key, 2.0)
    assert schedule.next() == 2.0


def test_schedule_does_not_grow_with_what_was_set_anew() -> None:
    schedule = Schedule()
    schedule.set(1, 1e9)
    for time in range(100_000):
        schedule.set(2, 60.0 + time)
    assert len(schedule._heap) < 100
    assert list(schedule.pop_due(1e9)) == [2, 1]


def test_packets_wait_in_order_for_the_neighbours_answer() -> None:
    seen = Recorder()
    for packet in (b"1", b"2"):
        seen.neighbours.deliver(NEIGHBOUR, packet, 0.0)
    assert (seen.asked, seen.sent) == ([NEIGHBOUR], [])
    seen.neighbours.learn(NEIGHBOUR, MAC, 0.1, create=True)
    seen.neighbours.deliver(NEIGHBOUR, b"3", 0.2)
    assert seen.sent == [(MAC, b"1"), (MAC, b"2"), (MAC, b"3")]


def test_a_silent_neighbour_is_asked_three_times_and_its_packets_are_counted() -> None:
    seen = Recorder()
    for packet in range(MAXIMUM_WAITING + 1):
        seen.neighbours.deliver(NEIGHBOUR, b"%d" % packet, 0.0)
    while (due := seen.neighbours.next_timeout()) is not None:
        seen.neighbours.handle_timeout(due)
    assert seen.asked == [NEIGHBOUR] * 3
    assert seen.discards == {Discard.NEIGHBOUR_SILENT: MAXIMUM_WAITING, Discard.NEIGHBOUR_QUEUE_FULL: 1}


def test_what_strangers_say_of_themselves_is_not_kept() -> None:
    seen = Recorder()
    seen.neighbours.learn(NEIGHBOUR, MAC, 0.0, create=False)
    seen.neighbours.deliver(NEIGHBOUR, b"1", 0.0)
    assert (seen.asked, seen.sent) == ([NEIGHBOUR], [])


def test_an_answer_is_believed_for_its_lifetime() -> None:
    seen = Recorder()
    seen.neighbours.learn(NEIGHBOUR, MAC, 0.0, create=True)
    seen.neighbours.deliver(NEIGHBOUR, b"1", LIFETIME - 1)
    assert (seen.asked, seen.sent) == ([], [(MAC, b"1")])
    seen.neighbours.deliver(NEIGHBOUR, b"2", LIFETIME)
    assert (seen.asked, seen.sent) == ([NEIGHBOUR], [(MAC, b"1")])


def test_only_so_many_neighbours_are_asked_for_at_a_time() -> None:
    seen = Recorder()
    for host in range(MAXIMUM_PENDING + 1):
        for packet in (b"1", b"2"):
            seen.neighbours.deliver(IPv4(NEIGHBOUR + host), packet, 0.0)
    assert len(seen.asked) == MAXIMUM_PENDING
    assert seen.discards == {Discard.NEIGHBOUR_QUEUE_FULL: 2}


def test_only_so_many_answers_are_kept_and_the_oldest_goes() -> None:
    seen = Recorder()
    for host in (*range(MAXIMUM_KNOWN), 0, MAXIMUM_KNOWN):  # the first speaks again, so the second is the oldest
        seen.neighbours.learn(IPv4(NEIGHBOUR + host), MAC, 0.0, create=True)
    for host in (0, 1, 2, MAXIMUM_KNOWN):
        seen.neighbours.deliver(IPv4(NEIGHBOUR + host), b"1", 1.0)
    assert seen.asked == [NEIGHBOUR + 1]


def held(payload: bytes = b"", **changes: Any) -> Arrival:
    """A client's segment, as it is held."""
    segment = says(payload, **changes)
    return Arrival(segment, client_packet(segment))


def test_hold_knows_the_contiguous_octets_whatever_their_order_and_overlap() -> None:
    hold = Hold()
    for seq, payload in ((905, b"efgh"), (901, b"abc"), (902, b"bcde"), (920, b"z")):
        hold.add(held(payload, seq=seq), 0.0)
    assert hold.contiguous(901) == b"abcdefgh"


def test_hold_wraps_around() -> None:
    hold = Hold()
    hold.add(held(b"cd", seq=0), 0.0)
    hold.add(held(b"ab", seq=2**32 - 2), 0.0)
    assert hold.contiguous(2**32 - 2) == b"abcd"


def test_hold_keeps_a_repeat_once_and_refuses_what_is_too_much() -> None:
    hold = Hold()
    assert hold.add(held(b"x" * 1000), 0.0)
    assert hold.add(held(b"x" * 1000), 0.0)
    assert len(hold.arrivals) == 1
    added = [hold.add(held(b"x" * 60_000, seq=2000 + n), 0.0) for n in range(3)]
    assert added == [True, False, False]
    assert hold.octets <= MAXIMUM_OCTETS


def test_hold_sees_an_end_without_a_beginning() -> None:
    hold = Hold()
    hold.add(held(flags=Flags.FIN | Flags.ACK), 0.0)
    assert hold.starts_with_fin(901)
    assert not hold.starts_with_fin(900)


def test_hold_knows_where_its_client_stands() -> None:
    hold = Hold()
    assert hold.ends(901) == {901}
    hold.add(held(b"abc"), 0.0)
    assert hold.ends(901) == {904}
    hold.add(held(seq=905, flags=Flags.FIN | Flags.ACK), 0.0)
    assert hold.ends(901) == {904}
    hold.add(held(b"d", seq=904), 0.0)
    assert hold.ends(901) == {905, 906}


def test_initial_numbers_depend_on_secret_and_addresses_and_the_clock() -> None:
    now = initial_sequence_number(b"s", CLIENT, SERVER, 1.0)
    assert initial_sequence_number(b"s", CLIENT, SERVER, 1.5) == (now + 125_000) % 2**32
    assert initial_sequence_number(b"t", CLIENT, SERVER, 1.0) != now
    assert initial_sequence_number(b"s", SERVER, CLIENT, 1.0) != now
    assert timestamp_offset(b"s", CLIENT, SERVER) != timestamp_offset(b"t", CLIENT, SERVER)
