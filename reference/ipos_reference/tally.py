"""What happened to connections, counted: migrations and why a connection was not migrated (SEC-2's other half)."""

from collections import Counter
from enum import StrEnum


class Happening(StrEnum):
    """What is counted. Those from NOT_QUIESCENT on say why an endpoint stays though another server was chosen."""

    BEGUN = "migrations begun"
    ACKNOWLEDGED = "migrations acknowledged"
    GIVEN_UP = "migrations given up"
    TAKEN_OVER = "endpoints taken over"
    DEFINITE = "endpoints made definite"
    FORWARDED = "packets forwarded"
    REFRESHED = "UDP entries refreshed"
    COOKIES = "sessions begun"

    NOT_QUIESCENT = "kept here: TCB-1: not quiescent"
    SMALL_SEGMENTS = "kept here: ORG-9: the client's MSS is below 64"
    PORT_ZERO = "kept here: ENC-13: the client's port is 0, which no reference may have"
    UNKNOWN_ROUTER = "kept here: NBR-1: the MAC of the server's router is not known"
    SECOND_CONNECTION = "kept here: TAB-3: another connection of this client and port was migrated"
    FORWARD_FULL = "kept here: TAB-4: Forward is full"
    TOO_LATE = "kept here: ORG-11: the request took longer than it may go unacknowledged"


class Tally(Counter[Happening]):
    """How often each has happened."""
