"""A router in memory on which a sequence of packets is tried in a process of its own, and what came of it.

The edge router answers ARP, applications answer what they are asked, and a barrier at the end tells whether the router
still answers. None of that counts as a packet of the sequence.
"""

import contextlib
import faulthandler
import os
import pickle
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from in_memory import (
    CLOSED_PORT,
    EDGE_MAC,
    FIRST_MAC,
    GATEWAY_IP,
    HTTP,
    PEER_IP,
    RAW,
    ROUTER_IP,
    SETTINGS,
    World,
    connection_packet,
    says,
)
from ipos_reference import arp, ethernet
from ipos_reference.addresses import Address
from ipos_reference.arp import Operation
from ipos_reference.ethernet import Frame
from ipos_reference.events import Attached, Changed, Datagram, Event
from ipos_reference.router import Lan
from ipos_reference.settings import Entered, idle
from ipos_reference.tcp.segment import Flags
from ipos_spec.addresses import ipv4 as ip
from ipos_spec.encapsulation import Protocol, Reference
from ipos_spec.tables.records import ListeningSocket, UrlEntry

AWAY_UDP = 9
STAGE = replace(
    SETTINGS,
    udp_listeners=frozenset({RAW, AWAY_UDP}),
    entered=Entered(
        server_states=(idle(PEER_IP), replace(idle(ROUTER_IP), cpu_utilization=9_000)),
        listening={
            Protocol.TCP: (ListeningSocket(server_ip=PEER_IP, port=HTTP, process=0),),
            Protocol.UDP: (ListeningSocket(server_ip=PEER_IP, port=AWAY_UDP, process=0),),
        },
        urls=(UrlEntry(url="/", server_ip=ROUTER_IP), UrlEntry(url="/peer", server_ip=PEER_IP)),
    ),
)
"""Peers serve /peer and a UDP port; everything else is served here."""

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
BARRIER = Address(ip("198.51.100.250"), 60000)
_PATIENCE, _WAITING = 3.0, 60.0
"""Seconds of its own, and of anybody's, after which a process hangs; a sequence takes some milliseconds."""

_HANGS = (-signal.SIGVTALRM, -signal.SIGALRM)

_HAS_CRASHED, _CANNOT_GO_ON = 1, 2


class Stage(World):
    """A world that counts packets, leaves one out if it is told to, and keeps every frame as it was sent."""

    def __init__(self, without: int | None = None) -> None:
        super().__init__(STAGE)
        self.packets = 0
        self.counts = True
        self.frames: list[tuple[Lan, bytes]] = []
        self.handle: Callable[[Event], None] = self._answer
        """Called with each event for the applications."""
        self._without = without

    def receives(self, lan: Lan, frame: bytes) -> None:
        self.packets += self.counts
        if self.counts and self.packets == self._without:
            return
        with _its_turn():
            super().receives(lan, frame)
            self._applications()

    def waits(self, seconds: float) -> None:
        with _its_turn():
            super().waits(seconds)
            self._applications()
            super().waits(0.0)

    @contextlib.contextmanager
    def uncounted(self) -> Iterator[None]:
        """What a bystander or a barrier sends."""
        before, self.counts = self.counts, False
        yield
        self.counts = before

    def answers_barriers(self) -> bool:
        """Whether it refuses a SYN on the first LAN and takes an endpoint over on the second."""
        before = len(self.frames)
        with self.uncounted():
            syn = says(seq=900, ack=0, flags=Flags.SYN, client=BARRIER, port=CLOSED_PORT)
            self.client_sends(syn, BARRIER, Address(ROUTER_IP, CLOSED_PORT))
            self.peer_sends(connection_packet(reference=Reference(*BARRIER, ROUTER_IP, HTTP)))
        return {lan for lan, _ in self.frames[before:]} == set(Lan)

    def _applications(self) -> None:
        for event in self.events():
            self.handle(event)
        self._sort()

    def _answer(self, event: Event) -> None:
        match event:
            case Attached(number, _, Protocol.TCP) | Changed(number):
                if self.router.read(number, 10**6, self.now):
                    self.router.write(number, ANSWER, self.now)
            case Datagram(number, octets):
                self.router.datagram(number, octets, self.now)

    def _sort(self) -> None:
        for lan, octets in self.router.frames_to_send():
            question = arp.parse(octets[14:]) if octets[12:14] == b"\x08\x06" else None
            if question is not None and (question.operation, question.target_ip) == (Operation.REQUEST, GATEWAY_IP):
                reply = arp.build(arp.reply(question, EDGE_MAC))
                self.router.receive(lan, ethernet.build(Frame(FIRST_MAC, EDGE_MAC, ethernet.ARP, reply)), self.now)
                self._sort()
            else:
                self.frames.append((lan, octets))


@contextlib.contextmanager
def _its_turn() -> Iterator[None]:
    """What is raised in here ends the router; what is raised elsewhere, the attempt to go on with the sequence."""
    try:
        yield
    except Exception:
        traceback.print_exc()
        os._exit(_HAS_CRASHED)


@dataclass(frozen=True)
class Outcome:
    """What became of a router.

    status    of its process: exit code, or minus the signal's number
    log       what it wrote to stderr
    alive     it answered the barriers
    frames    that it sent, the barriers' answers left out
    packets   of the sequence
    measured  what the sequence itself returned
    """

    status: int
    log: str
    alive: bool = False
    frames: tuple[tuple[Lan, bytes], ...] = ()
    packets: int = 0
    measured: object = None

    @property
    def hung(self) -> bool:
        """It came to no end."""
        return self.status in _HANGS

    @property
    def stuck(self) -> bool:
        """The sequence could not be gone on with, since the router had not answered as it goes."""
        return self.status == _CANNOT_GO_ON


Sequence = Callable[[Stage], object]


def become_of(plant: Callable[[], None], sequence: Sequence, without: int | None = None) -> Outcome:
    """Plant something, and play a sequence, in a process of its own."""
    with tempfile.TemporaryFile() as log, tempfile.TemporaryFile() as report:
        process = os.fork()
        if not process:
            faulthandler.disable()  # a bug that ends in a signal is not one of the test's
            signal.setitimer(signal.ITIMER_VIRTUAL, _PATIENCE)
            signal.setitimer(signal.ITIMER_REAL, _WAITING)
            os.dup2(log.fileno(), 2)
            sys.stderr = os.fdopen(2, "w", buffering=1)
            try:
                plant()
                os.write(report.fileno(), pickle.dumps(_play(sequence, without)))
                os._exit(0)
            except BaseException:
                traceback.print_exc()
                os._exit(_CANNOT_GO_ON)
        _, ended = os.waitpid(process, 0)
        status = os.waitstatus_to_exitcode(ended)
        log.seek(0)
        report.seek(0)
        said = log.read().decode(errors="replace")
        if status == 0:
            return Outcome(status, said, *pickle.load(report))  # noqa: S301 - our own
        return Outcome(status, said)


def _play(sequence: Sequence, without: int | None) -> tuple[object, ...]:
    stage = Stage(without)
    measured = sequence(stage)
    frames = tuple(stage.frames)
    return stage.answers_barriers(), frames, stage.packets, measured
