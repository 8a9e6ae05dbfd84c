"""What an operator or a test may choose about an endpoint."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Sizes in octets, times in seconds."""

    mss: int = 1460
    """What is offered to the client (ORG-2 bounds it)."""
    largest_segment: int = 1460
    """Own MTU - 40: no segment's options and payload together exceed it."""
    receive_buffer: int = 262144
    send_buffer: int = 262144
    timestamps: bool = True
    window_scaling: bool = True
    sack: bool = True

    delayed_ack: float = 0.04
    """RFC 9293 3.8.6.3 allows 0.5; Linux's 0.04 costs a client that waits for it little."""
    time_wait: float = 60.0
    """RFC 9293 3.4.1 says 2 MSL = 4 minutes; 60 s is what Linux servers keep."""
    fin_wait_2: float = 60.0
    """How long a closed application's client may stay silent without sending its FIN."""
    syn_ack_timeout: float = 1.0
    """Also the first RTO of the connection (RFC 6298 2.1)."""
    syn_ack_repeats: int = 5
    minimum_rto: float = 0.2
    """RFC 6298 2.4 asks for 1 s, meant for clocks of 500 ms and delayed ACKs of as much. Linux has long used
    200 ms, which no delayed ACK of a client in use exceeds, and the loss of a last segment costs so much less."""
    maximum_rto: float = 60.0
    retransmission_repeats: int = 15
    patience: float = 100.0
    """RFC 9293 3.8.3's R2: how long unacknowledged octets are repeated, or probes sent without any answer."""
    challenge_acks_per_second: int = 10
    """RFC 5961 7: enough for a client that restarted (it needs one); an attacker gets no amplifier, and two ends that
    reject each other's segments do not answer each other at line rate."""

    def __post_init__(self) -> None:
        if min(self.receive_buffer, self.send_buffer) < 1:
            raise ValueError("a buffer needs at least one octet")
        if not 64 <= self.mss <= 65495 or not 64 <= self.largest_segment <= 65495:
            raise ValueError("mss and largest_segment are 64 to 65495 octets")
