"""What a target can do, found by running a case of each optional feature as if all were claimed."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ipos_conformance.bench.launch import bench
from ipos_conformance.case import Case, all_cases, cases_of
from ipos_conformance.dut import Dut
from ipos_conformance.errors import BenchError
from ipos_conformance.findings.results import CaseResult
from ipos_conformance.runs import probe_cases
from ipos_conformance.runs.engine import Engine
from ipos_conformance.runs.run import ready_or_why_not, reset
from ipos_conformance.target import Target
from ipos_conformance.verdicts import Verdict

PROBES = {
    "origin": "choice/request-for-another-server-makes-a-connection-packet",
    "udp": "datagram-target/datagrams-of-a-client-that-was-handed-over-are-answered",
    "moves_on": "moving-on/connection-moves-at-its-next-request/its-own",
    "allow_list": "strangers/stranger-s-connection-packet-is-discarded",
    "advertises": "probe-cases/server-state-is-advertised",
}
"""By key of [pics]: the case that passes where the feature is there."""
_NOT_PROBED = "not probed: it is as the file said"
_ADVERTISEMENT = 0x80


@dataclass(frozen=True)
class Claim:
    """A key of [pics].

    value     what it should say
    evidence  one line: what was seen, or why it stays as it is
    is_open   whether it could not be judged, though it was tried
    """

    name: str
    value: bool | tuple[int, ...]
    evidence: str
    is_open: bool = False


def probe(target: Target, log: Path, *, force: bool = False) -> list[Claim]:
    """A claim for each key of [pics]. Raises BenchError where the target does not answer at all.

    This process ends up in a private namespace unless the interfaces are "existing".
    """
    identity = target.target
    launch, prepare = (tuple(target.command(one, identity.configuration)) for one in (identity.launch, identity.reset))
    everything = target.model_copy(update={"pics": target.pics.model_copy(update=dict.fromkeys(PROBES, True))})
    with bench(everything, launch, log, force=force) as place:
        reset(prepare)
        dut = Dut(everything, place.ports, time.time_ns(), place.target_end, target.timing.scale)
        unready = ready_or_why_not(dut, target.timing.start)
        if unready:
            raise BenchError(f"{unready}; `ipos-conformance doctor` says why")
        found = Engine(dut, "probe", lambda _: None, time.monotonic()).run(_cases())
    return _claims(target, {result.id: result for result in found})


def with_claims(text: str, claims: Sequence[Claim]) -> str:
    """A target file's text with these claims in its table [pics]. Everything else stays as its author wrote it."""
    lines = text.splitlines(keepends=True)
    start = next((n for n, line in enumerate(lines) if line.split("#")[0].strip() == "[pics]"), None)
    if start is None:
        return f"{text.rstrip()}\n\n{_table(claims)}"
    end = next((n for n in range(start + 1, len(lines)) if lines[n].startswith("[")), len(lines))
    while end > start + 1 and lines[end - 1].split("#")[0].strip() == "":
        end -= 1  # empty lines and comments there belong to what follows
    return "".join((*lines[:start], _table(claims), *lines[end:]))


def _cases() -> list[Case]:
    known = {case.id: case for case in (*all_cases(), *cases_of(probe_cases))}
    return [known[name] for name in PROBES.values()]


def _claims(target: Target, found: dict[str, CaseResult]) -> list[Claim]:
    claims = []
    for name, value in target.pics.model_dump().items():
        if name in PROBES:
            claims.append(_claim(name, bool(value), found[PROBES[name]]))
        elif name == "extensions":
            claims.append(_extensions(tuple(value), advertises=found[PROBES["advertises"]].verdict is Verdict.PASS))
        else:
            claims.append(Claim(name, value, _NOT_PROBED))
    return claims


def _claim(name: str, claimed: bool, result: CaseResult) -> Claim:
    if result.verdict is Verdict.PASS:
        return Claim(name, True, f"seen: {result.id} passed")
    if result.verdict in (Verdict.FAIL, Verdict.WARN):
        return Claim(name, False, f"not seen: {result.id} got {result.actual[0]}")
    if result.verdict is Verdict.NOT_APPLICABLE:
        return Claim(name, False, f"can't be seen: {result.reason}")
    return Claim(name, claimed, f"could not be judged, so it is as the file said: {result.reason}", is_open=True)


def _extensions(known: tuple[int, ...], *, advertises: bool) -> Claim:
    if advertises and _ADVERTISEMENT not in known:
        return Claim("extensions", (*known, _ADVERTISEMENT), "seen: it sends type 0x80")
    return Claim("extensions", known, _NOT_PROBED)


def _table(claims: Sequence[Claim]) -> str:
    lines = ["[pics]   # as `ipos-conformance probe` saw it; correct what you claim all the same\n"]
    for claim in claims:
        comment = "".join(one if one.isprintable() else " " for one in claim.evidence)
        lines.append(f"{claim.name} = {_toml(claim.value)}   # {comment[:160]}\n")
    return "".join(lines)


def _toml(value: bool | tuple[int, ...]) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"[{', '.join(f'0x{one:02x}' for one in value)}]"
