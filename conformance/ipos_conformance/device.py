"""The device under test, who is around it, and what is known of it from its target file."""

from collections.abc import Callable, Mapping
from random import Random

from ipos_spec.addresses import IPv4, Mac

from ipos_conformance.bench.wire import Port
from ipos_conformance.clients import Clients
from ipos_conformance.frames import Client, Frame, Lan, describe
from ipos_conformance.judge import Judge
from ipos_conformance.patience import Patience
from ipos_conformance.pause import Pause, pause
from ipos_conformance.stations.conversation import request_octets
from ipos_conformance.stations.edge import Edge
from ipos_conformance.stations.peer import Peer
from ipos_conformance.target import PeerStation, Resource, TableBounds, Target
from ipos_conformance.traffic import Traffic
from ipos_conformance.verdicts import NotApplicable, Skipped, Violation

_MANY, _SHORT = 3, 0.3
"""After so many requests without an answer, others are waited for less long, but at least these seconds."""


class Device:
    """One router between its two LANs, and the stations around it.

    edge, peer, other_peer   stations; `peer` is the origin of what is handed over, if nothing else is said, and the
                             one to which the target migrates what is `away`
    scale                    the factor on the target's timers (TIM-1)
    bounds                   how many records its tables take
    jitter                   seconds by which the target's answers vary at rest, as `calibration` has measured
    responses                how long the next part of an answer to a request is waited for
    """

    def __init__(
        self,
        target: Target,
        ports: Mapping[Lan, Port],
        seed: int,
        target_end: Callable[[], str | None] = lambda: None,
        scale: float = 1.0,
        bounds: TableBounds | None = None,
        salt: str = "",
    ) -> None:
        self.target = target
        self.target_end = target_end
        self.scale = scale
        self.bounds = bounds or TableBounds()
        self.jitter = 0.0
        self.seed = seed
        self.clients = Clients(target.suite.client_network, seed, salt)
        self.traffic = Traffic(ports, self.clients.owner)
        self.edge = Edge(target, self.traffic)
        self.peer, self.other_peer = (Peer(one, target, self.traffic) for one in in_order(target))
        self.judge = Judge(target, self.traffic, self.clients, (self.edge, self.peer), target_end)
        self.responses = Patience(target.timing.response, least=_SHORT, many=_MANY)

    # Time

    def scaled(self, seconds: float) -> float:
        """What so many seconds of the document are on this target (TIM-1)."""
        return seconds * self.scale

    def pause(self, at_least: float, at_most: float | None = None) -> Pause:
        """For `yield` in a case: seconds of the document until it goes on, and when it would be too late to.

        Raises Skipped if that is longer than the target file wants to wait.
        """
        seconds, longest = self.scaled(at_least), self.target.timing.longest_wait
        if seconds > longest:
            raise Skipped(f"waits {seconds:.0f} s for a timer; timing.longest_wait is {longest:.0f} s")
        return pause(seconds, None if at_most is None else self.scaled(at_most))

    # Values

    @property
    def random(self) -> Random:
        """Of the case that runs; seeded, and the seed stands in the results."""
        return self.traffic.inbox.random

    @property
    def address(self) -> IPv4:
        """The router's own address."""
        return self.target.router.address

    @property
    def server(self) -> tuple[IPv4, int]:
        """The router's own address and its HTTP port."""
        return self.address, self.target.pixit.http_port

    @property
    def first_mac(self) -> Mac:
        """The router's MAC on the first LAN."""
        return self.target.first_lan.router_mac

    @property
    def second_mac(self) -> Mac:
        """The router's MAC on the second LAN."""
        return self.target.second_lan.router_mac

    @property
    def first(self) -> Resource:
        """What a right request asks for."""
        return self.target.pixit.first

    @property
    def second(self) -> Resource:
        """What a request asks for that must not be accepted."""
        return self.target.pixit.second

    @property
    def large(self) -> Resource:
        """What is answered in many segments."""
        return self.target.pixit.large

    def right_request(self) -> bytes:
        """The octets of a request for `first`."""
        return request_octets(self.first.path)

    def mac_on(self, lan: Lan) -> Mac:
        """The router's MAC on this LAN."""
        return self.first_mac if lan is Lan.FIRST else self.second_mac

    def new_neighbour(self) -> Client:
        """A client on the first LAN itself, whose MAC the router can't know yet."""
        taken = {self.address, *self.edge.hosts, *(peer.address for peer in self.target.peer)}
        host = next(IPv4(int(one)) for one in self.target.router.network.hosts() if int(one) not in taken)
        # The address stays ours for the rest of the run: the next neighbour gets another, so it is unknown again.
        self.edge.hosts[host] = Mac(b"\x02\x00" + host.to_bytes(4, "big"))
        client = Client(host, self.new_client().port)
        self.clients.adopt(client, self.traffic.inbox)
        return client

    def new_client(self) -> Client:
        """A client that no case has used."""
        return self.clients.new(self.traffic.inbox)

    def wrong_request(self) -> bytes:
        """The octets of a request that must not reach the application."""
        return request_octets(self.second.path)

    def ask_who_has(self, address: IPv4, lan: Lan) -> None:
        """Broadcast an ARP request: from the gateway on the first LAN, from `peer` on the second."""
        gateway = (self.target.router.gateway, self.edge.mac)
        self.edge.ask_who_has(address, lan, gateway if lan is Lan.FIRST else (self.peer.address, self.peer.mac))

    def require(self, condition: bool, outcome: str, frame: Frame) -> None:
        """A frame that came has to have a property."""
        if not condition:
            raise Violation((outcome,), (describe(frame),))

    def needs(self, condition: bool, proof: str) -> None:
        """End the case as not applicable unless the condition holds; ``proof`` says why."""
        if not condition:
            raise NotApplicable(proof)


def in_order(target: Target) -> tuple[PeerStation, PeerStation]:
    """The two peers that the suite plays: first the one to which the target's operator has mapped what is away."""
    away = target.pixit.away
    first = next((peer for peer in target.peer if away is not None and peer.address == away.peer), target.peer[0])
    return first, next(peer for peer in target.peer if peer is not first)
