"""`ipos-conformance`: the door of the suite. One module for each command, or for a few of one subject."""

import errno
import os
import sys

import typer

from ipos_conformance.cli import (
    baseline,
    demo,
    doctor,
    export,
    listing,
    minimise,
    new,
    probe,
    replay,
    report,
    run,
    schema,
    show,
)
from ipos_conformance.errors import OutputError, SelectionError, SuiteError
from ipos_conformance.verdicts import ExitCode

app = typer.Typer(
    help="Judge an ipOS router from outside, over its two LANs.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
# The order is that of the help.
for module in (demo, new, doctor, probe, listing, run, show, replay, minimise, export, report, baseline, schema):
    app.add_typer(module.commands)


def main() -> None:
    """Entry point. Whatever the user gets wrong ends in one line on standard error."""
    try:
        app()
    except OutputError as error:
        _end(error, ExitCode.INCONCLUSIVE)
    except SelectionError as error:
        _end(error, ExitCode.NOTHING_SELECTED)
    except SuiteError as error:
        _end(error, ExitCode.USAGE)
    except OSError as error:
        if error.errno != errno.ENOSPC or error.filename is not None:
            raise
        # Whoever opens a file tells of it; this is standard output, to which Python must not write again as it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        _end(OutputError(f"standard output: {error.strerror}"), ExitCode.INCONCLUSIVE)


def _end(error: Exception, code: ExitCode) -> None:
    sys.stderr.write(" ".join(f"ipos-conformance: {error}".split()) + "\n")
    sys.exit(code)
