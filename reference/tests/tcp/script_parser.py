"""Reads scripts. Every error names file and line, what was found and what was expected."""

import re
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import NoReturn, TypeVar

from ipos_reference.tcp.segment import Flags
from ipos_reference.tcp.settings import Settings
from ipos_spec.control_block import ControlBlock

from .script import (
    LETTERS,
    NO_FLAGS,
    Act,
    Expect,
    Given,
    Inject,
    Observe,
    OptionList,
    Script,
    Shape,
    Silence,
    Stamps,
    Step,
    When,
)

Number = TypeVar("Number", int, float)

_TIMED = re.compile(r"(?P<plus>\+?)(?P<seconds>\d+(\.\d+)?) +(?P<rest>.+)")
_SEGMENT = re.compile(
    r"(?P<flags>\S+) (?P<first>-?\d+):(?P<end>-?\d+)\((?P<length>\d+)\)(?: ack (?P<ack>-?\d+))?"
    r"(?: win (?P<window>\d+))?(?: urg (?P<urgent>\d+))?"
    r"(?: <(?P<options>[^>]*)>)?(?: in (?P<size>[1-9]\d*))?(?: times (?P<times>[1-9]\d*))?"
)
_ACTION = re.compile(r"(?P<verb>write|read|close|abort|probe|migrate)(?: (?P<octets>\d+))?(?: takes (?P<taken>\d+))?")
_COUNTED = ("write", "read")
_OBSERVATIONS = {
    "state": re.compile(r"[A-Z0-9-]+"),
    "closed": re.compile(r"|timed out|reset by peer|aborted"),
    "readable": re.compile(r"\d+"),
    "end of stream": re.compile(r""),
    "block": re.compile(r"[a-z0-9_]+ \d+"),
}
_SETTINGS = {each.name: type(each.default) for each in fields(Settings)}
_FIELDS = {each.name for each in fields(ControlBlock)}  # type: ignore[arg-type]


class ScriptError(ValueError):
    """A line that is not of the language."""


def read_scripts(file: Path) -> list[Script]:
    """All scripts of a file, in order. Raises ScriptError."""
    return parse(file.read_text(encoding="utf-8"), file)


def parse(text: str, file: Path) -> list[Script]:
    """All scripts of a text; file is named in errors. Raises ScriptError."""
    scripts: list[Script] = []
    for number, line in enumerate(text.splitlines(), start=1):
        words = " ".join(line.partition("#")[0].split())
        if not words:
            continue
        try:
            if words.startswith("script "):
                scripts.append(Script(file=file, line=number, title=words.removeprefix("script ")))
            elif scripts:
                _Reader(scripts[-1], number).read(words)
            else:
                _fail("a line before the first script", 'a line "script TITLE"')
        except ScriptError as error:
            raise ScriptError(f"{file.name}:{number}: {words}: {error}") from None
    for script in scripts:
        if not script.checks or not script.steps:
            raise ScriptError(f"{file.name}:{script.line}: {script.title}: needs a checks line and at least one step")
    return scripts


def _fail(found: str, expected: str) -> NoReturn:
    raise ScriptError(f"{found}; expected {expected}")


class _Reader:
    """Takes the lines of one script."""

    def __init__(self, script: Script, line: int) -> None:
        self.script, self.line = script, line

    def read(self, words: str) -> None:
        keyword, _, rest = words.partition(" ")
        header = {"checks": self._checks, "settings": self._settings, "numbers": self._numbers, "given": self._given}
        if keyword not in header:
            self.script.steps += self._steps(words)
        elif self.script.steps:
            _fail(f"{keyword} after the first step", "it before all steps")
        else:
            header[keyword](rest)

    def _checks(self, rest: str) -> None:
        self.script.checks += tuple(part.strip() for part in rest.split(";"))

    def _settings(self, rest: str) -> None:
        for name, text in _assignments(rest):
            if name not in _SETTINGS:
                _fail(f"no setting {name}", f"one of {', '.join(_SETTINGS)}")
            self.script.settings[name] = _setting(name, text)

    def _numbers(self, rest: str) -> None:
        match = re.fullmatch(r"iss (0x[0-9A-F]{1,8}|0), irs (0x[0-9A-F]{1,8}|0)", rest)
        if match is None:
            _fail(rest, "iss NUMBER, irs NUMBER, hexadecimal")
        self.script.numbers = (int(match[1], 0), int(match[2], 0))

    def _given(self, rest: str) -> None:
        how = re.fullmatch(r"(established|restored)(?: win (\d+))?(?: <([^>]*)>)?(?: with (.+))?", rest)
        if how is None:
            _fail(rest, "established|restored [win N] [<OPTIONS>] [with FIELD NUMBER, ...]")
        restored = how[1] == "restored"
        values = {name: _converted(name, text, int) for name, text in _assignments(how[4] or "")}
        if unknown := set(values) - (_FIELDS if restored else set()):
            _fail(f"fields {', '.join(sorted(unknown))}", "fields of the control block, after restored")
        self.script.given = Given(
            window=int(how[2] or 65535),
            options=OptionList(mss=1460) if how[3] is None else _options(how[3]),
            fields=values if restored else None,
        )

    def _steps(self, words: str) -> Iterator[Step]:
        timed = _TIMED.fullmatch(words)
        if timed is None:
            yield self._observation(words)
            return
        when = When(seconds=float(timed["seconds"]), relative=bool(timed["plus"]))
        mark, _, rest = timed["rest"].partition(" ")
        if mark in ("<", ">"):
            kind = Inject if mark == "<" else Expect
            for position, shape in enumerate(_segments(rest)):
                at = when if position == 0 else None
                yield kind(line=self.line, text=words, when=at, shape=shape)
        elif timed["rest"] == "nothing":
            yield Silence(line=self.line, text=words, when=when)
        elif mark == "app":
            yield self._action(words, rest, when)
        else:
            _fail(mark, "<, >, app or nothing after the time")

    def _action(self, words: str, rest: str, when: When) -> Act:
        match = _ACTION.fullmatch(rest)
        if match is None or (match["verb"] in _COUNTED) != bool(match["octets"]):
            _fail(rest, "write N [takes M], read N, close, abort, probe or migrate")
        octets = int(match["octets"] or 0)
        taken = octets if match["taken"] is None else int(match["taken"])
        return Act(line=self.line, text=words, when=when, verb=match["verb"], octets=octets, taken=taken)

    def _observation(self, words: str) -> Observe:
        for name, pattern in _OBSERVATIONS.items():
            if words == name or words.startswith(name + " "):
                value = words[len(name) :].strip()
                if pattern.fullmatch(value):
                    if name == "block" and (field := value.split()[0]) not in _FIELDS:
                        _fail(f"fields {field}", "fields of the control block")
                    return Observe(line=self.line, text=words, when=None, name=name, value=value)
        names = ", ".join(_OBSERVATIONS)
        _fail("no time, and nothing to observe", f"TIME and <, >, app or nothing; or one of {names}")


def _assignments(text: str) -> Iterator[tuple[str, str]]:
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, value = part.partition(" ")
        if not value:
            _fail(part, "NAME VALUE")
        yield name, value


def _setting(name: str, text: str) -> bool | int | float:
    kind = _SETTINGS[name]
    if kind is not bool:
        return _converted(name, text, kind)
    if text not in ("on", "off"):
        _fail(f"{name} {text}", "on or off")
    return text == "on"


def _converted(name: str, text: str, kind: Callable[[str], Number]) -> Number:
    try:
        return kind(text)
    except ValueError:
        _fail(f"{name} {text}", "a number")


def _segments(text: str) -> list[Shape]:
    match = _SEGMENT.fullmatch(text)
    if match is None:
        _fail(text, "FLAGS FIRST:END(LENGTH) [ack N] [win N] [urg N] [<OPTIONS>] [in SIZE] [times N]")
    first, length = int(match["first"]), int(match["length"])
    if int(match["end"]) != first + length:
        _fail(f"{first}:{match['end']}({length})", f"{first}:{first + length}({length})")
    flags = _flags(match["flags"])
    if bool(flags & Flags.ACK) != (match["ack"] is not None):
        _fail(f"flags {match['flags']}", '"." and "ack N" together or not at all')
    any_options = match["options"] == "..."
    shape = Shape(
        flags=flags,
        seq=first,
        length=length,
        ack=_number(match["ack"]),
        window=_number(match["window"]),
        urgent=_number(match["urgent"]),
        options=None if match["options"] is None or any_options else _options(match["options"]),
        any_options=any_options,
    )
    if match["size"] and not length:
        _fail("nothing to divide", "a length above 0")
    shapes = shape.pieces(int(match["size"])) if match["size"] else [shape]
    return shapes * int(match["times"] or 1)


def _number(text: str | None) -> int | None:
    return None if text is None else int(text)


def _flags(letters: str) -> int:
    flags = 0
    for letter in letters if letters != NO_FLAGS else "":
        if letter not in LETTERS:
            _fail(f"flag {letter}", f"some of {''.join(LETTERS)}, or {NO_FLAGS}")
        flags |= LETTERS[letter]
    return flags


def _options(text: str) -> OptionList:
    found: dict[str, object] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        if part == "sackOK":
            found["sack_permitted"] = True
        elif match := re.fullmatch(r"mss (\d+)", part):
            found["mss"] = int(match[1])
        elif match := re.fullmatch(r"wscale (\d+)", part):
            found["window_scale"] = int(match[1])
        elif match := re.fullmatch(r"TS(?: val (-?\d+))?(?: ecr (-?\d+))?", part):
            found["stamps"] = Stamps(value=_number(match[1]), echo=_number(match[2]))
        elif re.fullmatch(r"sack(?: -?\d+:-?\d+)+", part):
            pairs = (block.split(":") for block in part.split()[1:])
            found["sack"] = tuple((int(start), int(end)) for start, end in pairs)
        else:
            _fail(f"option {part}", "mss N, wscale N, sackOK, TS [val N] [ecr N] or sack FIRST:END ...")
    return OptionList(**found)  # type: ignore[arg-type]
