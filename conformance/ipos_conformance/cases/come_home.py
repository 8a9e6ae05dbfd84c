"""A connection that comes back to a router that has its client in Forward: provisional beside the entry, then home."""

from collections.abc import Callable

from ipos_conformance.case import parameters, requirement
from ipos_conformance.dut import Dut
from ipos_conformance.steps.moved import Moved, needs_moving_on, send_away, send_on

_NOTHING_NEW = {"ack": ("A", b"", 0), "old-data": ("PA", b"old", -3), "rst-elsewhere": ("R", b"", 100)}
"""Flags, data, and distance of the sequence number from rcv_nxt."""


@requirement("TGT-1")
def test_connection_comes_home(dut: Dut) -> None:
    """A connection packet for the router's own server, later than its entry, is acknowledged; a request is answered."""
    dut.expect_exchange(send_away(dut).hand_back())


@requirement("TGT-1")
def test_connection_comes_home_from_a_third_router(dut: Dut) -> None:
    """So is one from a router that the connection was not migrated to: the holder may have passed it on."""
    dut.expect_exchange(send_away(dut).hand_back(dut.other_peer))


@requirement("TGT-1")
def test_long_answer_at_home(dut: Dut) -> None:
    """A connection that came home goes on with the holder's numbers, not with those with which it left."""
    dut.expect_exchange(send_away(dut).hand_back(snd=100_000), dut.large)


@requirement("TGT-12")
def test_first_lan_goes_by_the_entry_meanwhile(dut: Dut) -> None:
    """While the endpoint is provisional, the client's packets from the first LAN still go to the holder."""
    moved = send_away(dut)
    back = moved.hand_back()
    moved.expect_passed_on(back.packet("PA", dut.wrong_request()))
    dut.expect_exchange(back)


@requirement("TGT-12")
def test_other_routers_packets_go_by_the_entry_meanwhile(dut: Dut) -> None:
    """So do those that another router passes on than the one that handed it back."""
    moved = send_away(dut)
    back = moved.hand_back()
    moved.through(dut.other_peer).carry(packet := back.packet("PA", dut.wrong_request()))
    moved.expect_forwarded(packet)
    dut.judge.expect_silence()
    dut.expect_exchange(back)


@requirement("TGT-12")
@parameters(segment=_NOTHING_NEW)
def test_nothing_new_from_who_handed_it_back_is_dropped(dut: Dut, segment: tuple[str, bytes, int]) -> None:
    """It finds the endpoint, so it is not sent on by the entry, to where it may have come from."""
    back, (flags, data, ahead) = send_away(dut).hand_back(), segment
    back.carry(back.packet(flags, data, seq=back.snd_nxt + ahead))
    dut.judge.expect_silence()
    dut.expect_exchange(back)


@requirement("TGT-12")
def test_reset_takes_the_entry_with_the_endpoint(dut: Dut) -> None:
    """A reset at rcv_nxt from who handed it back removes both: the client's next segment finds a closed port."""
    moved = send_away(dut)
    moved.expect_no_entry(moved.hand_back())


@requirement("FWD-4")
def test_first_data_ends_the_entry(dut: Dut) -> None:
    """Once the client's data has made it definite, the entry is gone, and shows neither beside nor behind it."""
    moved = send_away(dut)
    home = moved.come_home()
    dut.expect_exchange(home)
    moved.expect_no_entry(home)


@requirement("FWD-4")
def test_fin_ends_the_entry(dut: Dut) -> None:
    """A FIN makes it definite as well."""
    moved = send_away(dut)
    back = moved.hand_back()
    back.send("FA")
    dut.judge.expect(
        lambda frame: back.is_mine(frame) and "A" in frame.tcp.flags and frame.tcp.ack == back.snd_nxt,
        "an acknowledgement of the client's FIN",
        seconds=dut.target.timing.response,
    )
    moved.expect_no_entry(back)


@requirement("FWD-4")
def test_packets_reach_the_endpoint_from_everywhere_again(dut: Dut) -> None:
    """At home, what late copies bring goes to the endpoint, and not on to the former holder."""
    moved = send_away(dut)
    home = moved.come_home()
    late = moved.through(dut.other_peer, home)
    late.carry(late.packet("PA", b"old", seq=late.snd_nxt - 3))
    moved.expect_nothing_forwarded()
    dut.expect_exchange(home)


@requirement("FWD-4")
def test_client_begins_anew_at_home(dut: Dut) -> None:
    """After it came home and was reset, the client's first SYN is answered: no entry stands in its way."""
    moved = send_away(dut)
    home = moved.come_home()
    home.carry(home.packet("R"))
    dut.expect_exchange(dut.connect(client=home.client))
    moved.expect_nothing_forwarded()


@requirement("FWD-4")
def test_router_that_is_visited_again_ends_its_entry(dut: Dut) -> None:
    """A connection of another server, migrated on and handed back, is answered here, and its entry is gone."""
    moved = send_on(dut)
    back = moved.hand_back()
    dut.expect_exchange(back)
    late = moved.through(dut.other_peer, back)
    late.carry(late.packet("PA", b"old", seq=late.snd_nxt - 3))
    moved.expect_nothing_forwarded()


@requirement("FWD-4")
@parameters(whose={"its-own": send_away, "another-server-s": send_on})
def test_connection_leaves_again(dut: Dut, whose: Callable[[Dut], Moved]) -> None:
    """One that came back migrates again at a request for another server, and is forwarded by the new entry."""
    needs_moving_on(dut)
    again = send_away(dut, whose(dut).come_home())
    again.expect_passed_on(again.client.packet("PA", b"more"))


@requirement("FWD-4")
def test_endpoint_of_another_server_leaves_the_entry(dut: Dut) -> None:
    """The entry of one server's connection stays when the same client's other connection comes in and is served."""
    moved = send_away(dut)
    endpoint = dut.hand_over_by(dut.other_peer, dut.other_peer.connection_packet(moved.client.client))
    dut.expect_exchange(endpoint)
    dut.settle(endpoint)
    moved.expect_passed_on(moved.client.packet("PA", b"more"))
