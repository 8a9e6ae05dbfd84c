"""The results of a run: the one value from which file, terminal, HTML, JUnit, events and captures are made."""

from collections import Counter
from pathlib import Path
from typing import Annotated, Any, Literal

from ipos_spec.requirements import registry
from pydantic import Field, ModelWrapValidatorHandler, ValidationError, computed_field, model_validator

from ipos_conformance.bench.calibration import Calibration
from ipos_conformance.errors import ResultsError
from ipos_conformance.findings.consequences import consequences
from ipos_conformance.findings.environment import Environment, Suite
from ipos_conformance.findings.evidence import Comparison, Evidence, Timing
from ipos_conformance.findings.features import Feature, Setting
from ipos_conformance.findings.outcome import Outcome, outcome
from ipos_conformance.findings.record import Record
from ipos_conformance.verdicts import ExitCode, Verdict

FORMAT: Literal["ipos-results"] = "ipos-results"
VERSION: Literal[2] = 2


class CaseResult(Record):
    """One case."""

    id: Annotated[str, Field(pattern="^[^/.][^/]*(/[^/.][^/]*)*$")]
    """Subject, name, and one more part for each parameter, with slashes between."""
    requirement: str
    """The requirement that it judges."""
    level: str
    """Of that requirement: MUST, MUST NOT, SHOULD, SHOULD NOT or MAY."""
    role: str = ""
    """Whom the requirement binds: any, origin, forwarding, target or advertiser."""
    tags: tuple[str, ...] = ()
    """By which else the case can be selected."""
    sentence: str
    """The requirement's."""
    shows: str
    """What the case shows, one sentence."""
    verdict: Verdict
    """Of the last attempt."""
    expected: tuple[str, ...] = ()
    """The acceptable outcomes, where they were missed."""
    actual: tuple[str, ...] = ()
    """What came instead, one text for each frame, or one that says that nothing came."""
    comparison: Comparison | None = None
    """Where one exact frame was expected: field for field against the one that came nearest to it."""
    reason: str = ""
    """Why there is no judgement, for verdicts other than PASS, FAIL and WARN."""
    attempts: int = 1
    """How often it was run: again, if nothing could be judged."""
    started: float = 0.0
    """Seconds from the beginning of the run."""
    seconds: float = 0.0
    """How long it took, pauses included."""
    phase: str = "usual"
    """ "usual", or "quick" for the target's second configuration."""
    timings: tuple[Timing, ...] = ()
    """Times that it measured."""
    health: tuple[str, ...] = ()
    """What went wrong with our own bench meanwhile, in any attempt."""
    frames: tuple[Evidence, ...] = ()
    """Of the last attempt, in the order in which they passed. Cases that passed have none unless all were kept."""


class TargetIdentity(Record):
    """What was tested."""

    name: str
    """From the target file."""
    firmware: str
    """From the target file; empty if it does not say."""
    router: str
    """Its MAC addresses on both LANs."""
    command: tuple[str, ...]
    """What launched it; empty if it ran already."""
    file: str = ""
    """The target file, as it was named; empty for the packaged one."""
    launch: tuple[str, ...] = ()
    """What the user gave in place of the target file's own command; empty if nothing."""
    ether_type: int = 0x0007
    """Under which ipOS travelled (ENC-2)."""


class Statement(Record):
    """One requirement, as the registry had it when the run was made."""

    id: str
    """Stable slug, such as ENC-7."""
    revision: int
    """Of the statement, from 1."""
    level: str
    """MUST, MUST NOT, SHOULD, SHOULD NOT or MAY."""
    role: str
    """Whom it binds."""
    source: tuple[str, ...]
    """Figures, claims, RFCs or decisions that it rests on."""
    sentence: str
    """The statement itself."""
    note: str
    """What was decided where it was silent or contradictory."""
    observed: str
    """How it is seen from outside."""
    disposition: str
    """Whether a case judges it."""
    reason: str
    """Why not, or which part not."""
    matters: str = ""
    """What becomes of clients, servers or neighbours where it is broken."""


class Results(Record):
    """A whole run."""

    format: Literal["ipos-results"] = FORMAT
    """What this file is."""
    version: Literal[2] = VERSION
    """Of the format; another version is read by another suite."""
    target: TargetIdentity
    """The device under test."""
    started: str
    """When the run began: ISO 8601, UTC."""
    seconds: float
    """How long it took."""
    seed: int
    """Of all random numbers: a case that is run again with it sends the same octets."""
    command: tuple[str, ...] = ()
    """The suite's own command line."""
    known: int = 0
    """How many cases the suite has; those that were not selected are not in this file."""
    suite: Suite | None = None
    """Which suite judged."""
    environment: Environment | None = None
    """On which machine."""
    calibration: tuple[Calibration, ...] = ()
    """How fast target and bench are."""
    features: tuple[Feature, ...] = ()
    """PICS: declared, observed, tested."""
    settings: tuple[Setting, ...] = ()
    """PIXIT and the rest of the target file."""
    cases: tuple[CaseResult, ...]
    """All that were selected, in the suite's order."""
    requirements: tuple[Statement, ...] = ()
    """The whole registry, those included that no case judges."""
    lost: str = ""
    """How the target ended, if it did."""

    @computed_field  # type: ignore[prop-decorator]
    @property
    def outcome(self) -> Outcome:
        """What the cases come to."""
        return outcome(self.target.name, (case.verdict for case in self.cases), self.lost)

    @property
    def counts(self) -> dict[Verdict, int]:
        """Cases per verdict, in the order of `Verdict`, zeros left out."""
        counter = Counter(case.verdict for case in self.cases)
        return {verdict: counter[verdict] for verdict in Verdict if counter[verdict]}

    @property
    def exit_code(self) -> ExitCode:
        """The run in one number."""
        return self.outcome.exit_status

    @model_validator(mode="wrap")
    @classmethod
    def _outcome_follows_from_cases(cls, document: Any, build: ModelWrapValidatorHandler["Results"]) -> "Results":
        """The outcome stands in the file for whoever reads no more than that: it has to be true."""
        if not isinstance(document, dict) or "outcome" not in document:
            return build(document)
        claimed = document["outcome"]
        results = build({name: value for name, value in document.items() if name != "outcome"})
        if results.outcome.model_dump(mode="json") != claimed:
            raise ValueError(f"outcome: found {claimed!r}, expected what the cases come to: {results.outcome.sentence}")
        return results


def statements() -> tuple[Statement, ...]:
    """The registry as it is now."""
    matters = consequences()
    return tuple(
        Statement(
            id=entry.id,
            revision=entry.revision,
            level=entry.level,
            role=entry.role,
            source=entry.source,
            sentence=entry.sentence,
            note=entry.note,
            observed=entry.observed,
            disposition=entry.disposition,
            reason=entry.reason,
            matters=matters.get(entry.id, ""),
        )
        for entry in registry().values()
    )


def read(path: Path) -> Results:
    """Read a results file, or that of an output folder. Raises ResultsError if it is none of this version."""
    file = path
    try:
        if path.is_dir():
            file = path / "results.json"
        return parse(file.read_bytes(), str(file))
    except OSError as error:
        raise ResultsError(
            f"{file}: {error.strerror}, expected a results file or a folder with results.json"
        ) from error


def parse(octets: bytes, name: str) -> Results:
    """The results in a file's octets. name: of the file, for the error. Raises ResultsError."""
    try:
        return Results.model_validate_json(octets)
    except ValidationError as error:
        raise ResultsError(f"{name}: {_problem(error)}") from error


def write(results: Results, path: Path) -> None:
    """Write a results file: whole, or not at all."""
    part = path.with_name(f"{path.name}.part")
    try:
        part.write_text(to_json(results), encoding="utf-8")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def to_json(results: Results) -> str:
    """The text of a results file."""
    return results.model_dump_json(indent=1) + "\n"


def _problem(error: ValidationError) -> str:
    """The first thing that is wrong; that it is another version's file explains all others."""
    problems = error.errors(include_url=False)
    first = min(problems, key=lambda problem: problem["loc"] not in (("format",), ("version",)))
    where = ".".join(map(str, first["loc"]))
    if where == "version":
        return f"version {first['input']!r} of the results, expected {VERSION}: read it with the suite that wrote it"
    if where == "format":
        return f"format {first['input']!r}, expected {FORMAT!r}"
    return f"{where}: {first['msg']}" if where else str(first["msg"]).removeprefix("Value error, ")
