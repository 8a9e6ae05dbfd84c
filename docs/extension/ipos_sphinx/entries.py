"""Requirements as reStructuredText: in full, in short, and as lists."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ipos_spec.requirements import Requirement
from ipos_spec.rst_text import escaped, list_table, prose, requirement

from ipos_sphinx.inline import with_code
from ipos_sphinx.sources import JudgingCase, PlantedDefect, Sources
from ipos_sphinx.verdicts import Run

GROUPS = {
    "ENC": "Encapsulation",
    "CON": "Connection information",
    "TCB": "Control block",
    "MTU": "Sizes",
    "TAB": "Tables",
    "ORG": "Origin",
    "FWD": "Forwarding",
    "TGT": "Target",
    "UDP": "UDP",
    "NBR": "Neighbours",
    "TIM": "Timers",
    "ADV": "Advertisement",
    "SEC": "Security",
}
"""What the letters of an id stand for."""


def chosen(words: Iterable[str], found: Sources) -> list[Requirement]:
    """The requirements that ids and names of groups mean. Raises LookupError, which names the word nobody has."""
    entries: list[Requirement] = []
    for word in words:
        matching = [entry for entry in found.requirements.values() if word in (entry.id, entry.id[:3])]
        if not matching:
            raise LookupError(f"no requirement {word!r} in the registry")
        entries += matching
    return entries


def anchor(id_: str) -> str:
    """The anchor of a requirement's entry."""
    return f"req-{id_.lower()}"


def entry_text(entry: Requirement, found: Sources, run: Run) -> Iterator[str]:
    """A requirement in full, as a section, with how its cases ended in a run."""
    yield from (f".. _{anchor(entry.id)}:", "", entry.id, "-" * len(entry.id), "")
    yield from _indented("sentence", [f"{level(entry)} {with_code(entry.sentence)}"])
    yield from (
        f":Role: {_role(entry)}",
        f":Source: {'; '.join(map(prose, entry.source))}",
    )
    if entry.note:
        yield f":Note: {with_code(entry.note)} (Revision {entry.revision}.)"
    yield f":Observed: {with_code(entry.observed)}"
    yield f":Disposition: {_disposition(entry)}"
    if entry.links:
        yield f":Rests on: {', '.join(map(requirement, entry.links))}"
    if others := found.linked_from(entry.id):
        yield f":Named by: {', '.join(map(requirement, others))}"
    yield from (":Cited in:", f"   .. citations:: {entry.id}", "")
    cases = found.cases_of(entry.id)
    yield from _folded(_cases_head(entry, cases, run), (_case(case, run) for case in cases))
    yield from _folded(_defects_head(found.defects_of(entry.id)), map(_defect, found.defects_of(entry.id)))


def sentence_text(entries: Sequence[Requirement]) -> Iterator[str]:
    """Requirements in short: the id leads to the entry."""
    for entry in entries:
        lines = [f"{requirement(entry.id)} {level(entry)} {with_code(entry.sentence)}"]
        if entry.note:
            lines += ["", f"*{escaped('Note:')}* {with_code(entry.note)}"]
        yield from _indented("sentence", lines)


def run_text(run: Run) -> Iterator[str]:
    """Whose verdicts the entries show, when and how they were found. Without a run nothing."""
    if not run.target:
        return
    yield f"Verdicts on this page are those of the **{escaped(run.target)}** in the suite's run of {run.day}, which"
    yield f"ended in {_said(run.counts())} ({'; '.join(_circumstances(run))})."
    yield ""


def _circumstances(run: Run) -> Iterator[str]:
    yield from map(escaped, run.lans)
    yield f"seed {run.seed}"
    if run.suite:
        yield f"suite {escaped(run.suite)}, SHA-256 of its files ``{run.suite_sha256[:12]}``"
        yield f"of the requirements ``{run.registry_sha256[:12]}``"


def list_text(found: Sources) -> Iterator[str]:
    """All requirements, a line each."""
    rows = [
        (
            requirement(entry.id),
            escaped(entry.level),
            with_code(_first_words(entry.sentence)),
            escaped(entry.role),
            escaped(entry.disposition),
            str(len(found.cases_of(entry.id)) or ""),
            str(len(found.defects_of(entry.id)) or ""),
        )
        for entry in found.requirements.values()
    ]
    headings = ("Id", "Level", "Begins", "Role", "Disposition", "Cases", "Defects")
    yield from list_table(headings, (9, 11, 39, 12, 14, 7, 8), rows)


def not_observable_text(found: Sources) -> Iterator[str]:
    """What nobody sees from outside, and what is tested but in part: each with its reason."""
    entries = found.requirements.values()
    for title, matching in (
        ("Not at all", [entry for entry in entries if entry.disposition not in ("tested", "retired")]),
        ("In part", [entry for entry in entries if entry.disposition == "tested" and entry.reason]),
    ):
        yield from (title, "-" * len(title), "")
        for entry in matching:
            said = "" if entry.disposition == "tested" else f"*{escaped(entry.disposition)}*. "
            yield from (f"{requirement(entry.id)} ({escaped(entry.level)})", f"   {said}{with_code(entry.reason)}", "")


def by_source_text(found: Sources) -> Iterator[str]:
    """Which requirements rest on what: each once, under the weightiest of its sources."""
    left = list(found.requirements.values())
    for begin, title in (
        ("fig", "Read off a figure, at least in part"),
        ("claim", "Stated by a claim, at least in part"),
        ("RFC", "Following an RFC"),
        ("", "Decided"),
    ):
        matching = [entry for entry in left if any(source.startswith(begin) for source in entry.source)]
        left = [entry for entry in left if entry not in matching]
        rows = [(requirement(entry.id), "; ".join(map(prose, entry.source))) for entry in matching]
        if matching and begin:
            yield from (title, "-" * len(title), "", *list_table(("Id", "Source"), (12, 88), rows), "")
        elif matching:
            yield from (title, "-" * len(title), "", ", ".join(id_ for id_, _ in rows) + ".", "")


def level(entry: Requirement) -> str:
    """The RFC 2119 word, set off."""
    return f":level:`{entry.level}`"


def _role(entry: Requirement) -> str:
    return "any router" if entry.role == "any" else f"a router as {entry.role}"


def _disposition(entry: Requirement) -> str:
    return escaped(entry.disposition) + (f". {with_code(entry.reason)}" if entry.reason else "")


def _cases_head(entry: Requirement, cases: Sequence[JudgingCase], run: Run) -> str:
    instances = sum(case.instances for case in cases)
    more = f", {instances:,} instances" if instances != len(cases) else ""
    ended = sum((_ended(case, run) for case in cases), Counter[str]())
    ended[_not_run(run)] = ended.pop(_not_run(run), 0)  # comes last
    by = run.revisions.get(entry.id, entry.revision)
    revision = f", by revision {by}" if by != entry.revision else ""
    last = f"; last run ({run.target}, {run.day}{revision}): {_said(ended)}" if run.target else ""
    return f"Tested by {_counted(len(cases), 'case')}{more}{last}" if cases else ""


def _ended(case: JudgingCase, run: Run) -> Counter[str]:
    """How many instances of a case ended how; those that have come later, or were not selected, were not run."""
    if not run.target:
        return Counter()
    ended = Counter(run.verdicts.get(case.id, {}))
    return ended + Counter({_not_run(run): case.instances - ended.total()})


def _not_run(run: Run) -> str:
    return f"not run since {run.day}"


def _said(ended: Mapping[str, int]) -> str:
    return ", ".join(f"{number:,} {verdict}" for verdict, number in ended.items() if number)


def _defects_head(defects: Sequence[PlantedDefect]) -> str:
    return f"Catches {_counted(len(defects), 'planted defect')}" if defects else ""


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def _case(case: JudgingCase, run: Run) -> str:
    times = f" ({case.instances} instances)" if case.instances > 1 else ""
    ended = f" **{_said(_ended(case, run))}**" if run.target else ""
    return f"``{case.id}``{times}: {with_code(case.sentence)}{ended}"


def _defect(defect: PlantedDefect) -> str:
    return f"``{defect.name}``: {with_code(defect.description)}"


def _folded(head: str, items: Iterable[str]) -> Iterator[str]:
    """A list that a reader opens. Without a head there is none."""
    if head:
        yield from (f".. folded:: {head}", "")
        yield from (f"   - {item}" for item in items)
        yield ""


def _indented(class_: str, lines: Iterable[str]) -> Iterator[str]:
    yield from (f".. container:: {class_}", "")
    yield from (f"   {line}".rstrip() for line in lines)
    yield ""


def _first_words(sentence: str, most: int = 80) -> str:
    if len(sentence) <= most:
        return sentence
    return sentence[: sentence.rindex(" ", 0, most)].rstrip(",;:(") + " …"
