"""What is known of a client's datagrams to one server address, and whether the target may answer (UDP-1 to UDP-5)."""

from ipos_fuzz.oracles.facts import Facts
from ipos_fuzz.oracles.flows import Flow
from ipos_fuzz.oracles.parsing import Datagram

Problem = tuple[str, str]

_ENDPOINT = 90.0
"""Seconds of an endpoint without a datagram (UDP-3)."""


class Datagrams(Flow):
    """One client's datagrams to one server address.

    asked    whether a sound one has come on the first LAN
    last     when the last datagram passed, or the last connection packet
    offers   MACs from which valid connection packets for it have come
    speaks   whether a sound one has come from such a MAC, so that a migrated endpoint may answer (TGT-12)
    """

    def __init__(self, is_new: bool) -> None:
        super().__init__(is_new)
        self.asked = self.speaks = False
        self.offers: set[bytes] = set()
        self.last = 0.0

    def offer(self, mac: bytes, now: float) -> None:
        """A valid connection packet."""
        self.offers.add(mac)
        self.began_anew = True
        self.last = now

    def hear(self, mac: bytes, now: float, facts: Facts) -> None:
        """A sound datagram. mac: of who passes it on; empty on the first LAN."""
        if now > self.last + facts.at_most(_ENDPOINT):
            self.offers.clear()
            self.speaks = False
        if mac:
            self.speaks |= mac in self.offers
        self.last = now


def judge(flow: Datagrams, datagram: Datagram, now: float, facts: Facts) -> Problem | None:
    """What is wrong with a datagram that the target has sent to the client."""
    flow.last = now
    if datagram.flaw:
        return "UDP-3", "a datagram that the client has to discard"
    if flow.is_new and not flow.asked and not flow.speaks:
        if flow.offers:
            return "TGT-12", "a provisional endpoint speaks"
        return flow.refusal or "UDP-1", "a datagram that nothing asked for"
    attempt = flow.attempt
    if attempt is None or flow.began_anew:
        return None
    if attempt.must_wait(now, facts):
        return "ORG-8", "speaks to a client while it hands it over"
    if attempt.has_entry(now, facts, udp=True) and attempt.since is not None and now > attempt.since + facts.skew:
        return "ORG-8", "speaks to a client that was handed over"
    return None
