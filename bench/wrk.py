"""wrk, the load generator: HTTP clients of one namespace, as many connections at a time as are wanted."""

import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from namespace import Namespace

CLOSING = ("-H", "Connection: close")
"""Each request on a connection of its own."""

_MICROSECONDS = {"us": 1.0, "ms": 1e3, "s": 1e6}


@dataclass(frozen=True)
class Load:
    """What came of a load.

    requests  that were answered by 200, in so many seconds
    median    from a request to its whole answer, microseconds
    failed    connections refused, broken off or timed out, and other answers
    """

    requests: int
    seconds: float
    median: float
    p99: float
    failed: int

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds


def lacks() -> str | None:
    """Why there is no load here, or None."""
    return None if shutil.which("wrk") else "needs wrk (apt install wrk)"


def load(clients: Namespace, url: str, *options: str, connections: int, seconds: int) -> Load:
    """Load a server from a namespace, with further options of wrk such as `CLOSING`."""
    words = ("wrk", "--latency", "-t1", f"-c{connections}", f"-d{seconds}s", *options, url)
    return read(clients.run(*words, timeout=seconds + 60).stdout.decode())


def read(text: str) -> Load:
    """What wrk's report says."""
    total = re.search(r"(\d+) requests in ([\d.]+)(us|ms|s|m),", text)
    if total is None:
        raise AssertionError(f"expected wrk's report, found {text!r}")
    seconds = float(total[2]) * (60.0 if total[3] == "m" else _MICROSECONDS[total[3]] / 1e6)
    broken = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
    other = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    failed = sum(int(number) for found in (broken, other) if found is not None for number in found.groups())
    wrong = int(other[1]) if other else 0
    return Load(int(total[1]) - wrong, seconds, _percentile(text, 50), _percentile(text, 99), failed)


def _percentile(text: str, of_hundred: int) -> float:
    found = re.search(rf"{of_hundred}%\s+([\d.]+)(us|ms|s)", text)
    return float(found[1]) * _MICROSECONDS[found[2]] if found else float("nan")
