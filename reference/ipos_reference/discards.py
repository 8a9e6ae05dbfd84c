"""Why a frame or packet was dropped: nothing disappears without a reason and a count (SEC-2)."""

from collections import Counter
from enum import StrEnum

from ipos_reference.journal import SILENT, Journal


class Discard(StrEnum):
    """Reasons. Those that a requirement asks for begin with its id."""

    SHORT_FRAME = "Ethernet: shorter than its header"
    OTHER_MAC = "Ethernet: not addressed to this router"
    OTHER_ETHER_TYPE = "Ethernet: a type that is not spoken on this LAN"
    ARP_MALFORMED = "ARP: malformed"
    ARP_OTHER = "ARP: about other addresses"
    IPV4_MALFORMED = "IPv4: malformed"
    IPV4_FRAGMENT = "IPv4: a fragment"
    IPV4_OTHER_DESTINATION = "IPv4: not for this router"
    IPV4_OTHER_PROTOCOL = "IPv4: a protocol that is not spoken"
    IPV4_BAD_SOURCE = "IPv4: source address is not one host's"
    ICMP_OTHER = "ICMP: not an echo request"
    UDP_MALFORMED = "UDP: malformed"
    TCP_MALFORMED = "TCP: malformed or wrong checksum"
    TCP_UNANSWERABLE = "TCP: a reset for no connection"
    NO_ROUTE = "IPv4: no route to the destination"
    NEIGHBOUR_SILENT = "ARP: the next hop does not answer"
    NEIGHBOUR_QUEUE_FULL = "ARP: too many packets wait for the next hop"

    UNKNOWN_TYPE = "ENC-4: unknown type"
    UNKNOWN_PROTOCOL = "ENC-5: unknown protocol"
    CHECKSUM = "ENC-7: wrong checksum"
    TRUNCATED = "ENC-8: truncated"
    INNER_PACKET = "ENC-10: unacceptable inner packet"
    FIRST_LAN = "ENC-11: ipOS frame on the first LAN"
    OTHER_ROUTER = "ENC-12: ipOS frame not addressed to this router"
    REFERENCE = "ENC-13: unacceptable reference"
    CONTROL_BLOCK = "TCB-2: a control block that can't be continued"
    TOO_LARGE_FOR_FIRST_LAN = "UDP: the datagram of an application does not fit the first LAN"
    TOO_LARGE_TO_FORWARD = "MTU-1: does not fit the second LAN"
    WRONG_INNER_DESTINATION = "TAB-1: inner destination is not the endpoint's server"
    TEMPORARY_FULL = "TAB-4: Temporary is full"
    LOCAL_FULL = "TAB-4: Local is full"
    FORWARD_CONNECT_FULL = "TAB-4: Forward-Connect is full"
    KNOWLEDGE_FULL = "TAB-4: a table for choosing is full"
    NOT_IN_PROGRESS = "ORG-6: acknowledgement of no migration in progress"
    HOLD_FULL = "ORG-12: too much is held for this connection"
    HELD_OTHERWISE = "ORG-12: adds nothing while a request is held"
    NO_LISTENER = "TGT-2: nobody listens there"
    NOT_LATER = "TGT-4: not from a later holder"
    PROVISIONAL = "TGT-12: for a provisional endpoint, but does not make it definite"
    NO_ENDPOINT = "TGT-8: no endpoint"
    IPV4_ON_SECOND_LAN = "NBR-1: IPv4 on the second LAN"
    ADVERTISEMENT = "ADV-1: unacceptable advertisement"
    RECORD_TOO_LARGE = "ADV-1: a record that fits no frame is not advertised"
    NOT_ITS_OWN = "ADV-3: a record about another server"
    UNKNOWN_PEER = "SEC-1: not a configured peer"


DISCARD_OF_REQUIREMENT = {
    "ENC-4": Discard.UNKNOWN_TYPE,
    "ENC-5": Discard.UNKNOWN_PROTOCOL,
    "ENC-7": Discard.CHECKSUM,
    "ENC-8": Discard.TRUNCATED,
    "ENC-10": Discard.INNER_PACKET,
}
"""The reason for each requirement that a DecodeError can name."""


class Discards(Counter[Discard]):
    """How often each reason occurred, and the journal that is told each time."""

    journal: Journal = SILENT

    def because(self, reason: Discard, times: int = 1) -> None:
        """Count one more, or several for the same event."""
        self[reason] += times
        self.journal.discarded(reason, times)
