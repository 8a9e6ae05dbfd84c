"""Whether the target is where the target file says: who answers ARP for its address on each LAN, and with which MAC."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ipos_spec.addresses import Mac, ipv4_text, mac_text

from ipos_conformance.doctor.finding import Finding, fault, well
from ipos_conformance.dut import Dut
from ipos_conformance.frames import Direction, Lan, address
from ipos_conformance.target import Target

_ROUND = 0.3
_KEYS = {Lan.FIRST: "first_lan", Lan.SECOND: "second_lan"}


@dataclass(frozen=True)
class Presence:
    """What was heard on one LAN.

    answers  MACs that claim the router's address
    others   other IPv4 addresses that were heard, with their MACs
    """

    answers: frozenset[Mac]
    others: Mapping[str, str]


def look_for(dut: Dut, lan: Lan, seconds: float) -> Presence:
    """Ask for the router's address until somebody answers, up to ``seconds``."""
    dut.start_case(f"who answers on the {lan}")
    answers: set[Mac] = set()
    deadline = time.monotonic() + seconds
    while not answers and time.monotonic() < deadline:
        dut.ask_who_has(dut.address, lan)
        dut.traffic.collect_for(_ROUND)
        heard = [
            one for one in dut.traffic.evidence if one.direction is Direction.RECEIVED and one.lan is lan and one.arp
        ]
        answers = {Mac(one.source) for one in heard if address(one.arp.psrc) == dut.address}
    others = {one.arp.psrc: one.arp.hwsrc for one in heard if address(one.arp.psrc) not in (0, dut.address)}
    return Presence(frozenset(answers), others)


def judged(target: Target, heard: Mapping[Lan, Presence]) -> Iterator[Finding]:
    """What that says of the target file."""
    macs = {Lan.FIRST: target.first_lan.router_mac, Lan.SECOND: target.second_lan.router_mac}
    if not target.one_lan and _are_swapped(heard, macs):
        first, second = target.first_lan.interface, target.second_lan.interface
        yield fault(
            "target",
            f"the two LANs are swapped: the router answers with first_lan.router_mac on {second}",
            f"Exchange the cables of {first} and {second}, or the two `interface` in the target file.",
        )
        return
    if not any(presence.answers or presence.others for presence in heard.values()):
        yield _nobody_at_all(target)
        return
    for lan in Lan:
        yield _one(target, lan, heard[lan], macs[lan])


def found_macs(target: Target, heard: Mapping[Lan, Presence]) -> Target | None:
    """The target file with the MACs that really answered, to be examined on; None where that is not possible."""
    macs = {Lan.FIRST: target.first_lan.router_mac, Lan.SECOND: target.second_lan.router_mac}
    if _are_swapped(heard, macs) and not target.one_lan:
        return None
    if any(len(heard[lan].answers) != 1 for lan in Lan):
        return None
    (first,), (second,) = heard[Lan.FIRST].answers, heard[Lan.SECOND].answers
    return target.model_copy(
        update={
            "first_lan": target.first_lan.model_copy(update={"router_mac": first}),
            "second_lan": target.second_lan.model_copy(update={"router_mac": second}),
        }
    )


def _are_swapped(heard: Mapping[Lan, Presence], macs: Mapping[Lan, Mac]) -> bool:
    return macs[Lan.FIRST] in heard[Lan.SECOND].answers and macs[Lan.FIRST] not in heard[Lan.FIRST].answers


def _one(target: Target, lan: Lan, heard: Presence, wanted: Mac) -> Finding:
    key, router = _KEYS[lan], ipv4_text(target.router.address)
    interface = (target.first_lan if lan is Lan.FIRST else target.second_lan).interface
    if not heard.answers:
        return _nobody(lan, heard, interface, router)
    if len(heard.answers) > 1:
        found = " and ".join(sorted(mac_text(one) for one in heard.answers))
        return fault("target", f"on the {lan} {found} both answer ARP for {router}", "Take one of the stations away.")
    (found_mac,) = heard.answers
    if found_mac != wanted:
        return fault(
            "target",
            f"on the {lan} {router} has the MAC {mac_text(found_mac)}, expected {mac_text(wanted)} ({key}.router_mac)",
            f'Write `router_mac = "{mac_text(found_mac)}"` into [{key}], if this is the router that you mean.',
        )
    return well("target", f"on the {lan} {router} answers ARP with {key}.router_mac")


def _nobody(lan: Lan, heard: Presence, interface: str, router: str) -> Finding:
    says = f"on the {lan} nobody answers ARP for {router}"
    if heard.others:
        found = ", ".join(f"{host} ({mac})" for host, mac in sorted(heard.others.items()))
        return fault("target", f"{says}, but {found} was heard", "If that is the router, write it into router.address.")
    return fault(
        "target",
        f"{says}, and no other station was heard on {interface}",
        "See whether the cable goes into the right port, and whether the router is on that LAN, too.",
    )


def _nobody_at_all(target: Target) -> Finding:
    interfaces = " and ".join(dict.fromkeys((target.first_lan.interface, target.second_lan.interface)))
    return fault(
        "target",
        f"nobody answers ARP for {ipv4_text(target.router.address)}, and no other station was heard on {interfaces}",
        "See whether the device is on and runs ipOS, whether the cables go into the right ports, and whether "
        "router.address is true.",
    )
