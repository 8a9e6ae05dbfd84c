"""Events of the three state tables. Packets come as their lookup (TAB-1) gave them; times are those of the registry."""

from ipos_spec.states.table import Event

SYN = Event("SYN", "A segment with SYN, without ACK or RST.")
SEGMENT = Event("segment", "A segment without data, SYN, FIN or RST: an acknowledgement, a probe, an answer to one.")
DATA = Event("data", "A segment with data or FIN.")
RST = Event("RST", "A segment with RST.")
CONNECTION_PACKET = Event("connection packet", "Type 1, of right form and addressed to this router.")
ACKNOWLEDGEMENT = Event("acknowledgement", "Type 3, of right form.")

NO_DATA_TIME = Event("30 s without data", "No data in Temporary for 30 s, or a handshake that took too long.")
CHOICE_TIME = Event("choice time", "5 s after the first octet, or 16 KiB, without a complete request (ORG-3).")
REPETITION_TIME = Event("repetition time", "200, 400, 800, 1600 ms after the last connection packet, unacknowledged.")
ENDS = Event("end", "TCP or the application has ended the endpoint (RFC 9293); in TIME_WAIT, its time is over.")

PROVISIONAL_TIME = Event("900 s provisional", "No packet made the endpoint definite within 900 s.")
PROBE_TIME = Event("probe time", "300 s without a packet, 60 s after the client's FIN, with nothing outstanding.")
UNANSWERED = Event("probes unanswered", "Three probes, 75 s apart, were not answered.")
MEMORY_TIME = Event("5 s after its end", "The endpoint ended 5 s ago.")

PACKET = Event("packet", "Any other packet of the client: a segment without SYN, FIN or RST, or any type 2 SYN.")
FIN_OR_RST = Event("FIN or RST", "A packet of the client with FIN or RST.")
ENTERED = Event("migrated", "An endpoint of this router was migrated away: its acknowledgement came.")
TAKEN_BACK = Event("taken back", "This router's own provisional endpoint became definite, or a reset removed it.")
ENDPOINT_ENDS = Event("endpoint ended", "This router's own definite endpoint, beside which one is half-open, ended.")
REPLACED = Event("replaced", "A connection packet of another connection of the same client and server took its place.")
QUIET_TIME = Event("60 s without packet", "No packet of the entry for 60 s.")
ENTRY_TIME = Event("900 s without packet", "No packet of the entry for 900 s.")
CLOSING_TIME = Event("closing time over", "No packet of the entry for 600 s, after a FIN or an RST.")
HALF_OPEN_TIME = Event("handshake time over", "The half-open endpoint's handshake was not completed (RFC 9293).")
