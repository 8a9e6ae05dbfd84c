"""What is looked at before any page is read.

What can't be read, or breaks everything that is made of it, ends the build at once. Sphinx puts its own version, its
log and a traceback behind each error that it knows, and says that its authors should be told: so the build ends by
SystemExit, which leaves the message alone.
"""

import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from sphinx.util import logging

from ipos_sphinx import listed, schemas

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_log = logging.getLogger(__name__)
_PROJECT = Path(__file__).resolve().parents[3]


@contextmanager
def in_a_line(what: str = "The pages can't be made") -> Iterator[None]:
    """Whatever goes wrong within ends the program, in a line that says what and where."""
    try:
        yield
    except Exception as error:
        sys.exit(f"{what}: {_told(error)}")


def check_fields(file: str) -> None:
    """End the program, with a line for each field that differs from a list of them; an empty name is no list."""
    if file and (found := schemas.differences(Path(file))):
        sys.exit("\n".join(f"The pages can't be made: {difference}" for difference in found))


def check_all(app: "Sphinx") -> None:
    """Warn of all that does not fit together. Sphinx calls it when it knows its configuration."""
    with in_a_line():
        sources, verdicts = (import_module(f"ipos_sphinx.{name}") for name in ("sources", "verdicts"))
        found = sources.sources()
        told = sources.contradictions(found)
        if app.config.ipos_cases:
            names = listed.read(listed.CASES, Path(app.config.ipos_cases))
            told += listed.differences(listed.CASES, names, found.case_names())
        run = verdicts.shown(app.config)
        if app.config.ipos_verdicts and not app.config.ipos_results:
            told += verdicts.gone(run, found)
    for contradiction in told:
        _log.warning(contradiction)


def _told(error: Exception) -> str:
    """An error that says itself what was found and expected as it is; of any other one also where it came up."""
    if type(error).__module__ != "builtins" or isinstance(error, ValueError | OSError):
        return str(error)
    place = traceback.extract_tb(error.__traceback__)[-1]
    file = Path(place.filename)
    shown = file.relative_to(_PROJECT) if file.is_relative_to(_PROJECT) else file
    return f"{type(error).__name__}: {error} ({shown}:{place.lineno})"
