"""Tables of a target that is far away are filled before what is in them ends by itself (TAB-4)."""

import time
from types import SimpleNamespace

import pytest
from ipos_conformance.frames import Direction
from ipos_conformance.steps import filling, timers
from ipos_conformance.steps.filling import ForwardConnect, Provisional, Table
from ipos_conformance.steps.udp_filling import fill_up
from ipos_conformance.verdicts import Inconclusive, Violation
from ipos_spec.encapsulation import Reference

ROUND_TRIP = 0.3
"""Seconds of the clock below; a router's provisional endpoints live two of them, less what a timer may miss."""


class FarTarget:
    """Acknowledges connection packets as long as there is room, and repeated ones always; its clock is its own.

    room  how many endpoints it takes
    """

    def __init__(self, room):
        self.now, self.scale, self.jitter = 1_000_000.0, 0.02, 0.0
        self.bounds = SimpleNamespace(forward_connect=room)
        self.target = SimpleNamespace(timing=SimpleNamespace(longest_wait=1000.0))
        self.inbox = SimpleNamespace(doubts=[], evidence=[])
        self.traffic = SimpleNamespace(inbox=self.inbox, first=self.first)
        self.peer = SimpleNamespace(connection_packet=lambda client: client, send=self.send)
        self._room, self._clients, self._taken, self._coming = room, 0, set(), []

    def scaled(self, seconds):
        return seconds * self.scale

    def new_client(self):
        self._clients += 1
        return Reference(1, self._clients, 2, 80)

    def endpoint(self, _peer, _packet):
        return SimpleNamespace(send=lambda _flags, _octets: None)

    def right_request(self):
        return b"GET / HTTP/1.1\r\n"

    def send(self, packet):
        if packet in self._taken or len(self._taken) < self._room:
            self._taken.add(packet)
            self._coming.append((self.now + ROUND_TRIP, packet))

    def acknowledges(self, frame, packet):
        return frame == packet

    def expect_acknowledgement(self, packet):
        self.now = max(self.now, next(when for when, answer in self._coming if answer == packet))
        assert self.first(lambda answer: answer == packet, 0) is not None

    def first(self, wanted, _seconds):
        found = next((one for one in self._coming if one[0] <= self.now and wanted(one[1])), None)
        if found is None:
            return None
        self._coming.remove(found)
        self.inbox.evidence.append(SimpleNamespace(time=found[0], direction=Direction.RECEIVED))
        return found[1]

    @property
    def doubts(self):
        return [text for doubt in self.inbox.doubts if (text := doubt())]


class Shared(Table):
    """A table with room for four; what earlier cases have left in it ends as soon as it has refused something."""

    name = "forward_connect"
    expect_refused = expect_first_goes_on = make_room = expect_taken = lambda _: None

    def __init__(self, left_over):
        self._used, self._left_over = left_over, left_over
        super().__init__(SimpleNamespace(bounds=SimpleNamespace(forward_connect=4)))

    def _enter(self):
        if self._used < 4:
            self._used += 1
            return True
        self._used -= self._left_over
        self._left_over = 0
        return False


@pytest.fixture
def far(monkeypatch):
    def make(room):
        target = FarTarget(room)
        for module in (filling, timers):
            monkeypatch.setattr(module.time, "time", lambda: target.now)
        return target

    return make


@pytest.mark.parametrize("room", [1, 24, 300])
def test_provisional_endpoints_are_counted_while_none_may_make_room(far, room):
    target = far(room)
    began = target.now
    assert Provisional(target).taken == room
    assert target.now - began < target.scaled(filling.MAKES_ROOM)


@pytest.mark.parametrize("table", [Provisional, ForwardConnect])
def test_table_that_takes_more_than_twice_what_was_said_is_convicted(far, table):
    target = far(8)
    target.bounds.forward_connect = 4
    with pytest.raises(Violation, match="8 were taken"):
        table(target)
    assert target.doubts == []


def test_table_out_of_which_the_first_may_be_gone_before_it_is_full_convicts_nobody(far):
    """Slow answers, or a busy machine: endpoints whose clients say nothing end by themselves (TGT-13)."""
    target = far(48)
    target.bounds.forward_connect = 24
    with pytest.raises(Violation):
        ForwardConnect(target)
    assert any("the end of an endpoint whose client is silent may be over" in text for text in target.doubts)


@pytest.mark.parametrize("left_over", [0, 1, 2])
def test_room_that_earlier_cases_have_left_convicts_nobody(left_over):
    table = Shared(left_over)
    assert (table.taken, table.refuses()) == (4 - left_over, True)


def test_room_that_nobody_can_have_left_convicts():
    table = Shared(0)
    table._used -= 1
    assert not table.refuses()


@pytest.mark.parametrize("more", [0, 1, 3])
def test_table_of_udp_may_be_larger_than_what_was_said(more):
    places = [None] * more
    fill_up(SimpleNamespace(scaled=float), time.monotonic(), "local", 4, lambda: bool(places) and not places.pop())
    assert places == []


@pytest.mark.parametrize(("ago", "ends"), [(0, Violation), (46, Inconclusive)])
def test_table_of_udp_without_end_is_convicted_if_none_of_the_first_may_have_ended(ago, ends):
    with pytest.raises(ends):
        fill_up(SimpleNamespace(scaled=float), time.monotonic() - ago, "local", 4, lambda: True)
