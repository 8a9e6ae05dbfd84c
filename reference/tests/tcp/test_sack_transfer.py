"""Streams to clients that report by SACK, honest or not, through a pipe that loses: all arrives, nothing twice.

As in ``test_transfer`` a failure prints the seed in its arguments.
"""

import random
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st
from ipos_reference.tcp.endpoint import Settings
from ipos_reference.tcp.segment import Flags, Options
from ipos_reference.tcp.sequence import difference

from .reporting_client import ReportingClient
from .test_transfer import Pipe, Server, World


@dataclass
class Sender(World):
    """The world, watched: no octet that counts as reported is sent."""

    def flush(self) -> None:
        connection = self.endpoint and self.endpoint._connection
        if connection:
            reported = [
                (connection.snd_una + first, connection.snd_una + last) for first, last in connection.scoreboard.ranges
            ]
            before, count = connection.snd_una, len(self.pipe.sent)
        super().flush()
        if connection:
            for segment in self.pipe.sent[count:]:
                first = before + difference(segment.seq, before)
                last = first + len(segment.payload)
                assert all(last <= a or b <= first for a, b in reported), (segment, reported)


@dataclass
class RecordingPipe(Pipe):
    """Remembers what the endpoint sent."""

    def __post_init__(self) -> None:
        self.sent = []

    def send(self, segment, now, *, to_client):
        if to_client:
            self.sent.append(segment)
        super().send(segment, now, to_client=to_client)


@dataclass
class SparingPipe(RecordingPipe):
    """Loses text that is sent for the first time, and nothing else."""

    highest: int | None = None

    def send(self, segment, now, *, to_client):
        loss, end = self.loss, segment.seq + len(segment.payload)
        fresh = self.highest is None or difference(end, self.highest) > 0
        if not to_client or not segment.payload or not fresh:
            self.loss = 0.0
        else:
            self.highest = end
        super().send(segment, now, to_client=to_client)
        self.loss = loss


def transfer(
    seed,
    size,
    *,
    sack=True,
    loss=0.05,
    jitter=0.0,
    duplication=0.0,
    reneging=0.0,
    nonsense=0.0,
    mss=1460,
    pipe=RecordingPipe,
):
    """Let a client fetch size octets; returns the seconds until it had them, and the text octets that were sent."""
    generator = random.Random(seed)
    timestamps = generator.choice((None, (0, 0)))
    client = ReportingClient(
        isn=generator.choice((0, 2**32 - 500, generator.getrandbits(32))),
        window=65_535,
        mss=mss,
        offer=Options(mss=mss, window_scale=7, sack_permitted=sack, timestamps=timestamps),
        outgoing=b"GET",
        finishing=True,
        dice=random.Random(seed + 1),
        reneging=reneging,
        nonsense=nonsense,
    )
    world = Sender(client, pipe(generator, loss, duplication, jitter), Settings())
    reply, server, start, arrived = random.Random(seed + 2).randbytes(size), None, world.now, None
    while not (client.finished and server and server.endpoint.end_of_stream):
        world.flush()
        if world.endpoint:
            server = server or Server(world.endpoint, reply, generator)
            server.work()
            world.flush()
        world.step(poll_again=server is not None and server.hungry)
        assert not client.reset
        arrived = arrived or (world.now if len(client.received) == size else None)
    assert client.received == reply
    return (arrived or start) - start, sum(len(each.payload) for each in world.pipe.sent if not each.flags & Flags.SYN)


@settings(max_examples=80, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    size=st.integers(0, 40_000),
    loss=st.sampled_from((0.0, 0.03, 0.1)),
    jitter=st.sampled_from((0.0, 0.02)),
    duplication=st.sampled_from((0.0, 0.1)),
    reneging=st.sampled_from((0.0, 0.02)),
    nonsense=st.sampled_from((0.0, 0.2)),
    mss=st.sampled_from((100, 1460)),
)
def test_everything_arrives_whatever_is_reported(seed, size, **how):
    """RFC 2018 8; RFC 6675."""
    transfer(seed, min(size, 100 * how["mss"]), **how)


def test_sack_is_faster_than_newreno_and_repeats_less():
    """RFC 6675 1: what it is for. The pipe does not lose repetitions, else there would be little but time-outs."""
    seeds, how = range(1000, 1040), {"loss": 0.1, "pipe": SparingPipe}
    with_sack = [transfer(seed, 100_000, **how) for seed in seeds]
    without = [transfer(seed, 100_000, sack=False, **how) for seed in seeds]
    times, octets = (tuple(sum(each[n] for each in runs) for runs in (with_sack, without)) for n in (0, 1))
    assert times[0] < 0.95 * times[1], f"seeds {seeds}: seconds {times}, octets {octets}"
    assert octets[0] < octets[1], f"seeds {seeds}: seconds {times}, octets {octets}"
