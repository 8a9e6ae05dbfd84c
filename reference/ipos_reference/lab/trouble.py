"""What of the lab is to fail, and what does."""

import json
import subprocess
import sys
from typing import Any

from ipos_reference.lab.laboratory import Laboratory
from ipos_reference.lab.place import LabError

_TROUBLEMAKER = "ipos_reference.lab.troublemaker"
"""Its libraries take longer to load than many a command that needs none of them takes in all."""


def ask(lab: Laboratory, *words: str) -> dict[str, Any]:
    """Change something, or look; returns ``lines`` that work or not, and ``loss`` in percent. Raises LabError.

    words  as `troublemaker` has them
    """
    command = lab.within(sys.executable, "-m", _TROUBLEMAKER, str(lab.place.directory), *words)
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own
    if done.returncode:
        raise LabError(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "no answer from inside the lab")
    found: dict[str, Any] = json.loads(done.stdout)
    return found
