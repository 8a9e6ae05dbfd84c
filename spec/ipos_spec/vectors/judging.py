"""What a program made of a vector, and which bug that shows.

A program reads a frame a line, in hexadecimal, and answers with a JSON object a line:

    {"packet": "tcp-connection", "fields": {"header.source_ip": 3325256711, "ethernet.source": "020000000202"}}
    {"error": "ENC-7"}

Numbers are unsigned integers, octets lowercase hexadecimal. Fields may be left out; what is there has to be right.
"""

import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ipos_spec.description import describe
from ipos_spec.errors import SpecError
from ipos_spec.vectors.flags import Flag
from ipos_spec.vectors.values import Result, Value, Vector, plain


class AnswerError(SpecError):
    """A line that is no answer; the text says what was expected."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a program says of a frame: the packet's name and fields, or the requirement for which it refuses it."""

    packet: str | None
    fields: Mapping[str, Any]
    error: str | None


class Verdict(NamedTuple):
    """What is wrong with an answer, if anything.

    compared  number of fields that were compared
    problem   what was answered and what was expected; empty if the answer is right
    flags     the bugs that it shows
    """

    vector: Vector
    compared: int
    problem: str = ""
    flags: tuple[Flag, ...] = ()


class Tally(NamedTuple):
    """How many of the vectors that were answered ask about a bug, and how many answers show it."""

    flag: Flag
    asked: int
    wrong: int


def read_answer(line: bytes) -> Answer:
    """Read a line of a program. Raises AnswerError."""
    try:
        answer = json.loads(line)
    except (ValueError, RecursionError) as no_json:
        raise AnswerError("no JSON") from no_json
    if not isinstance(answer, dict):
        raise AnswerError("JSON, but no object")
    packet, error, fields = answer.get("packet"), answer.get("error"), answer.get("fields", {})
    if isinstance(packet, str) == isinstance(error, str):
        raise AnswerError('an object, but without either "packet" or "error" as a text')
    if not isinstance(fields, dict):
        raise AnswerError('"fields" is no object')
    return Answer(packet, fields, error) if isinstance(packet, str) else Answer(None, {}, error)


def judge(vector: Vector, answer: Answer, *, strict: bool = False) -> Verdict:
    """Hold an answer against a vector; strict wants all fields, and the requirement for which a frame is refused."""
    if answer.packet is None:
        return _judge_refusal(vector, answer, strict=strict)
    if vector.result is Result.INVALID:
        return _wrong(vector, f"read as {answer.packet}, expected a refusal ({_why(vector)})")
    if answer.packet != vector.packet:
        return _wrong(vector, f"read as {answer.packet!r}, expected {vector.packet}")
    unknown = next((path for path in answer.fields if path not in vector.values), None)
    if unknown is not None:
        return _wrong(vector, f"{vector.packet} has no field {unknown!r}")
    wrong = {path: found for path, found in answer.fields.items() if not _equal(found, vector.values[path])}
    if wrong:
        return _wrong_field(vector, wrong, len(answer.fields))
    missing = [path for path in vector.values if path not in answer.fields]
    if strict and missing:
        return _wrong(vector, f"{len(missing)} fields are not told, {missing[0]} the first")
    return Verdict(vector, len(answer.fields))


def tally(verdicts: Sequence[Verdict]) -> list[Tally]:
    """Of every bug that an answer shows, the surest first: of which most vectors were answered wrong.

    Where the examples fail, they come before all: as long as nothing is read, the rest says little.
    """
    tallies = [_tally(flag, verdicts) for flag in Flag]
    return sorted((one for one in tallies if one.wrong), key=_unsureness)


def _unsureness(one: Tally) -> tuple[bool, float, int]:
    return one.flag is not Flag.EXAMPLE, -one.wrong / one.asked, -one.wrong


def _tally(flag: Flag, verdicts: Sequence[Verdict]) -> Tally:
    """A vector that leaves the choice asks only if it was answered wrong all the same."""
    wrong = asked = 0
    for vector, _, _, shown in verdicts:
        wrong += flag in shown
        asked += flag in shown or (flag in vector.flags and vector.result is not Result.ACCEPTABLE)
    return Tally(flag, asked, wrong)


def _judge_refusal(vector: Vector, answer: Answer, *, strict: bool) -> Verdict:
    if vector.discard is None:
        return _wrong(vector, f"refused for {answer.error!r}, expected to be read as {vector.packet}")
    if strict and answer.error != vector.discard.requirement:
        return _wrong(vector, f"refused for {answer.error!r}, expected {_why(vector)}")
    return Verdict(vector, 0)


def _wrong(vector: Vector, problem: str) -> Verdict:
    return Verdict(vector, 0, problem, vector.flags)


def _wrong_field(vector: Vector, wrong: Mapping[str, Any], compared: int) -> Verdict:
    path, found = next(iter(wrong.items()))
    others = f", and {len(wrong) - 1} more fields" if len(wrong) > 1 else ""
    problem = f"{path} is {json.dumps(found)}, expected {json.dumps(plain(vector.values[path]))}{others}"
    symptoms = dict.fromkeys(flag for at, value in wrong.items() if (flag := _symptom(vector, at, value)))
    return Verdict(vector, compared, problem, tuple(symptoms) or vector.flags)


def _symptom(vector: Vector, path: str, found: object) -> Flag | None:
    """A bug that the wrong value itself gives away, whatever the vector is about."""
    expected, size = vector.values[path], _sizes(vector.packet)[path]
    if type(found) is not int or not isinstance(expected, int) or size is None:
        return None
    if found == int.from_bytes(expected.to_bytes(size, "big"), "little"):
        return Flag.LITTLE_ENDIAN
    return Flag.SIGNED_NUMBER if found == expected - 256**size else None


@functools.cache
def _sizes(packet: str) -> dict[str, int | None]:
    return {field.path: field.size for field in describe().packet(packet).fields}


def _equal(found: object, expected: Value) -> bool:
    """As JSON has them: true is no 1, and 1.0 is none either."""
    return type(found) is type(plain(expected)) and found == plain(expected)


def _why(vector: Vector) -> str:
    return f"{vector.discard.requirement} at {vector.discard.path}" if vector.discard else "nothing"
