"""Whether this machine has what tests with real interfaces need."""

import subprocess
import sys

from ipos_conformance.bench import namespaces
from ipos_conformance.errors import BenchError


def _missing() -> str:
    try:
        namespaces.check_tun()
    except BenchError as error:
        return str(error)
    probe = "from ipos_conformance.bench.namespaces import enter_private_namespace; enter_private_namespace()"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=False)
    return done.stderr.strip().rpartition("\n")[2]


MISSING = _missing()
"""Why they can't run; empty if they can."""
