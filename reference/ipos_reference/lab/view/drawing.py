"""The sequence diagram of an exchange: client, edge routers, origin, target, and what passed between them."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

from ipos_spec.addresses import BROADCAST_MAC
from ipos_spec.captures import CapturedFrame
from ipos_spec.exchanges.values import FIRST_LAN
from ipos_spec.sequence import conversations, sequence, svg

from ipos_reference import arp, ethernet
from ipos_reference.ethernet import Frame
from ipos_reference.lab import plan
from ipos_reference.lab.view.exchanges import Exchange

_NAMES: dict[bytes | int, str] = dict(chain(plan.by_mac().items(), plan.by_address().items()))


def _introductions() -> Iterator[CapturedFrame]:
    """Who has which MAC address: in ARP's words, since an exchange is read from a capture, which may have none."""
    addresses = {name: address for address, name in plan.by_address().items()}
    for mac, name in plan.by_mac().items():
        told = arp.build(arp.request(mac, addresses[name], addresses[name]))
        octets = ethernet.build(Frame(BROADCAST_MAC, mac, ethernet.ARP, told))
        yield CapturedFrame(octets=octets, original_length=len(octets), time_ns=None, interface=FIRST_LAN)


_INTRODUCTIONS = tuple(_introductions())


def diagram(found: Exchange) -> str:
    """An SVG whose messages name their frames by the numbers that they have here; empty without anything to draw."""
    talks = conversations([*_INTRODUCTIONS, *(one.frame for one in found.frames)])
    if not talks:
        return ""
    told = sequence(max(talks, key=lambda talk: len(talk.frames)), _NAMES)
    numbers = [one.number for one in found.frames]
    before = len(_INTRODUCTIONS) + 1
    messages = tuple(
        replace(message, numbers=tuple(numbers[place - before] for place in message.numbers))
        for message in told.messages
    )
    gap = f", {found.left_out:,} packets left out" if found.left_out else ""
    return svg(replace(told, messages=messages), f"Who sent what to whom{gap}")
