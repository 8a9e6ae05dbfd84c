"""Looks at a lab: asks its routers, follows its capture, and has somebody tell which lines work."""

import contextlib
import functools
import json
import select
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Self

from ipos_spec.captures import CaptureError

from ipos_reference.control.client import NoRouterError, RefusedError, ask
from ipos_reference.lab import laboratory, plan
from ipos_reference.lab.following import Following
from ipos_reference.lab.laboratory import Laboratory
from ipos_reference.lab.place import LabError, Place
from ipos_reference.lab.plan import Server
from ipos_reference.lab.view.counting import Counts
from ipos_reference.lab.view.exchanges import Exchanges
from ipos_reference.lab.view.values import MOST_RECORDS, RouterSeen, Seen

_FRESH = 0.5
"""Seconds for which what was seen is still new: several pages cost no more than one."""
_LINES_WITHIN = 3.0


class Watch:
    """Looks when it is asked to, and keeps what it has seen of the capture from its start. For any thread."""

    def __init__(self, place: Place, clock: Callable[[], float] = time.monotonic) -> None:
        self._place = place
        self._clock = clock
        self._following = Following(place.capture, from_start=True)
        self._exchanges = Exchanges()
        self._counts = Counts()
        self._lines: _Lines | None = None
        self._lock = threading.Lock()
        self._seen: Seen | None = None
        self._until = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._following.close()
            self._forget_lines()

    def look(self) -> Seen:
        """What is to be seen now, or was half a second ago."""
        with self._lock:
            if self._seen is None or self._clock() > self._until:
                self._seen = self._look()
                self._until = self._clock() + _FRESH
            return self._seen

    def _look(self) -> Seen:
        lines: Mapping[str, bool] | None = None
        try:
            lines = self._ask_lines(laboratory.find(self._place))
            problem = self._read_capture()
            routers = [router_seen(one, functools.partial(ask, self._place.control(one.name))) for one in plan.SERVERS]
        except LabError as error:
            problem = str(error)
            routers = [RouterSeen(one, problem="gone with the lab") for one in plan.SERVERS]
            self._forget_lines()
        return Seen(
            directory=str(self._place.directory),
            problem=problem,
            time_ns=time.time_ns(),
            lines=lines,
            routers=tuple(routers),
            lans=self._counts.lans,
            edges=self._counts.edges,
            exchanges=self._exchanges.latest(),
        )

    def _read_capture(self) -> str:
        try:
            for frame in self._following.news():
                self._exchanges.add(self._counts.add(frame), frame)
        except (CaptureError, OSError) as error:
            return f"{self._place.capture}: {error}"
        return ""

    def _ask_lines(self, lab: Laboratory) -> Mapping[str, bool] | None:
        if self._lines is None or self._lines.lab != lab:
            self._forget_lines()
            self._lines = _Lines(lab)
        return self._lines.ask()

    def _forget_lines(self) -> None:
        if self._lines is not None:
            self._lines.close()
            self._lines = None


class _Lines:
    """A process that knows which lines of a lab work; None for an answer that does not come."""

    def __init__(self, lab: Laboratory) -> None:
        self.lab = lab
        self._process = subprocess.Popen(  # noqa: S603 - our own
            lab.within(sys.executable, "-m", "ipos_reference.lab.view.lines", str(lab.place.directory)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
        )
        self._owed = 0

    def ask(self) -> Mapping[str, bool] | None:
        asked, answers = self._process.stdin, self._process.stdout
        if asked is None or answers is None:
            return None
        try:
            if not self._owed:
                asked.write(b"\n")
                self._owed += 1
            if not select.select([answers], [], [], _LINES_WITHIN)[0]:
                return None
            self._owed -= 1
            found: dict[str, bool] = json.loads(answers.readline())
        except (OSError, ValueError):
            return None
        return found

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._process.communicate(timeout=_LINES_WITHIN)


def router_seen(server: Server, asked: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> RouterSeen:
    """What a server's router answers now. asked: hands it a request, and may raise NoRouterError or RefusedError."""
    try:
        counters = asked({"ask": "counters"})
        draining = bool(asked({"ask": "left"})["draining"])
        names = dict.fromkeys(table["table"] for table in counters["tables"] if table["records"])
        pages = {name: asked({"ask": "table", "name": name, "from": 0}) for name in names}
    except (NoRouterError, RefusedError) as error:
        return RouterSeen(server, problem=str(error))
    records = {name: tuple(page["records"][:MOST_RECORDS]) for name, page in pages.items()}
    return RouterSeen(server, counters=counters, draining=draining, records=records)
