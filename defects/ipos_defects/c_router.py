"""Builds the small router in C with sanitizers, and writes a target file for each bug that can be planted in it.

    python -m ipos_defects.c_router FOLDER
    ipos-conformance run FOLDER/none.toml encapsulation

Exit status: 0 built, 2 not, with the reason in a line.
"""

import shutil
import subprocess
import sys
from pathlib import Path

from ipos_spec.description import describe
from ipos_spec.export.c_header import c_header

SOURCES = Path(__file__).with_name("c")
NO_BUG = "none"
BUGS = ("short-acknowledgement", "total-length", "ip-options", "tcp-options", "stale-endpoint")
"""What can be planted, in the order of the packets that it takes: 1, 1, 1, 2, 4."""

RESOURCES = {
    "first.txt": b"the small router's first\n",
    "second.txt": b"the small router's second page\n",
    "large.txt": b"".join(b"line %4d of a large resource\n" % number for number in range(700)),
}
"""What it serves."""

_FLAGS = ("-std=gnu11", "-g", "-O1", "-Wall", "-Wextra", "-fno-omit-frame-pointer", "-fsanitize=address,undefined")


class BuildError(Exception):
    """The router can't be built; the text is one line that says why."""


def build(folder: Path, compiler: str = "gcc") -> Path:
    """Build the program `c-router` in a folder, with the files that it serves and target files `BUG.toml`.

    Returns the program. Raises BuildError where there is no compiler, or none with the sanitizers' libraries.
    """
    if shutil.which(compiler) is None:
        raise BuildError(f"no {compiler}: install it, or name another compiler")
    try:
        (folder / "site").mkdir(parents=True, exist_ok=True)
        (folder / "ipos.h").write_text(c_header(describe()), encoding="utf-8")
        for name, octets in RESOURCES.items():
            (folder / "site" / name).write_bytes(octets)
        target = (SOURCES / "c-router.toml").read_text(encoding="utf-8")
        for bug in (NO_BUG, *BUGS):
            (folder / f"{bug}.toml").write_text(target.replace("BUG", bug), encoding="utf-8")
    except OSError as error:
        raise BuildError(f"{error.filename}: {error.strerror}") from error
    program = folder / "c-router"
    sources = [str(source) for source in sorted(SOURCES.glob("*.c"))]
    done = subprocess.run(  # noqa: S603 - the operator's compiler on our sources
        [compiler, *_FLAGS, f"-I{folder}", *sources, "-o", str(program)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        first = next(
            (line for line in done.stderr.splitlines() if "error" in line or "cannot find" in line), "it failed"
        )
        raise BuildError(f"{compiler} {' '.join(_FLAGS)}: {first}")
    return program


def main() -> None:
    """Build into the folder that the command line names."""
    if len(sys.argv) not in {2, 3}:
        sys.exit(_refusal("expected FOLDER [COMPILER]"))
    try:
        program = build(Path(sys.argv[1]).resolve(), *sys.argv[2:])
    except BuildError as error:
        sys.exit(_refusal(str(error)))
    sys.stdout.write(f"{program} is built; {program.parent}/*.toml are target files, one for each bug\n")


def _refusal(problem: str) -> int:
    sys.stderr.write(f"c_router: {problem}\n")
    return 2


if __name__ == "__main__":
    main()
