"""Clients of the suite: never the same one twice, so that no case meets another's connection."""

import random
from ipaddress import IPv4Network

from ipos_spec.addresses import IPv4

from ipos_conformance.frames import Client, Frame

_FIRST_PORT, _PORTS = 20000, 40000


class Clients:
    """Hands out clients and remembers for whom it did: by subject, frames are sorted into this case's and others'."""

    def __init__(self, network: IPv4Network, seed: int) -> None:
        self._first = int(network.network_address) + 1
        self._addresses = network.num_addresses - 2
        # A target that was not restarted may still know the clients of the last run: start somewhere else.
        self._next = random.Random(seed).randrange(self._addresses * _PORTS)  # noqa: S311 - no secret
        self._of_this_case: set[Client] = set()
        self._earlier: set[Client] = set()
        self._probes: set[Client] = set()

    def start_case(self) -> None:
        """What was handed out until now belongs to earlier cases."""
        self._earlier.update(self._of_this_case)
        self._of_this_case.clear()

    def new(self) -> Client:
        """A client that nobody has used."""
        number, self._next = self._next, self._next + 1
        port, host = divmod(number, self._addresses)
        client = Client(IPv4(self._first + host), _FIRST_PORT + port % _PORTS)
        self._of_this_case.add(client)
        return client

    def new_for_probe(self) -> Client:
        """A client for a barrier: frames about it prove that the target lives, and nothing else."""
        client = self.new()
        self._of_this_case.remove(client)
        self._probes.add(client)
        return client

    def explains(self, frame: Frame) -> bool:
        """Whether a frame is about a barrier or about a client of an earlier case."""
        return bool(frame.clients & (self._earlier | self._probes))
