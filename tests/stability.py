"""Whether the judge's word holds: the same right router again and again, while the other core is kept busy.

    python tests/stability.py [--times 20] [TARGET.toml]...

Each target (the packaged ones on TAP and over veth, if none is named) is judged so often. Prints what was not PASS in
any run; exit status 1 if there was anything but PASS, NOT APPLICABLE and SKIP.
"""

import argparse
import json
import multiprocessing
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ipos_conformance.target import DEFAULT_TARGET

PACKAGED = (DEFAULT_TARGET, DEFAULT_TARGET.parent / "reference-veth.toml")
QUIET = {"PASS", "NOT APPLICABLE", "SKIP"}


def _spin() -> None:
    while True:
        pass


@contextmanager
def busy_core() -> Iterator[None]:
    """Keep one core busy meanwhile."""
    spinner = multiprocessing.Process(target=_spin, daemon=True)
    spinner.start()
    try:
        yield
    finally:
        spinner.terminate()
        spinner.join()


def judged(target: Path, output: Path) -> tuple[float, list[dict[str, object]]]:
    """One run: its seconds, and its cases."""
    command = [sys.executable, "-m", "ipos_conformance", "run", str(target), "-q", "--output", str(output)]
    subprocess.run(command, capture_output=True, check=False)
    results = json.loads((output / "results.json").read_text(encoding="utf-8"))
    return results["seconds"], results["cases"]


def main() -> int:
    """Run and count."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", type=Path, metavar="TARGET.toml", default=PACKAGED)
    parser.add_argument("--times", type=int, default=20)
    chosen = parser.parse_args()
    flakes: Counter[tuple[str, str, str]] = Counter()
    with busy_core(), tempfile.TemporaryDirectory() as folder:
        for number in range(1, chosen.times + 1):
            for target in chosen.targets:
                seconds, cases = judged(target, Path(folder) / target.stem)
                strange = [case for case in cases if case["verdict"] not in QUIET]
                flakes.update((target.stem, str(case["id"]), str(case["verdict"])) for case in strange)
                again = sum(case["attempts"] != 1 for case in cases)
                counts = f"{len(cases)} cases, {seconds:.1f} s, {len(strange)} not PASS, {again} run again"
                print(f"{target.stem} {number}: {counts}", flush=True)  # noqa: T201 - the command's output
                for case in strange:
                    print(f"  {case['verdict']} {case['id']}: {case['reason'] or case['actual']}")  # noqa: T201
    for (name, case, verdict), count in flakes.most_common():
        print(f"{verdict} in {count} of {chosen.times} runs: {name} {case}")  # noqa: T201
    return 1 if flakes else 0


if __name__ == "__main__":
    sys.exit(main())
