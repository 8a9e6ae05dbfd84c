"""What the doctor says, to a person and to another program."""

import json
from collections.abc import Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table

from ipos_conformance.doctor.finding import Finding, State, exit_code
from ipos_conformance.doctor.settings import Change
from ipos_conformance.reports.terminal import plain

_MARKS = {State.WELL: "[green]well[/]", State.NOTE: "[cyan]note[/]"}
_MARKS |= {State.FAULT: "[bold red]FAULT[/]", State.UNKNOWN: "[magenta]unknown[/]"}
_WIDTH = 9


def print_findings(findings: Sequence[Finding], console: Console, *, quiet: bool = False) -> None:
    """One paragraph each, by subject; of a long list the faults are what one sees. quiet: without what is well."""
    subject = ""
    for finding in findings:
        if quiet and finding.state is State.WELL:
            continue
        if finding.subject != subject:
            subject = finding.subject
            console.print(f"[bold]{subject}[/]", highlight=False)
        _print(finding, console)


def conclusion(findings: Sequence[Finding]) -> str:
    """The findings in one sentence, with the exit status."""
    code = exit_code(findings)
    faults = sum(finding.state is State.FAULT for finding in findings)
    unknowns = sum(finding.state is State.UNKNOWN for finding in findings)
    repairable = sum(finding.state is State.FAULT and finding.repair is not None for finding in findings)
    words = []
    if faults:
        words.append(f"{faults} {'fault' if faults == 1 else 'faults'} to mend")
    if repairable:
        words.append(f"{repairable} of them by --fix")
    if unknowns:
        words.append(f"{unknowns} that can't be judged")
    return f"{', '.join(words) or 'All is well'}; exit status {code.value}."


def as_json(findings: Sequence[Finding], done: Sequence[Change]) -> str:
    """One document. repair: the command that would do it; undo: the commands that take back what --fix did."""
    entries = [
        {
            "subject": finding.subject,
            "state": finding.state,
            "says": finding.says,
            "do": finding.do,
            "repair": "" if finding.repair is None else finding.repair.command,
        }
        for finding in findings
    ]
    document = {
        "format": "ipos-doctor",
        "version": 1,
        "exit_code": exit_code(findings).value,
        "findings": entries,
        "undo": [change.command for change in done],
    }
    return json.dumps(document, indent=1)


def _print(finding: Finding, console: Console) -> None:
    advice = f" [bold]{plain(finding.do)}[/]" if finding.do else ""
    text = f"{plain(_sentence(finding.says))}{advice}"
    if not console.is_terminal:  # whole lines, for grep
        console.print(f"  {finding.state:<{_WIDTH}}{text}", highlight=False, soft_wrap=True)
        return
    table = Table.grid(padding=(0, 2))
    table.add_column(width=_WIDTH - 2)
    table.add_row(_MARKS[finding.state], text)
    console.print(Padding(table, (0, 0, 0, 2)), highlight=False)


def _sentence(text: str) -> str:
    """Names of keys and interfaces keep their small letter."""
    first = text.partition(" ")[0]
    return f"{text[:1].upper() + text[1:] if first.isalpha() else text}."
