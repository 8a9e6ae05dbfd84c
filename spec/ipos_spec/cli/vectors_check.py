"""`ipos-spec vectors check`: another program's parser, held against the vectors."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NoReturn

import typer

from ipos_spec.cli.common import console, listing, reason, refuse
from ipos_spec.cli.program import Said, ask
from ipos_spec.vectors import Vector
from ipos_spec.vectors.judging import Answer, AnswerError, Verdict, judge, read_answer, tally

RIGHT, WRONG, BROKEN = 0, 1, 3
"""Exit codes; 2 is that the command was not understood."""

_SHOWN = 10
_QUOTED = 200


@dataclass(frozen=True, slots=True)
class Breakdown:
    """How a program broke: why, the vector that it did not answer well, what it printed instead or complained of."""

    reason: str
    vector: Vector | None
    printed: str


@dataclass(frozen=True, slots=True)
class Program:
    """A command and how long it may be silent."""

    command: Sequence[str]
    timeout: float

    def ask(self, vectors: Sequence[Vector]) -> Said:
        """Give it the frames of some vectors."""
        try:
            return ask(self.command, [vector.frame.hex() for vector in vectors], self.timeout)
        except OSError as error:
            refuse(f"{self.command[0]!r} can't be started: {reason(error)}")
        except ValueError:
            refuse(f"{self.command[0]!r} can't be started: not a program's name")


def check(vectors: Sequence[Vector], program: Program, *, strict: bool, as_json: bool) -> NoReturn:
    """Ask, judge, tell, and exit."""
    said = program.ask(vectors)
    answers, breakdown = _answers(vectors, said)
    verdicts = [judge(vector, answer, strict=strict) for vector, answer in zip(vectors, answers, strict=False)]
    if breakdown is not None and len(said.lines) == len(answers) < len(vectors):
        typer.echo("ipos-spec: the program broke; looking for the vector that brings it about", err=True)
        breakdown = replace(breakdown, vector=_breaking(program, vectors, len(answers)))
    (_print_json if as_json else _tell)(vectors, verdicts, breakdown)
    wrong = any(verdict.problem for verdict in verdicts)
    raise typer.Exit(BROKEN if breakdown else WRONG if wrong else RIGHT)


def _answers(vectors: Sequence[Vector], said: Said) -> tuple[list[Answer], Breakdown | None]:
    """The answers up to where the program broke, if it did."""
    answers: list[Answer] = []
    for vector, line in zip(vectors, said.lines, strict=False):
        try:
            answers.append(read_answer(line))
        except AnswerError as error:
            reason = f"it answered with {error}" + (f"; {said.broken}" if said.broken else "")
            return answers, Breakdown(reason, vector, _quoted(line))
    if len(said.lines) > len(vectors):
        reason = f"it printed more lines than the {len(vectors)} frames that it was given"
        return answers, Breakdown(reason, None, _quoted(said.lines[len(vectors)]))
    if len(answers) < len(vectors):
        reason = said.broken or "it ended early"
        return answers, Breakdown(reason, vectors[len(answers)], _last_words(said))
    return answers, Breakdown(said.broken, None, _last_words(said)) if said.broken else None


def _breaking(program: Program, vectors: Sequence[Vector], answered: int) -> Vector:
    """The vector that breaks a program: the last one of the shortest run from the start that breaks.

    Mostly the first one without an answer, but a program that buffers loses answers as it breaks.
    """
    good, bad, probe = answered, len(vectors), answered + 1
    while good + 1 < bad:
        said = program.ask(vectors[:probe])
        if said.broken or len(said.lines) < probe:
            bad = probe
        else:
            good = probe
        probe = (good + bad) // 2
    return vectors[bad - 1]


def _tell(vectors: Sequence[Vector], verdicts: Sequence[Verdict], breakdown: Breakdown | None) -> None:
    out = console()
    wrong = [verdict for verdict in verdicts if verdict.problem]
    for verdict in wrong[:_SHOWN]:
        out.print(f"{verdict.vector.slug}: {verdict.problem}", soft_wrap=True)
    if len(wrong) > _SHOWN:
        out.print(f"... and {len(wrong) - _SHOWN} more; --json tells all")
    if wrong:
        table = listing("Flag", "Wrong", "Of", "What the bug would be", name="Flag")
        for flag, asked, count in tally(verdicts):
            table.add_row(flag.title, str(count), str(asked), flag.description)
        out.print(table)
    compared = sum(verdict.compared for verdict in verdicts)
    right = len(verdicts) - len(wrong)
    out.print(f"{len(vectors)} vectors: {right} right, {len(wrong)} wrong; {compared} fields compared", style="bold")
    if breakdown is not None:
        out.print(f"The program broke: {_as_sentence(breakdown, len(vectors) - len(verdicts))}", soft_wrap=True)


def _as_sentence(breakdown: Breakdown, unanswered: int) -> str:
    where = f" at {breakdown.vector.slug} ({breakdown.vector.frame.hex()})" if breakdown.vector else ""
    printed = f"; it printed {breakdown.printed}" if breakdown.printed else ""
    return f"{breakdown.reason}{where}{printed}; {unanswered} vectors without an answer"


def _print_json(vectors: Sequence[Vector], verdicts: Sequence[Verdict], breakdown: Breakdown | None) -> None:
    wrong = [verdict for verdict in verdicts if verdict.problem]
    broken = breakdown and {
        "reason": breakdown.reason,
        "slug": breakdown.vector and breakdown.vector.slug,
        "frame": breakdown.vector and breakdown.vector.frame.hex(),
        "printed": breakdown.printed,
    }
    document = {
        "vectors": len(vectors),
        "answered": len(verdicts),
        "right": len(verdicts) - len(wrong),
        "fieldsCompared": sum(verdict.compared for verdict in verdicts),
        "wrong": [_wrong_as_json(verdict) for verdict in wrong],
        "flags": {
            flag.title: {"wrong": count, "of": asked, "bugType": flag.bug, "description": flag.description}
            for flag, asked, count in tally(verdicts)
        },
        "broken": broken,
    }
    typer.echo(json.dumps(document, indent=2))


def _wrong_as_json(verdict: Verdict) -> dict[str, object]:
    vector = verdict.vector
    return {
        "tcId": vector.number,
        "slug": vector.slug,
        "frame": vector.frame.hex(),
        "problem": verdict.problem,
        "flags": [flag.title for flag in verdict.flags],
    }


def _last_words(said: Said) -> str:
    """The last line of its standard error, or what it was about to answer."""
    return _quoted(said.errors.rstrip().rpartition(b"\n")[2] or said.unfinished)


def _quoted(line: bytes) -> str:
    text = line.decode(errors="backslashreplace")
    return repr(text if len(text) <= _QUOTED else f"{text[:_QUOTED]}...") if text else ""
