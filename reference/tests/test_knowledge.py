"""What a router knows of all servers: bounds, indexes, and what is forgotten when (TAB-4, ADV-2)."""

from collections.abc import Hashable
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from in_memory import SETTINGS
from ipos_reference.knowledge import COOKIE_LIFETIME, HEARD_LIFETIME, RECORD_LIFETIME, Knowledge, KnownTable
from ipos_reference.request import RequestKind
from ipos_reference.settings import idle
from ipos_spec.addresses import IPv4
from ipos_spec.advertisement import TABLES, AdvertisedTable, Operation, record_class
from ipos_spec.encapsulation import Protocol
from ipos_spec.fields import fields
from ipos_spec.tables import APPLICATION_INFORMATION, COOKIE_MAP, URL_MAP
from ipos_spec.tables.records import ApplicationInformation, CookieEntry, ListeningSocket, UrlEntry
from known import NOW, PORT, server

OWN, PEER, OTHER = server(1), server(2), server(3)
LIFETIME = 10.0
BOUND = 4


def cookie(name: str, keeper: IPv4 = PEER) -> CookieEntry:
    return CookieEntry(cookie_id=name, server_ip=keeper)


def listening(keeper: IPv4, port: int = PORT, process: int = 7) -> ListeningSocket:
    return ListeningSocket(server_ip=keeper, port=port, process=process)


# Entering and taking out


def test_a_record_replaces_that_with_its_key_whoever_told_it() -> None:
    table = KnownTable[CookieEntry](COOKIE_MAP)
    table.put(cookie("a"), PEER)
    table.put(cookie("a", OTHER), OTHER, NOW)
    assert [heard.record for heard in table] == [cookie("a", OTHER)]
    assert table.told_by(PEER) == []
    assert table.told_by(OTHER) == [cookie("a", OTHER)]


def test_what_is_taken_out_is_in_no_index() -> None:
    knowledge = Knowledge(OWN)
    table = knowledge.listening[Protocol.TCP]
    table.put(listening(PEER), PEER, NOW)
    table.put(listening(OTHER), OTHER, NOW)
    assert table.delete((PEER, PORT))
    assert not table.delete((PEER, PORT))
    assert knowledge.listeners(Protocol.TCP, PORT) == {OTHER}
    assert not knowledge.listens(PEER, Protocol.TCP, PORT)
    assert table.told_by(PEER) == []


def test_one_server_of_a_url_goes_and_the_other_stays() -> None:
    knowledge = Knowledge(OWN)
    for keeper in (PEER, OTHER):
        knowledge.urls.put(UrlEntry(url="WWW.a/x", server_ip=keeper), keeper, NOW)
    knowledge.urls.delete(("WWW.a/x", PEER))
    assert knowledge.servers_of_url("www.a/x") == {OTHER}


def test_a_record_that_changes_its_group_leaves_the_old_one() -> None:
    """No table of FIG. 12 does this to its group, whose value is in the key; the index does not rely on it."""
    table = KnownTable[CookieEntry](COOKIE_MAP, lambda entry: entry.server_ip)
    table.put(cookie("a", PEER), PEER)
    table.put(cookie("a", OTHER), PEER)
    assert (table.group(PEER), table.group(OTHER)) == ([], [cookie("a", OTHER)])


def test_process_ids_of_two_servers_are_two_records() -> None:
    """ADV-1: process ids belong to the server that advertises them."""
    table = KnownTable[ApplicationInformation](APPLICATION_INFORMATION, of_server=True)
    needs = ApplicationInformation(process_id=7, memory_requirements=1, cpu_utilization=0)
    table.put(needs, PEER)
    table.put(needs, OTHER)
    assert len(table) == 2
    assert table.delete(table.key(needs, PEER))
    assert (table.told_by(PEER), table.told_by(OTHER)) == ([], [needs])


def test_a_full_table_has_room_again_once_something_is_taken_out_or_forgotten() -> None:
    """TAB-4."""
    table = small()
    for number in range(BOUND):
        assert table.put(cookie(str(number)), PEER, NOW + number)
    assert not table.put(cookie("new"), PEER, NOW + BOUND)
    table.delete("3")
    assert table.put(cookie("new"), PEER, NOW + BOUND)
    assert not table.put(cookie("newer"), PEER, NOW + BOUND)
    table.forget(NOW + LIFETIME)
    assert table.get("0") is None
    assert table.put(cookie("newer"), PEER, NOW + LIFETIME)


# Forgetting


def test_what_is_told_again_in_time_stays() -> None:
    table = small()
    for seconds in (0, 9, 18, 27):
        table.forget(NOW + seconds)
        table.put(cookie("a"), PEER, NOW + seconds)
    assert table.next_timeout() == NOW + 27 + LIFETIME
    table.forget(NOW + 27 + LIFETIME - 0.01)
    assert len(table) == 1
    table.forget(NOW + 27 + LIFETIME)
    assert (len(table), table.next_timeout()) == (0, None)


def test_the_operators_word_never_ages_until_the_server_itself_speaks() -> None:
    table = small()
    table.put(cookie("a"), PEER)
    table.forget(NOW + 1e9)
    assert (len(table), table.next_timeout()) == (1, None)
    table.put(cookie("a"), PEER, NOW)
    table.forget(NOW + LIFETIME)
    assert len(table) == 0


def test_what_was_told_at_a_time_and_then_without_does_not_age() -> None:
    """A session of another server that this one has taken over, for instance."""
    table = small()
    table.put(cookie("a"), PEER, NOW)
    table.put(cookie("a", OWN), OWN)
    assert table.next_timeout() is None


@pytest.mark.parametrize("scale", [1.0, 0.1])
@pytest.mark.parametrize("number", AdvertisedTable)
def test_each_table_forgets_at_its_time(number: AdvertisedTable, scale: float) -> None:
    """ADV-2, TIM-1."""
    knowledge = Knowledge(OWN, scale)
    lifetime = scale * (COOKIE_LIFETIME if number is AdvertisedTable.COOKIE_MAP else RECORD_LIFETIME)
    kind = record_class(number, Operation.PUT)
    record = kind(**{name: "/" if name in ("url", "cookie_id") else 1 for name, _ in fields(kind)})
    assert knowledge.advertised[number].put(record, PEER, NOW)
    assert knowledge.next_timeout() == pytest.approx(NOW + lifetime)
    knowledge.forget(NOW + lifetime * 0.999)
    assert len(knowledge.advertised[number]) == 1
    knowledge.forget(NOW + lifetime * 1.001)
    assert len(knowledge.advertised[number]) == 0


def test_who_is_silent_is_not_chosen_long_before_he_is_forgotten() -> None:
    knowledge = Knowledge(OWN)
    knowledge.server_state.put(idle(PEER), PEER, NOW)
    knowledge.forget(NOW + HEARD_LIFETIME)
    assert len(knowledge.server_state) == 1
    assert knowledge.state(PEER, NOW + HEARD_LIFETIME) is None


def test_what_is_forgotten_is_found_without_a_look_at_all_the_rest() -> None:
    """A table of 65,536 records that are told again, one by one, asked each time what is due: seconds if not cheap."""
    table = KnownTable[CookieEntry](COOKIE_MAP)
    names = [str(number) for number in range(COOKIE_MAP.bound.records)]
    for round_ in range(2):
        for name in names:
            table.put(cookie(name), PEER, float(round_))
            table.next_timeout()
    table.forget(1e9)
    assert len(table) == 0


# What the operator has decided


def test_own_services_have_processes_and_needs() -> None:
    """Those that are not named are numbered; who is not running shares id 0, which needs what the largest needs."""
    settings = replace(
        SETTINGS,
        listeners=dict.fromkeys((80, 81, 82, 7), RequestKind.RAW),
        udp_listeners=frozenset({53}),
        processes={(Protocol.TCP, 81): 0, (Protocol.TCP, 82): 0, (Protocol.UDP, 53): 900},
        memory_requirements={80: 5, 81: 20, 82: 10},
    )
    knowledge = Knowledge.of(settings)
    own = settings.address
    assert knowledge.listening[Protocol.TCP].told_by(own) == [
        listening(own, port, process) for port, process in ((80, 1), (81, 0), (82, 0), (7, 4))
    ]
    assert knowledge.listening[Protocol.UDP].told_by(own) == [listening(own, 53, 900)]
    assert [knowledge.memory_required(own, port) for port in (80, 81, 82, 7)] == [5, 20, 20, 0]


def test_every_table_that_can_be_advertised_has_its_place() -> None:
    known = Knowledge(OWN).advertised
    assert {number: table.table for number, table in known.items()} == TABLES
    assert len({id(table) for table in known.values()}) == len(AdvertisedTable)


# Any order of things, against a plain model


@dataclass
class Model:
    """What `KnownTable` should hold, by key: record, who told it, when."""

    held: dict[Hashable, tuple[UrlEntry, IPv4, float | None]] = field(default_factory=dict)

    def alive(self, now: float) -> dict[Hashable, tuple[UrlEntry, IPv4, float | None]]:
        return {key: one for key, one in self.held.items() if one[2] is None or one[2] + LIFETIME > now}


def small() -> KnownTable[CookieEntry]:
    """A table of BOUND records that are forgotten after LIFETIME."""
    bound = replace(COOKIE_MAP.bound, records=BOUND)
    return KnownTable(replace(COOKIE_MAP, bound=bound), lifetime=LIFETIME)


_RECORD = st.builds(UrlEntry, url=st.sampled_from(["/a", "/b", "X/a", "x/a"]), server_ip=st.sampled_from([PEER, OTHER]))
_SERVER = st.sampled_from([OWN, PEER, OTHER])


class AnyOrder(RuleBasedStateMachine):
    """Records of URL Map, which has a group, put and taken out while time passes."""

    def __init__(self) -> None:
        super().__init__()
        bound = replace(URL_MAP.bound, records=BOUND)
        self.table = KnownTable[UrlEntry](
            replace(URL_MAP, bound=bound), lambda entry: entry.url.lower(), lifetime=LIFETIME
        )
        self.model = Model()
        self.now = NOW

    @rule(record=_RECORD, teller=_SERVER, ages=st.booleans())
    def put(self, record: UrlEntry, teller: IPv4, ages: bool) -> None:
        key, at = (record.url, record.server_ip), self.now if ages else None
        room = key in self.model.held or len(self.model.held) < BOUND
        assert self.table.put(record, teller, at) is room
        if room:
            self.model.held[key] = record, teller, at

    @rule(record=_RECORD)
    def delete(self, record: UrlEntry) -> None:
        key = (record.url, record.server_ip)
        assert self.table.delete(key) is (self.model.held.pop(key, None) is not None)

    @rule(seconds=st.sampled_from([0.0, 1.0, LIFETIME - 1, LIFETIME]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @precondition(lambda self: self.model.held)
    @rule()
    def forget(self) -> None:
        self.table.forget(self.now)
        self.model.held = self.model.alive(self.now)

    @invariant()
    def holds_what_it_should(self) -> None:
        held = self.model.held
        assert {self.table.key(one.record, one.server): (one.record, one.server, one.at) for one in self.table} == held
        assert len(self.table) == len(held)
        for key, one in held.items():
            found = self.table.get(key)
            assert found is not None
            assert (found.record, found.server, found.at) == one
        times = [at for _, _, at in held.values() if at is not None]
        assert self.table.next_timeout() == (min(times) + LIFETIME if times else None)

    @invariant()
    def finds_by_group_and_teller(self) -> None:
        held = list(self.model.held.values())
        for group in ("/a", "/b", "x/a"):
            expected = {record for record, _, _ in held if record.url.lower() == group}
            found = self.table.group(group)
            assert (set(found), len(found)) == (expected, len(expected))
        for teller in (OWN, PEER, OTHER):
            expected = {record for record, by, _ in held if by == teller}
            found = self.table.told_by(teller)
            assert (set(found), len(found)) == (expected, len(expected))


TestAnyOrder = AnyOrder.TestCase


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 12)), max_size=20))
def test_the_last_that_was_told_decides_when_a_record_is_forgotten(told: list[tuple[str, int]]) -> None:
    table, last, now = small(), dict[str, float](), NOW
    for name, seconds in told:
        now += seconds
        table.forget(now)
        table.put(cookie(name), PEER, now)
        last[name] = now
    table.forget(now)
    assert {heard.record.cookie_id for heard in table} == {name for name, at in last.items() if at + LIFETIME > now}
