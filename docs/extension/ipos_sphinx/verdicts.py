"""How the suite's cases ended in a run, for the entries of requirements.

A record of a run is what pages tell of it, small enough to be kept beside them: a results.json has all evidence.
"""

import functools
import json
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ipos_conformance.errors import ResultsError
from ipos_conformance.findings import results

from ipos_sphinx.sources import Sources

COMMAND = "PYTHONPATH=docs/extension python -m ipos_sphinx verdicts"

_HEAD = f"""\
# How the cases of the conformance suite ended in the last whole run that is told of in the documentation. Written, of
# the results of `ipos-conformance run`, by
#     {COMMAND} ipos-results/results.json
"""


@dataclass(frozen=True, slots=True)
class Run:
    """A run, as far as pages tell of it.

    target           whom it judged; empty without a run
    started          when it began: ISO 8601, UTC
    lans             on which interfaces the suite stood
    seed             of all random numbers
    suite            version of the suite
    suite_sha256     of the suite's and the specification's files
    registry_sha256  of the registry of requirements
    revisions        of each requirement the revision by which it was judged
    verdicts         by case (subject and name): how many of its instances ended how
    """

    target: str = ""
    started: str = ""
    lans: tuple[str, ...] = ()
    seed: int = 0
    suite: str = ""
    suite_sha256: str = ""
    registry_sha256: str = ""
    revisions: Mapping[str, int] = field(default_factory=dict)
    verdicts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    @property
    def day(self) -> str:
        """When it was, without the time."""
        return self.started[:10]

    def counts(self) -> Counter[str]:
        """All instances by verdict."""
        return sum((Counter(ended) for ended in self.verdicts.values()), Counter())


def shown(config: Any) -> Run:
    """The run that pages of a configuration tell of. Raises OSError and ValueError where its file is not what it is."""
    if config.ipos_results:
        return of_results(config.ipos_results)
    return of_record(config.ipos_verdicts) if config.ipos_verdicts else Run()


@functools.cache
def of_results(file: str) -> Run:
    """The run of a results.json. Raises ValueError where it is none, which says why."""
    try:
        return _run(results.read(Path(file)))
    except ResultsError as error:
        raise ValueError(str(error)) from None


def whole_run(file: str) -> Run:
    """The run of a results.json, if it is one of all cases, of a target as its target file launches it.

    Raises ValueError where it is none.
    """
    found = results.read(Path(file))
    if found.lost or len(found.cases) != found.known:
        raise ValueError(f"{file}: found {len(found.cases)} of {found.known} cases, expected a whole run")
    if found.target.launch:
        raise ValueError(
            f"{file}: found a run with --launch {' '.join(found.target.launch)!r}, expected one of the router that the "
            "target file launches: who else was judged, its name does not tell"
        )
    return _run(found)


@functools.cache
def of_record(file: str) -> Run:
    """The run of a record. Raises OSError, and ValueError where the file is none."""
    text = Path(file).read_text(encoding="utf-8")
    try:
        found = tomllib.loads(text)
        return Run(**(found | {"lans": tuple(found["lans"])}))
    except (tomllib.TOMLDecodeError, TypeError, KeyError) as error:
        raise ValueError(
            f"{file}: no record of verdicts ({error}); make it: {COMMAND} ipos-results/results.json"
        ) from None


def record_text(run: Run) -> str:
    """The record of a run: a line for each case, so that two of them can be compared."""
    return _HEAD + "\n".join(_record(run)) + "\n"


def gone(run: Run, found: Sources) -> list[str]:
    """The cases of a record that the suite has no more, each as a sentence that says what to do."""
    there = {case.id for case in found.cases}
    return [
        f"case {case} is in the record of verdicts, but not in the suite; if that is meant, take its line out of the "
        f"record, or make a new one of a whole run: {COMMAND} ipos-results/results.json"
        for case in run.verdicts
        if case not in there
    ]


def _run(found: results.Results) -> Run:
    counted: dict[str, Counter[str]] = {}
    for case in found.cases:
        counted.setdefault("/".join(case.id.split("/")[:2]), Counter())[case.verdict] += 1
    interfaces = found.environment.interfaces if found.environment else ()
    return Run(
        target=found.target.name,
        started=found.started,
        lans=tuple(f"{one.lan}: {one.driver or one.kind}, MTU {one.mtu}" for one in interfaces),
        seed=found.seed,
        suite=found.suite.version if found.suite else "",
        suite_sha256=found.suite.sources_sha256 if found.suite else "",
        registry_sha256=found.suite.registry_sha256 if found.suite else "",
        revisions={statement.id: statement.revision for statement in found.requirements},
        verdicts={case: dict(ended) for case, ended in sorted(counted.items())},
    )


def _record(run: Run) -> Iterator[str]:
    """Strings of TOML are written as those of JSON are."""
    for name in ("target", "started", "lans", "seed", "suite", "suite_sha256", "registry_sha256"):
        yield f"{name} = {json.dumps(getattr(run, name))}"
    yield from ("", "[revisions]", *(f"{id_} = {revision}" for id_, revision in run.revisions.items()))
    yield from ("", "[verdicts]")
    for case, ended in run.verdicts.items():
        yield f"{json.dumps(case)} = {{{', '.join(f'{json.dumps(verdict)} = {n}' for verdict, n in ended.items())}}}"
