"""Clients of the suite: never the same one twice, so that no case meets another's connection."""

import random
from collections.abc import Iterable
from ipaddress import IPv4Network

from ipos_spec.addresses import IPv4

from ipos_conformance.frames import Client, Frame
from ipos_conformance.inbox import Inbox

_FIRST_PORT, _PORTS = 20000, 40000


class Clients:
    """Hands out clients and remembers for whom it did: by subject, frames are sorted into one case's and others'.

    salt  besides the seed; not the same in two runs where the target may still know the clients of the one before
    """

    def __init__(self, network: IPv4Network, seed: int, salt: str = "") -> None:
        self._first = int(network.network_address) + 1
        self._addresses = network.num_addresses - 2
        self._salt = salt
        self._for_probes = random.Random(f"{seed}/probes{salt}")  # noqa: S311 - no secret
        self._owners: dict[Client, Inbox | None] = {}

    def new(self, owner: Inbox) -> Client:
        """A client that nobody has used, drawn from its case's numbers."""
        return self._draw(random.Random(f"{owner.random.random()}{self._salt}"), owner)  # noqa: S311 - no secret

    def new_for_probe(self) -> Client:
        """A client for a barrier: frames about it prove that the target lives, and nothing else."""
        return self._draw(self._for_probes, None)

    def adopt(self, client: Client, owner: Inbox) -> None:
        """A client that a case made up itself."""
        self._owners.setdefault(client, owner)

    def of(self, owner: Inbox) -> set[Client]:
        """Those of one case."""
        return {client for client, other in self._owners.items() if other is owner}

    def is_of(self, client: Client, owner: Inbox) -> bool:
        """Whether this client is one of this case's."""
        return self._owners.get(client) is owner

    def is_probe(self, client: Client) -> bool:
        """Whether this client is one of a barrier."""
        return self._owners.get(client, client) is None

    def disown(self, clients: Iterable[Client]) -> None:
        """From now on these are nobody's: frames about them say nothing."""
        self._owners.update(dict.fromkeys(clients))

    def explains(self, frame: Frame, case: Inbox) -> bool:
        """Whether a frame is about a barrier or about a client of another case than this."""
        return any(self._owners.get(client, case) is not case for client in frame.clients)

    def may_be_of_an_earlier_run(self, frame: Frame) -> bool:
        """Whether a frame is about a client that could be the suite's, and that this run has not played."""
        ours = [client for client in frame.clients if self._is_in_pool(client)]
        return bool(ours) and not any(client in self._owners for client in ours)

    def owner(self, frame: Frame) -> Inbox | None:
        """The case under way that a frame belongs to, if it is about one of its clients."""
        for client in frame.clients:
            owner = self._owners.get(client)
            if owner is not None and owner.active:
                return owner
        return None

    def is_about_probe(self, frame: Frame) -> bool:
        """Whether a frame belongs to a barrier: one that was sent names the client as its source."""
        named = frame.clients if frame.ends is None else frame.ends
        return any(self._owners.get(client, frame) is None for client in named)

    def _is_in_pool(self, client: Client) -> bool:
        return 0 <= client.ip - self._first < self._addresses and 0 <= client.port - _FIRST_PORT < _PORTS

    def _draw(self, source: random.Random, owner: Inbox | None) -> Client:
        while True:
            address = IPv4(self._first + source.randrange(self._addresses))
            client = Client(address, _FIRST_PORT + source.randrange(_PORTS))
            if client not in self._owners:
                self._owners[client] = owner
                return client
