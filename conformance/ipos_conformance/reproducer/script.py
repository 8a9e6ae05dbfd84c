"""A failure as one Python file that needs nothing else: its steps, then the parts of this package that play them."""

import ast
import sys
import textwrap
from collections.abc import Iterator
from functools import cache
from importlib import resources
from pprint import pformat

from ipos_conformance.findings.results import CaseResult
from ipos_conformance.reproducer.recipe import LANS, Recipe
from ipos_conformance.runs.phases import QUICK

_PARTS = ("octets", "facts", "player")
_WIDTH = 100
_HEAD = '''\
#!/usr/bin/env python3
"""{headline}

{body}

    python3 {name} FIRST_LAN_INTERFACE SECOND_LAN_INTERFACE

Needs Python 3.9 or later, its standard library alone, Linux, and the right to packet sockets (root or CAP_NET_RAW).
It takes about {seconds:.0f} s. Prints REPRODUCED (exit status 1), NOT REPRODUCED (0) with what was different, or
NO ANSWER (3). A router that remembers the connection may need a restart, or some seconds, before it is run again.
"""

from __future__ import annotations
'''
_STEPS = """
# What the stations are, and how they answer by themselves.
SETUP = {setup}

# Seconds, what the suite did, LAN (0 the first, 1 the second), octets. The numbers that the router chose (sequence
# numbers from its SYN/ACK on, timestamps, what an acknowledgement's checksum covers) are replaced when it is played.
STEPS = [
{steps}]

# Steps that were wrong as answers, if any was, and what is compared with the steps: "wrong", whether these come again;
# "all", whether any other answer comes, too, for then one was missing; "data", what the client's application sees;
# "dead", whether the router answers probes in the end; "sent", nothing, since what is wrong does not show outside.
WRONG = {wrong}
COMPARE = {compares!r}

# What follows is the same in every reproducer.
"""
_END = """

if __name__ == "__main__":
    sys.exit(main(SETUP, STEPS, WRONG, COMPARE))
"""


def script(case: CaseResult, recipe: Recipe, name: str = "reproduce.py") -> str:
    """The file's text. name: how it will be called."""
    imports, code = _parts()
    head = _HEAD.format(
        headline=f"{case.id}: {case.requirement} {case.level}",
        body=_about(case),
        name=name,
        seconds=recipe.seconds + 1,
    )
    steps = _STEPS.format(
        setup=pformat(recipe.setup, width=_WIDTH),
        steps="".join(_step(recipe, place) for place in range(len(recipe.steps))),
        wrong=recipe.decisive,
        compares=recipe.compares,
    )
    return head + "\n" + imports + "\n" + steps + code + _END


def _about(case: CaseResult) -> str:
    lines = [case.sentence, f"Case: {case.shows}"]
    if case.phase == QUICK:
        lines.append("It was seen with the target's second configuration, [quick]: timers scaled, tables small.")
    lines += [f"{'or' if number else 'Expected'}: {outcome}" for number, outcome in enumerate(case.expected)]
    lines += [f"Got: {what}" for what in case.actual]
    text = "\n".join(textwrap.fill(line, 116, subsequent_indent="    ") for line in lines)
    return text.replace("\\", "\\\\").replace('"""', "'''")


def _step(recipe: Recipe, place: int) -> str:
    seconds, direction, lan, octets = recipe.steps[place]
    text = octets.hex()
    rows = [text[begin : begin + _WIDTH] for begin in range(0, len(text), _WIDTH)] or [""]
    quoted = "\n        ".join(f'"{row}"' for row in rows)
    meaning = "".join(one if one.isprintable() else "?" for one in recipe.meanings[place].partition(": ")[2])
    comment = f"    # {place}: {LANS[lan]}, {direction}: {meaning}\n"
    return f"{comment}    ({seconds:.6f}, {direction!r}, {lan},\n        {quoted}),\n"


@cache
def _parts() -> tuple[str, str]:
    """Import statements of the standard library, and the code of all parts without theirs."""
    names: dict[str, set[str]] = {}
    code = []
    for part in _PARTS:
        source = (resources.files(__package__) / f"{part}.py").read_text(encoding="utf-8")
        body = ast.parse(source).body[1:]
        for node in body:
            _note_import(node, names)
        first = next(node for node in body if not isinstance(node, ast.Import | ast.ImportFrom))
        code.append("\n".join(source.splitlines()[first.lineno - 1 :]))
    return "\n".join(_imports(names)), "\n" + "\n\n\n".join(code) + "\n"


def _note_import(node: ast.stmt, names: dict[str, set[str]]) -> None:
    """What a statement imports of the standard library, by module; nothing of a module that is imported whole."""
    if isinstance(node, ast.Import):
        names.update({alias.name: set() for alias in node.names})
    if isinstance(node, ast.ImportFrom) and str(node.module).partition(".")[0] in sys.stdlib_module_names:
        names.setdefault(str(node.module), set()).update(alias.name for alias in node.names)


def _imports(names: dict[str, set[str]]) -> Iterator[str]:
    yield from (f"import {module}" for module in sorted(names) if not names[module])
    yield from (f"from {module} import {', '.join(sorted(names[module]))}" for module in sorted(names) if names[module])
