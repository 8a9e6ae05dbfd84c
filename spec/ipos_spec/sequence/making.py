"""From a conversation to what its diagram shows: lifelines, messages, and runs of like messages as one."""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from ipos_spec.addresses import IPv4, Mac, ipv4_text, mac_text
from ipos_spec.encapsulation import Protocol
from ipos_spec.exchanges.values import FIRST_LAN, SECOND_LAN
from ipos_spec.packets import Acknowledgement, ConnectionPacket
from ipos_spec.sequence.conversations import Conversation
from ipos_spec.sequence.frames import Frame, IpPacket
from ipos_spec.sequence.values import Kind, Message, Names, Participant, Role, Sequence

_LONGEST_RUN = 6
"""So many plain data segments and acknowledgements in a row are shown one by one."""

MOST = 120
"""Messages of a diagram; of more, those in the middle are left out."""


class _Party(NamedTuple):
    """Somebody in a conversation: the client, an edge router by its MAC, a router by its address or else its MAC."""

    role: Role
    identity: Mac | IPv4 | None = None


@dataclass(frozen=True, slots=True)
class _Draft:
    frame: Frame
    lan: str
    way: tuple[_Party, ...]
    kind: Kind
    label: str

    @property
    def bulk(self) -> IpPacket | None:
        """The packet, if it is one of many like it."""
        ip = self.frame.ip
        return ip if ip is not None and ip.is_bulk else None


def sequence(talk: Conversation, names: Names | None = None, most: int = MOST) -> Sequence:
    """What a diagram of a conversation shows. names: of people's own, for MAC or IPv4 addresses."""
    drafts = list(_Parties(talk).drafts())
    parties = sorted(dict.fromkeys(party for draft in drafts for party in draft.way), key=_place)
    places = {party: place for place, party in enumerate(parties)}
    participants = tuple(Participant(_name(party, talk, names or {}), party.role) for party in parties)
    messages = [message for run in _runs(drafts) for message in _folded(run, places)]
    return Sequence(talk.client, talk.server, participants, tuple(_bounded(messages, most)))


def line(message: Message, within: Sequence) -> str:
    """A message in a line of text: milliseconds since the first one, LAN, way, label."""
    since = (message.time_ns - within.messages[0].time_ns) / 1e6
    way = " -> ".join(within.participants[place].name for place in message.way)
    return f"{since:9.1f} ms  {message.lan:<10}  {way}  {message.label}".rstrip()


class _Parties:
    """Finds out who sends each frame of a conversation, and who gets it (`stations` says how)."""

    def __init__(self, talk: Conversation) -> None:
        self._talk = talk
        self._holder = talk.server.ip
        self._routers: dict[Mac, IPv4] = {}
        self._edges: set[Mac] = set()
        self._passed_on = {(one.source, _copy(one.ip)) for one in talk.frames if one.packet is None and one.ip}
        addresses = talk.stations.addresses.items()
        self._router_addresses = {ip for mac, ip in addresses if talk.stations.speaks_ipos(mac)} | {talk.server.ip}

    def drafts(self) -> Iterator[_Draft]:
        """A message for each frame."""
        for one in self._talk.frames:
            if one.packet is not None or one.wrong:
                yield self._on_second_lan(one)
            elif one.ip is not None:
                yield self._on_first_lan(one, one.ip)

    def _on_second_lan(self, one: Frame) -> _Draft:
        way = self._ipos_router(one.source), self._ipos_router(one.destination)
        lan = one.captured.interface or SECOND_LAN
        match one.packet:
            case None:
                return _Draft(one, lan, way, Kind.WRONG, f"wrong: {one.wrong}")
            case Acknowledgement():
                self._holder = one.packet.header.destination_ip
                return _Draft(one, lan, way, Kind.ACKNOWLEDGEMENT, "acknowledgement")
            case packet if isinstance(packet, ConnectionPacket):
                label = f"{Protocol(packet.header.protocol).name} connection packet"
                return _Draft(one, lan, way, Kind.CONNECTION, label)
        return _Draft(one, lan, way, Kind.PACKET, f"packet: {one.ip.says if one.ip is not None else '?'}")

    def _on_first_lan(self, one: Frame, ip: IpPacket) -> _Draft:
        lan = one.captured.interface or FIRST_LAN
        if ip.source == self._talk.client:
            way = self._from_client(one)
        elif (one.destination, _copy(ip)) in self._passed_on:
            way = self._sender(one.source), _Party(Role.EDGE_ROUTER, one.destination)
        else:
            way = self._sender(one.source), *self._to_client(one.destination)
        return _Draft(one, lan, way, Kind.ORDINARY, ip.says)

    def _from_client(self, one: Frame) -> tuple[_Party, ...]:
        if self._talk.stations.address(one.source) != self._talk.client.ip:
            self._edges.add(one.source)
        if not self._is_edge(one.destination):
            self._routers.setdefault(one.destination, self._talk.server.ip)
        return *reversed(self._to_client(one.source)), self._sender(one.destination)

    def _to_client(self, mac: Mac) -> tuple[_Party, ...]:
        """Who stands between the first LAN and the client: nobody, if the client is on it itself."""
        client = _Party(Role.CLIENT)
        if self._talk.stations.address(mac) == self._talk.client.ip:
            return (client,)
        self._edges.add(mac)
        return _Party(Role.EDGE_ROUTER, mac), client

    def _is_edge(self, mac: Mac) -> bool:
        known = self._talk.stations.address(mac)
        return mac in self._edges or (known is not None and known not in self._router_addresses)

    def _sender(self, mac: Mac) -> _Party:
        """Who has this MAC address on the first LAN."""
        if mac not in self._routers and self._is_edge(mac):
            return _Party(Role.EDGE_ROUTER, mac)
        known = self._talk.stations.address(mac)
        if known in self._router_addresses and known is not None:
            return self._router(known)
        return self._router(self._routers.setdefault(mac, self._holder))

    def _ipos_router(self, mac: Mac) -> _Party:
        """Who has this MAC address on the second LAN; who has never said so is whom the client has addressed."""
        known = self._talk.stations.address(mac) or self._routers.get(mac)
        if known is None and self._talk.server.ip not in self._talk.stations.addresses.values():
            known = self._routers.setdefault(mac, self._talk.server.ip)
        return self._router(known) if known is not None else _Party(Role.TARGET, mac)

    def _router(self, address: IPv4) -> _Party:
        return _Party(Role.ORIGIN if address == self._talk.server.ip else Role.TARGET, address)


def _copy(ip: IpPacket) -> tuple[object, ...]:
    return ip.source, ip.destination, ip.identity


def _place(party: _Party) -> int:
    return list(Role).index(party.role)


def _name(party: _Party, talk: Conversation, names: Names) -> str:
    known = talk.stations.addresses
    match party.role, party.identity:
        case Role.CLIENT, _:
            plain = f"client {ipv4_text(talk.client.ip)}:{talk.client.port}"
            return names.get(talk.client.ip, plain)
        case Role.EDGE_ROUTER, bytes(mac):
            return names.get(mac) or names.get(known.get(Mac(mac), 0)) or f"edge router {mac_text(mac)}"
        case _, bytes(mac):
            return names.get(mac) or f"router {mac_text(mac)}"
        case _, int(address):
            by_mac = next((names[mac] for mac, ip in known.items() if ip == address and mac in names), None)
            return by_mac or names.get(address) or f"router {ipv4_text(address)}"
    return "?"


# Runs


def _runs(drafts: Iterable[_Draft]) -> Iterator[list[_Draft]]:
    """Messages that are shown by themselves, and runs of those that are many and alike."""
    for is_bulk, run in itertools.groupby(drafts, key=lambda draft: draft.bulk is not None):
        found = list(run)
        if is_bulk and len(found) > _LONGEST_RUN:
            yield found
        else:
            yield from ([draft] for draft in found)


def _folded(run: list[_Draft], places: dict[_Party, int]) -> Iterator[Message]:
    """A run as one message for each way and kind; where each of them begins decides on their order."""
    groups: dict[tuple[object, ...], list[_Draft]] = {}
    for draft in run:
        carries = draft.bulk is not None and bool(draft.bulk.data)
        groups.setdefault((draft.lan, draft.way, draft.kind, carries), []).append(draft)
    for drafts in groups.values():
        first = drafts[0]
        yield Message(
            numbers=tuple(draft.frame.number for draft in drafts),
            time_ns=first.frame.time_ns,
            lan=first.lan,
            way=tuple(places[party] for party in first.way),
            label=first.label if len(drafts) == 1 else _of_many(drafts),
            kind=first.kind,
            comments=tuple(comment for draft in drafts[:1] for comment in draft.frame.captured.comments),
        )


def _of_many(drafts: list[_Draft]) -> str:
    octets = sum(len(draft.bulk.data) for draft in drafts if draft.bulk is not None)
    what = f"{len(drafts):,} segments, {octets:,} octets" if octets else f"{len(drafts):,} ACKs"
    return f"packets: {what}" if drafts[0].kind is Kind.PACKET else what


def _bounded(messages: list[Message], most: int) -> list[Message]:
    """The first and the last of them, where there are too many."""
    if len(messages) <= most:
        return messages
    head, tail = messages[: most * 2 // 3], messages[len(messages) - most // 3 :]
    left_out = messages[len(head) : len(messages) - len(tail)]
    numbers = tuple(number for message in left_out for number in message.numbers)
    label = f"{len(numbers):,} frames are left out here"
    return [
        *head,
        Message(numbers=numbers, time_ns=left_out[0].time_ns, lan="", way=(), label=label, kind=Kind.ORDINARY),
        *tail,
    ]
