"""Examines a target over the wire, as a run would stand before it: first who is there, then what it serves."""

import time
from collections.abc import Iterator
from pathlib import Path

from ipos_conformance.bench.launch import Bench, bench
from ipos_conformance.doctor import presence, second_lan, services
from ipos_conformance.doctor.finding import Finding, State, fault, unknown
from ipos_conformance.dut import Dut
from ipos_conformance.errors import BenchError
from ipos_conformance.frames import Lan
from ipos_conformance.runs.run import reset
from ipos_conformance.target import Target

_ONE_IS_UP = 1.2
"""Seconds for which one looks for a router that was there before us."""


def examined(target: Target, log: Path, *, force: bool = False) -> Iterator[Finding]:
    """Findings about the target; this process ends up in a private namespace unless the interfaces are "existing"."""
    identity = target.target
    launch, prepare = (tuple(target.command(one, identity.configuration)) for one in (identity.launch, identity.reset))
    try:
        with bench(target, launch, log, force=force) as place:
            reset(prepare)
            yield from _on(target, place)
    except BenchError as error:
        yield fault("target", str(error), "Mend that first; nothing else about the target can be seen.")


def _on(target: Target, place: Bench) -> Iterator[Finding]:
    if not place.ports:
        yield fault("target", str(place.target_end()), "See what its command says in target.log.")
        return
    # A router that was not restarted may remember the clients of the last time: never the same seed twice.
    dut = Dut(target, place.ports, time.time_ns(), place.target_end)
    patience = _ONE_IS_UP if place.process is None else target.timing.start
    heard = {lan: presence.look_for(dut, lan, patience) for lan in Lan}
    yield from presence.judged(target, heard)
    seen = presence.found_macs(target, heard)
    if seen is None:
        yield unknown("target", "what it serves can be seen only when it answers on both LANs")
        return
    # A wrong MAC in the file is one mistake, and does not hide the others.
    yield from _served(Dut(seen, place.ports, time.time_ns(), place.target_end))


def _served(dut: Dut) -> Iterator[Finding]:
    answers = list(services.http(dut))
    yield from answers
    yield services.closed_port(dut)
    if any(finding.state is State.UNKNOWN for finding in answers):
        yield unknown("target", "the second LAN shows itself only when the HTTP port is served")
        return
    yield from services.echo(dut)
    acknowledged = list(second_lan.acknowledgements(dut))
    yield from acknowledged
    if all(finding.state is State.FAULT for finding in acknowledged):
        yield unknown("target", "what it migrates shows itself only when ipOS passes on the second LAN")
        return
    yield from second_lan.away(dut)
