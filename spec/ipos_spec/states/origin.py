"""The origin's state table: an endpoint that this router accepted, up to its application or to another router."""

from ipos_spec.states import actions as act
from ipos_spec.states import conditions as when
from ipos_spec.states import events as on
from ipos_spec.states.table import Action, Condition, Event, Row, State, Table, rows

CLOSED = State("closed", "The router has no endpoint for this client and server.")
HANDSHAKE = State("handshake", "A SYN was answered.", "Temporary")
WAITING = State("waiting", "Established; the client has sent no data.", "Temporary")
HOLDING = State("holding", "Part of a request is held, none of it acknowledged.", "Temporary")
MIGRATING = tuple(
    State(
        f"migrating {attempt}",
        f"{sent} connection packet{'s' if attempt > 1 else ''} sent; the client is told nothing, its packets are held.",
        "Temporary",
    )
    for attempt, sent in enumerate(("One", "Two", "Three", "Four"), start=1)
)
LOCAL = State("local", "Attached to an application of this server.", "Local")
MIGRATED = State("migrated", "The endpoint is another router's; the client stands in Forward.", "Forward", "forwarding")
RETURNED = State(
    "returned", "Given up an endpoint that came by migration: definite again.", "Forward-Connect", "target"
)

_HELD = (WAITING, HOLDING)
_EARLIER, _LAST = MIGRATING[:-1], MIGRATING[-1]


def _request(event: Event, held: tuple[Action, ...], condition: tuple[Condition, ...]) -> tuple[Row, ...]:
    """The choice of a server, once there is a request or its time is over."""
    states = _HELD if event is on.DATA else HOLDING
    return (
        *rows(states, event, when=(*condition, when.ELSEWHERE), do=(*held, act.SEND_CONNECTION_PACKET),
              then=MIGRATING[0], ids=("ORG-3", "ORG-5", "ORG-8", "ORG-11", "TCB-1", "TAB-3")),
        *rows(states, event, when=(*condition, ~when.ELSEWHERE, when.CAN_SERVE),
              do=(*held, act.ATTACH, act.INPUT_HELD), then=LOCAL, ids=("ORG-3", "ORG-4", "TAB-2")),
        *rows(states, event, when=(*condition, ~when.ELSEWHERE, ~when.CAN_SERVE), do=(act.RESET_CLIENT, act.REMOVE),
              then=CLOSED, ids=("TAB-4",)),
    )  # fmt: skip


_OPENING = (
    *rows(CLOSED, on.SYN, when=(when.LISTENS, when.TEMPORARY_HAS_ROOM), do=(act.OPEN,), then=HANDSHAKE,
          ids=("ORG-1", "ORG-2")),
    *rows(CLOSED, on.SYN, when=(when.LISTENS, ~when.TEMPORARY_HAS_ROOM), do=(act.DROP,), ids=("TAB-4",)),
    *rows(CLOSED, on.SYN, when=(~when.LISTENS,), do=(act.REFUSE,), ids=("ORG-1",)),
    *rows(CLOSED, (on.SEGMENT, on.DATA), do=(act.REFUSE,), ids=("ORG-1", "TGT-8")),
    *rows(CLOSED, on.RST, ids=("ORG-1",), note="RFC 9293 answers no RST."),
    *rows(CLOSED, on.CONNECTION_PACKET, do=(act.PASS_TO_TARGET,), ids=("TGT-1",)),
    *rows(HANDSHAKE, on.SYN, when=(when.REPEATS_SYN,), do=(act.ANSWER_SYN_AGAIN,), ids=("ORG-9",)),
    *rows(HANDSHAKE, on.SYN, when=(~when.REPEATS_SYN,), do=(act.CHALLENGE,), ids=("ORG-9",)),
    *rows(HANDSHAKE, on.SEGMENT, when=(when.ACKNOWLEDGES_SYN,), do=(act.ESTABLISH,), then=WAITING, ids=("ORG-9",)),
    *rows(HANDSHAKE, on.DATA, when=(when.ACKNOWLEDGES_SYN,), do=(act.ESTABLISH, act.INPUT_AGAIN), then=WAITING,
          ids=("ORG-9",)),
    *rows(HANDSHAKE, (on.SEGMENT, on.DATA), when=(~when.ACKNOWLEDGES_SYN,), do=(act.DROP,), ids=("ORG-9",)),
    *rows(HANDSHAKE, on.RST, when=(when.AT_RCV_NXT,), do=(act.REMOVE,), then=CLOSED, ids=("ORG-9",)),
    *rows(HANDSHAKE, on.RST, when=(~when.AT_RCV_NXT,), do=(act.CHALLENGE,), ids=("ORG-9",)),
    *rows(HANDSHAKE, on.NO_DATA_TIME, do=(act.REMOVE,), then=CLOSED, ids=("ORG-9",)),
)  # fmt: skip

_REQUEST = (
    *rows(_HELD, on.DATA, when=(~when.HOLD_HAS_ROOM,), do=(act.DROP,), ids=("ORG-12",)),
    *rows(_HELD, on.DATA, when=(when.HOLD_HAS_ROOM, ~when.COMPLETE), do=(act.HOLD,), then=HOLDING,
          ids=("ORG-3", "ORG-11", "ORG-12")),
    *_request(on.DATA, (act.HOLD,), (when.HOLD_HAS_ROOM, when.COMPLETE)),
    *_request(on.CHOICE_TIME, (), ()),
    *rows(_HELD, on.SEGMENT, do=(act.RECEIVE,), ids=("ORG-9",)),
    *rows(_HELD, on.SYN, do=(act.CHALLENGE,), ids=("ORG-9",)),
    *rows(WAITING, on.RST, when=(when.AT_RCV_NXT,), do=(act.REMOVE,), then=CLOSED, ids=("ORG-9",)),
    *rows(WAITING, on.RST, when=(~when.AT_RCV_NXT,), do=(act.CHALLENGE,), ids=("ORG-9",)),
    *rows(WAITING, on.NO_DATA_TIME, do=(act.RESET_CLIENT, act.REMOVE), then=CLOSED, ids=("ORG-10",)),
    *rows(HOLDING, on.RST, when=(when.RESETS_HELD,), do=(act.REMOVE,), then=CLOSED, ids=("ORG-12",)),
    *rows(HOLDING, on.RST, when=(~when.RESETS_HELD,), do=(act.DROP,), ids=("ORG-12",)),
)  # fmt: skip

_MIGRATING = (
    *rows(MIGRATING, (on.SYN, on.SEGMENT, on.DATA), when=(when.HOLD_HAS_ROOM,), do=(act.HOLD,),
          ids=("ORG-8", "ORG-12")),
    *rows(MIGRATING, (on.SYN, on.SEGMENT, on.DATA), when=(~when.HOLD_HAS_ROOM,), do=(act.DROP,), ids=("ORG-12",)),
    *rows(MIGRATING, on.RST, when=(when.RESETS_HELD,), do=(act.REMEMBER, act.REMOVE), then=CLOSED,
          ids=("ORG-12", "TGT-4")),
    *rows(MIGRATING, on.RST, when=(~when.RESETS_HELD,), do=(act.DROP,), ids=("ORG-12",)),
    *rows(MIGRATING, on.ACKNOWLEDGEMENT, when=(when.FROM_TARGET, when.THIS_ATTEMPT),
          do=(act.ENTER_FORWARD, act.SEND_HELD), then=MIGRATED, ids=("ORG-6", "ENC-6", "TAB-2", "TAB-3")),
    *rows(MIGRATING, on.ACKNOWLEDGEMENT, when=(when.FROM_TARGET, ~when.THIS_ATTEMPT), do=(act.DISCARD,),
          ids=("ENC-6", "ENC-7")),
    *rows(MIGRATING, on.ACKNOWLEDGEMENT, when=(~when.FROM_TARGET,), do=(act.DISCARD,), ids=("ORG-6",)),
    *(
        row
        for before, after in zip(_EARLIER, MIGRATING[1:], strict=True)
        for row in rows(before, on.REPETITION_TIME, do=(act.REPEAT_CONNECTION_PACKET,), then=after, ids=("ORG-7",))
    ),
    *rows(_LAST, on.REPETITION_TIME, when=(when.CAN_SERVE, when.CAME_BY_MIGRATION), do=(act.ATTACH, act.INPUT_HELD),
          then=RETURNED, ids=("ORG-7", "ORG-12", "TGT-10")),
    *rows(_LAST, on.REPETITION_TIME, when=(when.CAN_SERVE, ~when.CAME_BY_MIGRATION), do=(act.ATTACH, act.INPUT_HELD),
          then=LOCAL, ids=("ORG-7", "ORG-12")),
    *rows(_LAST, on.REPETITION_TIME, when=(~when.CAN_SERVE,), do=(act.RESET_CLIENT, act.REMEMBER, act.REMOVE),
          then=CLOSED, ids=("ORG-7",)),
    *rows(MIGRATING, on.CONNECTION_PACKET, do=(act.DISCARD,), ids=("TGT-4", "TAB-3"),
          note="Who migrates an endpoint holds it, and nobody holds it later."),
)  # fmt: skip

_LOCAL = (
    *rows(LOCAL, (on.SEGMENT, on.DATA), do=(act.RECEIVE,), ids=("ORG-4", "ORG-9")),
    *rows(LOCAL, on.SYN, when=(~when.OVER,), do=(act.CHALLENGE,), ids=("ORG-9",)),
    *rows(LOCAL, on.SYN, when=(when.OVER,), do=(act.REMOVE, act.INPUT_AGAIN), then=CLOSED, ids=("ORG-9",)),
    *rows(LOCAL, on.RST, when=(when.AT_RCV_NXT,), do=(act.REMOVE,), then=CLOSED, ids=("ORG-9",)),
    *rows(LOCAL, on.RST, when=(~when.AT_RCV_NXT,), do=(act.CHALLENGE,), ids=("ORG-9",)),
    *rows(LOCAL, on.ENDS, do=(act.REMOVE,), then=CLOSED, ids=("ORG-9",)),
    *rows(LOCAL, on.CONNECTION_PACKET, when=(when.OVER,), do=(act.REMOVE, act.INPUT_AGAIN), then=CLOSED,
          ids=("TGT-4",)),
    *rows(LOCAL, on.CONNECTION_PACKET, when=(~when.OVER,), do=(act.DISCARD,), ids=("TGT-4",)),
)  # fmt: skip

_ELSEWHERE = (
    *rows((HANDSHAKE, *_HELD), on.CONNECTION_PACKET, do=(act.DISCARD,), ids=("TGT-4",),
          note="An endpoint that was never migrated is never replaced."),
    *rows((CLOSED, HANDSHAKE, *_HELD, LOCAL), on.ACKNOWLEDGEMENT, do=(act.DISCARD,), ids=("ORG-6",)),
    *rows((CLOSED, HOLDING, *MIGRATING, LOCAL), on.NO_DATA_TIME, ids=("ORG-10",), note="Runs only before data."),
    *rows((CLOSED, HANDSHAKE, WAITING, *MIGRATING, LOCAL), on.CHOICE_TIME, ids=("ORG-3",),
          note="Runs only while a request is incomplete."),
    *rows((CLOSED, HANDSHAKE, *_HELD, LOCAL), on.REPETITION_TIME, ids=("ORG-7",), note="Runs only while migrating."),
    *rows((CLOSED, HANDSHAKE, *_HELD, *MIGRATING), on.ENDS, ids=("ORG-9",),
          note="No application has it, and the client's FIN is held."),
)  # fmt: skip

TABLE = Table(
    "origin",
    "An endpoint that this router answers for: from the SYN to its application here, or to another router. "
    "An endpoint that came by migration and migrates on goes through the same migrating states (TGT-10).",
    (CLOSED, HANDSHAKE, WAITING, HOLDING, *MIGRATING, LOCAL, MIGRATED, RETURNED),
    (
        on.SYN, on.SEGMENT, on.DATA, on.RST, on.ACKNOWLEDGEMENT, on.CONNECTION_PACKET,
        on.NO_DATA_TIME, on.CHOICE_TIME, on.REPETITION_TIME, on.ENDS,
    ),
    (*_OPENING, *_REQUEST, *_MIGRATING, *_LOCAL, *_ELSEWHERE),
)  # fmt: skip
