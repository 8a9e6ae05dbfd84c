"""The target's state table: an endpoint that came by migration, from its connection packet to its end."""

from ipos_spec.states import actions as act
from ipos_spec.states import conditions as when
from ipos_spec.states import events as on
from ipos_spec.states.table import State, Table, rows

NONE = State("none", "No endpoint for this client and server, perhaps a Forward entry from an earlier stay.")
PROVISIONAL = State("provisional", "Acknowledged, silent, heard by its origin alone.", "Forward-Connect")
COME_HOME = State("come home", "Provisional at the router that owns the server address.", "Local")
DEFINITE = State("definite", "Holds the connection and answers the client.", "Forward-Connect or Local")
ENDED = State("ended, remembered", "Ended less than 5 s ago; its numbers still judge connection packets.")
MIGRATING_ON = State("migrating on", "An origin now: one connection packet sent.", "Forward-Connect or Local", "origin")

_NOWHERE = (NONE, ENDED)
_PROVISIONAL = (PROVISIONAL, COME_HOME)
_CLIENT = (on.SYN, on.SEGMENT, on.DATA, on.RST)
_NEW = (when.HAS_PLACE, when.LATER, when.SUPERSEDES)
_MADE = (act.REPLACE, act.MAKE, act.ACKNOWLEDGE)

_CONNECTION_PACKET = (
    *rows(_NOWHERE, on.CONNECTION_PACKET, when=(~when.HAS_PLACE,), do=(act.DISCARD,), ids=("TGT-2", "TCB-2", "TAB-4")),
    *rows(_NOWHERE, on.CONNECTION_PACKET, when=(when.HAS_PLACE, ~when.LATER), do=(act.DISCARD,), ids=("TGT-4",)),
    *rows(_NOWHERE, on.CONNECTION_PACKET, when=(when.HAS_PLACE, when.LATER, ~when.SUPERSEDES), do=(act.DISCARD,),
          ids=("TGT-4",)),
    *rows(_NOWHERE, on.CONNECTION_PACKET, when=(*_NEW, ~when.OWN_SERVER), do=_MADE, then=PROVISIONAL,
          ids=("TGT-1", "TGT-12", "TAB-2")),
    *rows(_NOWHERE, on.CONNECTION_PACKET, when=(*_NEW, when.OWN_SERVER, when.RETURNS), do=_MADE, then=COME_HOME,
          ids=("TGT-1", "TGT-4", "TGT-12", "TAB-2")),
    *rows(_NOWHERE, on.CONNECTION_PACKET, when=(*_NEW, when.OWN_SERVER, ~when.RETURNS), do=(act.DISCARD,),
          ids=("TGT-4",)),
    *rows((*_PROVISIONAL, DEFINITE), on.CONNECTION_PACKET, when=(when.REPEATED,), do=(act.ACKNOWLEDGE,),
          ids=("TGT-3",)),
    *rows(_PROVISIONAL, on.CONNECTION_PACKET, when=(~when.REPEATED, ~when.HAS_PLACE), do=(act.DISCARD,),
          ids=("TGT-2", "TCB-2", "TAB-4")),
    *rows(_PROVISIONAL, on.CONNECTION_PACKET, when=(~when.REPEATED, when.HAS_PLACE, ~when.LATER), do=(act.DISCARD,),
          ids=("TGT-4",)),
    *rows(_PROVISIONAL, on.CONNECTION_PACKET, when=(~when.REPEATED, when.HAS_PLACE, when.LATER, ~when.SUPERSEDES),
          do=(act.DISCARD,), ids=("TGT-4",)),
    *rows(PROVISIONAL, on.CONNECTION_PACKET, when=(~when.REPEATED, *_NEW), do=_MADE, ids=("TGT-4",)),
    *rows(COME_HOME, on.CONNECTION_PACKET, when=(~when.REPEATED, *_NEW, when.RETURNS), do=_MADE, ids=("TGT-4",)),
    *rows(COME_HOME, on.CONNECTION_PACKET, when=(~when.REPEATED, *_NEW, ~when.RETURNS), do=(act.DISCARD,),
          ids=("TGT-4",)),
    *rows(DEFINITE, on.CONNECTION_PACKET, when=(~when.REPEATED, when.SAME_CONNECTION), do=(act.DISCARD,),
          ids=("TGT-4",), note="A definite endpoint is never replaced by its own connection."),
    *rows(DEFINITE, on.CONNECTION_PACKET, when=(~when.REPEATED, ~when.SAME_CONNECTION, ~when.HAS_PLACE),
          do=(act.DISCARD,), ids=("TGT-2", "TCB-2", "TAB-4")),
    *rows(DEFINITE, on.CONNECTION_PACKET,
          when=(~when.REPEATED, ~when.SAME_CONNECTION, when.HAS_PLACE, ~when.LATER), do=(act.DISCARD,), ids=("TGT-4",)),
    *rows(DEFINITE, on.CONNECTION_PACKET,
          when=(~when.REPEATED, ~when.SAME_CONNECTION, when.HAS_PLACE, when.LATER, ~when.SUPERSEDES),
          do=(act.DISCARD,), ids=("TGT-4",)),
    *rows(DEFINITE, on.CONNECTION_PACKET, when=(~when.REPEATED, ~when.SAME_CONNECTION, *_NEW, ~when.OWN_SERVER),
          do=_MADE, then=PROVISIONAL, ids=("TGT-4",)),
    *rows(DEFINITE, on.CONNECTION_PACKET, when=(~when.REPEATED, ~when.SAME_CONNECTION, *_NEW, when.OWN_SERVER),
          do=(act.DISCARD,), ids=("TGT-4",)),
)  # fmt: skip

_AS_PROVISIONAL = (
    *rows(_PROVISIONAL, _CLIENT, when=(~when.FROM_ITS_ORIGIN,), do=(act.TREAT_AS_ABSENT,), ids=("TGT-12", "TAB-1")),
    *rows(_PROVISIONAL, on.DATA, when=(when.FROM_ITS_ORIGIN, when.IN_WINDOW),
          do=(act.END_OWN_ENTRY, act.ATTACH, act.RECEIVE), then=DEFINITE, ids=("TGT-5", "TGT-12", "FWD-4")),
    *rows(_PROVISIONAL, on.DATA, when=(when.FROM_ITS_ORIGIN, ~when.IN_WINDOW), do=(act.DROP,), ids=("TGT-12",)),
    *rows(_PROVISIONAL, on.RST, when=(when.FROM_ITS_ORIGIN, when.AT_RCV_NXT),
          do=(act.END_OWN_ENTRY, act.REMEMBER, act.REMOVE), then=ENDED, ids=("TGT-12", "TGT-4")),
    *rows(_PROVISIONAL, on.RST, when=(when.FROM_ITS_ORIGIN, ~when.AT_RCV_NXT), do=(act.DROP,), ids=("TGT-12",)),
    *rows(_PROVISIONAL, (on.SYN, on.SEGMENT), when=(when.FROM_ITS_ORIGIN,), do=(act.DROP,), ids=("TGT-12",)),
    *rows(_PROVISIONAL, on.PROVISIONAL_TIME, when=(~when.RETURNS,), do=(act.REMEMBER, act.REMOVE), then=ENDED,
          ids=("TGT-12", "TGT-4")),
    *rows(_PROVISIONAL, on.PROVISIONAL_TIME, when=(when.RETURNS,), ids=("TGT-12",),
          note="Goes only together with the Forward entry, else the two could point at each other for ever."),
)  # fmt: skip

_AS_DEFINITE = (
    *rows(DEFINITE, on.DATA, when=(when.ELSEWHERE,), do=(act.HOLD, act.SEND_CONNECTION_PACKET), then=MIGRATING_ON,
          ids=("TGT-10", "ORG-5", "ORG-8", "TCB-1")),
    *rows(DEFINITE, on.DATA, when=(~when.ELSEWHERE,), do=(act.RECEIVE,), ids=("TGT-5", "TGT-6")),
    *rows(DEFINITE, on.SEGMENT, do=(act.RECEIVE,), ids=("TGT-5", "TGT-6")),
    *rows(DEFINITE, on.SYN, when=(~when.OVER,), do=(act.CHALLENGE,), ids=("ORG-9",)),
    *rows(DEFINITE, on.SYN, when=(when.OVER,), do=(act.REMEMBER, act.REMOVE, act.INPUT_AGAIN), then=ENDED,
          ids=("ORG-9", "TGT-4")),
    *rows(DEFINITE, on.RST, when=(when.AT_RCV_NXT,), do=(act.REMEMBER, act.REMOVE), then=ENDED,
          ids=("ORG-9", "TGT-4", "TGT-5")),
    *rows(DEFINITE, on.RST, when=(~when.AT_RCV_NXT,), do=(act.CHALLENGE,), ids=("ORG-9", "TGT-5")),
    *rows(DEFINITE, on.PROBE_TIME, do=(act.PROBE,), ids=("TGT-13",)),
    *rows(DEFINITE, on.UNANSWERED, do=(act.REMEMBER, act.REMOVE), then=ENDED, ids=("TGT-13", "TGT-4")),
    *rows(DEFINITE, on.ENDS, do=(act.REMEMBER, act.REMOVE), then=ENDED, ids=("ORG-9", "TGT-4")),
)  # fmt: skip

_REST = (
    *rows((*_NOWHERE, *_PROVISIONAL, DEFINITE), on.ACKNOWLEDGEMENT, do=(act.DISCARD,), ids=("ORG-6",)),
    *rows(_NOWHERE, on.SYN, ids=("TAB-1", "TGT-8"), note="The origin's table, from closed; no answer to a type 2 SYN."),
    *rows(_NOWHERE, (on.SEGMENT, on.DATA), do=(act.REFUSE,), ids=("TGT-8", "ORG-1")),
    *rows(_NOWHERE, on.RST, ids=("TGT-8", "ORG-1"), note="RFC 9293 answers no RST."),
    *rows((*_NOWHERE, DEFINITE), on.PROVISIONAL_TIME, ids=("TGT-12",), note="Runs only while provisional."),
    *rows((*_NOWHERE, *_PROVISIONAL), (on.PROBE_TIME, on.UNANSWERED), ids=("TGT-13", "TGT-12"),
          note="Only a definite endpoint may send."),
    *rows((*_NOWHERE, *_PROVISIONAL), on.ENDS, ids=("TGT-12",), note="No application has it."),
    *rows(ENDED, on.MEMORY_TIME, do=(act.FORGET,), then=NONE, ids=("TGT-4",)),
    *rows((NONE, *_PROVISIONAL, DEFINITE), on.MEMORY_TIME, ids=("TGT-4",), note="Runs only after an end."),
)  # fmt: skip

TABLE = Table(
    "target",
    "An endpoint that came by migration: provisional until its origin's packets prove that the migration was "
    "acknowledged, then definite, then remembered for a moment. The packets are those that found it (TAB-1, TGT-5).",
    (NONE, PROVISIONAL, COME_HOME, DEFINITE, ENDED, MIGRATING_ON),
    (
        on.CONNECTION_PACKET, *_CLIENT, on.ACKNOWLEDGEMENT,
        on.PROVISIONAL_TIME, on.PROBE_TIME, on.UNANSWERED, on.ENDS, on.MEMORY_TIME,
    ),
    (*_CONNECTION_PACKET, *_AS_PROVISIONAL, *_AS_DEFINITE, *_REST),
)  # fmt: skip
