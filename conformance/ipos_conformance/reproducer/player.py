"""Sends the frames of a failing case again and says whether the router answers as it did then.

This is the last part of every reproducer, and imports nothing but the standard library and the other parts. Frames are
octets without frame check sequence; LANs are numbers, 0 the first and 1 the second.
"""

import contextlib
import select
import socket
import struct
import sys
import time
from collections import Counter
from collections.abc import Collection, Sequence
from copy import deepcopy

from ipos_conformance.reproducer.facts import SEQUENCES, View
from ipos_conformance.reproducer.octets import (
    ACK,
    FIN,
    RST,
    SPACE,
    SYN,
    Segment,
    Setup,
    corrected,
    is_ipos,
    number,
    put,
    segment_of,
    spoken,
)

REPRODUCED, NOT_REPRODUCED, USAGE, NO_ANSWER = 1, 0, 2, 3
Step = tuple[float, str, int, bytes]
PASSED_ON = ": ipOS 02 "
PATIENCE, IMPATIENCE = 0.5, 0.1
"""Seconds by which an answer may come later than it did then; after one that did not come at all."""


class Player:
    """Sends, listens, and answers as the suite's stations did.

    setup   ether_type; clients (addresses, with and without port); stations ("LAN/address": MAC, for ARP); of each
            connection clocks (timestamp that we echo first), stamps (timestamps of ours) and acknowledges (LAN and
            frame of what answers received data); repetitions (whether how often a connection packet comes makes a
            difference); perhaps probes ("before" and "after": LAN, frame, octets that are in its answer), waits
            (seconds until it shows) and look (what to look at, where nothing shows outside)
    log     what passed this time: (seconds since the epoch, and the rest as in steps)
    steps   (seconds, "sent" or "received", LAN, octets), in the order in which the suite saw them
    """

    tail = PATIENCE - IMPATIENCE
    """Seconds for which is listened after the last step."""

    def __init__(self, setup: Setup, steps: Sequence[Step], sockets: Sequence[socket.socket]) -> None:
        self.setup, self.steps, self.sockets = setup, steps, sockets
        self.then, self.now = View(setup), View(setup)
        self.patience = PATIENCE
        self.ours: dict[bytes, int] = {}
        self.theirs: dict[bytes, int] = {}
        self.answered = 0
        self.log: list[tuple[float, str, int, bytes]] = []
        self.at_the_end: View | None = None
        self.was_there = self.is_there = True

    def play(self) -> None:
        """Everything once."""
        self.was_there = self.answers("before")
        recorded: Counter[str | None] = Counter()
        clock, last = time.monotonic(), self.steps[0][0] if self.steps else 0.0
        end = self.end()
        for place, (seconds, direction, lan, octets) in enumerate(self.steps):
            if place == end:
                self.at_the_end = deepcopy(self.now)
            due = clock + max(seconds - last, 0)
            if direction == "sent":
                while (left := due - time.monotonic()) > 0:
                    self.listen(left)
                self.send(lan, self.adapted(octets))
            else:
                fact = self.then.take(lan, octets)
                recorded[fact] += 1
                segment = spoken(octets, self.setup)
                self.wait_for(fact, recorded[fact], segment, due + self.patience)
            clock, last = time.monotonic(), max(last, seconds)
        self.listen_for(IMPATIENCE)
        self.at_the_end = self.at_the_end or deepcopy(self.now)
        self.listen_for(max(self.tail, self.setup.get("waits", 0.0)))
        self.is_there = self.answers("after")

    def answers(self, when: str) -> bool:
        """Whether the router answers each of the probes, if there are any."""
        return all(self.answers_probe(*probe) for probe in self.setup.get("probes", {}).get(when, ()))

    def answers_probe(self, lan: int, frame: str, key: str) -> bool:
        """Whether a frame comes on this LAN that has these octets in it."""
        since, deadline = len(self.log), time.monotonic() + 2 * PATIENCE
        self.send(lan, bytes.fromhex(frame))
        while (left := deadline - time.monotonic()) > 0:
            heard = [octets for _, way, where, octets in self.log[since:] if (way, where) == ("received", lan)]
            if any(bytes.fromhex(key) in octets for octets in heard):
                return True
            self.listen(left)
        return False

    def end(self) -> int:
        """Where only resets are left to be sent, by which a case ends: what comes then is not compared."""
        place = len(self.steps)
        for number_, (_, direction, _, octets) in reversed(list(enumerate(self.steps))):
            segment = segment_of(octets, self.setup, outbound=True)
            if direction == "sent" and (segment is None or not segment.flags & RST):
                break
            place = number_ if direction == "sent" else place
        return place

    def wait_for(self, fact: str | None, count: int, segment: Segment | None, deadline: float) -> None:
        """Wait until the router has said this so often, or has sent as much data."""
        if fact is None:
            return
        while not self.has(fact, count, segment):
            left = deadline - time.monotonic()
            if left <= 0:
                self.patience = IMPATIENCE  # it answers otherwise: every step would cost the same wait
                return
            self.listen(left)

    def has(self, fact: str, count: int, segment: Segment | None) -> bool:
        """Whether the router has said this so often, or has sent as much data."""
        if segment is not None and segment.data:
            who = segment.connection
            return self.now.ends.get(who, -1) >= self.then.relative(who, segment.seq) + segment.length
        return self.now.said[fact] + self.now.optional[fact] >= count

    def listen_for(self, seconds: float) -> None:
        """Take in what comes in this time."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self.listen(left)

    def listen(self, seconds: float) -> None:
        """Take in what has come, or what comes first in this time."""
        for ready in select.select(self.sockets, [], [], max(seconds, 0))[0]:
            try:
                frame, (_, _, kind, *_) = ready.recvfrom(65600)
            except OSError:  # the interface went down, perhaps with the router that had made it
                continue
            if kind != socket.PACKET_OUTGOING:
                self.hear(self.sockets.index(ready), frame)

    def hear(self, lan: int, frame: bytes) -> None:
        """Note a frame, and answer it where a station would."""
        self.log.append((time.time(), "received", lan, frame))
        fact = self.now.take(lan, frame)
        self.answered += fact is not None
        if number(frame, 12, 2) == 0x0806 and frame[20:22] == b"\0\1":
            mac = self.setup["stations"].get(f"{lan}/{socket.inet_ntoa(frame[38:42])}")
            if mac:
                mac = bytes.fromhex(mac)
                self.send(lan, frame[6:12] + mac + frame[12:20] + b"\0\2" + mac + frame[38:42] + frame[22:32])
        segment = spoken(frame, self.setup)
        if segment is not None and (segment.data or segment.flags & FIN):
            self.acknowledge(segment)

    def acknowledge(self, segment: Segment) -> None:
        """What the client's side answers to data."""
        who = segment.connection
        template = self.setup["acknowledges"].get(who.hex())
        if template is None:
            return
        expected = self.theirs.get(who, segment.seq)
        if (expected - segment.seq) % SPACE <= segment.length:
            self.theirs[who] = (segment.seq + segment.length) % SPACE
        lan, octets = template[0], bytes.fromhex(template[1])
        ours = segment_of(octets, self.setup, outbound=True)
        if ours is not None:
            numbers = {4: self.ours.get(who, ours.seq), 8: self.theirs.get(who, expected)}
            self.send(lan, self.rewritten(octets, ours, numbers))

    def send(self, lan: int, octets: bytes) -> None:
        """Put a frame on a LAN."""
        segment = segment_of(octets, self.setup, outbound=True)
        if segment is not None and not segment.flags & RST:
            self.ours[segment.connection] = (segment.seq + segment.length) % SPACE
            if segment.flags & SYN:
                self.theirs.pop(segment.connection, None)
            if segment.flags & ACK:
                self.theirs.setdefault(segment.connection, segment.ack)
        self.log.append((time.time(), "sent", lan, octets))
        with contextlib.suppress(OSError):  # the interface is gone, perhaps with the router that had made it
            self.sockets[lan].send(octets)

    def adapted(self, octets: bytes) -> bytes:
        """A recorded frame with the numbers that the router chose this time."""
        segment = segment_of(octets, self.setup, outbound=True)
        if segment is not None:
            return self.rewritten(
                octets, segment, {8: (segment.ack + self.shift(segment.connection, segment.ack)) % SPACE}
            )
        if not is_ipos(octets, self.setup):
            return octets
        if octets[26] == 3:
            before, after = (view.handed_over.get(octets[14:26], b"") for view in (self.then, self.now))
            return put(octets, 28, 2, corrected(number(octets, 28, 2), before, after)) if before and after else octets
        shift = self.shift(octets[14:20] + octets[30:36], number(octets, 80, 4))
        if octets[26:28] != b"\1\1" or len(octets) < 176 or not shift:
            return octets
        changed = octets
        for at in SEQUENCES:
            changed = put(changed, at, 4, (number(octets, at, 4) + shift) % SPACE)
        return put(changed, 28, 2, corrected(number(octets, 28, 2), octets[14:176], changed[14:176]))

    def shift(self, connection: bytes, value: int) -> int:
        """How far the initial sequence number that a recorded number goes by is from the one of this time."""
        then, now = self.then.initial.get(connection), self.now.initial.get(connection)
        if not then or not now:
            return 0
        which = self.then.base(connection, value)
        return (now[min(which, len(now) - 1)] - then[which]) % SPACE

    def rewritten(self, octets: bytes, segment: Segment, numbers: dict[int, int]) -> bytes:
        """A frame with other numbers in its TCP header, the router's latest timestamp, and a checksum to match."""
        changed = octets
        if segment.flags & ACK:
            for at, value in numbers.items():
                changed = put(changed, segment.tcp + at, 4, value)
            place, stamp = segment.options.get(8, (0, b""))
            clock = self.now.clock.get(segment.connection)
            if clock is not None and len(stamp) == 8 and number(stamp, 4, 4) == self.then.clock.get(segment.connection):
                changed = put(changed, place + 4, 4, clock)
        at, end = segment.tcp, segment.end
        return put(changed, at + 16, 2, corrected(number(octets, at + 16, 2), octets[at:end], changed[at:end]))

    def verdict(self, decisive: Collection[int], compares: str) -> tuple[int, list[str]]:
        """REPRODUCED, NOT_REPRODUCED or NO_ANSWER, and why. The arguments are `recipe.Recipe`'s."""
        if not self.was_there or (self.then.said and not self.answered):
            return NO_ANSWER, ["the router said nothing at all: is it there, and are these its interfaces?"]
        if compares == "sent":
            return NO_ANSWER, [f"all was sent, and nothing shows outside: look at {self.setup['look']}"]
        if compares == "dead":
            return (NOT_REPRODUCED, ["it still answers"]) if self.is_there else (REPRODUCED, [])
        end = self.heard(decisive)
        gone, come = self.absent(decisive, end), Counter[str]()
        if compares == "all":
            come = end.facts() - self.then.facts()
            if not self.setup[
                "repetitions"
            ]:  # we may be slower than the suite was, and the router repeats by the clock
                come = Counter(
                    {fact: n for fact, n in come.items() if not is_connection(fact) or not self.then.said[fact]}
                )
        elif compares == "data":
            then, now = self.then.outcomes(), end.outcomes()
            gone, come = then - now, now - then
        why = [f"then, but not now: {fact}" for fact in gone] + [f"now, but not then: {fact}" for fact in come]
        return (NOT_REPRODUCED, why) if why else (REPRODUCED, [])

    def heard(self, decisive: Collection[int]) -> View:
        """What is compared: what came until the case's end; all of it, where what came later was wrong."""
        later = any(place >= self.end() for place in decisive)
        return self.now if later or self.at_the_end is None else self.at_the_end

    def absent(self, decisive: Collection[int], end: View) -> Counter[str]:
        """What was wrong then and has not come again; of data, one segment is enough, if the data begins alike."""
        view, wanted, data = View(self.setup), Counter[str](), set[str]()
        for place, (_, direction, lan, octets) in enumerate(self.steps):
            if direction == "received":
                fact = view.take(lan, octets)
                if place in decisive and fact is not None:
                    segment = spoken(octets, self.setup)
                    if segment is not None and segment.data:
                        data.add(fact)
                    else:
                        wanted[fact] += 1
        heard = end.said + end.optional
        alike = bool(data & heard.keys()) and view.starts() == end.starts()
        missing = (wanted - heard) + (Counter[str]() if alike or not data else Counter(data))
        return missing or disorder(set(wanted), view, end)


def disorder(wrong: set[str], then: View, now: View) -> Counter[str]:
    """Wrong facts, and with a packet that was passed on all such, where they come in another order on a LAN."""
    if any(PASSED_ON in fact for fact in wrong):
        wrong = wrong | {fact for fact in then.order if PASSED_ON in fact}
    found = Counter[str]()
    for name in ("LAN 1", "LAN 2"):
        before = [fact for fact in then.order if fact in wrong & now.order.keys() and fact.startswith(name)]
        if before != [fact for fact in now.order if fact in before]:
            found[f"this order on {name}: " + "; ".join(before)] += 1
    return found


def is_connection(fact: str) -> bool:
    """Whether it is a connection packet."""
    return ": ipOS 01 " in fact


def open_socket(interface: str) -> socket.socket:
    """A packet socket for all frames: the kernel takes EtherType 0x0007 for a length."""
    opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    opened.bind((interface, 3))
    promiscuous = struct.pack("iHH8s", socket.if_nametoindex(interface), 1, 0, b"")
    opened.setsockopt(263, 1, promiscuous)
    return opened


def main(setup: Setup, steps: Sequence[tuple[float, str, int, str]], decisive: Collection[int], compares: str) -> int:
    """Play everything on the interfaces that the command line names, say how it went, and give the exit status."""
    names = sys.argv[1:]
    if len(names) != 2 or names[0].startswith("-"):
        sys.stderr.write(f"usage: {sys.argv[0]} FIRST_LAN_INTERFACE SECOND_LAN_INTERFACE\n")
        return USAGE
    try:
        sockets = [open_socket(name) for name in names]
    except OSError as error:
        sys.stderr.write(f"{sys.argv[0]}: {' and '.join(names)}: {error.strerror} (packet sockets need root)\n")
        return USAGE
    player = Player(setup, [(*step[:3], bytes.fromhex(step[3])) for step in steps], sockets)
    player.play()
    status, why = player.verdict(decisive, compares)
    words = {REPRODUCED: "REPRODUCED", NOT_REPRODUCED: "NOT REPRODUCED", NO_ANSWER: "NO ANSWER"}
    sys.stdout.write("\n".join([words[status], *why]) + "\n")
    return status
