"""``python -m ipos_defects list`` or ``python -m ipos_defects NAME run FILE.toml``."""

import sys

from ipos_reference import cli

from ipos_defects import origin_role, target_role, wire_format  # noqa: F401 - they fill the register
from ipos_defects.defect import DEFECTS

USAGE = 2


def main() -> None:
    """Plant the defect that the first argument names, then be ``ipos-router`` with the others."""
    match sys.argv[1:]:
        case ["list"]:
            for entry in DEFECTS.values():
                print(f"{entry.name:45} {entry.requirement:7} {entry.description}")  # noqa: T201 - the command's output
        case [name, *_] if name in DEFECTS:
            del sys.argv[1]
            DEFECTS[name].plant()
            cli.main()
        case arguments:
            found = f"found {arguments[0]!r}" if arguments else "found nothing"
            text = f"ipos_defects: {found}, expected the name of a defect; `python -m ipos_defects list` shows them"
            print(text, file=sys.stderr)  # noqa: T201 - the command's output
            sys.exit(USAGE)


if __name__ == "__main__":
    main()
