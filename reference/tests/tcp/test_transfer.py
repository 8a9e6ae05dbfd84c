"""Streams through a pipe that loses, doubles and reorders, in virtual time: what arrives is what was written.

The client is ``simple_client``; every segment of the endpoint passes ``Watch``. A failure prints the seed in its
arguments: Hypothesis replays it.
"""

import heapq
import random
from dataclasses import dataclass, field, replace

from hypothesis import given, settings
from hypothesis import strategies as st
from ipos_reference.tcp.endpoint import Endpoint, Settings, State
from ipos_reference.tcp.segment import Flags, Options, Segment, build, parse
from ipos_spec.control_block import ControlBlock

from .simple_client import SimpleClient

CLIENT, SERVER = 0xC0000201, 0x7B7B7B01
PATIENCE = 3600.0
"""Seconds, also for the endpoint: R2's 100 (RFC 9293 3.8.3) are over after six losses in a row, which come at times;
it is right to give up then, and another test's matter.
"""


@dataclass
class Watch:
    """What must hold of every segment that the endpoint sends, whatever happens."""

    client: SimpleClient
    limit: int
    edge: int | None = None
    tsval: int | None = None
    scale: int = 0

    def check(self, segment: Segment) -> None:
        assert len(segment.payload) <= self.limit
        if segment.flags & Flags.SYN:
            self.scale = segment.options.window_scale or 0
            return
        edge = segment.ack + (segment.window << self.scale)
        if self.edge is not None:
            assert (edge - self.edge + 2**31) % 2**32 >= 2**31, "the right edge has shrunk"
        self.edge = edge
        if segment.options.timestamps:
            value = segment.options.timestamps[0]
            assert self.tsval is None or (value - self.tsval) % 2**32 < 2**31, "the clock fell back"
            self.tsval = value


@dataclass
class Pipe:
    """Two directions; each segment is lost, delayed and doubled as the seed says."""

    random: random.Random
    loss: float
    duplication: float
    jitter: float
    queue: list[tuple[float, int, bool, bytes]] = field(default_factory=list)
    count: int = 0

    def send(self, segment: Segment, now: float, *, to_client: bool) -> None:
        source, destination = (SERVER, CLIENT) if to_client else (CLIENT, SERVER)
        octets = build(segment, source, destination)
        if self.random.random() < self.loss:
            return
        for _ in range(2 if self.random.random() < self.duplication else 1):
            self.count += 1
            arrival = now + 0.005 + self.random.random() * self.jitter
            heapq.heappush(self.queue, (arrival, self.count, to_client, octets))


class Server:
    """An application that takes what comes, writes ``reply`` as there is room, then closes."""

    def __init__(self, endpoint: Endpoint, reply: bytes, generator: random.Random) -> None:
        self.endpoint, self.reply, self.random = endpoint, reply, generator
        self.received, self.written = b"", 0

    def work(self) -> None:
        self.received += self.endpoint.read(self.random.choice((1, 100, 1 << 20)) if self.random.random() < 0.9 else 0)
        if self.written < len(self.reply):
            self.written += self.endpoint.write(self.reply[self.written : self.written + 5000])
        elif self.endpoint.state in (State.ESTABLISHED, State.CLOSE_WAIT):
            self.endpoint.close()

    @property
    def hungry(self) -> bool:
        return bool(self.endpoint.readable) or (self.written < len(self.reply) and self.endpoint.room > 0)


@dataclass
class World:
    """Client, pipe and endpoint; ``step`` goes on to whatever happens next."""

    client: SimpleClient
    pipe: Pipe
    settings: Settings
    now: float = 50.0
    endpoint: Endpoint | None = None
    watch: Watch = field(init=False)

    def __post_init__(self) -> None:
        self.watch = Watch(self.client, min(self.client.mss, self.settings.largest_segment))

    def flush(self) -> None:
        for segment in self.client.poll(self.now):
            self.pipe.send(segment, self.now, to_client=False)
        for segment in self.endpoint.segments_to_send(self.now) if self.endpoint else ():
            self.watch.check(segment)
            self.pipe.send(segment, self.now, to_client=True)

    def step(self, *, poll_again: bool = False) -> None:
        times = [self.pipe.queue[0][0] if self.pipe.queue else None, self.client.next_timeout()]
        times.append(self.endpoint.next_timeout() if self.endpoint else None)
        times.append(self.now + 0.01 if poll_again else None)
        self.now = max(self.now, min((time for time in times if time is not None), default=self.now + 1))
        assert self.now < PATIENCE, "stalled"
        if self.endpoint:
            self.endpoint.handle_timeout(self.now)
        while self.pipe.queue and self.pipe.queue[0][0] <= self.now:
            _, _, to_client, octets = heapq.heappop(self.pipe.queue)
            self.deliver(octets, to_client=to_client)

    def deliver(self, octets: bytes, *, to_client: bool) -> None:
        if to_client:
            self.client.receive(parse(octets, SERVER, CLIENT), self.now)
            return
        segment = parse(octets, CLIENT, SERVER)
        if self.endpoint:
            self.endpoint.receive(segment, self.now)
        elif segment.flags & Flags.SYN:
            isn = self.pipe.random.getrandbits(32)
            self.endpoint = Endpoint.accept(
                segment, iss=isn, timestamp_offset=isn, settings=self.settings, now=self.now
            )


@st.composite
def worlds(draw):
    generator = random.Random(draw(st.integers(0, 2**32)))
    offer = Options(
        mss=draw(st.sampled_from((100, 536, 1460))),
        window_scale=draw(st.sampled_from((None, 0, 3, 7))),
        sack_permitted=draw(st.booleans()),
        timestamps=draw(st.sampled_from((None, (0, 0)))),
    )
    client = SimpleClient(
        isn=generator.choice((0, 2**32 - 500, generator.getrandbits(32))),
        window=draw(st.sampled_from((300, 2000, 30_000, 65_535))),
        mss=offer.mss,
        offer=offer,
    )
    losses = draw(st.sampled_from(((0, 0, 0), (0.05, 0, 0), (0.05, 0.2, 0.1), (0.1, 0.1, 0.03))))
    settings_ = Settings(
        receive_buffer=draw(st.sampled_from((1, 700, 5000, 65_536, 262_144))),
        send_buffer=draw(st.sampled_from((1, 700, 5000, 65_536))) * 2,
        largest_segment=draw(st.sampled_from((100, 1000, 1460))),
        patience=PATIENCE,
    )
    return World(client, Pipe(generator, *losses), settings_)


def octets(generator, size):
    return generator.randbytes(size)


@settings(max_examples=150, deadline=None)
@given(worlds(), st.integers(0, 20_000), st.integers(0, 40_000))
def test_both_streams_arrive(world, upload, download):
    """RFC 9293 3.3: reliable, in order, both ways, and both FINs; whatever the pipe does."""
    if world.settings.receive_buffer < 100:
        upload = min(upload, 100)  # a segment for each octet: slow, and nothing new
    if world.settings.send_buffer < 100:
        download = min(download, 200)
    world.client.outgoing = octets(world.pipe.random, upload)
    reply = octets(world.pipe.random, download)
    world.client.finishing = True
    server = None
    while not (world.client.finished and server and server.endpoint.end_of_stream):
        world.flush()
        if world.endpoint:
            server = server or Server(world.endpoint, reply, world.pipe.random)
            server.work()
            world.flush()
        world.step(poll_again=server is not None and server.hungry)
        assert not world.client.reset
    assert world.client.received == reply
    assert server.received == world.client.outgoing


@settings(max_examples=150, deadline=None)
@given(worlds(), st.lists(st.integers(1, 4000), min_size=1, max_size=6))
def test_migrating_at_any_quiescent_point_loses_nothing(world, messages):
    """TCB-1, TGT-6: client and server talk in turns; whenever the endpoint is quiescent it may become another one."""
    if min(world.settings.receive_buffer, world.settings.send_buffer) < 100:
        messages = [min(size, 50) for size in messages]
    rng, client = world.pipe.random, world.client
    received = expected = b""
    moves = 0
    for size in messages:
        client.outgoing += octets(rng, size)
        expected += client.outgoing[-size:]
        pending = b""
        while len(client.received) < len(expected) or client.acked < client.end:
            world.flush()
            if world.endpoint:
                taken = world.endpoint.read(1 << 20)
                received, pending = received + taken, pending + taken
                pending = pending[world.endpoint.write(pending) :]
                world.flush()
            if world.endpoint and world.endpoint.quiescent and not pending and rng.random() < 0.5:
                world.endpoint = moved(world)
                moves += 1
                assert world.endpoint.segments_to_send(world.now) == []
            world.step(poll_again=bool(pending) or client.ack_due > 0)
            assert not client.reset
    assert received == expected == client.received
    assert world.endpoint.failure is None


def moved(world):
    """The endpoint, taken up by another server, whose buffers may have other sizes."""
    assert world.endpoint is not None
    block: ControlBlock = world.endpoint.export(world.now)
    buffer = world.pipe.random.choice((700, 5000, 262_144))
    new = replace(world.settings, receive_buffer=max(buffer, 100))
    return Endpoint.restore(block, local_port=80, remote_port=40000, settings=new, now=world.now)
