"""Other origins: what ORG-5 to ORG-12 leave to the router that migrates a client."""

from dataclasses import replace
from typing import Any

from ipos_reference import attempts, ethernet, hold
from ipos_reference.connection import Connection
from ipos_reference.forward_table import Onward
from ipos_reference.hold import Arrival, Hold
from ipos_reference.origin import Origin
from ipos_reference.tcp.endpoint import Endpoint
from ipos_reference.tcp.segment import Flags
from ipos_spec.control_block import ControlBlock, ControlFlag

from ipos_defects.defect import patch
from ipos_defects.variation import variation

# The connection packet


def _exported(**fields: Any) -> None:
    """Have these fields of the control block differ."""
    original = Endpoint.export
    patch(Endpoint, "export", lambda self, now: replace(original(self, now), **fields))


@variation("ORG-5's note: what only the origin can know is free.")
def leaves_zero_what_a_target_may_ignore() -> None:
    """Sends a control block without round trips, congestion window and urgent pointers."""
    names = (
        *("t_rxtshift", "t_rxtcur", "t_dupacks", "t_idle", "t_rtt", "t_rtseq", "t_srtt", "t_rttvar", "t_rttmin"),
        *("snd_cwnd", "snd_ssthresh", "snd_up", "rcv_up"),
    )
    _exported(**dict.fromkeys(names, 0))


@variation("TGT-7: an origin may leave ts_now zero, and the target takes the clock from the client.")
def leaves_ts_now_zero() -> None:
    """Says nothing of its timestamp clock."""
    _exported(ts_now=0)


@variation("Net/3 sets REQ_SCALE and REQ_TSTMP for what it would use itself; scales count where both flags are set.")
def flags_as_in_net_3() -> None:
    """Sets the flags of its own requests always, and fills the scales with something where there is no scaling."""
    original = Endpoint.export

    def export(self: Endpoint, now: float) -> ControlBlock:
        block = original(self, now)
        scales: dict[str, Any] = (
            {} if block.uses_scaling else dict.fromkeys(("snd_scale", "rcv_scale", "request_r_scale"), 7)
        )
        return replace(block, t_flags=block.t_flags | ControlFlag.REQ_SCALE | ControlFlag.REQ_TSTMP, **scales)

    patch(Endpoint, "export", export)


@variation("ORG-5's note: rcv_wnd is Net/3's, the room in the buffer, of which the window field shows 65535 at most.")
def room_of_the_buffer_as_in_net_3() -> None:
    """Says that its buffer takes a megabyte, though its SYN/ACK could not say so."""
    _exported(rcv_wnd=1 << 20)


@variation("ORG-12: what is held is for the target, and nobody says that the origin has to look at its ACKs.")
def reads_nothing_of_what_it_holds() -> None:
    """Takes neither ACK nor window from the segments that it holds."""
    patch(Endpoint, "receive_ack_only", lambda _self, _segment, _now: None)


@variation("ENC-8: further octets are padding, behind any packet.")
def pads_every_frame() -> None:
    """Puts six zeros behind each ipOS frame, however long it is."""
    original = ethernet.pad
    patch(ethernet, "pad", lambda octets: original(octets) + bytes(6))


# Repetition


@variation("ORG-7's note: a copy may be up to 50 ms late, and the next is due from it.")
def repeats_a_little_late() -> None:
    """Sends each copy, and gives up, 35 ms after it is due."""
    patch(attempts, "WAITS", tuple(seconds + 0.035 for seconds in attempts.WAITS))


@variation("ORG-7's note: a copy is due from the first, or from the one before it.")
def repeats_in_ticks() -> None:
    """Sends its second copy 30 ms late, the others and the end when they are due from the first."""
    patch(attempts, "WAITS", (0.23, 0.37, 0.8, 1.6))


@variation("ORG-7: a router that can't serve the client itself resets the connection.")
def resets_what_nobody_takes() -> None:
    """Resets a client whose migration was not acknowledged, since only the other server has what it asks for."""

    def given_up(self: Origin, connection: Connection, _onward: Onward, now: float) -> None:
        connection.migrating = False
        connection.hold = Hold()
        connection.endpoint.abort()
        self._connections.settle(connection, now)

    patch(Origin, "_given_up", given_up)


# What is held


@variation("ORG-12: repeats are held once or more often.")
def holds_each_repeat() -> None:
    """Holds whatever comes, as often as it comes."""

    def add(self: Hold, arrival: Arrival, now: float) -> bool:
        if len(self.arrivals) >= hold.MAXIMUM_PACKETS or self.octets + len(arrival.packet) > hold.MAXIMUM_OCTETS:
            return False
        self.arrivals.append(arrival)
        self.octets += len(arrival.packet)
        if arrival.segment.payload and self.first_octet_at is None:
            self.first_octet_at = now
        return True

    patch(Hold, "add", add)


@variation("ORG-12 says what has to be held, not that ACKs between these packets must not be.")
def holds_acks_between() -> None:
    """Holds and passes on the ACKs that came between the segments of a request, too."""
    original = Origin._receive_waiting

    def receive(self: Origin, connection: Connection, arrival: Arrival, now: float) -> None:
        segment = arrival.segment
        bare = not segment.payload and not segment.flags & (Flags.FIN | Flags.RST | Flags.SYN)
        if bare and connection.hold:
            connection.hold.add(arrival, now)
        original(self, connection, arrival, now)

    patch(Origin, "_receive_waiting", receive)
