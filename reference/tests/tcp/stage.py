"""A small language for scripts about one endpoint: the test plays the client, in virtual time.

Sequence numbers in scripts are relative: the client's SYN is 0, its first octet 1, the endpoint's likewise. Flags are
letters in the order F S R P A. ``inject`` is what the client sends, ``expect`` what the endpoint must send next.
"""

from ipos_reference.tcp.endpoint import Acceptance, Endpoint, Settings, State
from ipos_reference.tcp.segment import Flags, Options, Segment

__all__ = ["Acceptance", "Options", "Settings", "Stage", "State", "established"]

ISS, IRS = 0xFFFF_FF00, 0xFFFF_FFF0
"""Both wrap within the first few hundred octets, so that every script crosses the end of the number space."""
OFFSET = 0xFFFF_F000
START = 100.0
_LETTERS = {"F": Flags.FIN, "S": Flags.SYN, "R": Flags.RST, "P": Flags.PSH, "A": Flags.ACK}
_FROM_CLOCK = (-1, -1)
EVERYTHING = Options(mss=1460, window_scale=7, sack_permitted=True, timestamps=(0, 0))
PLAIN = Options(mss=1460)


def flags(letters: str) -> int:
    value = 0
    for letter in letters:
        value |= _LETTERS[letter]
    return value


class Stage:
    """The endpoint under test, the client's clock and numbers, and what the endpoint has sent so far."""

    def __init__(self, *, options: Options = PLAIN, settings: Settings | None = None, window: int = 65535) -> None:
        self.time = 0.0
        self.options, self.window = options, window
        self.settings = settings or Settings()
        self.iss, self.irs = ISS, IRS
        self.last_tsval = 0
        self.sent: list[tuple[float, Segment]] = []
        self._endpoint: Endpoint | None = None

    @property
    def endpoint(self) -> Endpoint:
        assert self._endpoint is not None, "no SYN yet"
        return self._endpoint

    @endpoint.setter
    def endpoint(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    @property
    def now(self) -> float:
        return START + self.time

    @property
    def state(self) -> State:
        return self.endpoint.state

    @property
    def client_clock(self) -> int:
        return int(self.time * 1000) + 5000

    def at(self, time: float) -> "Stage":
        """Go on to a time, in seconds since the start; timers that expire on the way do their work at their time."""
        while (due := self.endpoint.next_timeout()) is not None and due <= START + time + 1e-9:
            self.time = max(self.time, due - START)
            self.endpoint.handle_timeout(max(due, self.now))
            self.collect()
        self.time = time
        return self

    def after(self, seconds: float) -> "Stage":
        return self.at(self.time + seconds)

    def collect(self) -> None:
        for segment in self.endpoint.segments_to_send(self.now):
            if segment.options.timestamps:
                self.last_tsval = segment.options.timestamps[0]
            self.sent.append((self.time, segment))

    def syn(self, **kwargs: object) -> "Stage":
        """The client opens the connection."""
        options = self.options
        if options.timestamps is not None:
            options = Options(options.mss, options.window_scale, options.sack_permitted, (), (self.client_clock, 0))
        segment = self.segment("S", seq=0, ack=None, options=options, **kwargs)
        if self._endpoint is None:
            self._endpoint = Endpoint.accept(
                segment, iss=self.iss, timestamp_offset=OFFSET, settings=self.settings, now=self.now
            )
        else:
            self._endpoint.receive(segment, self.now)
        self.collect()
        return self

    def segment(
        self,
        letters: str,
        *,
        seq: int,
        ack: int | None = 1,
        payload: bytes = b"",
        window: int | None = None,
        ts: tuple[int, int] | None = _FROM_CLOCK,
        options: Options | None = None,
        sack: tuple[tuple[int, int], ...] = (),
    ) -> Segment:
        if options is None:
            if ts == _FROM_CLOCK:
                ts = (self.client_clock, self.last_tsval) if self.options.timestamps else None
            blocks = tuple(((self.iss + a) % 2**32, (self.iss + b) % 2**32) for a, b in sack)
            options = Options(timestamps=ts, sack=blocks)
        return Segment(
            source_port=40000,
            destination_port=80,
            seq=(self.irs + seq) % 2**32,
            ack=0 if ack is None else (self.iss + ack) % 2**32,
            flags=flags(letters),
            window=self.window if window is None else window,
            options=options,
            payload=payload,
        )

    def inject(self, letters: str, *, seq: int, **kwargs: object) -> "Stage":
        """The client sends a segment; the endpoint sends what it then may."""
        self.endpoint.receive(self.segment(letters, seq=seq, **kwargs), self.now)  # type: ignore[arg-type]
        self.collect()
        return self

    def judge(self, letters: str, *, seq: int, **kwargs: object) -> Acceptance:
        return self.endpoint.judge(self.segment(letters, seq=seq, **kwargs), self.now)  # type: ignore[arg-type]

    def write(self, octets: bytes) -> "Stage":
        assert self.endpoint.write(octets) == len(octets)
        self.collect()
        return self

    def read(self, limit: int = 1 << 20) -> bytes:
        octets = self.endpoint.read(limit)
        self.collect()
        return octets

    def close(self) -> "Stage":
        self.endpoint.close()
        self.collect()
        return self

    def abort(self) -> "Stage":
        self.endpoint.abort()
        self.collect()
        return self

    def expect(
        self,
        letters: str,
        *,
        seq: int | None = None,
        ack: int | None = None,
        payload: bytes | None = None,
        size: int | None = None,
        window: int | None = None,
        at: float | None = None,
        sack: tuple[tuple[int, int], ...] | None = None,
    ) -> Segment:
        """The next segment that was sent has these flags, and these values where given."""
        assert self.sent, f"expected {letters}, nothing was sent"
        time, segment = self.sent.pop(0)
        assert segment.flags == flags(letters), segment
        assert seq is None or segment.seq == (self.iss + seq) % 2**32, (segment.seq - self.iss) % 2**32
        assert ack is None or segment.ack == (self.irs + ack) % 2**32, (segment.ack - self.irs) % 2**32
        assert payload is None or segment.payload == payload, segment.payload
        assert size is None or len(segment.payload) == size, len(segment.payload)
        assert window is None or segment.window == window, segment.window
        assert at is None or abs(time - at) < 1e-6, f"sent at {time}"
        if sack is not None:
            blocks = tuple(((a - self.irs) % 2**32, (b - self.irs) % 2**32) for a, b in segment.options.sack)
            assert blocks == sack, blocks
        return segment

    def expect_nothing(self) -> "Stage":
        """Everything that was sent has been expected."""
        assert not self.sent, self.sent
        return self

    def ignore_output(self) -> "Stage":
        self.sent.clear()
        return self

    def migrate(self, settings: Settings | None = None) -> "Stage":
        """Another endpoint continues from this one's control block."""
        assert self.endpoint.quiescent
        self._endpoint = Endpoint.restore(
            self.endpoint.export(self.now),
            local_port=80,
            remote_port=40000,
            settings=settings or self.settings,
            now=self.now,
        )
        return self


def established(*, options: Options = PLAIN, settings: Settings | None = None, window: int = 65535) -> Stage:
    """A connection whose handshake took 0.1 s; the time is 0.1."""
    stage = Stage(options=options, settings=settings, window=window).syn()
    stage.expect("SA", seq=0, ack=1)
    stage.at(0.1).inject("A", seq=1)
    assert stage.state is State.ESTABLISHED
    return stage.expect_nothing()
