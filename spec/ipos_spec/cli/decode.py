"""`ipos-spec decode`: frames spelled out."""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.text import Text

from ipos_spec.captures import CapturedFrame, LinkType, link_type_name
from ipos_spec.cli.common import BAD_FRAME, Json, app, console, refuse
from ipos_spec.cli.given import GivenFrame, given_frames
from ipos_spec.cli.spelled import seconds_text, spelled, title
from ipos_spec.codec import decode_extended
from ipos_spec.dissection import Item, dissect, dissect_wrong
from ipos_spec.errors import DecodeError, TruncatedError
from ipos_spec.ethernet import ETHER_TYPE, EthernetHeader
from ipos_spec.fields import layout

_TYPE = next(field for field in layout(EthernetHeader) if field.path == "type")


@app.command(
    epilog="Examples:\n\nipos-spec decode 0200000002020200000002010007c6336407c000c000020100500301e204\n\n"
    "ipos-spec decode --json < frames.txt\n\nipos-spec exchanges migration -o - | ipos-spec decode --all"
)
def decode(
    frames: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FILE|HEX",
            help="Frames in hexadecimal, without frame check sequence; or a file of them, one a line; or a pcap or "
            "pcapng capture. - is standard input, and so is nothing.",
        ),
    ] = None,
    as_json: Json = False,
    every: Annotated[bool, typer.Option("--all", help="Name the frames of a capture that are not ipOS, too.")] = False,
    ether_type: Annotated[
        str, typer.Option(metavar="NUMBER", help="EtherType to expect, such as 0x88b5 (ENC-2).")
    ] = f"0x{ETHER_TYPE:04x}",
) -> None:
    """Spell out frames: each field with its offset, value, unit and meaning.

    A frame that is no ipOS packet is named on stderr with field,
    offset and requirement, and the exit code is 1.
    With --json each frame gives one line, with "fields" or "error".
    In a capture, frames of other EtherTypes are only counted;
    a pipe from `tcpdump -U -w -` is spelled out as it comes.
    """
    report = _Report(_ether_type(ether_type), as_json=as_json, every=every)
    try:
        for frame in given_frames(frames or []):
            report.tell(frame)
    except KeyboardInterrupt:
        pass  # how one ends a capture that is still growing
    finally:
        report.sum_up()
    if report.counts["wrong"]:
        raise typer.Exit(BAD_FRAME)


def _ether_type(text: str) -> int:
    try:
        number = int(text, 0)
    except ValueError:
        number = -1
    if not 0 <= number <= 0xFFFF:
        refuse(f"EtherType {text!r} is not a number from 0 to 0xffff, such as 0x88b5")
    return number


class _Report:
    """What is printed frame by frame, and counted for the last line."""

    def __init__(self, ether_type: int, *, as_json: bool, every: bool) -> None:
        self.counts: Counter[str] = Counter()
        self._others: Counter[str] = Counter()
        self._ether_type, self._as_json, self._every = ether_type, as_json, every
        self._out = console()
        self._start_ns: int | None = None

    def tell(self, frame: GivenFrame) -> None:
        """Print one frame, or only count it."""
        captured = frame.captured
        if captured is not None:
            self.counts["captured"] += 1
            if frame.number == 1:
                self._start_ns = captured.time_ns
            other = _other(captured, self._ether_type)
            if other is not None:
                self._tell_other(frame, *other)
                return
        try:
            packet = decode_extended(frame.octets, self._ether_type)
        except DecodeError as error:
            if captured is not None and isinstance(error, TruncatedError) and _missing(captured):
                self._tell_cut(frame, captured, error)
            else:
                self._tell_wrong(frame, error)
        else:
            self._print(frame, type(packet).__name__, dissect(packet))

    def sum_up(self) -> None:
        """The last line, for captures: it counts what was not spelled out, too."""
        captured = self.counts["captured"]
        if not captured:
            return
        parts = [f"{captured - self._others.total()} ipOS"]
        parts += [f"{self.counts[what]} of them {what}" for what in ("wrong", "cut short") if self.counts[what]]
        parts += [f"{count} of {kind}" for kind, count in self._others.items()]
        typer.echo(f"{_plural(captured, 'frame')}: {', '.join(parts)}", err=self._as_json)

    def _tell_wrong(self, frame: GivenFrame, error: DecodeError) -> None:
        self.counts["wrong"] += 1
        typer.echo(f"ipos-spec: frame {frame.number}: {error}", err=True)
        if self._as_json:
            self._print_json(frame, {"error": _error_as_json(error)})
        else:
            self._print(frame, f"wrong ({error.requirement})", dissect_wrong(frame.octets, error), error)

    def _tell_cut(self, frame: GivenFrame, captured: CapturedFrame, error: DecodeError) -> None:
        """Whoever made the capture kept only the start of the frame: it is neither right nor wrong."""
        self.counts["cut short"] += 1
        what = f"cut short by the capture, which lacks the last {_plural(_missing(captured), 'octet')}"
        if self._as_json:
            self._print_json(frame, {"cut": what})
        else:
            items = [item._replace(wrong=False) for item in dissect_wrong(frame.octets, error)]
            self._print(frame, what, items)

    def _tell_other(self, frame: GivenFrame, kind: str, what: str) -> None:
        self._others[kind] += 1
        if not self._every:
            return
        if self._as_json:
            self._print_json(frame, {"other": what})
        else:
            self._out.print(self._title(frame, what))

    def _print(self, frame: GivenFrame, what: str, items: Sequence[Item], error: DecodeError | None = None) -> None:
        if self._as_json:
            self._print_json(frame, {"packet": what, "fields": [_item_as_json(item) for item in items]})
        else:
            self._out.print(spelled(self._title(frame, what), items, error, self._out))

    def _print_json(self, frame: GivenFrame, document: dict[str, object]) -> None:
        typer.echo(json.dumps({"frame": frame.number, **_captured_as_json(frame), **document}))

    def _title(self, frame: GivenFrame, what: str) -> Text:
        time_ns = frame.captured.time_ns if frame.captured else None
        since_ns = None if time_ns is None or self._start_ns is None else time_ns - self._start_ns
        return title(frame.number, what, len(frame.octets), frame.captured, since_ns)


def _other(captured: CapturedFrame, ether_type: int) -> tuple[str, str] | None:
    """The kind and the name of a captured frame that is none of ipOS, or None for one of ipOS."""
    if captured.link_type != LinkType.ETHERNET:
        name = f"link type {link_type_name(captured.link_type)}"
        return name, f"{name}, only {link_type_name(LinkType.ETHERNET)} is decoded"
    found = captured.octets[_TYPE.offset : _TYPE.offset + _TYPE.size]
    if int.from_bytes(found, "big") == ether_type and len(found) == _TYPE.size:
        return None
    return "other EtherTypes", f"EtherType 0x{found.hex()}" if len(found) == _TYPE.size else "no EtherType"


def _missing(captured: CapturedFrame) -> int:
    return max(captured.original_length - len(captured.octets), 0)


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _captured_as_json(frame: GivenFrame) -> dict[str, object]:
    """What only a capture knows; the time as text, since as a number it would lose its last places."""
    if frame.captured is None:
        return {}
    time_ns = frame.captured.time_ns
    return {
        "number": frame.number,
        "time": None if time_ns is None else seconds_text(time_ns),
        "interface": frame.captured.interface,
        "comments": list(frame.captured.comments),
    }


def _item_as_json(item: Item) -> dict[str, object]:
    return {
        "path": item.path,
        "offset": item.offset,
        "size": item.size,
        "value": item.value.hex() if isinstance(item.value, bytes) else int(item.value),
        "text": item.text,
        "unit": item.wire.unit,
        "documentation": item.wire.documentation,
        "source": item.wire.source,
    }


def _error_as_json(error: DecodeError) -> dict[str, object]:
    return {name: getattr(error, name) for name in ("path", "offset", "problem", "requirement")}
