"""Table Advertisement: what a router tells the others, when, and what comes of it (ADV-1, ADV-2)."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from advertisers import (
    APPLICATIONS,
    COOKIES,
    SAMPLES,
    STATE,
    TCP,
    UDP,
    URLS,
    Router,
    SecondLan,
    cookie,
    frame,
    key,
    lan_of,
    needs,
    router_mac,
    settings,
    socket,
    url,
)
from in_memory import HTTP, RAW
from ipos_reference.choosing import choose
from ipos_reference.discards import Discard
from ipos_reference.figures import Figures
from ipos_reference.knowledge import COOKIE_LIFETIME, RECORD_LIFETIME
from ipos_reference.request import Request
from ipos_reference.settings import Entered, idle
from ipos_spec.addresses import BROADCAST_MAC
from ipos_spec.advertisement import TABLES, AdvertisedTable, Operation
from ipos_spec.encapsulation import Protocol
from ipos_spec.ethernet import MINIMUM_FRAME
from ipos_spec.tables.records import CookieEntry, ServerState
from known import NOW, server

TABLES_BUT_STATE = (TCP, APPLICATIONS, URLS, COOKIES, UDP)

BUSY = Figures(cpu_utilization=5000, available_memory=1000, available_bandwidth=7, processes={1: 250, 999: 1})
SLACK = 1e-6


def sessions(count: int, number: int = 1, length: int = 32) -> tuple[CookieEntry, ...]:
    return tuple(cookie(f"{one:0{length}x}", number) for one in range(count))


def everything(number: int) -> dict[str, Any]:
    """Settings by which a router has something in each table."""
    entered = Entered(urls=(url("/x", number), url("/y", number)), cookies=sessions(3, number))
    return {"entered": entered, "udp_listeners": frozenset({53})}


# What is told, and when


def test_a_router_tells_of_its_server_at_once() -> None:
    router = Router(settings(1, **everything(1)))
    assert router.advertiser.next_timeout() == float("-inf")
    router.advertiser.handle_timeout(NOW)
    told = router.told()
    assert {AdvertisedTable(packet.table_header.table): list(packet.records) for packet in told} == {
        STATE: [idle(server(1))],
        COOKIES: list(sessions(3)),
        APPLICATIONS: [needs(1), needs(2)],
        TCP: [socket(1, HTTP, 1), socket(1, RAW, 2)],
        UDP: [socket(1, 53, 3)],
        URLS: [url("/x", 1), url("/y", 1)],
    }
    assert {packet.table_header.operation for packet in told} == {Operation.PUT}


def test_frames_are_padded_broadcasts_from_the_second_mac() -> None:
    router = Router(settings(1, ether_type=0x88B5))
    router.advertiser.handle_timeout(NOW)
    for octets in router.takes_sent():
        assert octets[:14] == BROADCAST_MAC + router_mac(1) + b"\x88\xb5"
        assert len(octets) >= MINIMUM_FRAME


def test_another_ether_type_is_spoken_and_understood() -> None:
    """ENC-2."""
    lan = lan_of(1, 2, ether_type=0x88B5)
    lan.waits(1)
    assert lan.routers[2].knows(TCP, server(1)) == lan.routers[1].knows(TCP, server(1))


@pytest.mark.parametrize("scale", [1.0, 0.1])
def test_state_is_told_every_second_and_the_other_tables_every_ten(scale: float) -> None:
    """ADV-2, TIM-1."""
    lan = SecondLan({1: Router(settings(1, timer_scale=scale, **everything(1)))})
    lan.waits((30 + SLACK) * scale)
    assert lan.times(1, STATE) == pytest.approx([scale * seconds for seconds in range(31)])
    for table in (TCP, APPLICATIONS, URLS, UDP):
        assert lan.times(1, table) == pytest.approx([scale * seconds for seconds in (0, 10, 20, 30)])


@pytest.mark.parametrize("scale", [1.0, 0.5])
def test_sessions_that_fit_a_frame_are_told_every_ten_seconds(scale: float) -> None:
    lan = lan_of(1, entered=Entered(cookies=sessions(3)), timer_scale=scale)
    lan.waits(30 * scale)
    assert lan.times(1, COOKIES) == [0, 10 * scale, 20 * scale, 30 * scale]


def test_too_early_is_harmless() -> None:
    router = Router(settings(1))
    router.advertiser.handle_timeout(NOW)
    router.takes_sent()
    router.advertiser.handle_timeout(NOW + 0.99)
    assert router.sent == []
    assert router.advertiser.next_timeout() == NOW + 1


def test_who_wakes_late_tells_once() -> None:
    router = Router(settings(1))
    router.advertiser.handle_timeout(NOW)
    router.takes_sent()
    router.advertiser.handle_timeout(NOW + 5)
    assert [packet.table_header.table for packet in router.told()] == [STATE]
    assert router.advertiser.next_timeout() == NOW + 6


def test_empty_tables_are_not_told() -> None:
    router = Router(settings(1, listeners={}))
    router.advertiser.handle_timeout(NOW)
    assert [packet.table_header.table for packet in router.told()] == [STATE]


def test_nothing_of_other_servers_is_told() -> None:
    """ADV-3; a session that another router has told of is its to repeat, even one of this server."""
    about_another = Entered(
        server_states=(idle(server(2)),),
        listening={Protocol.TCP: (socket(2),)},
        urls=(url("/x", 2),),
        cookies=(cookie("s", 2),),
    )
    router = Router(settings(1, entered=about_another))
    router.hears(frame(2, COOKIES, cookie("t", 1)))
    router.advertiser.handle_timeout(NOW)
    assert {packet.table_header.table for packet in router.told()} == {STATE, TCP, APPLICATIONS}


def test_a_router_that_is_not_to_advertise_hears_all_the_same() -> None:
    silent, loud = Router(settings(1), enabled=False), Router(settings(2))
    lan = SecondLan({1: silent, 2: loud})
    assert silent.advertiser.next_timeout() is None
    silent.advertiser.changed(URLS, put=[url("/x", 1)])
    silent.advertiser.stop()
    silent.advertiser.resume()
    lan.waits(1)
    assert {number for _, number, _ in lan.frames} == {2}
    assert silent.knows(URLS, server(1)) == [url("/x", 1)]
    assert silent.knows(TCP, server(2)) == loud.knows(TCP, server(2))
    del lan.routers[2]
    lan.waits(RECORD_LIFETIME)
    assert silent.knows(TCP, server(2)) == []


# The state


def test_figures_are_told_with_the_next_state() -> None:
    lan = lan_of(1, 2)
    lan.waits(0.5)
    lan.routers[1].advertiser.set_state(BUSY, tcp_connections=3)
    assert lan.routers[1].sent == []
    lan.waits(1)
    expected = ServerState(
        server_ip=server(1), tcp_connections=3, cpu_utilization=5000, available_memory=1000, available_bandwidth=7
    )
    assert lan.routers[2].knows(STATE, server(1)) == [expected]
    assert lan.routers[1].knows(STATE, server(1)) == [expected]


def test_what_its_applications_use_is_told_with_the_next_round() -> None:
    lan = lan_of(1, 2, memory_requirements={HTTP: 30})
    lan.waits(0.5)
    lan.routers[1].advertiser.set_state(BUSY, tcp_connections=0)
    lan.waits(10)
    assert set(lan.routers[2].knows(APPLICATIONS, server(1))) == {needs(1, 30, 250), needs(2)}


def test_what_another_servers_process_with_that_id_uses_is_not_known() -> None:
    router = Router(settings(1))
    router.hears(frame(2, APPLICATIONS, needs(1, 5, 6)))
    router.advertiser.set_state(BUSY, tcp_connections=0)
    assert router.knows(APPLICATIONS, server(2)) == [needs(1, 5, 6)]


# Changes


@pytest.mark.parametrize("table", TABLES_BUT_STATE)
def test_a_change_is_told_at_once(table: AdvertisedTable) -> None:
    """ADV-2."""
    lan = lan_of(1, 2)
    lan.waits(5)
    record = SAMPLES[table](1)
    lan.routers[1].advertiser.changed(table, put=[record])
    lan.carries()
    assert record in lan.routers[1].knows(table, server(1))
    assert record in lan.routers[2].knows(table, server(1))
    lan.routers[1].advertiser.changed(table, deleted=[record])
    lan.carries()
    assert record not in lan.routers[1].knows(table, server(1))
    assert record not in lan.routers[2].knows(table, server(1))


def test_a_delete_has_keys_only() -> None:
    router = Router(settings(1))
    router.advertiser.changed(TCP, put=[socket(1, 443, 9)], deleted=[socket(1), key(TCP, socket(1, RAW))])
    put, deleted = router.told()
    assert (put.table_header.operation, put.records) == (Operation.PUT, (socket(1, 443, 9),))
    expected = key(TCP, socket(1)), key(TCP, socket(1, RAW))
    assert (deleted.table_header.operation, deleted.records) == (Operation.DELETE, expected)
    assert router.knows(TCP, server(1)) == [socket(1, 443, 9)]


def test_a_process_that_was_started_replaces_its_place_holder() -> None:
    processes = {(Protocol.TCP, HTTP): 0, (Protocol.TCP, RAW): 5}
    lan = lan_of(1, 2, processes=processes, memory_requirements={HTTP: 40})
    lan.waits(1)
    assert lan.routers[2].knowledge.memory_required(server(1), HTTP) == 40
    lan.routers[1].advertiser.changed(APPLICATIONS, put=[needs(900, 50)])
    lan.routers[1].advertiser.changed(TCP, put=[socket(1, HTTP, 900)])
    lan.carries()
    assert lan.routers[2].knowledge.memory_required(server(1), HTTP) == 50


def test_what_has_no_room_is_not_told_either() -> None:
    """TAB-4."""
    router = Router(settings(1))
    full = [url(str(number), 1) for number in range(TABLES[URLS].bound.records)]
    router.advertiser.changed(URLS, put=full)
    router.takes_sent()
    router.advertiser.changed(URLS, put=[url("/one too many", 1), url("0", 1)])
    (packet,) = router.told()
    assert packet.records == (url("0", 1),)
    assert router.discards == {Discard.KNOWLEDGE_FULL: 1}


# Frames


@pytest.mark.parametrize("mtu", [576, 1500, 1600, 9216])
@pytest.mark.parametrize("length", [0, 31, 300])
def test_records_are_split_over_as_few_frames_as_hold_them(mtu: int, length: int) -> None:
    records = [url(f"/{number:0{length}}", 1) for number in range(200)]
    router = Router(settings(1, second_mtu=mtu))
    router.advertiser.changed(URLS, put=records)
    sizes = [len(octets) for octets in router.sent]
    told = router.told()
    assert [record for packet in told for record in packet.records] == records
    assert max(sizes) <= 14 + mtu
    for packet, following in pairwise(told):
        beginning = 6 + len(following.records[0].url)
        assert 36 + packet.table_header.records_length + beginning > 14 + mtu


@pytest.mark.parametrize(("octets", "fits"), [(1572, True), (1573, False), (2048, False)])
def test_a_record_that_fits_no_frame_is_left_out_and_counted(octets: int, fits: bool) -> None:
    """ADV-1's note; 22 octets of headers and 6 of the record beside the URL in an MTU of 1600."""
    router = Router(settings(1, second_mtu=1600))
    long = url("a" * octets, 1)
    router.advertiser.changed(URLS, put=[url("/x", 1), long, url("/y", 1)])
    told = [record for packet in router.told() for record in packet.records]
    assert told == [url("/x", 1), *([long] if fits else []), url("/y", 1)]
    assert router.discards[Discard.RECORD_TOO_LARGE] == (not fits)
    assert long in router.knows(URLS, server(1))


# Sessions


def told_sessions(lan: SecondLan, number: int = 1) -> list[tuple[float, tuple[Any, ...]]]:
    """When a router told which sessions."""
    return [
        (at - NOW, packet.records) for at, by, packet in lan.frames if by == number and packet.table_header.table == 5
    ]


def test_many_sessions_are_told_in_turns_a_frame_a_second() -> None:
    known = sessions(1000)
    lan = lan_of(1, 2, entered=Entered(cookies=known), second_mtu=22 + 41 * 38)
    lan.waits(49 + SLACK)
    told = told_sessions(lan)
    assert [at for at, _ in told] == list(range(50))
    in_order = [entry for _, records in told for entry in records]
    assert len(in_order) == 50 * 41  # as many of 38 octets fill a frame to its last octet
    assert in_order == [*known, *known, *known][: len(in_order)]
    assert set(lan.routers[2].knows(COOKIES, server(1))) == set(known)


def test_a_new_session_is_told_at_once_and_first_in_the_next_second() -> None:
    """The frame on change may be lost."""
    lan = lan_of(1, entered=Entered(cookies=sessions(1000)))
    lan.waits(5.5)
    lan.frames.clear()
    new = cookie("new", 1)
    lan.routers[1].advertiser.changed(COOKIES, put=[new])
    lan.waits(1)
    (_, at_once), (at, again) = told_sessions(lan)
    assert at_once == (new,)
    assert (at, again[0]) == (6, new)
    lan.frames.clear()
    lan.waits(9)
    assert all(new not in records for _, records in told_sessions(lan))


def test_a_session_that_ended_or_is_anothers_now_is_not_told_again() -> None:
    lan = lan_of(1, 2, entered=Entered(cookies=sessions(3)))
    lan.waits(1)
    first, second, third = sessions(3)
    lan.routers[1].advertiser.changed(COOKIES, deleted=[first])
    lan.routers[2].advertiser.changed(COOKIES, put=[replace(second, server_ip=server(2))])
    lan.carries()
    lan.frames.clear()
    lan.waits(25)
    told = [records for _, records in told_sessions(lan)]
    assert told == [(third,), (third,)]
    assert lan.routers[1].knowledge.keeper(second.cookie_id) == server(2)


def test_nothing_is_kept_of_sessions_that_have_ended() -> None:
    for enabled in (True, False):
        router = Router(settings(1), enabled=enabled)
        for entry in sessions(50):
            router.advertiser.changed(COOKIES, put=[entry])
            assert len(list(router.advertiser._sessions.waiting(NOW))) == enabled
            router.advertiser.changed(COOKIES, deleted=[entry])
        assert not list(router.advertiser._sessions.waiting(NOW))


def test_a_session_that_others_repeat_stays_the_own_servers_word() -> None:
    """It does not begin to age, and is told again."""
    router = Router(settings(1, entered=Entered(cookies=sessions(1))))
    router.hears(frame(2, COOKIES, *sessions(1)))
    assert router.knows(COOKIES, server(1)) == list(sessions(1))
    assert router.knowledge.next_timeout() is None


def test_sessions_outlive_what_other_records_are_forgotten_after() -> None:
    """A round of a full table takes half an hour; here the owner has been switched off."""
    lan = lan_of(1, 2, entered=Entered(cookies=sessions(3)))
    lan.waits(1)
    del lan.routers[1]
    lan.routers[2].advertiser.stop()  # which makes the hours short
    lan.waits(COOKIE_LIFETIME - 2)
    assert lan.routers[2].knows(TCP, server(1)) == []
    assert lan.routers[2].knows(COOKIES, server(1)) == list(sessions(3))
    lan.waits(1)
    assert lan.routers[2].knows(COOKIES, server(1)) == []


# The end


def test_a_router_that_stops_is_not_chosen_at_once() -> None:
    lan = lan_of(1, 2, udp_listeners=frozenset({53}))
    lan.waits(1)
    lan.routers[1].advertiser.stop()
    lan.carries()
    peer = lan.routers[2].knowledge
    assert peer.listeners(Protocol.TCP, HTTP) == {server(2)}
    assert peer.listeners(Protocol.UDP, 53) == {server(2)}
    assert lan.routers[1].knowledge.listens(server(1), Protocol.TCP, HTTP)


def test_a_router_that_stops_is_not_chosen_after_three_seconds_if_that_was_lost() -> None:
    lan = lan_of(1, 2)
    lan.waits(1 + SLACK)
    lan.routers[1].advertiser.stop()
    lan.routers[1].takes_sent()
    lan.frames.clear()
    lan.waits(3)
    assert {number for _, number, _ in lan.frames} == {2}
    assert lan.routers[2].knowledge.state(server(1), lan.now) is None


def test_a_router_that_has_stopped_says_nothing_more() -> None:
    router = Router(settings(1))
    router.advertiser.handle_timeout(NOW)
    router.advertiser.stop()
    router.takes_sent()
    router.advertiser.changed(TCP, put=[socket(1, 443)])
    router.advertiser.stop()
    router.advertiser.handle_timeout(NOW + 20)
    assert router.sent == []
    assert router.advertiser.next_timeout() is None


def test_a_router_that_takes_part_again_tells_everything() -> None:
    lan = lan_of(1, 2)
    lan.waits(1)
    lan.routers[1].advertiser.stop()
    lan.waits(100)
    lan.routers[1].advertiser.resume()
    lan.waits(0)
    assert lan.routers[2].knowledge.listens(server(1), Protocol.TCP, HTTP)
    assert lan.routers[2].knowledge.state(server(1), lan.now) is not None
    lan.frames.clear()
    lan.routers[1].advertiser.resume()
    lan.waits(0.5)
    assert lan.frames == []
    lan.routers[1].advertiser.stop()
    lan.routers[1].advertiser.resume()
    lan.waits(0)
    assert lan.routers[2].knowledge.listens(server(1), Protocol.TCP, HTTP)


# Three routers on a bad LAN


@pytest.mark.parametrize("seed", range(5))
def test_three_routers_come_to_know_the_same_though_frames_are_lost(seed: int) -> None:
    """A third of all frames is lost; what is repeated arrives, and nobody is forgotten for long."""
    routers = {number: Router(settings(number, **everything(number))) for number in (1, 2, 3)}
    for number, router in routers.items():
        router.knowledge.cookies.delete(sessions(1, number)[0].cookie_id)
    lan = SecondLan(routers, loss=1 / 3, seed=seed)
    lan.waits(1)
    routers[1].advertiser.changed(COOKIES, put=[cookie("new", 1)])
    lan.waits(200)
    lan.loss = 0
    lan.waits(11)
    for teller in (1, 2, 3):
        for table in (STATE, TCP, APPLICATIONS, URLS, UDP):
            told = [router.knows(table, server(teller)) for router in routers.values()]
            assert told[0]
            assert all(set(others) == set(told[0]) for others in told)
    assert [router.knowledge.keeper("new") for router in routers.values()] == [server(1)] * 3


def test_a_request_goes_to_whom_the_advertisements_speak_for() -> None:
    """Section 10 by what was told, and by nothing else; then that router is switched off."""
    lan = lan_of(1, 2, 3)
    for number, cpu in ((1, 9000), (2, 5000), (3, 1000)):
        figures = Figures(cpu_utilization=cpu, available_memory=10**9, available_bandwidth=0)
        lan.routers[number].advertiser.set_state(figures, tcp_connections=0)
    lan.waits(5)
    origin = lan.routers[1].knowledge
    assert choose(None, HTTP, origin, lan.now).server == server(3)
    lan.routers[2].advertiser.changed(COOKIES, put=[cookie("s", 2)])
    lan.routers[2].advertiser.changed(URLS, put=[url("/images", 2)])
    lan.carries()
    assert choose(Request("GET", "/", "", (("ipos", "s"),)), HTTP, origin, lan.now).server == server(2)
    assert choose(Request("GET", "/images/a", "", ()), HTTP, origin, lan.now).server == server(2)
    del lan.routers[3]
    lan.waits(3)
    assert choose(None, HTTP, origin, lan.now).server == server(2)


def test_what_a_router_no_longer_tells_is_forgotten_by_the_others() -> None:
    """Three rounds: as when its delete was lost."""
    lan = lan_of(1, 2)
    lan.waits(1)
    lan.routers[1].advertiser.changed(TCP, deleted=[socket(1)])
    lan.routers[1].takes_sent()
    lan.waits(RECORD_LIFETIME - 2)
    assert socket(1) in lan.routers[2].knows(TCP, server(1))
    lan.waits(2)
    assert lan.routers[2].knows(TCP, server(1)) == [socket(1, RAW, 2)]


def test_a_record_is_forgotten_at_its_time_whatever_is_told_next() -> None:
    router = Router(settings(1))
    router.hears(frame(2, TCP, socket(2)), NOW + 0.5 - RECORD_LIFETIME)
    router.advertiser.handle_timeout(NOW)
    assert router.advertiser.next_timeout() == NOW + 0.5
    router.advertiser.handle_timeout(NOW + 0.5)
    assert router.knows(TCP, server(2)) == []
