"""What a target printed: reports of sanitizers, aborts of the C library, panics and tracebacks are faults.

No requirement says that a router has to live, but none allows it to fall. A fault's kind holds the kind of error, the
innermost function of the target's own and the file's name: neither line numbers nor addresses, so that the same fault
has the same signature after a restart, and mostly in the next build.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ipos_fuzz.violation import Violation

_ORACLE = "log"
_LONGEST = 300
"""Lines of one report that are looked at; what is longer (a recursion's stack) ends there."""

_NUMBERS = re.compile(r"0x[0-9a-fA-F]+|-?\b\d+(\.\d+)?\b")
_FRAME = re.compile(
    r"^\s+#\d+ (?:0x[0-9a-f]+ in )?(?P<function>\S.*?) (?P<place>\(?[^\s()]*[/.:][^\s()]*|<null>)(?=[\s)]|$)"
)
_RUNTIME = re.compile(r"libsanitizer|compiler-rt|sysdeps/|csu/|glibc")
_RUNTIME_FUNCTION = re.compile(r"^(__interceptor_|__asan_|__ubsan_|__msan_|__tsan_|__sanitizer_|operator (new|delete))")


@dataclass(frozen=True)
class _Shape:
    """What one kind of report looks like.

    headline  begins it, anywhere in a line
    read      makes a fault of the headline and of the lines behind it, up to the next headline; None if it is none
    ends      whether these lines behind the headline are all that belong to the report, or more
    """

    headline: re.Pattern[str]
    read: Callable[[re.Match[str], Sequence[str]], Violation | None]
    ends: Callable[[Sequence[str]], bool]


def faults(text: str) -> list[Violation]:
    """Tell what went wrong according to these lines, each kind once, in their order. Ordinary lines give nothing."""
    found: dict[str, Violation] = {}
    for report in _reports(text.splitlines()):
        violation = report.shape.read(report.headline, report.behind)
        if violation is not None:
            found.setdefault(violation.signature, violation)
    return list(found.values())


class LogWatch:
    """Reads a target's log while it grows, and tells each fault once its report is complete.

    A report is complete when its last line, or something that does not belong to it, stands there, or when nothing was
    added since it was last looked at. A log that has become shorter was begun anew: it is read from its beginning.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._pending = b""

    def new_faults(self, *, ended: bool = False) -> list[Violation]:
        """What is new since the last call; nothing if the file is not there.

        ended  the target has: nothing more comes, so what is there of a report is all of it
        """
        added = self._read()
        self._pending += added
        # Latin-1 has a character for each octet, so it counts octets, and takes a letter that is half there.
        settled = len(self._pending) if ended or not added else _settled(self._pending.decode("latin-1"))
        octets, self._pending = self._pending[:settled], self._pending[settled:]
        return faults(octets.decode("utf-8", errors="replace"))

    @property
    def is_unfinished(self) -> bool:
        """Whether something was read that nothing was made of yet, since more may belong to it."""
        return bool(self._pending)

    def _read(self) -> bytes:
        try:
            with self._path.open("rb") as log:
                if log.seek(0, 2) < self._offset:
                    self._offset, self._pending = 0, b""
                log.seek(self._offset)
                octets = log.read()
        except FileNotFoundError:
            return b""
        self._offset += len(octets)
        return octets


@dataclass
class _Report:
    """A headline that was found, in which line, and the lines behind it."""

    shape: _Shape
    headline: re.Match[str]
    line: int
    behind: list[str] = field(default_factory=list)
    overtaken: bool = False

    @property
    def complete(self) -> bool:
        """Whether nothing more can belong to it; overtaken: another one has begun."""
        return self.overtaken or len(self.behind) >= _LONGEST or self.shape.ends(self.behind)


def _reports(lines: Sequence[str]) -> Iterator[_Report]:
    report: _Report | None = None
    for number, line in enumerate(lines):
        begun = _headline(line, number)
        if begun is not None:
            if report is not None:
                report.overtaken = True
                yield report
            report = begun
        elif report is not None and not report.complete:
            report.behind.append(line)
    if report is not None:
        yield report


def _headline(line: str, number: int) -> _Report | None:
    for shape in _SHAPES:
        match = shape.headline.search(line)
        if match is not None:
            return _Report(shape, match, number)
    return None


def _settled(text: str) -> int:
    """How many characters hold whole lines and no report that may still grow."""
    whole = text[: text.rfind("\n") + 1]
    lines = whole.splitlines(keepends=True)
    reports = list(_reports([line.rstrip("\r\n") for line in lines]))
    if not reports or reports[-1].complete:
        return len(whole)
    return sum(map(len, lines[: reports[-1].line]))


def _fault(kind: str, what: str) -> Violation:
    return Violation(_ORACLE, "", " ".join(kind.split()), f"the target printed: {' '.join(what.split())[:300]}")


def _innermost(behind: Sequence[str]) -> str:
    """Where it happened, by the first stack behind the headline: function and file; empty if nobody says."""
    frames = []
    for line in behind:
        match = _FRAME.match(line)
        if match is not None:
            frames.append(match)
        elif frames:
            break
    own = [frame for frame in frames if not (_RUNTIME.search(frame[0]) or _RUNTIME_FUNCTION.match(frame["function"]))]
    if not own:
        return ""
    function, place = own[0]["function"].split("(")[0], own[0]["place"].strip("()")
    return f"in {function} {_file(place)}"


def _file(place: str) -> str:
    """The name of the file in `/src/target.c:12:3`, or of the program in `/bin/target+0x12`."""
    return re.sub(r"(:\d+)+:?$|\+0x[0-9a-f]+$", "", place.rpartition("/")[2])


def _sanitizer(headline: re.Match[str], behind: Sequence[str]) -> Violation | None:
    name, rest = headline["name"], headline["rest"]
    if name == "LeakSanitizer":
        return None  # the leaks follow, each with a headline of its own
    kind = re.split(r" on (?:unknown )?address| on 0x| \(pid=| \(pc|:", rest.removeprefix("attempting "))[0]
    place = _innermost(behind)
    access = next((f" ({line.split(' at ')[0]})" for line in behind if re.match("(READ|WRITE) of size", line)), "")
    return _fault(f"{name} {_NUMBERS.sub('n', kind)} {place}", f"{name}: {kind}{access} {place}")


def _leak(headline: re.Match[str], behind: Sequence[str]) -> Violation:
    place = _innermost(behind)
    return _fault(f"LeakSanitizer leak {place}", f"LeakSanitizer: {headline[0]} {place}")


def _undefined(headline: re.Match[str], behind: Sequence[str]) -> Violation:
    kind = _NUMBERS.sub("n", headline["rest"].split(": ")[0])
    place = _innermost(behind) or f"in {_file(headline['place'])}"
    return _fault(f"UndefinedBehaviorSanitizer {kind} {place}", headline[0])


def _one_line(headline: re.Match[str], _behind: Sequence[str]) -> Violation:
    return _fault(f"abort {_NUMBERS.sub('n', headline[0])}", headline.string)


def _assertion(headline: re.Match[str], _behind: Sequence[str]) -> Violation:
    kind = f"assertion {headline['condition']} in {headline['function']} {_file(headline['place'])}"
    return _fault(kind, headline.string)


def _exception(headline: re.Match[str], behind: Sequence[str]) -> Violation:
    return _fault(f"uncaught {headline['type']}", f"{headline[0]} {behind[0] if behind else ''}")


def _rust(headline: re.Match[str], behind: Sequence[str]) -> Violation:
    message = headline["message"] or (behind[0] if behind else "")
    kind = _NUMBERS.sub("n", message)
    return _fault(f"Rust panic {kind} in {_file(headline['place'])}", f"{headline[0]} {message}")


def _go(headline: re.Match[str], behind: Sequence[str]) -> Violation | None:
    stack = next((number for number, line in enumerate(behind) if re.match(r"goroutine \d+ \[", line)), None)
    if stack is None:
        return None  # a line of a log that only sounds like one
    functions = re.findall(r"^([\w./*()-]+)\(.*\)\n\t(\S+):\d+", "\n".join(behind[stack + 1 :]), re.MULTILINE)
    own = [(function, file) for function, file in functions if not function.startswith(("runtime.", "panic"))]
    place = f"in {own[0][0].rpartition('/')[2]} {_file(own[0][1])}" if own else ""
    return _fault(f"Go panic {_NUMBERS.sub('n', headline['message'])} {place}", f"{headline[0]} {place}")


def _traceback(_headline: re.Match[str], behind: Sequence[str]) -> Violation | None:
    lines = [re.sub(r"^[\s|+]*\| ?", "", line) for line in behind]
    frames = [frame for line in lines if (frame := re.match(r'\s+File "(.*)", line \d+, in (.*)', line))]
    end = next((line for line in lines if re.match(r"[A-Za-z_][\w.]*(:|$)", line)), None)
    if end is None or any(_CHAINED.search(line) for line in lines):
        return None  # cut off, or the cause of one that follows and tells more
    if _GONE.match(end) and any(_file(frame[1]) in _SERVERS for frame in frames):
        return None  # a server behind the router, which says so of each client that goes away
    place = f"in {frames[-1][2]} {_file(frames[-1][1])}" if frames else ""
    return _fault(f"Python {end.split(':')[0]} {place}", f"{end} {place}")


_SERVERS = ("socketserver.py", "socket.py")
"""Files of Python's own servers; where two of their threads speak at once, only the innermost may be left of one."""
_GONE = re.compile(r"(ConnectionResetError|BrokenPipeError|ConnectionAbortedError)\b")
_CHAINED = re.compile(r"^(During handling of the above exception|The above exception was the direct cause)")


def _at_once(_behind: Sequence[str]) -> bool:
    return True


def _behind_a_line(behind: Sequence[str]) -> bool:
    return bool(behind)


def _behind_a_summary(behind: Sequence[str]) -> bool:
    return bool(behind) and behind[-1].startswith("SUMMARY: ")


def _behind_a_stack(behind: Sequence[str]) -> bool:
    """The line is there that is no frame of a stack."""
    return bool(behind) and not re.match(r"\s+#\d+ ", behind[-1])


def _behind_a_goroutine(behind: Sequence[str]) -> bool:
    """The first goroutine's stack ends with an empty line; where none begins soon, it was no panic."""
    begun = any(line.startswith("goroutine ") for line in behind)
    return (begun and behind[-1] == "" and not behind[-2].startswith("goroutine ")) or (not begun and len(behind) > 4)


def _behind_an_exception(behind: Sequence[str]) -> bool:
    """An empty line may be followed by what says that this was the cause of another exception."""
    ends = [number for number, line in enumerate(behind) if not re.match(r"\s|$", line)]
    return bool(ends) and len(behind) > ends[0] + (2 if behind[ends[0] + 1 : ends[0] + 2] == [""] else 1)


_ABORT = (
    r"\*\*\* (?:stack smashing|buffer overflow) detected \*\*\*|"
    r"(?:^|: )(?:(?:free|malloc|realloc|calloc|munmap_chunk|malloc_consolidate)\(\): [a-z][\w .<>=()-]*"
    r"|double free or corruption.*|corrupted (?:size vs|double-linked).*)$"
)
_SHAPES = (
    _Shape(re.compile(r"(?:ERROR|WARNING): (?P<name>\w+Sanitizer): (?P<rest>.*)"), _sanitizer, _behind_a_summary),
    _Shape(re.compile(r"^Direct leak of .*"), _leak, lambda behind: "" in behind),
    _Shape(re.compile(r"(?P<place>\S+:\d+:\d+|<unknown>): runtime error: (?P<rest>.*)"), _undefined, _behind_a_stack),
    _Shape(re.compile(_ABORT), _one_line, _at_once),
    _Shape(
        re.compile(r"(?P<place>[^\s:]+:\d+): (?P<function>.*): Assertion [`'](?P<condition>.*)' failed"),
        _assertion,
        _at_once,
    ),
    _Shape(re.compile(r"terminate called after throwing an instance of '(?P<type>.*)'"), _exception, _behind_a_line),
    _Shape(
        re.compile(r"thread '.*'(?: \(\d+\))? panicked at (?:'(?P<message>.*)', )?(?P<place>\S+:\d+:\d+)"),
        _rust,
        _behind_a_line,
    ),
    _Shape(re.compile(r"^(?:panic|fatal error): (?P<message>.*)"), _go, _behind_a_goroutine),
    _Shape(re.compile(r"Traceback \(most recent call last\):$"), _traceback, _behind_an_exception),
)
