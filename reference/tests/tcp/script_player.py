"""Plays a script: the client's side of one connection, in virtual time, against an ``Endpoint``.

Strict in both directions: every segment must be expected, at its time, and every expected one must come. All octets
follow one pattern by their sequence number, so a segment with the right numbers and the wrong text fails as well.
"""

from dataclasses import asdict, dataclass, replace

from ipos_reference.tcp.endpoint import Endpoint
from ipos_reference.tcp.options import Options
from ipos_reference.tcp.reset import reset_for
from ipos_reference.tcp.segment import Flags, Segment
from ipos_reference.tcp.sequence import add, difference
from ipos_reference.tcp.settings import Settings
from ipos_spec.control_block import ControlBlock, ControlFlag

from .script import Act, Expect, Given, Inject, Observe, OptionList, Script, Shape, Silence, Stamps, Step
from .stage import START, Stage

TOLERANCE = 0.0005
"""Seconds: half a tick of the timestamp clock."""
ROUND_TRIP = 0.1
"""How long before the beginning ``given established`` has sent its SYN."""
_FROM_SERVER = ("iss", "snd_una", "snd_nxt", "snd_max", "snd_up", "snd_wl2")
_FROM_CLIENT = ("irs", "rcv_nxt", "rcv_adv", "rcv_up", "snd_wl1", "last_ack_sent")
_PERIOD = 251


class DeviationError(AssertionError):
    """The endpoint did not do what a script says; the message shows line, expected, got, and the trace."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """What relative numbers are relative to: sequence numbers, and the TSvals of both sides at time 0."""

    iss: int
    irs: int
    server_clock: int
    client_clock: int


HIGH = Numbers(iss=0xFFFF_FF00, irs=0xFFFF_FFF0, server_clock=0xFFFF_F000, client_clock=0xFFFF_FE00)
"""Everything wraps within a few hundred octets or ticks."""
LOW = Numbers(iss=1_000_000, irs=5_000_000, server_clock=2_000_000, client_clock=9_000_000)
"""Nothing wraps."""


def pattern(position: int, length: int) -> bytes:
    """The octets of either stream from a relative sequence number on."""
    start = position % _PERIOD
    return (bytes(range(_PERIOD)) * (length // _PERIOD + 2))[start : start + length]


def play(script: Script, numbers: Numbers) -> None:
    """Raises DeviationError where the endpoint does not follow the script."""
    if script.numbers is not None:
        numbers = replace(numbers, iss=script.numbers[0], irs=script.numbers[1])
    _Player(script, numbers).play()


class _Player:
    def __init__(self, script: Script, numbers: Numbers) -> None:
        self.script, self.numbers = script, numbers
        self.stage = Stage(settings=Settings(**script.settings))  # type: ignore[arg-type]
        self.window = 65535
        self.stamped = False
        """Timestamps are in use, so both sides send them in every segment."""
        self.echo: int | None = None
        """The endpoint's last TSval, relative."""
        self.written, self.read = 1, 1
        self.noted: list[str] = []

    def play(self) -> None:
        if self.script.given is not None:
            self._prepare(self.script.given)
        for step in self.script.steps:
            self._perform(step)
        if self.stage.sent:
            self._fail(self.script.steps[-1], "nothing more", self._describe(*self.stage.sent[0]))

    # What has happened before

    def _prepare(self, given: Given) -> None:
        if given.fields is None:
            self.stage.time = -ROUND_TRIP
            self._inject(Shape(flags=Flags.SYN, seq=0, length=0, ack=None, window=given.window, options=given.options))
            self.noted += [self._describe(*each) for each in self.stage.sent]
            self.stage.sent.clear()
            self.stage.at(0)
            self._inject(Shape(flags=Flags.ACK, seq=1, length=0, ack=1, window=self._scaled_down(given)))
        else:
            self.window, self.stamped = given.window, given.options.stamps is not None
            block = self._block(given, given.fields)
            self._restore(block)

    def _scaled_down(self, given: Given) -> int:
        """The window is what the script says in octets; after the SYN its field is scaled (RFC 7323 2.2)."""
        return given.window >> min(14, given.options.window_scale or 0)

    def _block(self, given: Given, fields: dict[str, int]) -> ControlBlock:
        options = given.options
        flags = ControlFlag.SACK_PERMIT if options.sack_permitted else ControlFlag(0)
        flags |= ControlFlag.SCALE if options.window_scale is not None else ControlFlag(0)
        flags |= ControlFlag.TIMESTAMPS if options.stamps else ControlFlag(0)
        relative = {"iss": 0, "snd_una": 1, "snd_nxt": 1, "snd_max": 1, "snd_wl2": 1}
        relative |= {"irs": 0, "rcv_nxt": 1, "rcv_adv": 65536, "snd_wl1": 0, "last_ack_sent": 1} | fields
        values = {"t_flags": int(flags), "t_maxseg": options.mss or 536, "snd_wnd": given.window, "rcv_wnd": 65535}
        values |= {"snd_scale": options.window_scale or 0, "ts_recent": 0} | relative
        if options.stamps:
            values["ts_recent"] = add(self.numbers.client_clock, options.stamps.value or 0)
        if "ts_now" in fields:
            values["ts_now"] = add(self.numbers.server_clock, fields["ts_now"])
        values |= {name: add(self.numbers.iss, relative[name]) for name in _FROM_SERVER if name in relative}
        values |= {name: add(self.numbers.irs, relative[name]) for name in _FROM_CLIENT if name in relative}
        return ControlBlock(**values)

    def _restore(self, block: ControlBlock) -> None:
        self.stage.endpoint = Endpoint.restore(
            block, local_port=80, remote_port=40000, settings=self.stage.settings, now=self.stage.now
        )
        self.stage.collect()

    # Steps

    def _perform(self, step: Step) -> None:
        if step.when is not None:
            self._advance(self.stage.time + step.when.seconds if step.when.relative else step.when.seconds, step)
        match step:
            case Expect():
                self._expect(step)
            case Inject():
                self._inject(step.shape)
            case Act():
                self._act(step)
            case Observe():
                self._observe(step)
            case Silence():
                pass

    def _advance(self, time: float, step: Step) -> None:
        if self._opened:
            self.stage.at(time)
        else:
            self.stage.time = time
        if self.stage.sent and not isinstance(step, Expect):
            self._fail(step, "nothing before this step", self._describe(*self.stage.sent[0]))

    @property
    def _opened(self) -> bool:
        return self.stage._endpoint is not None

    def _inject(self, shape: Shape) -> None:
        segment = self._segment(shape)
        self.noted.append(f"{self.stage.time:8.3f} < {self._shape(segment, from_client=True)}")
        opens = segment.flags & (Flags.SYN | Flags.ACK | Flags.RST) == Flags.SYN
        if self._opened and not self.stage.endpoint.closed:
            self.stage.endpoint.receive(segment, self.stage.now)
            self.stage.collect()
        elif opens:
            self._accept(segment)
        elif (reply := reset_for(segment)) is not None:  # as the router does for a segment without endpoint
            self.stage.sent.append((self.stage.time, reply))

    def _accept(self, syn: Segment) -> None:
        settings = self.stage.settings
        self.stamped = settings.timestamps and syn.options.timestamps is not None
        self.stage.endpoint = Endpoint.accept(
            syn,
            iss=self.numbers.iss,
            timestamp_offset=add(self.numbers.server_clock, -round(START * 1000)),
            settings=settings,
            now=self.stage.now,
        )
        self.stage.collect()
        self.echo = round(self.stage.time * 1000)

    def _segment(self, shape: Shape) -> Segment:
        if shape.window is not None:
            self.window = shape.window
        return Segment(
            source_port=40000,
            destination_port=80,
            seq=add(self.numbers.irs, shape.seq),
            ack=0 if shape.ack is None else add(self.numbers.iss, shape.ack),
            flags=shape.flags,
            window=self.window,
            options=self._options(shape),
            payload=pattern(shape.seq + bool(shape.flags & Flags.SYN), shape.length),
            urgent=shape.urgent or 0,
        )

    def _options(self, shape: Shape) -> Options:
        """As written; without <> those that the client sends in every segment."""
        options = shape.options
        if options is None:
            options = OptionList(stamps=Stamps() if self.stamped else None)
        return Options(
            mss=options.mss,
            window_scale=options.window_scale,
            sack_permitted=options.sack_permitted,
            sack=tuple((add(self.numbers.iss, a), add(self.numbers.iss, b)) for a, b in options.sack),
            timestamps=None if options.stamps is None else self._stamps(options.stamps, shape.flags),
        )

    def _stamps(self, stamps: Stamps, flags: int) -> tuple[int, int]:
        value = round(self.stage.time * 1000) if stamps.value is None else stamps.value
        echo = self.echo if stamps.echo is None else stamps.echo
        opening = not flags & Flags.ACK
        return (
            add(self.numbers.client_clock, value),
            0 if opening or echo is None else add(self.numbers.server_clock, echo),
        )

    def _act(self, step: Act) -> None:
        endpoint = self.stage.endpoint
        self.noted.append(f"{self.stage.time:8.3f} app {step.text.split('app ')[1]}")
        match step.verb:
            case "write":
                taken = endpoint.write(pattern(self.written, step.octets))
                self.written += taken
                self._same(step, step.taken, taken, "octets taken")
            case "read":
                octets = endpoint.read(step.octets)
                self._same(step, pattern(self.read, step.octets), octets, "octets")
                self.read += step.octets
            case "migrate":
                self._same(step, True, endpoint.quiescent, "(quiescent)")
                self._restore(endpoint.export(self.stage.now))
            case verb:
                getattr(endpoint, verb)()
        self.stage.collect()

    def _observe(self, step: Observe) -> None:
        endpoint = self.stage.endpoint
        match step.name:
            case "state":
                self._same(step, step.value, endpoint.state.value, "")
            case "closed":
                self._same(step, (True, step.value or None), (endpoint.closed, endpoint.failure), "(closed, failure)")
            case "readable":
                self._same(step, int(step.value), endpoint.readable, "octets")
            case "end of stream":
                self._same(step, True, endpoint.end_of_stream, "")
            case "block":
                name, _, value = step.value.partition(" ")
                self._same(step, int(value), asdict(endpoint.export(self.stage.now))[name], name)

    # Expectations

    def _expect(self, step: Expect) -> None:
        expected = f"{self.stage.time:.3f} > {step.shape}"
        if not self.stage.sent:
            self._fail(step, expected, "nothing")
        time, segment = self.stage.sent[0]
        got = self._shape(segment)
        wrong = ["time"] if abs(time - self.stage.time) > TOLERANCE else []
        wrong += _differences(step.shape, got, stamped=self.stamped)
        if segment.payload != pattern(got.seq + bool(got.flags & Flags.SYN), got.length):
            wrong.append("text")
        if wrong:
            self._fail(step, expected, f"{self._describe(time, segment)} (other: {', '.join(wrong)})")
        self.stage.sent.pop(0)
        self.noted.append(self._describe(time, segment))
        if got.options and got.options.stamps:
            self.echo = got.options.stamps.value

    def _same(self, step: Step, expected: object, got: object, of_what: str) -> None:
        if expected != got:
            self._fail(step, f"{expected} {of_what}".strip(), str(got))

    def _fail(self, step: Step, expected: str, got: str) -> None:
        pending = [f"{self._describe(*each)}   <- not expected so far" for each in self.stage.sent]
        lines = [
            f"{self.script.file.name}:{step.line}: {step.text}",
            f"script    {self.script.title}",
            f"checks    {'; '.join(self.script.checks)}",
            f"expected  {expected}",
            f"got       {got.strip()}",
            f"with      {self.numbers}",
            "trace",
            *(f"  {line}" for line in [*self.noted, *pending]),
        ]
        raise DeviationError("\n".join(lines))

    # Segments as scripts write them

    def _describe(self, time: float, segment: Segment) -> str:
        return f"{time:8.3f} > {self._shape(segment)}"

    def _shape(self, segment: Segment, *, from_client: bool = False) -> Shape:
        ours, theirs = (self.numbers.irs, self.numbers.iss)[:: 1 if from_client else -1]
        clocks = (self.numbers.client_clock, self.numbers.server_clock)[:: 1 if from_client else -1]
        options, stamps = segment.options, None
        if options.timestamps is not None:
            value, echo = options.timestamps
            opening = not segment.flags & Flags.ACK  # nothing to echo yet: RFC 7323 3.2
            stamps = Stamps(value=difference(value, clocks[0]), echo=None if opening else difference(echo, clocks[1]))
        return Shape(
            flags=segment.flags,
            seq=difference(segment.seq, ours),
            length=len(segment.payload),
            ack=difference(segment.ack, theirs) if segment.flags & Flags.ACK else None,
            window=segment.window,
            urgent=segment.urgent,
            options=OptionList(
                mss=options.mss,
                window_scale=options.window_scale,
                sack_permitted=options.sack_permitted,
                sack=tuple((difference(a, theirs), difference(b, theirs)) for a, b in options.sack),
                stamps=stamps,
            ),
        )


def _differences(expected: Shape, got: Shape, *, stamped: bool) -> list[str]:
    """Names of what differs; without <> a segment must have the options of every segment and no others."""
    wrong = [name for name in ("flags", "seq", "length", "ack") if getattr(expected, name) != getattr(got, name)]
    if expected.window is not None and expected.window != got.window:
        wrong.append("win")
    if got.urgent != (expected.urgent or 0):
        wrong.append("urg")
    if expected.any_options or (expected.options is None and got.flags & Flags.RST):
        return wrong
    wanted, found = expected.options or OptionList(stamps=Stamps() if stamped else None), got.options
    assert found is not None
    if replace(wanted, stamps=None) != replace(found, stamps=None) or not _stamps_fit(wanted.stamps, found.stamps):
        wrong.append("options")
    return wrong


def _stamps_fit(wanted: Stamps | None, found: Stamps | None) -> bool:
    if wanted is None or found is None:
        return wanted is found
    return wanted.value in (None, found.value) and wanted.echo in (None, found.echo)
