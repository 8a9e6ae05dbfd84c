"""`ipos-fuzz`: the door of the harness. One module for each command, or for a few of one subject."""

import errno
import os
import sys
from importlib.metadata import version
from typing import Annotated

import typer
from ipos_conformance.errors import OutputError, SuiteError
from ipos_conformance.verdicts import ExitCode
from ipos_spec.errors import SpecError

from ipos_fuzz.cli import afl, in_process, operators, recorded, report, run, schema

app = typer.Typer(
    name="ipos-fuzz",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Attack any ipOS router from outside, over its two LANs, and keep a proof of whatever breaks.",
)
# The order is that of the help.
for module in (run, report, recorded, in_process, afl, operators, schema):
    app.add_typer(module.commands)


@app.callback(invoke_without_command=True)
def _main(show_version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False) -> None:
    if show_version:
        typer.echo(f"ipos-fuzz {version('ipos')}")
        raise typer.Exit


def main() -> None:
    """Entry point. Whatever the user gets wrong ends in one line on standard error."""
    try:
        app()
    except OutputError as error:
        _end(error, ExitCode.INCONCLUSIVE)
    except (SuiteError, SpecError) as error:
        _end(error, ExitCode.USAGE)
    except OSError as error:
        if error.errno != errno.ENOSPC or error.filename is not None:
            raise
        # Whoever opens a file tells of it; this is standard output, to which Python must not write again as it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        _end(OutputError(f"standard output: {error.strerror}"), ExitCode.INCONCLUSIVE)


def _end(error: Exception, code: ExitCode) -> None:
    sys.stderr.write(" ".join(f"ipos-fuzz: {error}".split()) + "\n")
    sys.exit(code)
