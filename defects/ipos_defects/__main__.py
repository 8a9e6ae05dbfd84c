"""``python -m ipos_defects list`` or ``python -m ipos_defects NAME run FILE.toml``."""

import sys

from ipos_reference import cli

from ipos_defects import (  # noqa: F401 - they fill the registers
    acknowledgements,
    advertisements,
    attempts,
    bounds,
    bugs_of_forwarding,
    bugs_of_handing_over,
    bugs_of_lengths,
    bugs_of_migrating,
    bugs_of_neighbours,
    bugs_of_numbers,
    bugs_of_resources,
    choice,
    coming_back,
    datagram_origin,
    datagram_target,
    datagram_times,
    datagram_variations,
    datagram_wire,
    entry_lifetimes,
    forwarding,
    forwarding_variations,
    handshake,
    holders,
    lan_variations,
    lifetimes,
    origin_role,
    origin_variations,
    provisional,
    sent_packets,
    separate_tables,
    target_role,
    tcp_variations,
    time_variations,
    wire_format,
)
from ipos_defects.bug import BUGS
from ipos_defects.defect import DEFECTS, take_the_long_way
from ipos_defects.variation import VARIATIONS

USAGE = 2


def main() -> None:
    """Plant the defect, variation or bug that the first argument names, then be ``ipos-router`` with the others."""
    match sys.argv[1:]:
        case ["list"]:
            _list()
        case [name, *_] if name in DEFECTS or name in VARIATIONS or name in BUGS:
            del sys.argv[1]
            take_the_long_way()
            (DEFECTS.get(name) or VARIATIONS.get(name) or BUGS[name]).plant()
            cli.main()
        case arguments:
            found = f"found {arguments[0]!r}" if arguments else "found nothing"
            expected = "expected the name of a defect, variation or bug"
            text = f"ipos_defects: {found}, {expected}; `python -m ipos_defects list` shows them"
            print(text, file=sys.stderr)  # noqa: T201 - the command's output
            sys.exit(USAGE)


def _list() -> None:
    """All kinds: what has to be convicted, what has to be acquitted, and what has to be found."""
    print("Defects: wrong routers, and the requirement that each breaks")  # noqa: T201 - the command's output
    for entry in DEFECTS.values():
        print(f"  {entry.name:45} {entry.requirement:7} {entry.description}")  # noqa: T201
    print("\nVariations: right routers, and the SHOULDs that they leave undone")  # noqa: T201
    for other in VARIATIONS.values():
        print(f"  {other.name:45} {' '.join(sorted(other.warnings)):7} {other.description}")  # noqa: T201
    print("\nBugs: routers that break, at how many packets, and who sees it")  # noqa: T201
    for broken in BUGS.values():
        print(f"  {broken.name:45} {broken.depth} {broken.oracle:9} {broken.description}")  # noqa: T201


if __name__ == "__main__":
    main()
