"""Writes what is kept beside the pages: the lists of all cases and fields, the record of verdicts."""

import argparse
from pathlib import Path

from ipos_sphinx import listed, schemas
from ipos_sphinx.checks import in_a_line

_DOCS = Path(__file__).resolve().parents[2]


def main() -> None:
    """Run a command."""
    parser = argparse.ArgumentParser(prog="python -m ipos_sphinx", description=__doc__)
    parser.add_argument("--folder", type=Path, default=_DOCS, help="where the files are (default: that of the pages)")
    commands = parser.add_subparsers(required=True)
    lists = commands.add_parser("lists", help="write cases.txt and fields.txt: all cases and fields that there are")
    lists.set_defaults(write=_lists)
    verdicts = commands.add_parser("verdicts", help="write verdicts.toml: how the cases ended in a whole run")
    verdicts.add_argument("results", help="its results.json")
    verdicts.set_defaults(write=_verdicts)
    arguments = parser.parse_args()
    with in_a_line("Nothing was written"):
        for name, text in arguments.write(arguments).items():
            (arguments.folder / name).write_text(text, encoding="utf-8")


def _lists(_arguments: argparse.Namespace) -> dict[str, str]:
    from ipos_sphinx.sources import sources  # which can't be imported where a schema is wrong

    return {
        "cases.txt": listed.text(listed.CASES, sources().case_names()),
        "fields.txt": listed.text(listed.FIELDS, schemas.names()),
    }


def _verdicts(arguments: argparse.Namespace) -> dict[str, str]:
    from ipos_sphinx.verdicts import record_text, whole_run

    return {"verdicts.toml": record_text(whole_run(arguments.results))}


if __name__ == "__main__":
    main()
