"""Forward (FIG. 12): clients whose endpoint another router holds, and when an entry ends (TAB-3, FWD-2, UDP-3).

Made for a million entries: they are packed, and instead of a timer each has a place in a bucket of those that may end
in the same second.
"""

import heapq
import struct
from array import array
from collections.abc import Iterator
from typing import NamedTuple

from ipos_spec.addresses import IPv4, Mac
from ipos_spec.encapsulation import Protocol, Reference
from ipos_spec.tables import FORWARD
from ipos_spec.tables.records import ForwardEntry

from ipos_reference.addresses import Address
from ipos_reference.numbers import Numbers
from ipos_reference.packed_table import HEADER, PAYLOAD, SIZE, PackedTable

STALE = FORWARD.lifetime("stale", Protocol.TCP).seconds
"""Seconds without a packet after which an entry's client is believed to have begun anew at its first SYN (FWD-5)."""


class Onward(NamedTuple):
    """Where a client's packets go: the target's endpoint, and the second-LAN MAC of its router."""

    ip: IPv4
    port: int
    mac: Mac

    def reference(self, client: Address) -> Reference:
        """The header's reference to a client's connection there (ENC-3)."""
        return Reference(*client, self.ip, self.port)


class Entry(NamedTuple):
    """One client's entry as it was when it was looked up: the packed record, field by field.

    server_ip, server_port   the address that the client talks to; the entry is about no other (TAB-3)
    ip, port, mac            where its packets go
    iss to rcv_nxt           the numbers with which the endpoint was migrated
    heard                    when the last packet went by the entry, seconds
    """

    key: int
    place: int
    heard: float
    flags: int
    server_ip: IPv4
    server_port: int
    ip: IPv4
    port: int
    mac: Mac
    iss: int
    irs: int
    snd_nxt: int
    rcv_nxt: int
    doubted_seq: int

    @property
    def client(self) -> Address:
        """Whose entry it is."""
        return Address(IPv4(self.key >> 16), self.key & 0xFFFF)

    @property
    def server(self) -> Address:
        """The address that the client talks to."""
        return Address(self.server_ip, self.server_port)

    @property
    def onward(self) -> Onward:
        """Where the client's packets go."""
        return Onward(self.ip, self.port, self.mac)

    @property
    def numbers(self) -> Numbers | None:
        """With which the endpoint was migrated; None for UDP."""
        return Numbers(self.iss, self.irs, self.snd_nxt, self.rcv_nxt) if self.flags & _NUMBERED else None

    @property
    def closing(self) -> bool:
        """The client has sent FIN or RST since (FWD-2)."""
        return bool(self.flags & _CLOSING)

    @property
    def doubted(self) -> int | None:
        """Sequence number of a SYN that was forwarded, whose repetition is believed (FWD-5)."""
        return self.doubted_seq if self.flags & _DOUBTING else None


_FIELDS = "dBIHIH6s4II"
_LAYOUT = struct.Struct(HEADER + _FIELDS)
_PAYLOAD = struct.Struct("=" + _FIELDS)
_HEARD = struct.Struct("=dB")
_TIME = struct.Struct("=d")
_IN_USE = struct.Struct("=dBIHIH6s")
_NUMBERED, _CLOSING, _DOUBTING = 1, 2, 4
_EXCEPTIONAL = _CLOSING | _DOUBTING
_DOUBTED_AT = _LAYOUT.size - 4
_DOUBTED = struct.Struct("=I")
_made = tuple.__new__  # a named tuple's own constructor takes three times as long, and this is done for each packet
assert _LAYOUT.size <= SIZE  # noqa: S101 - of this module's own constants


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
        self._stale = STALE * scale
        self._width = scale  # seconds of a bucket
        self._table = PackedTable(bound, _LAYOUT)
        self._buckets: dict[int, array[int]] = {}
        self._order: list[int] = []

    def get(self, client: Address, server: Address, now: float) -> Entry | None:
        """The entry by which a client's packets to ``server`` go."""
        entry = self.of(client, now)
        return entry if entry is not None and entry[4:6] == server else None

    def of(self, client: Address, now: float) -> Entry | None:
        """The client's entry, whichever server it is about (TAB-3)."""
        record = self._table.record(client[0] << 16 | client[1])
        if record is None or now >= record[2] + (self._closing if record[3] & _CLOSING else self._idle):
            return None
        return _made(Entry, record)

    def used(self, key: int, server_ip: int, server_port: int, now: float) -> tuple[int, int, bytes] | None:
        """`get` and `renew` in one, for a packet that neither begins nor ends anything: target and MAC, as in `Onward`.

        key  the client's address, packed

        None where there is no entry for the client and this server, or one that is closing or doubts (FWD-5).
        """
        block, offset = self._table.block, self._table.find(key)
        if offset is None:
            return None
        at = offset + PAYLOAD
        heard, flags, entry_s_ip, entry_s_port, target, target_port, mac = _IN_USE.unpack_from(block, at)
        if flags & _EXCEPTIONAL or entry_s_port != server_port or entry_s_ip != server_ip or now >= heard + self._idle:
            return None
        _TIME.pack_into(block, at, now)
        return target, target_port, mac

    def has(self, client: Address) -> bool:
        """Whether an entry of the client is kept, be it over: what stands beside that goes with `pop_over`."""
        return self._table.find(client.packed) is not None

    def enter(self, client: Address, server: Address, onward: Onward, numbers: Numbers | None, now: float) -> Entry:
        """Enter a client, in place of an entry that it had. Raises OverflowError where there is no room (TAB-4)."""
        key = client.packed
        offset = self._table.find(key)
        if offset is None:
            offset = self._table.insert(key)
        flags = 0 if numbers is None else _NUMBERED
        packed = (now, flags, *server, *onward, *(numbers or (0, 0, 0, 0)), 0)
        _PAYLOAD.pack_into(self._table.block, offset + PAYLOAD, *packed)
        entry = self._entry(key)
        self._await(entry)
        return entry

    def renew(self, client: Address, now: float, *, closing: bool) -> None:
        """A packet of the client went by its entry; ``closing`` if it was a FIN or an RST (FWD-2)."""
        key = client.packed
        offset = self._table.find(key)
        if offset is None:
            return
        heard, flags = _HEARD.unpack_from(self._table.block, offset + PAYLOAD)
        if flags & _DOUBTING and now - heard >= self._stale:
            flags &= ~_DOUBTING  # a SYN from before such a silence is a first one again (FWD-5)
        _HEARD.pack_into(self._table.block, offset + PAYLOAD, now, flags | (_CLOSING if closing else 0))
        if closing and not flags & _CLOSING:
            self._await(self._entry(key))  # it may end sooner now

    def doubt(self, client: Address, seq: int | None) -> None:
        """Remember a SYN that was forwarded, or that none was (FWD-5)."""
        offset = self._table.find(client.packed)
        if offset is None:
            return
        heard, flags = _HEARD.unpack_from(self._table.block, offset + PAYLOAD)
        flags = flags & ~_DOUBTING if seq is None else flags | _DOUBTING
        _HEARD.pack_into(self._table.block, offset + PAYLOAD, heard, flags)
        _DOUBTED.pack_into(self._table.block, offset + _DOUBTED_AT, seq or 0)

    def remove(self, client: Address) -> None:
        """Take a client out, if it is in."""
        offset = self._table.find(client.packed)
        if offset is not None:
            self._table.delete(offset)

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
                offset = self._table.find(key)
                if offset is None:
                    continue
                entry = self._entry(key)
                if now < self.ends(entry):
                    self._await(entry)
                    continue
                self._table.delete(offset)
                yield entry.client, entry

    def part(self, first: int, most: int) -> list[object]:
        """FIG. 12's records, at most so many, ``first`` left out."""
        return [_record(entry) for _, entry in self.entries(first, most)]

    def entries(self, first: int = 0, most: int | None = None) -> Iterator[tuple[Address, Entry]]:
        """At most so many clients with their entries, ``first`` left out; none may change meanwhile."""
        return ((entry.client, entry) for entry in map(self._entry, self._table.keys(first, most)))

    def __len__(self) -> int:
        return len(self._table)

    def _entry(self, key: int) -> Entry:
        record = self._table.record(key)
        assert record is not None  # noqa: S101 - the caller has just found it
        return _made(Entry, record)

    def _await(self, entry: Entry) -> None:
        """Look at an entry again in the first bucket that begins after its end."""
        number = int(self.ends(entry) / self._width) + 1
        bucket = self._buckets.get(number)
        if bucket is None:
            bucket = self._buckets[number] = array("Q")
            heapq.heappush(self._order, number)
        bucket.append(entry.key)


def _record(entry: Entry) -> ForwardEntry:
    client = entry.client
    return ForwardEntry(
        source_ip=client.ip,
        source_port=client.port,
        destination_ip=entry.ip,
        destination_port=entry.port,
    )
