"""The demonstration on a terminal."""

from collections.abc import Iterable

from rich.console import Console
from rich.text import Text

from ipos_reference.lab.demo.values import Check, Said, Step


class Showing:
    """Prints what happens as it happens."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def step(self, number: int, step: Step) -> None:
        """A step begins."""
        self._console.print(Text.assemble("\n", (f"{number}. {step.title}", "bold"), ("  " + step.why, "dim")))

    def said(self, said: Said) -> None:
        """What a client did and saw."""
        self._console.print(Text.assemble("   ", (said.who, "cyan"), " ", said.line))

    def crossed(self, lines: Iterable[str]) -> None:
        """What crossed the LANs."""
        for line in lines:
            self._console.print(Text(f"      {line}", style="dim"), no_wrap=True, overflow="ellipsis")

    def check(self, check: Check) -> None:
        """What had to hold."""
        mark = ("   right  ", "green") if check.right else ("   WRONG  ", "bold red")
        found = "" if check.right or not check.found else f": {check.found}"
        self._console.print(Text.assemble(mark, check.what, found))

    def end(self, checks: int, wrong: int) -> None:
        """How it ends."""
        if wrong:
            self._console.print(Text(f"\n{wrong} of {checks} checks are wrong.", style="bold red"))
        else:
            self._console.print(
                Text(f"\nAll {checks} checks are right: every client got the right octets.", style="green")
            )
