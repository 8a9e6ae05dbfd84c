"""The model of the protocol, an oracle of the fuzz harness, on whole recorded runs of the suite.

    python tests/model_matrix.py [--output FOLDER] [--recordings FOLDER] [NAME]...

It has to acquit the reference and each variation at all cases; of each planted defect it meets the cases of the
requirement that it breaks. Not every defect shows in a frame that is wrong by itself: what a router does not do, does
too late or too early, or does to its applications is for other oracles to see. Prints the table and writes it as
model-matrix.md. Exit status 1 if a right router is convicted. A recording that is already in the folder is used again.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import ipos_defects.__main__  # noqa: F401 - fills the register
from ipos_conformance.target import DEFAULT_TARGET, read_target
from ipos_defects.defect import DEFECTS
from ipos_defects.variation import VARIATIONS
from ipos_fuzz.oracles.facts import Facts
from ipos_fuzz.oracles.model import judge
from judged import AT_ONCE
from recording import of_phase, read

REFERENCE = "reference"
_PATIENCE = 600
_RECORDING = Path(__file__).parent / "recording.py"


@dataclass(frozen=True)
class Said:
    """What the model says of one recorded run.

    violations  how many of each requirement and kind
    frames      that it was shown
    seconds     of the processor that it took
    """

    violations: Counter[tuple[str, str]]
    frames: int
    seconds: float


def record(planted: str, to: Path, *selections: str) -> None:
    """Run the suite's cases, or those that are selected, and keep every frame."""
    launch = f"{{python}} -m ipos_defects {planted} run {{configuration}}"
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, str(_RECORDING), str(to), "run", *selections, "-q", "--output", folder]
        command += [] if planted == REFERENCE else ["--launch", launch]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_PATIENCE)
    assert to.exists(), done.stdout + done.stderr


def said_of(recording: Path) -> Said:
    """Have a new model look at each phase of a recorded run."""
    target = read_target(DEFAULT_TARGET)
    # The suite reads what has come after it has sent more: only the clock tells what an answer can have known.
    phases = [
        (sorted(frames, key=lambda frame: frame.time), Facts.of(of_phase(target, number)))
        for number, frames in enumerate(read(recording))
    ]
    begin = time.thread_time()
    found = Counter(
        (violation.requirement, violation.kind) for frames, facts in phases for violation in judge(frames, facts)
    )
    return Said(found, sum(len(frames) for frames, _ in phases), time.thread_time() - begin)


def meet(planted: str, folder: Path) -> Said:
    """Record what is not recorded yet, and have the model look at it."""
    recording = folder / f"{planted}.frames"
    if not recording.exists():
        part = folder / f"{planted}.part"
        record(planted, part, *([DEFECTS[planted].requirement] if planted in DEFECTS else []))
        part.rename(recording)
    return said_of(recording)


def table(found: dict[str, Said]) -> Iterator[str]:
    """Markdown: right routers first, then defects by the requirement that they break."""
    yield "| planted | breaks | what the model says of it |"
    yield "|---|---|---|"
    for name in sorted(found, key=lambda name: (name in DEFECTS, DEFECTS[name].requirement if name in DEFECTS else "")):
        breaks = DEFECTS[name].requirement if name in DEFECTS else ""
        words = (f"{slug}: {kind} ({count})" for (slug, kind), count in found[name].violations.most_common())
        yield f"| {name} | {breaks} | {'; '.join(words)} |"


def summary(found: dict[str, Said]) -> Iterator[str]:
    """How many were acquitted, how many convicted, and how fast."""
    right = [name for name in found if name not in DEFECTS]
    wrong = [name for name in found if name in DEFECTS]
    frames, seconds = sum(said.frames for said in found.values()), sum(said.seconds for said in found.values())
    yield f"{sum(not found[name].violations for name in right)} of {len(right)} right routers acquitted."
    yield f"{sum(bool(found[name].violations) for name in wrong)} of {len(wrong)} defects convicted."
    yield f"{frames} frames, {frames / max(seconds, 1e-9):.0f} in a second of the processor."


def main(arguments: Sequence[str] | None = None) -> int:
    """Record, judge, print, publish."""
    everybody = [REFERENCE, *VARIATIONS, *DEFECTS]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="defects and variations; all if none is named")
    parser.add_argument("--output", type=Path, default=Path("model-matrix"), help="folder of the published table")
    parser.add_argument("--recordings", type=Path, help="folder where recordings are kept; none are if not said")
    chosen = parser.parse_args(arguments)
    unknown = [name for name in chosen.names if name not in everybody]
    if unknown:
        parser.error(f"found {unknown[0]!r}, expected a defect or variation; `python -m ipos_defects list` shows them")
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(AT_ONCE) as pool:
        recordings = chosen.recordings or Path(folder)
        recordings.mkdir(parents=True, exist_ok=True)
        names = chosen.names or everybody
        found = dict(zip(names, pool.map(lambda name: meet(name, recordings), names), strict=True))
    lines = [*table(found), "", *summary(found)]
    chosen.output.mkdir(parents=True, exist_ok=True)
    (chosen.output / "model-matrix.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))  # noqa: T201 - the command's output
    return 1 if any(said.violations for name, said in found.items() if name not in DEFECTS) else 0


if __name__ == "__main__":
    sys.exit(main())
