"""The protocol with a rule removed, or with one changed: each a transformation of the state tables."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from ipos_spec.errors import SpecError
from ipos_spec.states import actions as act
from ipos_spec.states import conditions as when
from ipos_spec.states import events as on
from ipos_spec.states import forwarding, target
from ipos_spec.states.table import Action, Condition, Event, Row, State, Table


def _end_apart(row: Row) -> Row:
    """The times of TGT-12 and FWD-2, neither of which looks at what the other ends."""
    if row.event is on.PROVISIONAL_TIME and row.when == (when.RETURNS,):
        return replace(row, do=(act.REMEMBER, act.REMOVE), then=target.ENDED)
    if row.event in (on.ENTRY_TIME, on.CLOSING_TIME):
        return replace(row, do=tuple(action for action in row.do if action is not act.END_PROVISIONAL))
    return row


def _half_open_goes_with_entry(row: Row) -> Row:
    """This router's own provisional endpoint becomes definite while one is half-open beside the entry."""
    if row.event is on.TAKEN_BACK and row.then is forwarding.HALF_OPEN_DEFINITE and row.state is not row.then:
        return replace(row, do=(act.END_ENTRY,), then=forwarding.NONE)
    return row


def _reset_leaves_entry(row: Row) -> Row:
    """A reset that removes a provisional endpoint."""
    if row.event is on.RST:
        return replace(row, do=tuple(action for action in row.do if action is not act.END_OWN_ENTRY))
    return row


BY_OWNER = Condition("supersedes by its owner", "As supersedes, but iss is not looked at.")
TAKE_IN = Action("acknowledge and buffer", "As RFC 9293 receives data: without ORG-12 no packet is kept.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Variation:
    """What is different in the tables.

    name     for the command line: the requirement's id, and what of it is left out
    meaning  what routers do instead, as a sentence
    fixed    conditions that are taken to be always true
    conditions  what is asked in place of a condition
    actions  what is done in place of an action; None: nothing
    events   events that are taken for another one, in the tables that have both; None: they never come
    states   states that are entered in place of others
    rewrite  what becomes of each row besides
    """

    name: str
    meaning: str
    fixed: frozenset[Condition] = frozenset()
    conditions: Mapping[Condition, Condition] = field(default_factory=dict)
    actions: Mapping[Action, Action | None] = field(default_factory=dict)
    events: Mapping[Event, Event | None] = field(default_factory=dict)
    states: Mapping[State, State] = field(default_factory=dict)
    rewrite: Callable[[Row], Row] | None = None


class UnknownVariationError(SpecError):
    """A rule that the model can't do without."""


REMOVABLE = {
    variation.name: variation
    for variation in (
        Variation(
            name="ENC-6",
            meaning="The acknowledgement's checksum covers nothing of what it acknowledges: one is like another.",
            fixed=frozenset({when.THIS_ATTEMPT}),
        ),
        Variation(
            name="FWD-2",
            meaning="No time ends a Forward entry.",
            events={on.FIN_OR_RST: on.PACKET, on.ENTRY_TIME: None, on.CLOSING_TIME: None},
        ),
        Variation(
            name="FWD-4",
            meaning="A router whose endpoint came back keeps the Forward entry of its earlier stay.",
            actions={act.END_OWN_ENTRY: None},
        ),
        Variation(
            name="FWD-5",
            meaning="A SYN for a Forward entry is forwarded like any other packet.",
            events={on.SYN: on.PACKET, on.QUIET_TIME: None, on.HALF_OPEN_TIME: None},
        ),
        Variation(
            name="FWD-5-DEFINITE",
            meaning="A half-open endpoint goes when this router's own endpoint becomes definite beside it.",
            rewrite=_half_open_goes_with_entry,
        ),
        Variation(
            name="FWD-5-END",
            meaning="A half-open endpoint goes when what it stands beside ends by itself.",
            actions={act.KEEP_HALF_OPEN: None},
        ),
        Variation(
            name="FWD-5-RST",
            meaning="A half-open endpoint takes no RST, and its handshake's time is longer than anybody waits.",
            fixed=frozenset({~when.RESETS_HALF_OPEN}),
            events={on.HALF_OPEN_TIME: None},
        ),
        Variation(
            name="ORG-12",
            meaning="Nothing is held: the origin acknowledges a request octet and buffers it, as RFC 9293 does.",
            actions={act.HOLD: TAKE_IN},
        ),
        Variation(
            name="TGT-4",
            meaning="Every connection packet counts, whether it comes from a later holder or not.",
            fixed=frozenset({when.LATER, when.SUPERSEDES, when.RETURNS, ~when.SAME_CONNECTION}),
        ),
        Variation(
            name="TGT-4-ISS",
            meaning="The owner of the server address may replace a connection by one that is older.",
            conditions={when.SUPERSEDES: BY_OWNER},
        ),
        Variation(
            name="TGT-4-MEMORY",
            meaning="A migrated endpoint that has ended is forgotten at once.",
            actions={act.REMEMBER: None},
        ),
        Variation(
            name="TGT-12",
            meaning="A new endpoint is definite at once.",
            states={target.PROVISIONAL: target.DEFINITE, target.COME_HOME: target.DEFINITE},
        ),
        Variation(
            name="TGT-12-MAC",
            meaning="A packet of the client finds a provisional endpoint, wherever it comes from.",
            fixed=frozenset({when.FROM_ITS_ORIGIN}),
        ),
        Variation(
            name="TGT-12-RST",
            meaning="A reset that removes a provisional endpoint leaves the Forward entry beside it.",
            rewrite=_reset_leaves_entry,
        ),
        Variation(
            name="TGT-12-TOGETHER",
            meaning="A provisional endpoint and the Forward entry beside it end each at its own time.",
            rewrite=_end_apart,
        ),
        Variation(
            name="TGT-13",
            meaning="Nobody probes a silent client.",
            events={on.PROBE_TIME: None, on.UNANSWERED: None},
        ),
    )
}
"""The rules, or parts of rules, that were made to prevent an error, by the id of their requirement."""


def removed(names: Iterable[str]) -> tuple[Variation, ...]:
    """The variations of these names. Raises UnknownVariationError."""
    names = tuple(names)
    for name in names:
        if name not in REMOVABLE:
            raise UnknownVariationError(f"the model can't leave out {name!r}; it can leave out {', '.join(REMOVABLE)}")
    return tuple(REMOVABLE[name] for name in names)


def varied(table: Table, variations: Iterable[Variation]) -> Table:
    """The table with the variations made, one after the other."""
    for variation in variations:
        others = {event: other for event, other in variation.events.items() if other is None or other in table.events}
        never = {event for event, other in others.items() if other is None}
        kept = [row for row in table.rows if row.event not in others and row.event not in never]
        taken = [
            replace(row, event=event) for event, other in others.items() for row in table.rows if row.event is other
        ]
        rows = tuple(_varied_row(row, variation) for row in (*kept, *taken) if _can_be(row, variation))
        table = replace(table, rows=rows, events=tuple(event for event in table.events if event not in never))
    return table


def _can_be(row: Row, variation: Variation) -> bool:
    return not any(~condition in variation.fixed for condition in row.when)


def _varied_row(row: Row, variation: Variation) -> Row:
    actions = (variation.actions.get(action, action) for action in row.do)
    row = replace(
        row,
        when=tuple(_asked(condition, variation) for condition in row.when if condition not in variation.fixed),
        do=tuple(action for action in actions if action is not None),
        then=variation.states.get(row.then, row.then),
    )
    return row if variation.rewrite is None else variation.rewrite(row)


def _asked(condition: Condition, variation: Variation) -> Condition:
    question = condition if condition.holds else ~condition
    other = variation.conditions.get(question, question)
    return other if condition.holds else ~other
