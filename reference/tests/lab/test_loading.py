"""What every command of ``ipos-router`` has to load."""

import subprocess
import sys


def test_no_command_waits_for_netlink() -> None:
    """Loading pyroute2 takes a fifth of a second, which a router that starts has no use for."""
    loaded = "import sys, ipos_reference.cli; print('pyroute2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True).stdout == "False\n"
