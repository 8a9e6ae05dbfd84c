"""Conditions of the three state tables. Each is one question; ``~`` is its denial."""

from ipos_spec.states.table import Condition

LISTENS = Condition("listened port", "The segment's destination is in Listening Sockets.")
TEMPORARY_HAS_ROOM = Condition("room in Temporary", "Temporary is not full (TAB-4).")
REPEATS_SYN = Condition("repeats the SYN", "It has the sequence number of the SYN that came before.")
ACKNOWLEDGES_SYN = Condition("completes the handshake", "It acknowledges the router's SYN (RFC 9293).")
AT_RCV_NXT = Condition("at rcv_nxt", "Its sequence number is exactly rcv_nxt (RFC 5961).")
RESETS_HELD = Condition("at rcv_nxt or end of held", "There, or at the end of the contiguous held octets (ORG-12).")

HOLD_HAS_ROOM = Condition("room to hold", "Fewer than 64 packets and 96 KiB are held, or it repeats one of them.")
COMPLETE = Condition("complete", "With it the request is complete (ORG-3), or the client ends without having sent any.")
ELSEWHERE = Condition(
    "choice elsewhere",
    "The choice is another server and the endpoint may migrate: it has a request, nothing of it is acknowledged "
    "(ORG-11), it is quiescent (TCB-1), Forward has room (TAB-4) and no other connection of this client (TAB-3).",
)
CAN_SERVE = Condition("can serve", "This server has the application, and Local room.")
THIS_ATTEMPT = Condition("of this attempt", "Its checksum covers the connection packet in progress (ENC-6).")
FROM_TARGET = Condition("from the target", "Same reference and protocol, from the MAC that the packet was sent to.")
CAME_BY_MIGRATION = Condition("came by migration", "The endpoint was another router's before (TGT-10).")

HAS_PLACE = Condition("has a place", "A control block that can go on, a listened port, room in the table.")
REPEATED = Condition("repeated", "Reference, server, iss, irs, snd_nxt and rcv_nxt are those that made this endpoint.")
SAME_CONNECTION = Condition("same iss and irs", "As the endpoint that stands here.")
LATER = Condition(
    "later holder",
    "rcv_nxt is later, or equal and snd_nxt later, than that of whatever of the same iss and irs this router has: "
    "provisional endpoint, Forward entry, memory of an ended endpoint. True if it has none.",
)
SUPERSEDES = Condition(
    "supersedes",
    "It comes from the router that owns the server address, and its iss is later than that of what stands here with "
    "other iss or irs; or that is closed or in TIME_WAIT. True if nothing does.",
)
OWN_SERVER = Condition("own server", "The server address of the connection information is this router's own.")
RETURNS = Condition("returns", "This router has a Forward entry with the same iss and irs.")
OVER = Condition("in TIME_WAIT", "The endpoint that stands here is closed or in TIME_WAIT.")

FROM_ITS_ORIGIN = Condition("from its origin", "Type 2, from the MAC that the connection packet came from (TGT-12).")
IN_WINDOW = Condition("in window", "Data or FIN at or after rcv_nxt, acceptable to RFC 9293 and 7323.")

RESETS_HALF_OPEN = Condition("resets the half-open", "An RST at the half-open endpoint's own rcv_nxt.")
