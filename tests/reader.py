"""Somebody who types what a page says, on a machine that is made for it and vanishes with all that was started there.

The machine is a network namespace whose /run and process ids are its own; a device stands behind its eth1 and eth2.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from documented import Block
from followed import DEFECT, Step, Way
from ipos_conformance.target import DEFAULT_TARGET
from namespace import Namespace

_PATIENCE = 900.0
_OWN = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")


@dataclass(frozen=True)
class Typed:
    """A command, how it ended (None: it was not come to), and what it said."""

    command: str
    status: int | None
    output: str


@contextmanager
def machine(folder: Path, *, device: bool) -> Iterator[Namespace]:
    """A machine, and if asked for what is plugged into it."""
    here, there = Namespace(), Namespace()
    try:
        if not device:
            yield here
            return
        here.link_to(there, "eth1", "ipos-lan1")
        here.link_to(there, "eth2", "ipos-lan2")
        configuration = DEFAULT_TARGET.parent / "reference-router-veth.toml"
        with (folder / "device.log").open("wb") as log:
            words = (sys.executable, "-m", "ipos_defects", DEFECT, "run", str(configuration))
            router = there.popen(*words, stderr=log)
            try:
                yield here
            finally:
                router.terminate()
                router.wait(20)
    finally:
        here.close()
        there.close()


def typed(place: Namespace, folder: Path, steps: Sequence[tuple[str, int]]) -> list[Typed]:
    """Type commands, each with the status that it should end with, until one ends otherwise."""
    said = folder / "said"
    said.mkdir()
    (folder / "work").mkdir()
    lines = ["mount -t tmpfs none /run", f"cd {folder}/work"]
    for number, (command, status) in enumerate(steps):
        lines += ["{", command, f"}} > {said}/{number}.output 2>&1 < /dev/null"]
        lines += [f"echo $? > {said}/{number}.status", f'[ "$(cat {said}/{number}.status)" = {status} ] || exit']
    script = folder / "page.sh"
    script.write_text("\n".join([*lines, ""]), encoding="utf-8")
    doors = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": doors, "HOME": str(folder), "XDG_STATE_HOME": str(folder / "state")}
    subprocess.run(place.command(*_OWN, "bash", str(script)), env=environment, timeout=_PATIENCE, check=False)
    return [_ended(said / f"{number}", command) for number, (command, _) in enumerate(steps)]


def _ended(stem: Path, command: str) -> Typed:
    status, output = stem.with_suffix(".status"), stem.with_suffix(".output")
    return Typed(
        command,
        int(status.read_text()) if status.exists() else None,
        output.read_text(encoding="utf-8", errors="replace") if output.exists() else "",
    )


def follow(folder: Path, way: Way, blocks: Sequence[Block]) -> list[str]:
    """Type all commands of a page. What did not go as the page or its way says, a line each."""
    dues = [_Due(None, command, Step()) for command in way.before]
    for block in blocks:
        for command in block.commands if block.language == "shell" else ():
            step = way.steps.get(command, Step())
            if not step.needs or shutil.which(step.needs):
                dues.append(_Due(block, command, step))
    with machine(folder, device=way.device) as place:
        ended = typed(place, folder, [(due.step.instead or due.command, due.step.status) for due in dues])
    wrong = [line for one, due in zip(ended, dues, strict=True) for line in _differs(one, due.step)]
    outputs = {due.block: one for one, due in zip(ended, dues, strict=True)}
    return [*wrong, *_not_printed(blocks, outputs)]


class _Due(NamedTuple):
    """A command, of which block it is (None: of none), and what is special about it."""

    block: Block | None
    command: str
    step: Step


def _differs(one: Typed, step: Step) -> Iterator[str]:
    said = f"it says {one.output[-600:]!r}"
    if one.status is None:
        yield f"{one.command}: not come to"
    elif one.status != step.status:
        yield f"{one.command}: ended with {one.status}, expected {step.status}; {said}"
    elif step.says not in one.output:
        yield f"{one.command}: expected {step.says!r}; {said}"


def _not_printed(blocks: Sequence[Block], last: Mapping[Block | None, Typed]) -> Iterator[str]:
    """Blocks of text that differ from what the last command of the block before printed; `...` leaves something out."""
    for before, block in pairwise(blocks):
        if block.language == "text" and before in last:
            printed = " ".join(last[before].output.split())
            for part in block.text.split("..."):
                if (piece := " ".join(part.split())) not in printed:
                    yield f"{block.page}:{block.line}: {piece!r} is not what {last[before].command!r} prints"
