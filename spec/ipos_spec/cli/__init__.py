"""The door ``ipos-spec``; each command is a module that registers itself, in the order of `--help`.

Exit codes: 0 all well, 1 a frame is no ipOS packet, registries differ, the model breaks a property or a parser answered
wrong, 2 the command was not understood or something can't be read or written, 3 a program that was asked broke.
"""

from ipos_spec.cli import codec, decode, diff, exchanges, export, model, requirements, show, states, tables, vectors
from ipos_spec.cli.common import app
from ipos_spec.cli.surroundings import told_in_one_line

__all__ = [
    "app",
    "codec",
    "decode",
    "diff",
    "exchanges",
    "export",
    "main",
    "model",
    "requirements",
    "show",
    "states",
    "tables",
    "vectors",
]


def main() -> None:
    """Run the command line."""
    with told_in_one_line():
        app()
