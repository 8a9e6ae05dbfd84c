"""Commands about findings that are there: `replay`, `minimise`, `export`."""

import io
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from ipos_conformance.cli.arguments import words
from ipos_conformance.errors import BenchError, SuiteError
from ipos_conformance.frames import describe
from ipos_conformance.reproducer.minimising import minimise as smaller_of
from ipos_conformance.reproducer.recipe import Recipe, steps
from ipos_conformance.runs.phases import Phase, quick, usual
from ipos_conformance.target import DEFAULT_TARGET, Target, read_target
from ipos_conformance.verdicts import ExitCode

from ipos_fuzz.campaign.observing import observers
from ipos_fuzz.campaign.outcome import counted
from ipos_fuzz.cli.options import Force
from ipos_fuzz.errors import FuzzError
from ipos_fuzz.findings import as_case
from ipos_fuzz.findings.finding import Finding, Proof, read
from ipos_fuzz.findings.script import script
from ipos_fuzz.findings.store import Store, Written, find
from ipos_fuzz.findings.trial import Seen, Trials
from ipos_fuzz.interruption import interruptible
from ipos_fuzz.oracles.resources import Limits
from ipos_fuzz.violation import Violation

commands = typer.Typer()


class Again(StrEnum):
    """What became of a finding."""

    FIXED = "FIXED"
    STILL = "STILL"
    OTHER = "OTHER"
    """The target goes wrong in another way."""
    ERROR = "ERROR"
    """It could not be tried."""


_GRAVITY = (Again.STILL, Again.OTHER, Again.ERROR, Again.FIXED)

Names = Annotated[
    list[str] | None, typer.Argument(metavar="[FINDING]...", help="Folders of findings, or their names; all if none.")
]
Results = Annotated[Path, typer.Option("--results", help="Folder of the campaign.")]
TargetFile = Annotated[Path | None, typer.Option("--target", help="Another target file than the finding's.")]
Launch = Annotated[str | None, typer.Option(help="Another command to launch the target with.")]


@commands.command(
    epilog="Examples:\n\nipos-fuzz replay\n\nipos-fuzz replay --results night --times 10\n\n"
    "ipos-fuzz replay --results night --target new-firmware.toml"
)
def replay(
    names: Names = None,
    results: Results = Path("ipos-fuzz-results"),
    times: Annotated[int, typer.Option(min=1, help="How often each is tried.")] = 1,
    target_file: TargetFile = None,
    launch: Launch = None,
    force: Force = False,
) -> None:
    """Try findings again, each time on a target that is set up anew: FIXED, STILL, OTHER or ERROR.

    Exit status: 0 all fixed, 1 something is still there, 3 something could not be tried.
    """
    ends = []
    for folder in find(results, names or []):
        finding = read(folder)
        with _trials(finding, target_file, launch, force=force) as tries:
            found = [_again(finding, tries) for _ in range(times)]
        ends += [end for end, _ in found]
        end, note = min(found, key=lambda one: _GRAVITY.index(one[0]))
        often = f", {sum(one is end for one, _ in found)} of {times} times" if times > 1 else ""
        typer.echo(f"{end:<5}  {finding.slug}{often}" + (f": {note}" if note else ""))
    if {Again.STILL, Again.OTHER} & set(ends):
        raise typer.Exit(ExitCode.NOT_CONFORMANT)
    raise typer.Exit(ExitCode.INCONCLUSIVE if Again.ERROR in ends else ExitCode.CONFORMANT)


@commands.command(epilog="Examples:\n\nipos-fuzz minimise\n\nipos-fuzz minimise --results night --tries 500")
def minimise(
    names: Names = None,
    results: Results = Path("ipos-fuzz-results"),
    tries: Annotated[int, typer.Option(min=1, help="How often a target may be set up anew for each.")] = 100,
    target_file: TargetFile = None,
    launch: Launch = None,
    force: Force = False,
) -> None:
    """Make findings smaller than `run` had the time to.

    Exit status: 0 all done, 2 usage, 3 something does not show any more, or could not be tried.
    """
    missed = False
    for folder in find(results, names or []):
        finding = read(folder)
        with _trials(finding, target_file, launch, force=force) as trials:
            made, why_not = _smaller_or_why_not(finding, trials, tries)
        if made is None:
            missed = True
            typer.echo(f"{finding.slug}: {why_not}; nothing was changed")
            continue
        store = Store(folder.parent)
        store.keep(made, folder.name)
        if store.trouble:
            raise FuzzError(f"{store.trouble}: the smaller finding can't be written")
        typer.echo(f"{finding.slug}: {counted(finding.packets, 'packet')} before, {made.finding.packets} now")
    raise typer.Exit(ExitCode.INCONCLUSIVE if missed else ExitCode.CONFORMANT)


@commands.command(
    epilog="Examples:\n\nipos-fuzz export\n\nipos-fuzz export --results night --output for-the-vendor.zip"
)
def export(
    names: Names = None,
    results: Results = Path("ipos-fuzz-results"),
    output: Annotated[Path, typer.Option(help="A ZIP file, or a folder.")] = Path("ipos-findings.zip"),
) -> None:
    """Put findings together for somebody who has nothing of this: script, captures, and a page that says what to do."""
    folders = find(results, names or [])
    try:
        if output.suffix == ".zip":
            output.write_bytes(_packed(folders))
        else:
            for folder in folders:
                shutil.copytree(folder, output / folder.name, dirs_exist_ok=True)
    except OSError as error:
        raise FuzzError(
            f"{error.filename or output}: {error.strerror}, expected a place that can be written"
        ) from error
    typer.echo(f"{output}: {counted(len(folders), 'finding')}")


def _packed(folders: Sequence[Path]) -> bytes:
    """A ZIP file of folders: a former one stays as it is where they can't be read. Raises OSError."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for folder in folders:
            for file in sorted(folder.iterdir()):
                archive.write(file, f"{folder.name}/{file.name}")
    return packed.getvalue()


@contextmanager
def _trials(finding: Finding, target_file: Path | None, launch: str | None, *, force: bool) -> Iterator[Trials]:
    target = _target(finding, target_file)
    command = finding.target.launch if launch is None else tuple(words(launch))
    phase = _phase(target, finding.phase, command)
    try:
        with interruptible(), tempfile.TemporaryDirectory(prefix="ipos-fuzz-") as folder:
            log = Path(folder) / "target.log"
            yield Trials(target, phase, log, finding.seed, Limits(), observers(target, phase), set(), force)
    except KeyboardInterrupt:
        typer.echo(f"ipos-fuzz: interrupted while {finding.slug} was tried; nothing was changed in it", err=True)
        raise typer.Exit(ExitCode.INCONCLUSIVE) from None


def _target(finding: Finding, given: Path | None) -> Target:
    """The one that the user names, else the finding's, which need not be on this machine. Raises SuiteError."""
    file = Path(finding.target.file) if finding.target.file else DEFAULT_TARGET
    if given is None and not file.exists():
        raise FuzzError(f"{file}: no such file, expected the target file of {finding.slug}; --target names another")
    return read_target(given or file)


def _phase(target: Target, name: str, launch: tuple[str, ...]) -> Phase:
    second = quick(target, (), launch) if name == "quick" else None
    return second or usual(target, (), launch)


def _recipe(finding: Finding, target: Target) -> Recipe:
    case = as_case.case(_violation(finding), finding.frames, "finding")
    return steps(case, as_case.results([case], finding.target, target, finding.seed))


def _violation(finding: Finding) -> Violation:
    return Violation(finding.oracle, finding.requirement, finding.kind, finding.what)


def _again(finding: Finding, trials: Trials) -> tuple[Again, str]:
    try:
        seen = trials.play(_recipe(finding, trials.target), finding.oracle)
    except SuiteError as error:
        return Again.ERROR, str(error)
    if (found := seen.shows(finding.signature)) is not None:
        return Again.STILL, found.what
    other = next(iter(seen.violations), None)
    return (Again.FIXED, "") if other is None else (Again.OTHER, f"{other.signature}: {other.what}")


def _smaller_or_why_not(finding: Finding, trials: Trials, tries: int) -> tuple[Written | None, str]:
    try:
        with trials.ahead() as several:
            return _smaller(finding, several, tries), "it does not show any more"
    except BenchError as error:
        return None, f"it could not be tried: {error}"


def _smaller(finding: Finding, trials: Trials, tries: int) -> Written | None:
    last: list[tuple[Seen, Violation]] = []

    def shows(recipe: Recipe) -> bool:
        seen = trials.play(recipe, finding.oracle)
        found = seen.shows(finding.signature)
        if found is not None:
            last.append((seen, found))
        return found is not None

    smaller = smaller_of(_recipe(finding, trials.target), {}, shows, tries)
    if smaller is None or not last:
        return None
    seen, violation = last[-1]
    shown = seen.everything if finding.oracle == "bystander" else seen.frames
    case = as_case.case(violation, shown, "finding")
    run = as_case.results([case], finding.target, trials.target, finding.seed)
    text, why_not = script(case, run, finding.oracle, seen.everything)
    proof = Proof(
        confirmed=smaller.failed,
        of=smaller.confirmed,
        tries=finding.proof.tries + smaller.tries,
        cut_short=smaller.cut_short,
        packets=len(smaller.steps),
        restored=finding.proof.restored,
    )
    wrong = describe(violation.frame) if violation.frame is not None else ""
    update = {"frames": seen.frames, "proof": proof, "script": why_not, "what": violation.what, "wrong": wrong}
    first = as_case.case(violation, finding.first, "first") if finding.first else None
    return Written(finding.model_copy(update=update), text, as_case.case(violation, seen.frames, "finding"), first)
