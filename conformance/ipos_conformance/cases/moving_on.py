"""A connection that stays open behind an answer may move at its next request, and again, from wherever it is."""

from collections.abc import Callable

from ipos_spec.encapsulation import PacketType

from ipos_conformance.case import CaseSteps, parameters, requirement
from ipos_conformance.dut import Dut
from ipos_conformance.stations.conversation import REQUEST, Conversation
from ipos_conformance.steps.attempt import Attempt
from ipos_conformance.steps.kept_open import expect_answer, request_kept_open
from ipos_conformance.steps.moved import Moved, carried, is_type, needs_moving_on, send_away, send_on, serve_first


def _served(dut: Dut) -> Conversation:
    """A client's own connection here, idle behind the answer to its first request."""
    client = dut.settle(dut.connect())
    request_kept_open(client, dut.first)
    expect_answer(dut, client, dut.first)
    return carried(dut, client, client.carry)


def _own(dut: Dut) -> Moved:
    """Such a connection, migrated at its next request."""
    needs_moving_on(dut)
    return send_away(dut, _served(dut))


_SPACE = 1 << 32
_WHOSE: dict[str, Callable[[Dut], Moved]] = {"its-own": _own, "another-server-s": send_on}


@requirement("ORG-4")
def test_next_request_for_this_server_is_served_here(dut: Dut) -> None:
    """On a connection that stays open, a second request for the target's own server gets its answer, too."""
    dut.expect_exchange(_served(dut), dut.second)


@requirement("TGT-10")
@parameters(whose=_WHOSE)
def test_connection_moves_at_its_next_request(dut: Dut, whose: Callable[[Dut], Moved]) -> None:
    """After an answer, a request for what is away is migrated, and what the client sends then is forwarded."""
    moved = whose(dut)
    moved.expect_passed_on(moved.client.packet("PA", b"more"))


@requirement("TGT-10")
def test_connection_that_moves_on_is_the_same_connection(dut: Dut) -> None:
    """Both iss and irs, by which every router tells it from another (TGT-4), are those with which it came."""
    moved = send_on(dut)
    block = moved.came.connection.control_block
    moved.expect_left_with(iss=block.iss, irs=block.irs)


@requirement("TGT-10")
def test_connection_that_leaves_again_is_the_same_connection(dut: Dut) -> None:
    """So they are when a connection of its own came home and leaves again."""
    needs_moving_on(dut)
    moved = send_away(dut)
    block = moved.packet.connection.control_block
    send_away(dut, moved.come_home()).expect_left_with(iss=block.iss, irs=block.irs)


@requirement("TCB-1")
@parameters(whose=_WHOSE)
def test_connection_moves_as_its_client_knows_it(dut: Dut, whose: Callable[[Dut], Moved]) -> None:
    """All octets of the answer count as sent and acknowledged, and rcv_nxt is where the next request begins."""
    moved = whose(dut)
    here, request = moved.client.rcv_nxt, (moved.client.snd_nxt - REQUEST) % _SPACE
    moved.expect_left_with(snd_una=here, snd_nxt=here, snd_max=here, rcv_nxt=request)


@requirement("CON-1")
def test_connection_that_moves_on_keeps_its_server_address(dut: Dut) -> None:
    """The connection packet names the server that the client talks to, which is neither router's."""
    moved = send_on(dut)
    moved.expect_named(dut.other_peer.server)


@requirement("TCB-1")
def test_unacknowledged_answer_keeps_a_connection_here(dut: Dut) -> None:
    """Until the client has acknowledged the answer before, no request for what is away makes a connection packet."""
    needs_moving_on(dut)
    client = dut.settle(dut.connect())
    request_kept_open(client, dut.first)
    dut.judge.expect(
        lambda frame: client.is_mine(frame) and bool(frame.tcp.payload),
        "the answer to the first request",
        seconds=dut.target.timing.response,
    )
    dut.origin.request(client)
    dut.judge.expect_none(
        lambda frame: is_type(PacketType.CONNECTION, frame) and client.client in frame.clients, "no connection packet"
    )


@requirement("ORG-7")
@parameters(whose={"its-own": _served, "another-server-s": lambda dut: serve_first(dut)[1]})
def test_connection_that_can_not_move_is_served_here(dut: Dut, whose: Callable[[Dut], Conversation]) -> CaseSteps:
    """Without an acknowledgement for 3 s, the server that it is with answers the request."""
    needs_moving_on(dut)
    attempt = Attempt.begin(dut, whose(dut))
    yield dut.pause(3.0)
    attempt.expect_served_here(dut.origin.away)
