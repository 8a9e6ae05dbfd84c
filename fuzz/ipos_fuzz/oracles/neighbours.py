"""Whom the target may take for a neighbour on the second LAN, and what it may say by ARP (RFC 826; NBR-1, TGT-11)."""

from ipos_conformance.frames import Lan
from ipos_spec.addresses import is_group_mac

from ipos_fuzz.oracles.facts import Facts

_ARP = slice(14, 42)
_REQUEST, _REPLY = 1, 2
_MANY = 4096

Problem = tuple[str, str]


class Neighbours:
    """Where each server's router is on the second LAN, by the target file and by what was told there."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._told: dict[int, set[bytes]] = {address: {mac} for address, mac in facts.peers.items()}
        self._too_many = False

    def tell(self, address: int, mac: bytes) -> None:
        """Somebody has said on the second LAN that an address is there; a router may believe it."""
        if is_group_mac(mac):
            return
        if address not in self._told and len(self._told) > _MANY:
            self._too_many = True
            return
        self._told.setdefault(address, set()).add(mac)

    def is_there(self, address: int, mac: bytes) -> bool:
        """Whether a router may take this MAC for that of the address's router."""
        return self._too_many or mac in self._told.get(address, ())

    def hear(self, lan: Lan, octets: bytes) -> None:
        """An ARP message that was sent to the target, or to all."""
        message = octets[_ARP]
        if len(message) == 28 and (lan is Lan.SECOND or self._facts.one_lan):
            self.tell(int.from_bytes(message[14:18], "big"), message[8:14])

    def judge(self, lan: Lan, octets: bytes) -> Problem | None:
        """What is wrong with an ARP message that the target has sent."""
        message = octets[_ARP]
        if len(message) < 28:
            return "NBR-1", "an ARP message that is cut off"
        operation = int.from_bytes(message[6:8], "big")
        mac, sender = message[8:14], int.from_bytes(message[14:18], "big")
        facts = self._facts
        if facts.is_somebody_else(sender):
            return ("TGT-11", "asks in another's name") if operation == _REQUEST else ("NBR-1", "answers for another")
        right = facts.first_mac if lan is Lan.FIRST else facts.second_mac
        if sender == facts.address and operation in (_REQUEST, _REPLY) and not facts.is_own(mac, right):
            return "NBR-1", "tells another MAC than this LAN's"
        return None
