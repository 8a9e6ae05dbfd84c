"""What a script says, as values, and how a segment is written in it. ``scripts/README.md`` describes the language."""

from dataclasses import dataclass, field, replace
from pathlib import Path

from ipos_reference.tcp.segment import Flags

LETTERS = {"F": Flags.FIN, "S": Flags.SYN, "R": Flags.RST, "P": Flags.PSH, ".": Flags.ACK, "U": Flags.URG}
NO_FLAGS = "-"


def letters_of(flags: int) -> str:
    """The flags as a script writes them."""
    return "".join(letter for letter, flag in LETTERS.items() if flags & flag) or NO_FLAGS


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamps:
    """A timestamps option in relative milliseconds; None: from the sender's clock, or not compared."""

    value: int | None = None
    echo: int | None = None

    def __str__(self) -> str:
        value = "" if self.value is None else f" val {self.value}"
        return "TS" + value + ("" if self.echo is None else f" ecr {self.echo}")


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionList:
    """Everything between < and >; numbers of SACK blocks are relative."""

    mss: int | None = None
    window_scale: int | None = None
    sack_permitted: bool = False
    sack: tuple[tuple[int, int], ...] = ()
    stamps: Stamps | None = None

    def __str__(self) -> str:
        parts = [] if self.mss is None else [f"mss {self.mss}"]
        parts += ["sackOK"] if self.sack_permitted else []
        parts += [str(self.stamps)] if self.stamps else []
        parts += [] if self.window_scale is None else [f"wscale {self.window_scale}"]
        parts += ["sack " + " ".join(f"{first}:{end}" for first, end in self.sack)] if self.sack else []
        return f"<{','.join(parts)}>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A segment with relative numbers: each direction's SYN is 0 and its first octet 1.

    None in a segment to inject is the client's usual value, in an expected one "not compared"; ``any_options`` is
    <...>.
    """

    flags: int
    seq: int
    length: int
    ack: int | None
    window: int | None = None
    urgent: int | None = None
    options: OptionList | None = None
    any_options: bool = False

    def __str__(self) -> str:
        text = f"{letters_of(self.flags)} {self.seq}:{self.seq + self.length}({self.length})"
        text += "" if self.ack is None else f" ack {self.ack}"
        text += "" if self.window is None else f" win {self.window}"
        text += f" urg {self.urgent}" if self.urgent else ""
        return text + (f" {self.options}" if self.options not in (None, OptionList()) else "")

    def pieces(self, size: int) -> "list[Shape]":
        """The same stretch in segments of size octets; PSH and FIN go with the last."""
        starts = range(0, self.length, size)
        bare = self.flags & ~(Flags.PSH | Flags.FIN)
        return [
            replace(
                self,
                seq=self.seq + start,
                length=min(size, self.length - start),
                flags=self.flags if start == starts[-1] else bare,
            )
            for start in starts
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """Seconds, since the script's beginning or (relative) since the previous step."""

    seconds: float
    relative: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line, or one of the segments of one. ``when`` is None for what happens or is observed at the present time."""

    line: int
    text: str
    when: When | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Inject(Step):
    """The client sends."""

    shape: Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Expect(Step):
    """The endpoint must send exactly this, exactly then."""

    shape: Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence(Step):
    """Until then the endpoint sends nothing (nor may it at any other time that no step expects)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act(Step):
    """What the application or the router does to the endpoint: verb, octets, and how many of them must be taken."""

    verb: str
    octets: int = 0
    taken: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Observe(Step):
    """A property of the endpoint: its name, and the value that it must have."""

    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What has happened before the first step: the client's SYN, or the fields of a control block."""

    window: int = 65535
    options: OptionList = OptionList(mss=1460)
    fields: dict[str, int] | None = None


@dataclass(slots=True, kw_only=True)
class Script:
    """One script: what it checks, and its steps."""

    file: Path
    line: int
    title: str
    checks: tuple[str, ...] = ()
    settings: dict[str, object] = field(default_factory=dict)
    numbers: tuple[int, int] | None = None
    """(ISS, IRS), where the script is about certain numbers."""
    given: Given | None = None
    steps: list[Step] = field(default_factory=list)
