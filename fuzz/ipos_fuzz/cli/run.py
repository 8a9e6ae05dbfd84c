"""`ipos-fuzz run`."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from ipos_conformance.cli.arguments import words
from ipos_conformance.target import DEFAULT_TARGET, Target, read_target
from rich.console import Console

from ipos_fuzz.campaign.campaign import WEIGHTS, Campaign, Settings
from ipos_fuzz.campaign.outcome import outcome
from ipos_fuzz.campaign.record import Record, identity, read
from ipos_fuzz.cli.options import Duration, Force, Seed, seconds
from ipos_fuzz.errors import FuzzError
from ipos_fuzz.interruption import interruptible
from ipos_fuzz.oracles.resources import Limits
from ipos_fuzz.reports.page_writer import PageWriter
from ipos_fuzz.reports.terminal import Terminal
from ipos_fuzz.sources.streams import STREAMS, Stimulus
from ipos_fuzz.violation import ORACLES

commands = typer.Typer()
_MEBI = 1 << 20
SOURCES = ("sessions", "sequences", *STREAMS)
PHASES = ("usual", "quick")


@commands.command(
    epilog="Examples:\n\nipos-fuzz run\n\nipos-fuzz run my-router.toml --time 8h --output night\n\n"
    "ipos-fuzz run my-router.toml --source sessions=3 --source volume --rate 5000\n\n"
    "ipos-fuzz run my-router.toml --oracle liveness --oracle log"
)
def run(
    target_file: Annotated[
        Path,
        typer.Argument(metavar="[TARGET.toml]", help="Target file of the conformance suite.", show_default="packaged"),
    ] = DEFAULT_TARGET,
    duration: Duration = "60s",
    output: Annotated[
        Path, typer.Option(help="Folder of the campaign; one that is there already is gone on with.")
    ] = Path("ipos-fuzz-results"),
    cases: Annotated[
        int | None,
        typer.Option(min=1, help="End with the batch that has so many cases, if the time has not ended before."),
    ] = None,
    findings: Annotated[int | None, typer.Option(min=1, help="End after so many new findings.")] = None,
    rate: Annotated[
        float | None,
        typer.Option(min=100, max=1_000_000, help="Frames a second at most, on each LAN.", show_default="suite.rate"),
    ] = None,
    seed: Seed = None,
    source: Annotated[
        list[str] | None,
        typer.Option(help=f"NAME or NAME=WEIGHT of {', '.join(SOURCES)}; may be given more than once."),
    ] = None,
    configuration: Annotated[
        list[str] | None, typer.Option(help="Only this configuration of the target: usual or quick.")
    ] = None,
    oracle: Annotated[
        list[str] | None,
        typer.Option(
            help=f"Only these: {', '.join(ORACLES)}; may be given more than once. Liveness is always asked.",
            show_default="all",
        ),
    ] = None,
    memory: Annotated[int, typer.Option(min=1, help="MiB by which a local target may grow.")] = 64,
    launch: Annotated[
        str | None,
        typer.Option(help="Command in place of the target file's; {python}, {here} and {configuration} are filled in."),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only findings and the end.")] = False,
    as_document: Annotated[
        bool, typer.Option("--json", help="Print an object a line: what happens, and the end.")
    ] = False,
    force: Force = False,
) -> None:
    """Attack a target until the time is over, and write each finding down at once.

    Exit status: 0 nothing found, 1 findings, 2 usage, 3 nothing was tried, or something was seen that did not show
    again, 4 target lost.
    """
    target = read_target(target_file)
    command = () if launch is None else tuple(words(launch))
    record, resumed = _record(output, target, command, seed)
    settings = Settings(
        seed=record.seed,
        seconds=seconds(duration) or None,
        cases=cases,
        findings=findings,
        launch=command,
        phases=_chosen(configuration, PHASES, "--configuration"),
        oracles=_chosen(oracle, ORACLES, "--oracle"),
        limits=Limits(memory=memory * _MEBI),
        force=force,
        weights=_weights(source or []),
    )
    at_rate = target if rate is None else _with_rate(target, rate)
    streams: dict[str, Callable[[int], Iterator[Stimulus]]] = {
        name: partial(make, target) for name, make in STREAMS.items()
    }
    terminal = Terminal(Console(stderr=as_document), output, quiet=quiet, as_document=as_document)
    with closing(terminal), interruptible():
        # The page first: the summary ends with where it is.
        campaign = Campaign(at_rate, settings, output, record, [PageWriter(output), terminal], streams)
        finished = campaign.run(resumed=resumed)
    raise typer.Exit(outcome(record, finished.findings).exit_status)


def _record(output: Path, target: Target, launch: tuple[str, ...], seed: int | None) -> tuple[Record, bool]:
    """The campaign of the folder, or a new one. Raises FuzzError if it is another target's, or has another seed."""
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FuzzError(f"{output}: {error.strerror}, expected a folder that can be written") from error
    who, name = identity(target, launch), f"{target.target.name} {target.target.firmware}".strip()
    record, command = read(output), ["ipos-fuzz", *sys.argv[1:]]
    if record is None:
        drawn = time.time_ns() % (1 << 32) if seed is None else seed
        return Record(name, who, drawn, datetime.now(UTC).isoformat(timespec="seconds"), command), False
    record.command = command
    if record.identity != who:
        raise FuzzError(
            f"{output}: it holds a campaign against another target ({record.target}); choose another --output"
        )
    if seed not in (None, record.seed):
        raise FuzzError(f"{output}: it holds a campaign with seed {record.seed}, not {seed}; choose another --output")
    return record, True


def _weights(sources: list[str]) -> dict[str, float]:
    """Raises FuzzError for an unknown source, or a weight that is none."""
    found = {} if sources else dict(WEIGHTS)
    for one in sources:
        name, given, weight = one.partition("=")
        try:
            found[name] = float(weight) if given else 1.0
        except ValueError:
            raise FuzzError(f"--source: found {one!r}, expected a number behind the =") from None
        if name not in SOURCES or not 0 < found[name] < 1e6:
            raise FuzzError(f"--source: found {one!r}, expected {', '.join(SOURCES)}, perhaps with =WEIGHT above 0")
    return found


def _chosen(given: list[str] | None, known: tuple[str, ...], option: str) -> tuple[str, ...]:
    wrong = next((one for one in given or [] if one not in known), None)
    if wrong is not None:
        raise FuzzError(f"{option}: found {wrong!r}, expected {', '.join(known[:-1])} or {known[-1]}")
    return tuple(given) if given else known


def _with_rate(target: Target, rate: float) -> Target:
    return target.model_copy(update={"suite": target.suite.model_copy(update={"rate": rate})})
