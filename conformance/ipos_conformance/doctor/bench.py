"""The bench of a target file: this machine, and the interfaces on which the suite stands."""

from collections.abc import Iterator

from ipos_conformance.doctor import interfaces, machine
from ipos_conformance.doctor.facts import interface_facts, machine_facts
from ipos_conformance.doctor.finding import Finding
from ipos_conformance.doctor.settings import Change
from ipos_conformance.target import Target


def looked_over(target: Target, *, force: bool) -> Iterator[Finding]:
    """Findings about both. force: the operator means to stand on a default route's interface."""
    yield from machine.judged(machine_facts(), target.target.interfaces)
    yield from _interfaces(target, force=force)


def repairs(target: Target) -> list[Change]:
    """What would put the interfaces right."""
    return [finding.repair for finding in _interfaces(target, force=True) if finding.repair is not None]


def _interfaces(target: Target, *, force: bool) -> Iterator[Finding]:
    """Only of those that are there; what a run makes itself, it makes as it should be."""
    if target.target.interfaces == "existing":
        for wanted in interfaces.expected(target):
            yield from interfaces.judged(interface_facts(wanted.interface), wanted, force=force)
