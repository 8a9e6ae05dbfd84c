"""Findings about this machine, whatever the interfaces."""

from collections.abc import Iterator

from ipos_conformance.doctor.facts import MachineFacts
from ipos_conformance.doctor.finding import Finding, fault, note, unknown, well

_MACHINE = "machine"
_BUFFER = 1 << 20
"""Octets that hold what a target may send in one go while a case computes."""
_USUAL_LATENESS, _WORST_LATENESS = 0.002, 0.05
_STEADY_CLOCKS = ("tsc", "kvm-clock", "arch_sys_counter", "hyperv_clocksource_tsc_page", "timebase")


def judged(facts: MachineFacts, kind: str) -> Iterator[Finding]:
    """Findings for a target file whose `interfaces` is ``kind``."""
    yield _permission(facts, kind)
    if kind == "target":
        yield _tun(facts)
    if kind == "existing" and not facts.packet_sockets:
        yield _receive_buffer(facts)
    yield _clock(facts)
    yield _lateness(facts)
    yield _backlog(facts)


def _permission(facts: MachineFacts, kind: str) -> Finding:
    if kind != "existing":
        if facts.namespaces:
            what, _, advice = facts.namespaces.partition(": ")
            return fault(_MACHINE, f"{what}, expected one in which the run is private", _sentence(advice))
        return well(_MACHINE, "network namespaces of our own can be made")
    if facts.packet_sockets:
        return fault(
            _MACHINE,
            f"no packet sockets ({facts.packet_sockets}), expected the right to send and receive whole frames",
            "Run as root, or give the interpreter CAP_NET_RAW (and CAP_NET_ADMIN for --fix and a large buffer).",
        )
    return well(_MACHINE, "packet sockets can be opened")


def _tun(facts: MachineFacts) -> Finding:
    if facts.tun:
        what, _, advice = facts.tun.partition("; ")
        return fault(_MACHINE, f"{what}, expected a device that can be opened", _sentence(advice))
    return well(_MACHINE, "/dev/net/tun can be opened")


def _receive_buffer(facts: MachineFacts) -> Finding:
    says = f"the kernel gives our sockets a receive buffer of {facts.receive_buffer >> 10} KiB"
    if facts.receive_buffer < _BUFFER:
        return note(
            _MACHINE,
            f"{says}, expected at least {_BUFFER >> 10}: where frames are lost by it, cases are INCONCLUSIVE",
            "Run as root, or `sysctl -w net.core.rmem_max=16777216`.",
        )
    return well(_MACHINE, says)


def _clock(facts: MachineFacts) -> Finding:
    if not facts.clock:
        return unknown(_MACHINE, "the kernel does not say what its clock is")
    if facts.clock not in _STEADY_CLOCKS:
        return note(
            _MACHINE,
            f"the clock source is {facts.clock}, slow to read or coarse: times near a bound may be INCONCLUSIVE",
            "Where /sys/devices/system/clocksource/clocksource0/available_clocksource offers tsc, choose that.",
        )
    return well(_MACHINE, f"the clock source is {facts.clock}")


def _lateness(facts: MachineFacts) -> Finding:
    usual, worst = facts.lateness[len(facts.lateness) // 2], facts.lateness[-1]
    says = f"we are woken {usual * 1e3:.2f} ms too late as a rule, {worst * 1e3:.1f} ms at worst"
    if usual > _USUAL_LATENESS or worst > _WORST_LATENESS:
        return note(
            _MACHINE,
            f"{says}, expected {_USUAL_LATENESS * 1e3:.0f} and {_WORST_LATENESS * 1e3:.0f}: cases may be INCONCLUSIVE "
            "because of our own late sends",
            "End what else keeps this machine busy.",
        )
    return well(_MACHINE, says)


def _backlog(facts: MachineFacts) -> Finding:
    if facts.backlog_drops:
        return note(
            _MACHINE,
            f"the kernel has dropped {facts.backlog_drops} frames since it started because its backlog was full",
            "If the number grows during a run: `sysctl -w net.core.netdev_max_backlog=10000`.",
        )
    return well(_MACHINE, "the kernel's backlog has lost no frame since it started")


def _sentence(advice: str) -> str:
    return f"{advice[:1].upper()}{advice[1:]}."
