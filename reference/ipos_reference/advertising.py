"""Table Advertisement: routers tell each other of their servers (ADV-1 to ADV-3). What was told stands in `knowledge`.

A router tells what its own server told: the records that the operator entered for it and those that came with `changed`
or `set_state`. Deletes only make it quicker; a router that is switched off is ignored, and later forgotten, without.
"""

import math
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

from ipos_spec.addresses import IPv4, Mac
from ipos_spec.advertisement import (
    TABLES,
    AdvertisedTable,
    BroadcastEthernetHeader,
    Operation,
    TableAdvertisement,
    decode,
    encode,
    table_advertisement,
    violations,
)
from ipos_spec.errors import DecodeError
from ipos_spec.ethernet import EthernetHeader
from ipos_spec.fields import size_of
from ipos_spec.interpreted import build
from ipos_spec.tables.records import ServerState

from ipos_reference import ethernet
from ipos_reference.discards import DISCARD_OF_REQUIREMENT, Discard, Discards
from ipos_reference.figures import Figures
from ipos_reference.knowledge import Knowledge
from ipos_reference.settings import Settings

STATE_PERIOD = TABLES[AdvertisedTable.SERVER_STATE].lifetime("advertised").seconds
"""Seconds between two advertisements of Server State (ADV-2)."""

TABLE_PERIOD = TABLES[AdvertisedTable.LISTENING_SOCKETS_TCP].lifetime("advertised").seconds
"""Seconds between two advertisements of the same record of another table (ADV-2)."""

_HEADERS = size_of(TableAdvertisement) - size_of(EthernetHeader)
"""Octets of an Ethernet payload before the records."""

_LISTENING = (AdvertisedTable.LISTENING_SOCKETS_TCP, AdvertisedTable.LISTENING_SOCKETS_UDP)
_WHOLE = (AdvertisedTable.APPLICATION_INFORMATION, *_LISTENING, AdvertisedTable.URL_MAP)
"""Tables that are told whole each time; what an application needs before the socket for which it counts."""

_OF_ANY_SERVER = (AdvertisedTable.APPLICATION_INFORMATION, AdvertisedTable.COOKIE_MAP)
"""Tables whose records name no server, and so belong to who tells them; or may name any (ADV-3)."""


class SessionRounds:
    """The own server's records of Cookie Map, in the order in which they are told again.

    All of a full table every 10 s would be megabytes, and every receiver would spend seconds on them. So it is one
    frame a second, for who waited longest, and nobody more often than every 10 s: a small table is told as ADV-2 wants,
    a full one within half an hour. Who is new was told on change, and comes first once more, lest that frame was lost.
    """

    def __init__(self, cookie_ids: Iterable[str]) -> None:
        self._due: OrderedDict[str, float] = OrderedDict.fromkeys(cookie_ids, -math.inf)

    def begin(self, cookie_id: str) -> None:
        """A session is new."""
        self._due[cookie_id] = -math.inf
        self._due.move_to_end(cookie_id, last=False)

    def end(self, cookie_id: str) -> None:
        """It is none of this server's any more."""
        self._due.pop(cookie_id, None)

    def waiting(self, now: float) -> Iterator[str]:
        """Those whose turn it is, in order."""
        for cookie_id, due in self._due.items():
            if due > now:
                return
            yield cookie_id

    def told(self, cookie_id: str, due: float) -> None:
        """It was told, and is so again when it is due."""
        self._due[cookie_id] = due
        self._due.move_to_end(cookie_id)


class Advertiser:
    """Tells the others of the own server, and believes what they tell of theirs.

    emit     called with each frame for the second LAN
    enabled  whether anything is told; what others tell is read all the same

    Times are seconds of the router's clock.
    """

    def __init__(
        self,
        settings: Settings,
        knowledge: Knowledge,
        discards: Discards,
        emit: Callable[[bytes], None],
        *,
        enabled: bool,
    ) -> None:
        self._settings = settings
        self._knowledge = knowledge
        self._discards = discards
        self._emit = emit
        self._tells = self._enabled = enabled
        self._own = settings.address
        self._peer_macs = frozenset(settings.peers.values())
        self._ethernet = BroadcastEthernetHeader(source=settings.second_mac, type=settings.ether_type)
        self._sessions = SessionRounds(entry.cookie_id for entry in knowledge.cookies.told_by(self._own))
        self._state_due = self._tables_due = -math.inf

    # What others tell

    def receive(self, octets: bytes, frame_source: Mac, now: float) -> None:
        """Take a broadcast frame of the second LAN with type 0x80, or discard it silently.

        One with any value that ADV-1 does not allow is discarded whole; of others each record is judged by itself.
        """
        if frame_source not in self._peer_macs:  # SEC-1; reading a frame costs more than any other step here
            self._discards.because(Discard.UNKNOWN_PEER)
            return
        try:
            packet = decode(octets, self._settings.ether_type)
        except DecodeError as error:
            self._discards.because(DISCARD_OF_REQUIREMENT.get(error.requirement, Discard.ADVERTISEMENT))
            return
        server = packet.header.source_ip
        if next(violations(packet), None) is not None:
            self._discards.because(Discard.ADVERTISEMENT)
        elif server == self._own or self._settings.peers.get(server) != frame_source:
            self._discards.because(Discard.UNKNOWN_PEER)
        else:
            self._take(packet, server, now)

    def _take(self, packet: TableAdvertisement, server: IPv4, now: float) -> None:
        table = AdvertisedTable(packet.table_header.table)
        for record in packet.records:
            if packet.table_header.operation == Operation.PUT:
                self._put(table, record, server, now)
            else:
                self._delete(table, record, server)

    def _put(self, table: AdvertisedTable, record: Any, server: IPv4, now: float) -> None:
        known = self._knowledge.advertised[table]
        if table not in _OF_ANY_SERVER and record.server_ip != server:
            self._discards.because(Discard.NOT_ITS_OWN)
        elif self._is_own_word(table, record):
            return
        elif not known.put(record, server, now):
            self._discards.because(Discard.KNOWLEDGE_FULL)

    def _is_own_word(self, table: AdvertisedTable, record: Any) -> bool:
        """Whether the own server has just that session: it stays its own word, to be told again and not to age."""
        known = self._knowledge.cookies.get(record.cookie_id) if table is AdvertisedTable.COOKIE_MAP else None
        return known is not None and (known.record, known.server) == (record, self._own)

    def _delete(self, table: AdvertisedTable, record: Any, server: IPv4) -> None:
        known = self._knowledge.advertised[table]
        key = known.key(record, server)
        held = known.get(key)
        if table is AdvertisedTable.COOKIE_MAP:
            # The key names no server. Who neither keeps the session nor told of it may mean one of earlier.
            believed = held is None or server in (held.server, held.record.server_ip)
        else:
            believed = table in _OF_ANY_SERVER or record.server_ip == server
        if believed:
            known.delete(key)
        else:
            self._discards.because(Discard.NOT_ITS_OWN)

    # What is known of the own server

    def set_state(self, figures: Figures, tcp_connections: int) -> None:
        """Enter how busy the own server is; the others hear of it when they next hear anything.

        tcp_connections  number of those that are established
        """
        state = ServerState(
            server_ip=self._own,
            tcp_connections=tcp_connections,
            cpu_utilization=figures.cpu_utilization,
            available_memory=figures.available_memory,
            available_bandwidth=figures.available_bandwidth,
        )
        self._knowledge.server_state.put(state, self._own)
        applications = self._knowledge.applications
        for one in applications.told_by(self._own):
            if one.process_id in figures.processes:
                applications.put(replace(one, cpu_utilization=figures.processes[one.process_id]), self._own)

    def changed(self, table: AdvertisedTable, put: Iterable[Any] = (), deleted: Iterable[Any] = ()) -> None:
        """Enter, and tell at once, what is new about the own server (ADV-2).

        put      records; one for which the table has no room is not told either (TAB-4)
        deleted  records, or their key records
        """
        entered = [record for record in put if self._enter(table, record)]
        keys = [_key_record(table, record) for record in deleted]
        for key in keys:
            self._remove(table, key)
        if self._tells:
            self._send(table, Operation.PUT, entered)
            self._send(table, Operation.DELETE, keys)

    def _enter(self, table: AdvertisedTable, record: Any) -> bool:
        if not self._knowledge.advertised[table].put(record, self._own):
            self._discards.because(Discard.KNOWLEDGE_FULL)
            return False
        if table is AdvertisedTable.COOKIE_MAP and self._enabled:
            self._sessions.begin(record.cookie_id)
        return True

    def _remove(self, table: AdvertisedTable, key: Any) -> None:
        known = self._knowledge.advertised[table]
        known.delete(known.key(key, self._own))
        if table is AdvertisedTable.COOKIE_MAP:
            self._sessions.end(key.cookie_id)

    # Telling

    def stop(self) -> None:
        """The own server takes no one new: its sockets are taken back, and it falls silent.

        The others so stop choosing it within 3 s even if they lose these frames (ADV-2); its connections go on.
        """
        if not self._tells:
            return
        for table in _LISTENING:
            sockets = self._knowledge.advertised[table].told_by(self._own)
            self._send(table, Operation.DELETE, [_key_record(table, socket) for socket in sockets])
        self._tells = False

    def resume(self) -> None:
        """It takes part again: everything is told anew at the next `handle_timeout`, which is due at once."""
        if self._enabled and not self._tells:
            self._tells = True
            self._state_due = self._tables_due = -math.inf

    def next_timeout(self) -> float | None:
        """When `handle_timeout` is due; before its first call that is at once, minus infinity."""
        forgets = self._knowledge.next_timeout()
        if not self._tells:
            return forgets
        return min(self._state_due, self._tables_due, math.inf if forgets is None else forgets)

    def handle_timeout(self, now: float) -> None:
        """Tell what is due, and forget what others should have told again; too early is harmless."""
        self._knowledge.forget(now)
        scale = self._settings.timer_scale
        if self._tells and now >= self._state_due:
            self._state_due = now + STATE_PERIOD * scale
            self._tell(AdvertisedTable.SERVER_STATE)
            self._tell_sessions(now, now + TABLE_PERIOD * scale)
        if self._tells and now >= self._tables_due:
            self._tables_due = now + TABLE_PERIOD * scale
            for table in _WHOLE:
                self._tell(table)

    def _tell(self, table: AdvertisedTable) -> None:
        self._send(table, Operation.PUT, self._knowledge.advertised[table].told_by(self._own))

    def _tell_sessions(self, now: float, due: float) -> None:
        """One frame of sessions, which are due again later."""
        batch: list[Any] = []
        room = self._room
        for cookie_id in list(islice(self._sessions.waiting(now), room)):
            known = self._knowledge.cookies.get(cookie_id)
            if known is None or known.server != self._own:  # another server has said that it keeps it
                self._sessions.end(cookie_id)
                continue
            room -= len(build(known.record))
            if room < 0:
                break
            batch.append(known.record)
            self._sessions.told(cookie_id, due)
        self._send(AdvertisedTable.COOKIE_MAP, Operation.PUT, batch)

    def _send(self, table: AdvertisedTable, operation: Operation, records: Iterable[Any]) -> None:
        for batch in self._batches(records):
            packet = table_advertisement(
                self._ethernet, self._own, table, operation, batch, mtu=self._settings.second_mtu
            )
            self._emit(ethernet.pad(encode(packet)))

    def _batches(self, records: Iterable[Any]) -> Iterator[list[Any]]:
        """As few frames' records, in order, as they fit into one after the other."""
        batch: list[Any] = []
        room = self._room
        for record in records:
            size = len(build(record))
            if size > self._room:
                self._discards.because(Discard.RECORD_TOO_LARGE)
                continue
            if size > room:
                yield batch
                batch, room = [], self._room
            batch.append(record)
            room -= size
        if batch:
            yield batch

    @property
    def _room(self) -> int:
        """Octets of records in one frame."""
        return self._settings.second_mtu - _HEADERS


def _key_record(table: AdvertisedTable, record: Any) -> Any:
    """The key record of a record, or of a key record."""
    made_of = TABLES[table]
    return made_of.key_record(**{name: getattr(record, name) for name in made_of.key})
