"""Forward by itself: the packed table against a dict, entries that end in time, and what a million of them share."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from ipos_reference.addresses import Address
from ipos_reference.forward_table import ForwardTable, Onward
from ipos_reference.numbers import Numbers
from ipos_reference.packed_table import PackedTable
from ipos_spec.addresses import IPv4, ipv4, mac
from ipos_spec.encapsulation import Protocol

SERVER, OTHER_SERVER = Address(ipv4("192.0.2.1"), 80), Address(ipv4("192.0.2.9"), 80)
ONWARD = Onward(ipv4("192.0.2.2"), 80, mac("02:00:00:00:02:02"))
NUMBERS = Numbers(1, 2**32 - 1, 3, 0)
IDLE, CLOSING, UDP_IDLE = 900.0, 600.0, 60.0


def client(number: int) -> Address:
    return Address(IPv4(ipv4("198.51.100.0") + number // 3), 1 + number % 3)


class Packed(RuleBasedStateMachine):
    """Few slots and keys that collide, so that records move up behind those that are deleted."""

    keys = st.integers(1, 60).map(lambda number: number << 16 | 1)

    @initialize(bound=st.integers(1, 40))
    def begin(self, bound: int) -> None:
        self.bound, self.model = bound, {}
        self.table = PackedTable(bound)
        self.stamp = 0

    @rule(key=keys)
    def insert(self, key: int) -> None:
        if key in self.model:
            return
        if len(self.model) >= self.bound:
            with pytest.raises(OverflowError):
                self.table.insert(key)
            return
        offset = self.table.insert(key)
        self.stamp += 1
        self.table.block[offset + 12 : offset + 16] = self.stamp.to_bytes(4, "big")
        self.model[key] = self.stamp

    @rule(key=keys)
    def delete(self, key: int) -> None:
        offset = self.table.find(key)
        assert (offset is not None) == (key in self.model)
        if offset is not None:
            self.table.delete(offset)
            del self.model[key]

    @invariant()
    def everything_is_found(self) -> None:
        if not hasattr(self, "table"):
            return
        assert sorted(self.table.keys()) == sorted(self.model)
        assert len(self.table) == len(self.model)
        for key, stamp in self.model.items():
            offset = self.table.find(key)
            assert offset is not None
            assert self.table.block[offset + 12 : offset + 16] == stamp.to_bytes(4, "big")


TestPacked = Packed.TestCase
TestPacked.settings = settings(max_examples=60, stateful_step_count=80, deadline=None)


addresses = st.builds(Address, st.integers(0, 2**32 - 1).map(IPv4), st.integers(0, 65535))
onwards = st.builds(Onward, st.integers(0, 2**32 - 1).map(IPv4), st.integers(0, 65535), st.just(ONWARD.mac))
all_numbers = st.none() | st.builds(Numbers, *[st.integers(0, 2**32 - 1)] * 4)


@given(addresses.filter(lambda who: who != (0, 0)), addresses, onwards, all_numbers, st.floats(0, 1e6))
def test_an_entry_is_found_as_it_was_entered(
    who: Address, server: Address, onward: Onward, numbers: Numbers | None, now: float
) -> None:
    table = ForwardTable(Protocol.TCP, 4)
    entered = table.enter(who, server, onward, numbers, now)
    found = table.get(who, server, now)
    assert found == entered
    assert found is not None
    assert (found.client, found.server, found.onward, found.numbers) == (who, server, onward, numbers)
    assert (found.heard, found.closing, found.doubted) == (now, False, None)


def test_an_entry_is_about_one_server_only() -> None:
    table = ForwardTable(Protocol.TCP, 4)
    table.enter(client(1), SERVER, ONWARD, NUMBERS, 0.0)
    assert table.get(client(1), OTHER_SERVER, 1.0) is None
    assert table.of(client(1), 1.0) is not None
    assert table.of(client(2), 1.0) is None


@pytest.mark.parametrize(
    ("protocol", "closing", "scale", "lifetime"),
    [
        (Protocol.TCP, False, 1.0, IDLE),
        (Protocol.TCP, True, 1.0, CLOSING),
        (Protocol.UDP, False, 1.0, UDP_IDLE),
        (Protocol.TCP, False, 0.01, IDLE / 100),
    ],
)
def test_an_entry_ends_in_time_and_is_then_taken_out(
    protocol: Protocol, closing: bool, scale: float, lifetime: float
) -> None:
    table = ForwardTable(protocol, 4, scale)
    table.enter(client(1), SERVER, ONWARD, NUMBERS, 0.0)
    heard = 20 * scale
    table.renew(client(1), heard, closing=closing)
    assert table.get(client(1), SERVER, heard + lifetime * 0.9999) is not None
    assert table.get(client(1), SERVER, heard + lifetime) is None
    assert list(table.pop_over(heard + lifetime * 0.999)) == []
    due = table.next_timeout()
    assert due is not None
    ended = list(table.pop_over(heard + lifetime + 2 * scale))
    assert [(who, entry.server) for who, entry in ended] == [(client(1), SERVER)]
    assert len(table) == 0
    assert list(table.pop_over(heard + IDLE + 2)) == []
    assert table.next_timeout() is None


def test_a_packet_behind_a_fin_restarts_the_closing_time() -> None:
    table = ForwardTable(Protocol.TCP, 4)
    table.enter(client(1), SERVER, ONWARD, NUMBERS, 0.0)
    table.renew(client(1), 10.0, closing=True)
    table.renew(client(1), 500.0, closing=False)
    assert table.get(client(1), SERVER, 500.0 + CLOSING - 1) is not None
    assert table.get(client(1), SERVER, 500.0 + CLOSING) is None


def test_a_doubted_syn_is_remembered_beside_all_else() -> None:
    table = ForwardTable(Protocol.TCP, 4)
    before = table.enter(client(1), SERVER, ONWARD, NUMBERS, 5.0)
    table.doubt(client(1), 0)
    found = table.get(client(1), SERVER, 6.0)
    assert found is not None
    assert (found.doubted, found.heard, found.numbers) == (0, 5.0, NUMBERS)
    table.doubt(client(1), None)
    assert table.get(client(1), SERVER, 6.0) == before


def test_a_full_table_takes_no_more_but_may_change() -> None:
    table = ForwardTable(Protocol.TCP, 2)
    for number in range(2):
        table.enter(client(number), SERVER, ONWARD, NUMBERS, 0.0)
    with pytest.raises(OverflowError, match="2 records are all"):
        table.enter(client(2), SERVER, ONWARD, NUMBERS, 0.0)
    table.enter(client(1), SERVER, ONWARD, None, 1.0)
    assert len(table) == 2


def test_what_is_renewed_all_the_time_leaves_nothing_behind() -> None:
    table = ForwardTable(Protocol.TCP, 100)
    for number in range(100):
        table.enter(client(number), SERVER, ONWARD, NUMBERS, 0.0)
    for second in range(5000):
        list(table.pop_over(float(second)))
        for number in range(0, 100, 7):
            table.renew(client(number), float(second), closing=number == 7)
    kept = sum(len(bucket) for bucket in table._buckets.values())
    assert (len(table), kept) == (15, 16)  # one waits for the end of its closing time, too
