"""Forward (FIG. 12): clients whose endpoint another router holds, and when an entry ends (TAB-3, FWD-2, UDP-3).

Made for a million entries: what many of them have in common is kept once, sequence numbers are packed, and instead of
a timer each has a place in a bucket of those that may end in the same second.
"""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from ipos_spec.addresses import IPv4, Mac
from ipos_spec.encapsulation import Protocol, Reference
from ipos_spec.tables import FORWARD
from ipos_spec.tables.records import ForwardEntry

from ipos_reference.addresses import Address
from ipos_reference.numbers import Numbers
from ipos_reference.tables import Records

_SHARED = 4096
"""Server addresses and targets that are kept once; more than these are only kept again."""


class Onward(NamedTuple):
    """Where a client's packets go: the target's endpoint, and the second-LAN MAC of its router."""

    ip: IPv4
    port: int
    mac: Mac

    def reference(self, client: Address) -> Reference:
        """The header's reference to a client's connection there (ENC-3)."""
        return Reference(*client, self.ip, self.port)


@lru_cache(_SHARED)
def _shared_address(address: Address) -> Address:
    return address


@lru_cache(_SHARED)
def _shared_onward(onward: Onward) -> Onward:
    return onward


@dataclass(slots=True)
class Entry:
    """What FIG. 12's record of a client does not say.

    server   the address that the client talks to; the entry is about no other (TAB-3)
    onward   where its packets go
    packed   iss, irs, snd_nxt and rcv_nxt with which the endpoint was migrated; None for UDP
    heard    when the last packet went by the entry, seconds
    closing  the client has sent FIN or RST since (FWD-2)
    doubted  sequence number of a SYN that was forwarded, whose repetition is believed (FWD-5)
    """

    server: Address
    onward: Onward
    packed: int | None
    heard: float
    closing: bool = False
    doubted: int | None = None

    @property
    def numbers(self) -> Numbers | None:
        """The numbers, unpacked."""
        return None if self.packed is None else Numbers.unpacked(self.packed)


class ForwardTable:
    """One protocol's instance (TAB-5). An entry that is over is not found any more, and soon not kept either.

    bound  how many entries it takes (TAB-4)
    scale  the factor on the protocol's times (TIM-1)
    """

    def __init__(self, protocol: Protocol, bound: int, scale: float = 1.0) -> None:
        self.bound = bound
        self._idle = FORWARD.lifetime("idle", protocol).seconds * scale
        self._closing = (
            FORWARD.lifetime("closing", protocol).seconds * scale if protocol is Protocol.TCP else self._idle
        )
        self._width = scale  # seconds of a bucket
        self._entries: dict[int, Entry] = {}
        self._buckets: dict[int, list[int]] = {}
        self._order: list[int] = []

    def get(self, client: Address, server: Address, now: float) -> Entry | None:
        """The entry by which a client's packets to ``server`` go."""
        entry = self._entries.get(_key(client))
        if entry is None or entry.server != server or now >= self.ends(entry):
            return None
        return entry

    def of(self, client: Address, now: float) -> Entry | None:
        """The client's entry, whichever server it is about (TAB-3)."""
        entry = self._entries.get(_key(client))
        return None if entry is None or now >= self.ends(entry) else entry

    def enter(self, client: Address, server: Address, onward: Onward, numbers: Numbers | None, now: float) -> Entry:
        """Enter a client, in place of an entry that it had."""
        packed = None if numbers is None else numbers.packed()
        entry = Entry(_shared_address(server), _shared_onward(onward), packed, now)
        key = _key(client)
        self._entries[key] = entry
        self._await(key, entry)
        return entry

    def renew(self, client: Address, entry: Entry, now: float, *, closing: bool) -> None:
        """A packet of the client went by its entry; ``closing`` if it was a FIN or an RST (FWD-2)."""
        entry.heard = now
        if closing and not entry.closing:
            entry.closing = True
            self._await(_key(client), entry)

    def remove(self, client: Address) -> None:
        """Take a client out."""
        del self._entries[_key(client)]

    def ends(self, entry: Entry) -> float:
        """When an entry ends if no packet comes, seconds."""
        return entry.heard + (self._closing if entry.closing else self._idle)

    def next_timeout(self) -> float | None:
        """When `pop_over` may find something."""
        return self._order[0] * self._width if self._order else None

    def pop_over(self, now: float) -> Iterator[tuple[Address, Entry]]:
        """Take out the entries that are over."""
        while self._order and self._order[0] * self._width <= now:
            for key in self._buckets.pop(heapq.heappop(self._order)):
                entry = self._entries.get(key)
                if entry is None:
                    continue
                if now < self.ends(entry):
                    self._await(key, entry)
                    continue
                del self._entries[key]
                yield _client(key), entry

    def records(self) -> Records[int, Entry]:
        """FIG. 12's records, now and later."""
        return Records(self._entries, _record)

    def part(self, first: int, most: int) -> list[tuple[Address, Entry]]:
        """At most so many clients with their entries, the oldest ``first`` left out."""
        return [(_client(key), entry) for key, entry in islice(self._entries.items(), first, first + most)]

    def __len__(self) -> int:
        return len(self._entries)

    def _await(self, key: int, entry: Entry) -> None:
        """Look at an entry again in the first bucket that begins after its end."""
        number = int(self.ends(entry) / self._width) + 1
        bucket = self._buckets.get(number)
        if bucket is None:
            bucket = self._buckets[number] = []
            heapq.heappush(self._order, number)
        bucket.append(key)


def _key(client: Address) -> int:
    return client.ip << 16 | client.port


def _client(key: int) -> Address:
    return Address(IPv4(key >> 16), key & 0xFFFF)


def _record(key: int, entry: Entry) -> ForwardEntry:
    client = _client(key)
    return ForwardEntry(
        source_ip=client.ip,
        source_port=client.port,
        destination_ip=entry.onward.ip,
        destination_port=entry.onward.port,
    )
