"""State tables as text for documentation, and as plain values for other programs."""

from ipos_spec.rst_text import escaped, list_table, prose, requirement
from ipos_spec.states.table import Action, Condition, Event, Row, State, Table

_ROW_HEADINGS = ("State", "Event", "Conditions", "Actions", "Then", "Rule")
_ROW_WIDTHS = (14, 14, 22, 22, 14, 14)


def rst(table: Table) -> str:
    """The table as a reStructuredText ``list-table``, after its states with their meaning; see `ipos_spec.rst_text`."""
    states = [(escaped(state.name), escaped(state.table), prose(state.documentation)) for state in table.states]
    lines = [(*map(prose, cells(row)), ", ".join(map(requirement, row.ids))) for row in table.rows]
    return "\n".join(
        (
            prose(table.documentation),
            "",
            *list_table(("State", "Table", "Meaning"), (25, 15, 60), states, "States"),
            "",
            *list_table(_ROW_HEADINGS, _ROW_WIDTHS, lines, "Rows"),
            "",
        )
    )


def cells(row: Row) -> tuple[str, str, str, str, str]:
    """State, event, conditions, actions and next state of a row, each as one text."""
    doing = ", ".join(action.name for action in row.do) or ": ".join(filter(None, ("nothing", row.note)))
    return (
        row.state.name,
        row.event.name,
        ", ".join(str(condition) for condition in row.when),
        doing,
        row.then.name if row.then is not row.state else "",
    )


def plain(table: Table) -> dict[str, object]:
    """The table as values that JSON has; names are keys for other programs, and stable."""
    return {
        "name": table.name,
        "documentation": table.documentation,
        "initial": table.initial.name,
        "states": [
            {**_named(state), "table": state.table, "goes_on_in": state.goes_on_in or None} for state in table.states
        ],
        "events": [_named(event) for event in table.events],
        "conditions": [
            _named(condition)
            for condition in dict.fromkeys(it if it.holds else ~it for row in table.rows for it in row.when)
        ],
        "actions": [_named(action) for action in dict.fromkeys(it for row in table.rows for it in row.do)],
        "rows": [_row(row) for row in table.rows],
    }


def _row(row: Row) -> dict[str, object]:
    return {
        "state": row.state.name,
        "event": row.event.name,
        "when": [{"condition": it.name, "holds": it.holds} for it in row.when],
        "do": [action.name for action in row.do],
        "then": row.then.name,
        "requirements": list(row.ids),
        "note": row.note,
    }


def _named(it: State | Event | Condition | Action) -> dict[str, object]:
    return {"name": it.name, "documentation": it.documentation}
