"""ICMP (RFC 792, 1122): what the target may tell a client, each message about something that the client has sent."""

from collections.abc import Callable

from ipos_spec.checksum import verifies

from ipos_fuzz.oracles.connections import Connection
from ipos_fuzz.oracles.datagrams import Datagrams
from ipos_fuzz.oracles.facts import Facts
from ipos_fuzz.oracles.flows import Flow, FlowKey
from ipos_fuzz.oracles.memory import Memory
from ipos_fuzz.oracles.parsing import ICMP, TCP, UDP, IpPacket

Problem = tuple[str, str]

_ECHO_REPLY, _ECHO, _UNREACHABLE, _EXCEEDED, _PARAMETER = 0, 8, 3, 11, 12
_PORT, _TOO_LARGE = 3, 4
_ENCAPSULATION = 16
_MANY = 256

Known = Callable[[int, FlowKey], tuple[Flow | None, bool]]
"""From an IP protocol and a client's and a server's address to what is known, and whether all of it is."""


class ControlMessages:
    """Echo requests that each client has sent."""

    def __init__(self, facts: Facts, bound: int, *, fresh: bool) -> None:
        self._facts = facts
        self._asked: Memory[tuple[int, int], _Asked] = Memory(_Asked, bound, fresh=fresh)

    def hear(self, packet: IpPacket, refusal: str) -> None:
        """An ICMP message of a client's."""
        body = packet.octets[packet.header :]
        if len(body) < 8 or body[0] != _ECHO:
            return
        known = self._asked.of((packet.source, packet.destination))
        if refusal or packet.flaw or not verifies(body):
            known.refusal = refusal or "NBR-2"
            return
        known.echoes.add(hash(body[4:]))
        if len(known.echoes) > _MANY:
            known.is_new = False
            known.echoes.clear()

    def judge(self, packet: IpPacket, known: Known) -> Problem | None:
        """What is wrong with an ICMP message that the target has sent to a client."""
        body = packet.octets[packet.header :]
        if packet.flaw or len(body) < 8 or not verifies(body):
            return "NBR-2", "an ICMP message that the client has to discard"
        if body[0] == _ECHO_REPLY:
            return self._judge_reply(packet, body)
        if body[0] in (_UNREACHABLE, _EXCEEDED, _PARAMETER):
            return self._judge_error(packet, body, known)
        return None

    def _judge_reply(self, packet: IpPacket, body: bytes) -> Problem | None:
        key = packet.destination, packet.source
        asked = self._asked.get(key)
        if asked is None:
            return ("NBR-2", "an echo reply without request") if self._asked.is_new(key) else None
        if asked.is_new and hash(body[4:]) not in asked.echoes:
            return asked.refusal or "NBR-2", "an echo reply that repeats no request"
        return None

    def _judge_error(self, packet: IpPacket, body: bytes, known: Known) -> Problem | None:
        quoted = body[8:]
        header = (quoted[0] & 15) * 4 if quoted else 0
        if len(quoted) < header + 8 or header < 20:
            return "NBR-2", "an ICMP error that quotes less than a header and 8 octets"
        source, destination = (int.from_bytes(quoted[at : at + 4], "big") for at in (12, 16))
        if source != packet.destination:
            return "NBR-2", "an ICMP error about a packet that its receiver has not sent"
        protocol = quoted[9]
        if protocol == ICMP or protocol not in (TCP, UDP):
            return None
        ports = [int.from_bytes(quoted[header + at : header + at + 2], "big") for at in (0, 2)]
        flow, is_complete = known(protocol, (source, ports[0], destination, ports[1]))
        if flow is None:
            return ("NBR-2", "an ICMP error about a packet that was not sent") if is_complete else None
        if not flow.is_new or body[0] != _UNREACHABLE:
            return None
        if body[1] == _TOO_LARGE:
            return self._judge_size(quoted, flow)
        if body[1] == _PORT and isinstance(flow, Datagrams) and not flow.asked:
            return flow.refusal or "UDP-2", "port unreachable for a datagram that only another router passed on"
        if isinstance(flow, Connection) and not flow.answerable and not flow.syns:
            return flow.refusal or "ORG-1", "an ICMP error about a packet that must be discarded"
        return None

    def _judge_size(self, quoted: bytes, flow: Flow) -> Problem | None:
        if not quoted[6] & 0x40:
            return "MTU-1", "fragmentation needed for a packet without DF"
        if int.from_bytes(quoted[2:4], "big") + _ENCAPSULATION <= self._facts.second_mtu or not flow.attempts:
            return "MTU-1", "fragmentation needed for a packet that fits"
        return None


class _Asked:
    """One client's echo requests to one address."""

    def __init__(self, is_new: bool) -> None:
        self.is_new = is_new
        self.echoes: set[int] = set()
        self.refusal = ""
