"""The fuzz harness against planted bugs: whether it finds each, how soon, and how small the proof is.

    python tests/bug_hunt.py [--time SECONDS] [--seed N] [--output FOLDER] [--keep FOLDER] [NAME]...

Every bug of `ipos_defects`, and every one of the small router in C where a compiler is there, gets a campaign of its
own that ends with its first finding. What was found has to be gone on the right router, its script alone has to
reproduce it on the wrong one and not on the right one, and the proof has to be at most one packet longer than the bug
needs. Prints a line for each bug as it is done, and writes the table as bug-hunt.md. Exit status 1 if anything was
missed, or the median is above half a minute.
"""

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import ipos_defects.__main__  # noqa: F401 - fills the register
from ipos_conformance.target import DEFAULT_TARGET, read_target
from ipos_defects import c_router
from ipos_defects.bug import BUGS
from ipos_fuzz.findings.finding import Finding, read
from ipos_fuzz.findings.script import NAME as SCRIPT
from ipos_fuzz.findings.store import FINDINGS

_ON_BENCH = Path(__file__).parents[1] / "conformance" / "tests" / "on_bench.py"
_RIGHT = "{python} -m ipos_reference run {configuration}"
_WRONG = "{{python}} -m ipos_defects {} run {{configuration}}"
_MEMORY_BUGS = dict(zip(c_router.BUGS, (1, 1, 1, 2, 4), strict=True))
"""Packets that each takes."""
_MEDIAN = 30.0
_PATIENCE = 120
"""Seconds beyond its time after which a campaign is given up."""


@dataclass(frozen=True)
class Quarry:
    """What is hunted.

    name, depth, oracle  as in `ipos_defects.bug.Bug`; a bug in C is seen in what a sanitizer prints
    target, right        target files of the wrong router, and of the right one
    launch               command line of the wrong one, and of the right one; empty: the target file's
    """

    name: str
    depth: int
    oracle: str
    target: Path
    right: Path
    launch: tuple[str, str] = ("", "")


@dataclass(frozen=True)
class Hunt:
    """What became of it.

    seconds   until it was proved, from the start of the command
    replayed  what `ipos-fuzz replay` says of the finding at the right router
    alone     what the script alone says at the wrong router, and at the right one; empty where it can't tell
    said      what the command printed, where it found nothing
    """

    quarry: Quarry
    seconds: float
    finding: Finding | None = None
    replayed: str = ""
    alone: tuple[str, str] = ("", "")
    said: str = ""

    @property
    def verdict(self) -> str:
        """Whether it was found ("found"), or what is wrong."""
        finding = self.finding
        if finding is None:
            return f"MISSED {self.said}"
        if not self.replayed.startswith("FIXED"):
            return f"FALSE ALARM {self.replayed}"
        if finding.proof.confirmed < finding.proof.of or not finding.proof.of:
            return "NOT SHOWN AGAIN"
        if finding.packets > self.quarry.depth + 1:
            return "TOO LONG"
        if self.alone not in (("REPRODUCED", "NOT REPRODUCED"), ("", "")):
            return f"SCRIPT {self.alone[0]}; on the right router {self.alone[1]}"
        return "found"


def quarries(folder: Path) -> Iterator[Quarry]:
    """All of them; those in C if they can be built."""
    for bug in BUGS.values():
        launch = _WRONG.format(bug.name), _RIGHT
        yield Quarry(bug.name, bug.depth, bug.oracle, DEFAULT_TARGET, DEFAULT_TARGET, launch)
    try:
        c_router.build(folder)
    except c_router.BuildError as error:
        print(f"no router in C: {error}", flush=True)  # noqa: T201 - the command's output
        return
    for name, depth in _MEMORY_BUGS.items():
        yield Quarry(f"c-{name}", depth, "log", folder / f"{name}.toml", folder / f"{c_router.NO_BUG}.toml")


def hunt(quarry: Quarry, folder: Path, seconds: float, seed: int) -> Hunt:
    """One campaign, and all that its finding is asked."""
    command = ["run", str(quarry.target), "--findings", "1", "--time", f"{seconds}s", "--seed", str(seed), "-q"]
    begin = time.monotonic()
    said = _fuzz(*command, "--output", str(folder), *_launch(quarry.launch[0]), patience=seconds + _PATIENCE)
    passed = time.monotonic() - begin
    found = sorted((folder / FINDINGS).glob("*/finding.json"))
    if not found:
        return Hunt(quarry, passed, said=" ".join(said.split())[-200:])
    finding = read(found[0])
    replay = ("replay", str(found[0].parent), "--target", str(quarry.right), *_launch(quarry.launch[1]))
    replayed = _fuzz(*replay, patience=_PATIENCE).strip()
    alone = ("", "")
    if not finding.script:
        wrong = _alone(found[0].parent / SCRIPT, quarry.target, quarry.launch[0], finding.phase)
        alone = wrong, _alone(found[0].parent / SCRIPT, quarry.right, quarry.launch[1], finding.phase)
    return Hunt(quarry, passed, finding, replayed, alone)


def _launch(command: str) -> tuple[str, ...]:
    return ("--launch", command) if command else ()


def _fuzz(*words: str, patience: float) -> str:
    command = [sys.executable, "-m", "ipos_fuzz", *words]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=patience).stdout
    except subprocess.TimeoutExpired:
        return "it did not end"


def _alone(script: Path, target: Path, launch: str, phase: str) -> str:
    """The script in an empty folder, by an interpreter that finds nothing but the standard library (-I)."""
    named = read_target(target)
    lans = (named.first_lan.interface, named.second_lan.interface)
    with tempfile.TemporaryDirectory() as folder:
        copied = shutil.copy(script, folder)
        words = [sys.executable, str(_ON_BENCH), "--target", str(target), "--phase", phase, launch]
        words += [sys.executable, "-I", str(copied), *lans]
        done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=folder, timeout=_PATIENCE)
    return next(iter(done.stdout.splitlines()), done.stderr.strip()[-200:])


HEAD = (
    "| bug | depth | oracle | signature | seen s | proved s | packets | again | alone | verdict |\n"
    "|---|---|---|---|---|---|---|---|---|---|"
)


def row(done: Hunt) -> str:
    """A line of the table, in Markdown."""
    finding, quarry = done.finding, done.quarry
    if finding is None:
        cells = ["", "", f"{done.seconds:.1f}", "", "", ""]
    else:
        seen, again = f"{finding.after_seconds:.1f}", f"{finding.proof.confirmed} of {finding.proof.of}"
        alone = "yes" if done.alone[0] == "REPRODUCED" else f"no: {finding.script or done.alone[0]}"
        cells = [finding.signature, seen, f"{done.seconds:.1f}", str(finding.packets), again, alone]
    return "| " + " | ".join([quarry.name, str(quarry.depth), quarry.oracle, *cells, done.verdict]) + " |"


def summary(hunts: Sequence[Hunt], seconds: float) -> Iterator[str]:
    """How many were found, how soon, and how long all of it took."""
    found = sum(one.verdict == "found" for one in hunts)
    yield f"{found} of {len(hunts)} found; the slowest took {max(one.seconds for one in hunts):.1f} s."
    yield f"Median until proved {_median(hunts):.1f} s; the whole hunt {seconds / 60:.1f} min."


def _median(hunts: Iterable[Hunt]) -> float:
    return statistics.median(one.seconds for one in hunts)


def main(arguments: Sequence[str] | None = None) -> int:
    """Hunt, print, publish."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="bugs; all if none is named; those in C begin with c-")
    parser.add_argument("--time", type=float, default=300.0, help="seconds for each")
    parser.add_argument("--seed", type=int, default=1, help="of all campaigns")
    parser.add_argument("--output", type=Path, default=Path("bug-hunt"), help="folder of the published table")
    parser.add_argument("--keep", type=Path, help="folder where the campaigns are kept; they are not if not said")
    chosen = parser.parse_args(arguments)
    begin = time.monotonic()
    with tempfile.TemporaryDirectory() as temporary:
        campaigns = (chosen.keep or Path(temporary)).resolve()
        known = {quarry.name: quarry for quarry in quarries(Path(temporary) / "c-router")}
        unknown = [name for name in chosen.names if name not in known]
        if unknown:
            parser.error(f"found {unknown[0]!r}, expected a bug; `python -m ipos_defects list` shows them")
        hunts = []
        print(HEAD, flush=True)  # noqa: T201 - the command's output
        for name in chosen.names or known:
            shutil.rmtree(campaigns / name, ignore_errors=True)
            hunts.append(hunt(known[name], campaigns / name, chosen.time, chosen.seed))
            print(row(hunts[-1]), flush=True)  # noqa: T201
    end = list(summary(hunts, time.monotonic() - begin))
    print("\n".join(end))  # noqa: T201
    chosen.output.mkdir(parents=True, exist_ok=True)
    lines = [HEAD, *map(row, hunts), "", *end]
    (chosen.output / "bug-hunt.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0 if all(one.verdict == "found" for one in hunts) and _median(hunts) <= _MEDIAN else 1


if __name__ == "__main__":
    sys.exit(main())
