"""Findings about one interface that is there, by what the target file expects of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from ipos_conformance.bench.ethtool import Offload
from ipos_conformance.doctor.facts import InterfaceFacts
from ipos_conformance.doctor.finding import Finding, fault, note, unknown, well
from ipos_conformance.doctor.settings import Change, Kind, Setting
from ipos_conformance.frames import Lan
from ipos_conformance.target import Target

_JOINING = (Offload.GRO, Offload.LRO)


@dataclass(frozen=True)
class Expected:
    """What a target file wants of the interface on one LAN.

    key      table of the target file that names it
    played   IPv4 addresses that the suite plays there, and MACs by the key that gives them
    """

    lan: Lan
    key: str
    interface: str
    mtu: int
    played: tuple[IPv4Address, ...]
    clients: IPv4Network | None
    macs: dict[str, bytes]


def expected(target: Target) -> tuple[Expected, Expected]:
    """Of both LANs."""
    clients, peers = target.suite.client_network, target.peer
    first = Expected(
        Lan.FIRST,
        "first_lan",
        target.first_lan.interface,
        target.first_lan.mtu,
        (IPv4Address(target.router.gateway),),
        clients,
        {"suite.gateway_mac": target.suite.gateway_mac},
    )
    second = Expected(
        Lan.SECOND,
        "second_lan",
        target.second_lan.interface,
        target.second_lan.mtu,
        tuple(IPv4Address(peer.address) for peer in peers),
        None,
        {f"the MAC of [[peer]] {number}": peer.mac for number, peer in enumerate(peers, 1)},
    )
    return first, second


def judged(facts: InterfaceFacts | None, wanted: Expected, *, force: bool) -> Iterator[Finding]:
    """Findings, the gravest first. force: the operator means to stand on a default route's interface."""
    subject, name = str(wanted.lan), wanted.interface
    if facts is None:
        yield fault(
            subject,
            f"there is no interface {name}",
            f"Write the right name into {wanted.key}.interface; `ip -brief link` lists those that there are.",
        )
        return
    yield _default_route(facts, subject, force=force)
    yield _master(facts, subject)
    yield from _up(facts, subject)
    yield _mtu(facts, wanted)
    yield from _offloads(facts, subject)
    yield from _addresses(facts, wanted)
    yield from _own_mac(facts, wanted)
    yield _ipv6(facts, subject)
    yield _counters(facts, subject)


def _default_route(facts: InterfaceFacts, subject: str, *, force: bool) -> Finding:
    if facts.default_route and force:
        return note(subject, f"{facts.name} carries this machine's default route, and --force means it")
    if facts.default_route:
        return fault(
            subject,
            f"{facts.name} carries this machine's default route, expected an interface of the test bed's own",
            "Stand on another interface; `run --force` would put test traffic on this one all the same.",
        )
    return well(subject, f"{facts.name} (driver {facts.driver}) carries no default route")


def _master(facts: InterfaceFacts, subject: str) -> Finding:
    if facts.master:
        return fault(
            subject,
            f"{facts.name} belongs to {facts.master}, which takes its frames away and adds its own",
            f"Take it out: `ip link set {facts.name} nomaster`.",
        )
    return well(subject, f"{facts.name} belongs to no bridge or bond")


def _up(facts: InterfaceFacts, subject: str) -> Iterator[Finding]:
    if not facts.is_up:
        repair = _change(facts, "up", 1)
        yield fault(subject, f"{facts.name} is down, expected up", f"Set it up: `{repair.command}`.", repair)
        yield unknown(subject, f"whether {facts.name} has a carrier shows only when it is up")
    elif not facts.carrier:
        yield fault(
            subject,
            f"{facts.name} has no carrier, expected a cable to a device that is on",
            "Plug the cable in, switch the device on, or set the other end up.",
        )
    else:
        yield well(subject, f"{facts.name} is up and has a carrier")


def _mtu(facts: InterfaceFacts, wanted: Expected) -> Finding:
    subject = str(wanted.lan)
    if facts.mtu >= wanted.mtu:
        return well(subject, f"the MTU of {facts.name} is {facts.mtu}, at least the target file's {wanted.mtu}")
    says = f"the MTU of {facts.name} is {facts.mtu}, expected at least {wanted.mtu} because of {wanted.key}.mtu"
    if facts.largest_mtu < wanted.mtu:
        return fault(subject, f"{says}; its driver allows {facts.largest_mtu}", "Use another interface for this LAN.")
    repair = _change(facts, "mtu", wanted.mtu)
    return fault(subject, says, f"Enlarge it: `{repair.command}`.", repair)


def _offloads(facts: InterfaceFacts, subject: str) -> Iterator[Finding]:
    joining = [one for one in _JOINING if one in facts.offloads]
    for offload in joining:
        repair = _change(facts, "offload", 0, offload)
        yield fault(
            subject,
            f"{offload} of {facts.name} is on: it joins segments, so that we would not see what was on the wire",
            f"Switch it off: `{repair.command}`.",
            repair,
        )
    for offload in sorted(facts.offloads - set(_JOINING) - {Offload.RX}):
        repair = _change(facts, "offload", 0, offload)
        yield note(
            subject,
            f"{offload} of {facts.name} is on: our whole frames don't use it, other programs' frames do",
            f"Switch it off if in doubt: `{repair.command}`.",
            repair,
        )
    if not joining:
        yield well(subject, f"no offload of {facts.name} joins received segments")


def _addresses(facts: InterfaceFacts, wanted: Expected) -> Iterator[Finding]:
    """Where this machine owns an address that the suite plays, two stations answer ARP for it."""
    subject, found = str(wanted.lan), False
    for address in facts.addresses:
        if _is_played(address.ip, wanted):
            found = True
            repair = _change(facts, "address", 0, str(address))
            yield fault(
                subject,
                f"this machine itself has {address} on {facts.name}, an address that the suite plays: "
                "its kernel would answer, too",
                f"Take it away: `{repair.command}`.",
                repair,
            )
    if any(_is_played(address.ip, wanted) for address in facts.elsewhere) and not facts.sysctls["ipv4.arp_ignore"]:
        found = True
        repair = _change(facts, "sysctl", 1, "ipv4.arp_ignore")
        yield fault(
            subject,
            "this machine has an address that the suite plays on another interface, and its kernel answers ARP for it "
            f"on {facts.name}, too",
            f"Let it not: `{repair.command}`.",
            repair,
        )
    if not found:
        yield well(subject, f"the kernel answers on {facts.name} for no address that the suite plays")


def _own_mac(facts: InterfaceFacts, wanted: Expected) -> Iterator[Finding]:
    for key, mac in wanted.macs.items():
        if mac == facts.mac and facts.sysctls["ipv4.forwarding"]:
            repair = _change(facts, "sysctl", 0, "ipv4.forwarding")
            yield fault(
                str(wanted.lan),
                f"{key} is the MAC of {facts.name} itself, and this machine forwards what it gets",
                f"Let it not: `{repair.command}`; or give the suite another MAC.",
                repair,
            )


def _ipv6(facts: InterfaceFacts, subject: str) -> Finding:
    if facts.sysctls["ipv6.disable_ipv6"]:
        return well(subject, f"IPv6 is off on {facts.name}")
    repair = _change(facts, "sysctl", 1, "ipv6.disable_ipv6")
    return note(
        subject,
        f"IPv6 is on on {facts.name}: this machine announces itself to the target",
        f"Switch it off if that disturbs: `{repair.command}`.",
        repair,
    )


def _counters(facts: InterfaceFacts, subject: str) -> Finding:
    bad = {name: count for name, count in facts.counters.items() if count}
    if bad:
        counted = ", ".join(f"{name} {count}" for name, count in bad.items())
        return note(subject, f"{facts.name} has lost frames before now: {counted}", "See whether the numbers grow.")
    return well(subject, f"{facts.name} has lost no frame and seen no bad one")


def _is_played(address: IPv4Address, wanted: Expected) -> bool:
    return address in wanted.played or (wanted.clients is not None and address in wanted.clients)


def _change(facts: InterfaceFacts, kind: Kind, value: int, name: str = "") -> Change:
    return Change(setting=Setting(interface=facts.name, kind=kind, name=name), value=value)
