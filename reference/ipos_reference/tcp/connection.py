"""The state of one connection (RFC 9293 3.3.1): only data. What happens to it is in the modules beside this one."""

from dataclasses import dataclass, field
from enum import Enum

from ipos_reference.tcp.congestion import Congestion
from ipos_reference.tcp.negotiation import Agreement
from ipos_reference.tcp.rate_limit import RateLimit
from ipos_reference.tcp.reassembly import Reassembly
from ipos_reference.tcp.round_trip import RoundTrip
from ipos_reference.tcp.scoreboard import NOTHING, Scoreboard
from ipos_reference.tcp.segment import Segment
from ipos_reference.tcp.send_buffer import SendBuffer
from ipos_reference.tcp.sequence import add, difference
from ipos_reference.tcp.settings import Settings
from ipos_reference.tcp.timers import IDLE, Timer
from ipos_reference.tcp.timestamp_clock import TimestampClock


class State(Enum):
    """RFC 9293 3.3.2, without those of an active open."""

    SYN_RECEIVED = "SYN-RECEIVED"
    ESTABLISHED = "ESTABLISHED"
    FIN_WAIT_1 = "FIN-WAIT-1"
    FIN_WAIT_2 = "FIN-WAIT-2"
    CLOSE_WAIT = "CLOSE-WAIT"
    CLOSING = "CLOSING"
    LAST_ACK = "LAST-ACK"
    TIME_WAIT = "TIME-WAIT"
    CLOSED = "CLOSED"


@dataclass(slots=True, kw_only=True)
class Connection:
    """Names are RFC 9293's and Net/3's; sequence numbers are 32 bits, windows octets with scaling applied."""

    settings: Settings
    agreement: Agreement
    local_port: int
    remote_port: int
    state: State
    failure: str | None = None

    iss: int
    snd_una: int
    snd_nxt: int
    """Next to send; falls back to snd_una when the retransmission timer expires."""
    snd_max: int
    snd_wnd: int
    snd_wl1: int
    snd_wl2: int
    max_sndwnd: int
    fin_queued: bool = False
    """The application has closed: a FIN follows the send buffer."""

    irs: int
    rcv_nxt: int
    rcv_adv: int
    """Right edge of the window as promised: what arrives before it must be taken."""
    overpromised: int = 0
    """Octets by which rounding has moved rcv_adv beyond what the buffer allows, since it last moved on its own."""
    last_ack_sent: int
    ts_recent: int = 0
    ts_recent_at: float = 0.0

    clock: TimestampClock
    send_buffer: SendBuffer
    reassembly: Reassembly = field(default_factory=Reassembly)
    round_trip: RoundTrip
    congestion: Congestion
    challenges: RateLimit

    scoreboard: Scoreboard = NOTHING
    """What the client has reported by SACK. An endpoint that was migrated begins with nothing: TCB-1."""
    reports: bool = False
    """The client has sent a SACK block that tells something."""
    high_rxt: int = 0
    """One past RFC 6675 2's HighRxt; like rescue_rxt it counts while recovery is ``by_sack``."""
    rescue_rxt: int = 0
    """One past RescueRxt."""

    timer: Timer = IDLE
    timed: tuple[int, float] | None = None
    """Without timestamps: an acknowledgement number that ends a measurement, and when that began (RFC 6298 3)."""
    sent_at: float = 0.0
    heard_at: float = 0.0

    ack_at: float | None = None
    """When the delayed ACK is due."""
    ack_now: bool = False
    """An ACK is due; any segment carries it."""
    duplicate_acks: int = 0
    """ACKs due that must be segments of their own, since the client counts them (RFC 5681 4.2)."""
    unacknowledged: int = 0
    """Octets received in order since the last ACK was sent."""
    largest_received: int = 536
    """The client's segment size as seen, for "every second full segment"."""

    syn_ack_due: bool = False
    retransmit_due: bool = False
    """The segment at snd_una is to be repeated at once."""
    forced: bool = False
    """Send in spite of the window: the persist timer expired."""
    probe_due: bool = False
    """A keep-alive is due."""
    reset_due: bool = False
    replies: list[Segment] = field(default_factory=list)

    @property
    def promised(self) -> int:
        """RCV.WND: octets from rcv_nxt on that the client may send."""
        return difference(self.rcv_adv, self.rcv_nxt)

    @property
    def flight(self) -> int:
        """Sequence numbers sent and not acknowledged (RFC 5681's FlightSize)."""
        return difference(self.snd_max, self.snd_una)

    @property
    def unsent(self) -> int:
        """Octets written at or after snd_nxt; -1 once snd_nxt is after the FIN."""
        return difference(self.send_buffer.end, self.snd_nxt)

    @property
    def fin_unsent(self) -> bool:
        """A FIN is to be sent (or repeated) from snd_nxt on."""
        return self.fin_queued and self.unsent >= 0

    @property
    def fin_acknowledged(self) -> bool:
        """The client has acknowledged our FIN."""
        return self.fin_queued and self.snd_una == add(self.send_buffer.end, 1)

    def end(self, failure: str | None) -> None:
        """Enter CLOSED, whatever was going on."""
        self.state, self.failure = State.CLOSED, failure
        self.timer, self.ack_at = IDLE, None
        self.ack_now = self.syn_ack_due = self.retransmit_due = self.forced = self.probe_due = False
        self.duplicate_acks = 0

    def fail(self, failure: str) -> None:
        """Enter CLOSED and tell the client by an RST."""
        self.end(failure)
        self.reset_due = True
