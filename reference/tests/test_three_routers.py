"""Three routers, clients that come again under their old port, crashes, bad LANs: what must hold after every step.

TAB-2 (one place for each endpoint), FWD-4 (no packet circles), TGT-12 (one voice for each connection); and each client
gets its answers in order, or nothing. Hypothesis prints the steps of a failure, which repeat by themselves.
"""

import os
from collections import Counter
from collections.abc import Iterator

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from ipos_reference.addresses import Address
from ipos_reference.connection import Connection
from ipos_reference.tables import Place
from ipos_reference.tcp.endpoint import State
from ipos_reference.tcp.segment import Flags, Options, Segment
from ipos_spec.addresses import IPv4
from ipos_spec.addresses import ipv4 as ip
from network import HTTP, Client, Network, Site, Wire, answer, router_ip
from tcp.simple_client import SimpleClient

ADDRESSES = [Address(IPv4(ip("198.18.0.1") + number), 40_000) for number in range(2)]
SERVER = Address(router_ip(1), HTTP)
paths = st.lists(st.sampled_from(["/1/50/x", "/2/50/x", "/3/50/x", "/2/3000/x", "/3/20000/x"]), min_size=1, max_size=5)
sites = st.integers(0, 2)


def same_of_all(_server: int, path: str) -> bytes:
    """What every server answers: where a chosen one is down, another's answer is as good."""
    return answer(0, path)


class ThreeRouters(RuleBasedStateMachine):
    """Clients of the first router; the steps."""

    def __init__(self) -> None:
        super().__init__()
        self.connections = 0
        self.everybody: list[Client] = []
        self.disturbed: set[int] = set()

    @initialize(
        seed=st.integers(0, 2**16),
        loss=st.sampled_from([0.0, 0.02, 0.1]),
        duplication=st.sampled_from([0.02, 0.3]),
        straggling=st.sampled_from([0.0, 0.02, 0.2]),
    )
    def begin(self, seed: int, loss: float, duplication: float, straggling: float) -> None:
        wire = Wire(loss=loss, duplication=duplication, reordering=0.05, straggling=straggling)
        self.network = Network(3, seed, wire, answer=same_of_all)

    @rule(number=st.integers(0, 1), paths=paths, pause=st.sampled_from([0.0, 0.3, 70.0]))
    def client_opens(self, number: int, paths: list[str], pause: float) -> None:
        """A client that is through, or was never there, opens a connection from the same port as ever."""
        address = ADDRESSES[number]
        before = self.network.clients.get(address)
        if before is not None and not before.done:
            return
        self.connections += 1
        isn = (self.connections * 250_000 + number) % 2**32  # later than before (RFC 9293 3.4.1)
        tcp = SimpleClient(isn=isn, window=60_000, mss=1000, offer=Options(mss=1460, window_scale=1))
        client = Client(self.network, address, SERVER, paths, tcp, pause=pause)
        self.everybody.append(client)
        self.network.add(client)

    @rule(seconds=st.sampled_from([0.0005, 0.002, 0.01, 0.3, 3.5]))
    def time_passes(self, seconds: float) -> None:
        self.network.run(self.network.now + seconds)

    @rule(steps=st.integers(1, 40))
    def a_few_things_happen(self, steps: int) -> None:
        for _ in range(steps):
            self.network.step()
            self.one_place()
            self.one_voice()

    @rule(seconds=st.sampled_from([61.0, 301.0, 950.0]))
    def much_time_passes(self, seconds: float) -> None:
        self.network.run(self.network.now + seconds)

    @precondition(lambda self: self._alive())
    @rule(reset=st.booleans(), which=st.integers(0, 1))
    def client_vanishes(self, reset: bool, which: int) -> None:
        alive = self._alive()
        alive[which % len(alive)].vanish(reset=reset)

    @rule(number=st.integers(0, 1), back=st.integers(1, 3))
    def old_syn_arrives(self, number: int, back: int) -> None:
        """A SYN of an earlier connection comes late, or was forged (FWD-5)."""
        address = ADDRESSES[number]
        seq = (max(0, self.connections - back) * 250_000 + number) % 2**32
        syn = Segment(source_port=address.port, destination_port=HTTP, seq=seq, ack=0, flags=Flags.SYN, window=1000)
        self.network.from_client(Client(self.network, address, SERVER, [], SimpleClient(0, 0, 0, Options())), syn)

    @rule(number=sites)
    def router_crashes(self, number: int) -> None:
        """All connections that are under way may be lost by this, and none may be mixed up."""
        self.network.sites[number].crash()
        self.disturbed |= {id(client) for client in self._alive()}

    @rule(number=sites)
    def router_begins_anew(self, number: int) -> None:
        if not self.network.sites[number].up:
            self.network.sites[number].restart()

    # What holds after each step

    @invariant()
    def one_place(self) -> None:
        """TAB-2: an endpoint stands in one table; who was migrated away stands in Forward alone."""
        for site in self._up():
            tables = site.router.tables
            listed = Counter(number for place in Place for number in tables._records[place])
            assert listed == Counter(connection.number for connection in tables)
            for connection in tables:
                entry = site.router.forward.get(connection.client, connection.server, self.network.now)
                assert entry is None or connection.provisional or tables.is_beside(connection)

    @invariant()
    def one_voice(self) -> None:
        """TGT-12: of all endpoints of one connection at most one may say anything to its client."""
        voices = Counter(
            (connection.client, connection.server, connection.endpoint.iss, connection.endpoint.irs)
            for site in self._up()
            for connection in site.router.tables
            if not connection.provisional
            and not connection.migrating
            and connection.endpoint.state is not State.SYN_RECEIVED
        )
        assert [key for key, count in voices.items() if count > 1] == []

    @invariant()
    def no_circle(self) -> None:
        """FWD-4: whoever follows Forward entries from router to router comes to an end."""
        for site in self._up():
            for client, entry in site.router.forward.entries():
                seen, here = {site.number}, self.network.sites[entry.onward.ip - router_ip(1)]
                while here.up and self._endpoint(here, client) is None:
                    onward = here.router.forward.get(client, entry.server, self.network.now)
                    if onward is None or onward.numbers is None or entry.numbers is None:
                        break
                    if not onward.numbers.same_connection(entry.numbers):
                        break  # of another connection
                    assert here.number not in seen
                    seen.add(here.number)
                    here = self.network.sites[onward.onward.ip - router_ip(1)]

    @invariant()
    def answers_in_order(self) -> None:
        """What a client has received is the beginning of what it is to receive."""
        for client in self.everybody:
            assert client.expected.startswith(client.tcp.received[: len(client.expected)])
            if id(client) not in self.disturbed and not client.done:
                assert not client.tcp.reset

    def teardown(self) -> None:
        if not hasattr(self, "network"):
            return
        for site in self.network.sites:
            if not site.up:
                site.restart()
        self.network.run(self.network.now + 2500)
        for client in self.everybody:
            if not client.done and id(client) not in self.disturbed:
                raise AssertionError(f"client {client.address} has {len(client.tcp.received)} octets")
        # Who is left is a client that waits for a router's memory that is gone.
        for client in self._alive():
            client.vanish(reset=False)
        self.network.run(self.network.now + 10_000)
        for site in self.network.sites:
            assert len(site.router.tables) == len(site.router.forward) == 0

    def _alive(self) -> list[Client]:
        return [client for client in self.network.clients.values() if not client.done]

    def _up(self) -> Iterator[Site]:
        if not hasattr(self, "network"):
            return iter(())
        return (site for site in self.network.sites if site.up)

    def _endpoint(self, site: Site, client: Address) -> Connection | None:
        return site.router.tables.by_client(client, SERVER)


PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
"""Without shrinking, which takes minutes for so much simulated time; to mend something, add Phase.shrink."""

TestThreeRouters = ThreeRouters.TestCase
TestThreeRouters.settings = settings(
    max_examples=int(os.environ.get("IPOS_EXAMPLES", "60")), stateful_step_count=40, deadline=None, phases=PHASES
)
