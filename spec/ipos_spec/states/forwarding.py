"""The forwarding state table: one client's Forward entry, with the half-open endpoint that may stand beside it."""

from ipos_spec.states import actions as act
from ipos_spec.states import conditions as when
from ipos_spec.states import events as on
from ipos_spec.states.table import Condition, Event, Row, State, Table, rows

NONE = State("none", "No entry for this client.")
ACTIVE = State("active", "The client's packets go to the entry's target.", "Forward")
DOUBTED = State("doubted", "Active, and one SYN of the client was forwarded: a repetition is believed.", "Forward")
QUIET = State("quiet", "No packet for 60 s: a SYN is believed at once.", "Forward")
CLOSING = State("closing", "The client sent FIN or RST: 600 s without a packet end it.", "Forward")
HALF_OPEN = State("half-open beside", "Active; a SYN of the client was answered.", "Forward, Temporary")
HALF_OPEN_CLOSING = State("half-open beside closing", "Closing; a SYN was answered.", "Forward, Temporary")
HALF_OPEN_DEFINITE = State(
    "half-open beside definite",
    "The entry went, since this router's own provisional endpoint became definite; the half-open endpoint stays.",
    "Temporary",
)

_ALONE = (ACTIVE, DOUBTED, QUIET, CLOSING)
_BESIDE = (HALF_OPEN, HALF_OPEN_CLOSING)
_ANSWERED = (*_BESIDE, HALF_OPEN_DEFINITE)
_ENTRY = (*_ALONE, *_BESIDE)
_RUNNING = (ACTIVE, DOUBTED, QUIET)
_ON = (act.FORWARD, act.RESTART)
_OVER = (act.END_PROVISIONAL, act.END_ENTRY)
_OVER_BESIDE = (act.END_PROVISIONAL, act.KEEP_HALF_OPEN, act.END_ENTRY)


def _removed(event: Event, *conditions: Condition) -> tuple[Row, ...]:
    """What removes a half-open endpoint leaves alone what it stands beside."""
    return (
        *rows(HALF_OPEN, event, when=conditions, do=(act.REMOVE_HALF_OPEN,), then=ACTIVE, ids=("FWD-5",)),
        *rows(HALF_OPEN_CLOSING, event, when=conditions, do=(act.REMOVE_HALF_OPEN,), then=CLOSING, ids=("FWD-5",)),
        *rows(HALF_OPEN_DEFINITE, event, when=conditions, do=(act.END_ENTRY,), then=NONE, ids=("FWD-5",)),
    )


_CLIENT = (
    *rows((ACTIVE, DOUBTED), on.PACKET, do=_ON, ids=("FWD-1", "FWD-2", "FWD-3")),
    *rows(QUIET, on.PACKET, do=_ON, then=ACTIVE, ids=("FWD-1", "FWD-2", "FWD-3", "FWD-5")),
    *rows(CLOSING, on.PACKET, do=_ON, ids=("FWD-1", "FWD-2", "FWD-3"), note="It restarts the closing time."),
    *rows((*_RUNNING, CLOSING), on.FIN_OR_RST, do=_ON, then=CLOSING, ids=("FWD-1", "FWD-2", "FWD-3")),
    *rows(_BESIDE, on.PACKET, when=(when.ACKNOWLEDGES_SYN,), do=(*_OVER, act.COMPLETE_BESIDE, act.INPUT_AGAIN),
          then=NONE, ids=("FWD-5", "TAB-2")),
    *rows(_BESIDE, on.PACKET, when=(~when.ACKNOWLEDGES_SYN,), do=_ON, ids=("FWD-5", "FWD-1", "FWD-2")),
    *rows(_BESIDE, on.FIN_OR_RST, when=(~when.RESETS_HALF_OPEN,), do=_ON, then=HALF_OPEN_CLOSING,
          ids=("FWD-5", "FWD-1", "FWD-2")),
    *rows(HALF_OPEN_DEFINITE, on.PACKET, when=(when.ACKNOWLEDGES_SYN,),
          do=(act.END_ENDPOINT, act.END_ENTRY, act.COMPLETE_BESIDE, act.INPUT_AGAIN), then=NONE,
          ids=("FWD-5", "TAB-2")),
    *rows(HALF_OPEN_DEFINITE, on.PACKET, when=(~when.ACKNOWLEDGES_SYN,), do=(act.PASS_TO_ENDPOINT,),
          ids=("FWD-5", "TAB-1")),
    *rows(HALF_OPEN_DEFINITE, on.FIN_OR_RST, when=(~when.RESETS_HALF_OPEN,), do=(act.PASS_TO_ENDPOINT,),
          ids=("FWD-5", "TAB-1")),
)  # fmt: skip

_STARTING_ANEW = (
    *rows(ACTIVE, on.SYN, do=(act.FORWARD,), then=DOUBTED, ids=("FWD-5",), note="It does not restart the times."),
    *rows(DOUBTED, on.SYN, when=(when.REPEATS_SYN,), do=(act.OPEN_BESIDE,), then=HALF_OPEN, ids=("FWD-5",)),
    *rows(DOUBTED, on.SYN, when=(~when.REPEATS_SYN,), do=(act.FORWARD,), ids=("FWD-5",),
          note="Another SYN is a first one again."),
    *rows(QUIET, on.SYN, do=(act.OPEN_BESIDE,), then=HALF_OPEN, ids=("FWD-5",)),
    *rows(CLOSING, on.SYN, do=(act.OPEN_BESIDE,), then=HALF_OPEN_CLOSING, ids=("FWD-5",)),
    *rows(_ANSWERED, on.SYN, when=(when.REPEATS_SYN,), do=(act.ANSWER_SYN_AGAIN,), ids=("FWD-5",)),
    *rows(_BESIDE, on.SYN, when=(~when.REPEATS_SYN,), do=(act.FORWARD,), ids=("FWD-5",)),
    *rows(HALF_OPEN_DEFINITE, on.SYN, when=(~when.REPEATS_SYN,), do=(act.PASS_TO_ENDPOINT,), ids=("FWD-5", "TAB-1")),
    *_removed(on.HALF_OPEN_TIME),
    *_removed(on.FIN_OR_RST, when.RESETS_HALF_OPEN),
)  # fmt: skip

_TIMES = (
    *rows((ACTIVE, DOUBTED), on.QUIET_TIME, then=QUIET, ids=("FWD-5",)),
    *rows(HALF_OPEN_DEFINITE, (on.QUIET_TIME, on.ENTRY_TIME, on.CLOSING_TIME), ids=("FWD-4",),
          note="No entry, no times."),
    *rows((QUIET, CLOSING, *_BESIDE), on.QUIET_TIME, ids=("FWD-5",), note="A SYN is believed at once already."),
    *rows(_RUNNING, on.ENTRY_TIME, do=_OVER, then=NONE, ids=("FWD-2", "TGT-12")),
    *rows(HALF_OPEN, on.ENTRY_TIME, do=_OVER_BESIDE, then=NONE, ids=("FWD-2", "FWD-5", "TGT-12")),
    *rows((CLOSING, HALF_OPEN_CLOSING), on.ENTRY_TIME, ids=("FWD-2",), note="The closing time is shorter."),
    *rows(CLOSING, on.CLOSING_TIME, do=_OVER, then=NONE, ids=("FWD-2", "TGT-12")),
    *rows(HALF_OPEN_CLOSING, on.CLOSING_TIME, do=_OVER_BESIDE, then=NONE, ids=("FWD-2", "FWD-5", "TGT-12")),
    *rows((*_RUNNING, HALF_OPEN), on.CLOSING_TIME, ids=("FWD-2",), note="Runs only after a FIN or an RST."),
    *rows(_ALONE, on.HALF_OPEN_TIME, ids=("FWD-5",), note="No half-open endpoint stands beside it."),
)  # fmt: skip

_MIGRATIONS = (
    *rows(NONE, on.ENTERED, do=(act.ENTER,), then=ACTIVE, ids=("ORG-6", "TAB-2", "TAB-3")),
    *rows(_ENTRY, on.ENTERED, do=(act.ENTER,), then=ACTIVE, ids=("FWD-4",),
          note="Only a definite endpoint migrates on, and its entry went when it became definite."),
    *rows((*_RUNNING, CLOSING), on.TAKEN_BACK, do=(act.END_ENTRY,), then=NONE, ids=("FWD-4", "TGT-12")),
    *rows(_BESIDE, on.TAKEN_BACK, do=(act.END_FORWARDING,), then=HALF_OPEN_DEFINITE,
          ids=("FWD-4", "FWD-5", "TGT-12", "TAB-2"), note="The entry goes; what the client has been answered stays."),
    *rows(HALF_OPEN_DEFINITE, on.ENTERED, do=(act.ENTER,), then=HALF_OPEN, ids=("ORG-6", "FWD-5")),
    *rows(HALF_OPEN_DEFINITE, on.ENDPOINT_ENDS, do=(act.KEEP_HALF_OPEN, act.END_ENTRY), then=NONE, ids=("FWD-5",)),
    *rows((NONE, *_ENTRY), on.ENDPOINT_ENDS, ids=("FWD-5",), note="Nothing half-open stands beside an endpoint."),
    *rows(HALF_OPEN_DEFINITE, on.TAKEN_BACK, ids=("TGT-12",), note="It is definite."),
    *rows(HALF_OPEN_DEFINITE, on.REPLACED, ids=("TGT-4",),
          note="Only the owner of the server address has half-open endpoints, and its definite ones are not replaced."),
    *rows((*_RUNNING, CLOSING), on.REPLACED, do=(act.END_ENTRY,), then=NONE, ids=("TGT-4",)),
    *rows(_BESIDE, on.REPLACED, do=(act.END_ENTRY, act.REMOVE_HALF_OPEN), then=NONE, ids=("TGT-4",)),
    *rows(NONE, (on.TAKEN_BACK, on.REPLACED), ids=("FWD-4", "TGT-4"), note="There is no entry to end."),
    *rows(NONE, (on.SYN, on.PACKET, on.FIN_OR_RST), ids=("TAB-1",),
          note="An endpoint's table, or the origin's from closed."),
    *rows(NONE, (on.QUIET_TIME, on.ENTRY_TIME, on.CLOSING_TIME, on.HALF_OPEN_TIME), ids=("FWD-2",),
          note="No entry, no times."),
)  # fmt: skip

TABLE = Table(
    "forwarding",
    "A client's entry in Forward, after its endpoint was migrated away. A SYN (from the first LAN) may open a "
    "half-open endpoint beside it, for the client may have begun anew.",
    (NONE, ACTIVE, DOUBTED, QUIET, CLOSING, HALF_OPEN, HALF_OPEN_CLOSING, HALF_OPEN_DEFINITE),
    (
        on.SYN, on.PACKET, on.FIN_OR_RST, on.ENTERED, on.TAKEN_BACK, on.ENDPOINT_ENDS, on.REPLACED,
        on.QUIET_TIME, on.ENTRY_TIME, on.CLOSING_TIME, on.HALF_OPEN_TIME,
    ),
    (*_CLIENT, *_STARTING_ANEW, *_TIMES, *_MIGRATIONS),
)  # fmt: skip
