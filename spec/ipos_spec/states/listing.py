"""State tables as text for documentation, and as plain values for other programs."""

from collections.abc import Iterable

from ipos_spec.states.table import Action, Condition, Event, Row, State, Table


def rst(table: Table) -> str:
    """The table as a reStructuredText ``list-table``, after its states with their meaning."""
    states = [
        _list_table("States", (25, 15, 60), ("State", "Table", "Meaning")),
        *(_record(state.name, state.table, state.documentation) for state in table.states),
    ]
    lines = [
        _list_table("Rows", (14, 14, 22, 22, 14, 14), ("State", "Event", "Conditions", "Actions", "Then", "Rule")),
        *(_record(*cells(row), ", ".join(row.ids)) for row in table.rows),
    ]
    return "\n".join([table.documentation, "", *states, "", *lines]) + "\n"


def cells(row: Row) -> tuple[str, str, str, str, str]:
    """State, event, conditions, actions and next state of a row, each as one text."""
    doing = ", ".join(action.name for action in row.do) or f"nothing: {row.note}"
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


def _list_table(title: str, widths: Iterable[int], header: Iterable[str]) -> str:
    options = f"   :header-rows: 1\n   :widths: {' '.join(map(str, widths))}\n"
    return f".. list-table:: {title}\n{options}\n{_record(*header)}"


def _record(*texts: str) -> str:
    return "\n".join(f"   {'* -' if number == 0 else '  -'} {text}".rstrip() for number, text in enumerate(texts))
