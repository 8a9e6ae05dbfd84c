"""Tells which of the lab's lines work: ``lines.py DIRECTORY``, a line of JSON for each line that it is sent.

A process of its own, since it needs rights over the lab's network. It holds nothing of the lab between two answers, and
ends with its standard input.
"""

import json
import sys
from pathlib import Path

from pyroute2 import NetlinkError

from ipos_reference.lab import laboratory, network, plan
from ipos_reference.lab.namespaces import Namespace
from ipos_reference.lab.place import LabError, Place


def main() -> int:
    """Answer until nobody asks, or the lab is gone."""
    place = Place(Path(sys.argv[1]))
    try:
        namespaces = {name: Namespace(path) for name, path in laboratory.find(place).namespaces.items()}
        for _ in sys.stdin:
            works = {name: network.is_up(namespaces, line) for name, line in plan.LINES.items()}
            sys.stdout.write(json.dumps(works) + "\n")
            sys.stdout.flush()
    except (LabError, NetlinkError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
