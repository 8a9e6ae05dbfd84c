"""The process that has parts of the lab fail: ``python -m ipos_reference.lab.troublemaker DIRECTORY WORDS``.

    cut LINE | mend LINE | lose LAN PERCENT | show

It is a process of its own since it needs rights over the lab's network, which its maker may have to enter a user
namespace for. Prints what fails as JSON, or one line on standard error.
"""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pyroute2 import NetlinkError

from ipos_reference.lab import laboratory, network, plan
from ipos_reference.lab.namespaces import Namespace
from ipos_reference.lab.place import LabError, Place

_NOTHING = "add table bridge lab; delete table bridge lab"
_LOSS = """
add table bridge lab
add chain bridge lab wire {{ type filter hook forward priority 0; }}
add rule bridge lab wire numgen random mod 100000 <= {last} counter drop
"""


def main() -> int:
    """Do what is asked for inside the lab."""
    directory, *words = sys.argv[1:]
    try:
        lab = laboratory.find(Place(Path(directory)))
        namespaces = {name: Namespace(path) for name, path in lab.namespaces.items()}
        _change(namespaces, words)
        sys.stdout.write(json.dumps(_present(namespaces)))
    except (LabError, NetlinkError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _change(namespaces: Mapping[str, Namespace], words: list[str]) -> None:
    match words:
        case ["cut", line]:
            network.cut(namespaces, plan.LINES[line])
        case ["mend", line]:
            network.mend(namespaces, plan.LINES[line])
        case ["lose", lan, percent]:
            _nft(namespaces[lan], _NOTHING)
            if round(float(percent) * 1000):
                _nft(namespaces[lan], _LOSS.format(last=round(float(percent) * 1000) - 1))


def _present(namespaces: Mapping[str, Namespace]) -> dict[str, Any]:
    lines = {name: network.is_up(namespaces, line) for name, line in plan.LINES.items()}
    return {"lines": lines, "loss": {lan: _loss(namespaces[lan]) for lan in plan.BRIDGES}}


def _loss(namespace: Namespace) -> float:
    if shutil.which("nft") is None:
        return 0.0
    found = re.search(r"mod 100000 <= ([0-9]+)", _nft(namespace, "list ruleset"))
    return (int(found[1]) + 1) / 1000 if found else 0.0


def _nft(namespace: Namespace, rules: str) -> str:
    if shutil.which("nft") is None:
        raise LabError("nft is not there, by which frames are lost; install nftables")
    done = subprocess.run(  # noqa: S603 - our own
        namespace.command("nft", rules), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise LabError(f"nft: {done.stderr.strip().splitlines()[0]}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
