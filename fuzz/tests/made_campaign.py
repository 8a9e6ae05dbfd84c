"""A campaign's folder for tests of what is made of it: two findings, doubts, troubles, and texts from a bad target."""

from collections import Counter
from pathlib import Path

from ipos_conformance.findings.evidence import evidence
from ipos_conformance.findings.results import TargetIdentity
from ipos_conformance.frames import Direction, Frame, Lan
from ipos_conformance.target import DEFAULT_TARGET, read_target
from ipos_fuzz.campaign.coverage import Coverage
from ipos_fuzz.campaign.record import Doubt, Record
from ipos_fuzz.findings import as_case
from ipos_fuzz.findings.finding import Finding, Proof
from ipos_fuzz.findings.script import script
from ipos_fuzz.findings.store import FINDINGS, Store, Written
from ipos_fuzz.sessions.actor import State
from ipos_fuzz.violation import Violation
from ipos_spec.requirements import requirement
from made_results import ETHERNET, HOSTILE, STIMULUS, WRONG_ANSWER, frame, valid
from made_results import frames as conversation

LAUNCH = ("{python}", "-m", "ipos_defects", "some bug", "run", "{configuration}")


def crash(**more: object) -> Finding:
    """A process that one changed frame ends."""
    sent = evidence([frame(STIMULUS, 0.001)], valid())
    values: dict[str, object] = {
        "signature": "process/ended with status 1",
        "oracle": "process",
        "requirement": "",
        "sentence": as_case.NOBODY_SAYS_IT,
        "kind": "ended with status 1",
        "what": f"The target's process ended with status 1: {HOSTILE}",
        "source": "volume",
        "story": ("wrong-checksum",),
        "seed": 7,
        "phase": "usual",
        "after_seconds": 3.6,
        "after_frames": 600,
        "found": "2026-11-28T15:00:04+00:00",
        "proof": Proof(confirmed=3, of=3, tries=9, cut_short=False, restored=("header.type",)),
        "target": TargetIdentity(
            name="a router", firmware="7", router="02:00:00:00:01:01", command=("router",), launch=LAUNCH
        ),
        "settings": (),
        "frames": sent,
    }
    return Finding.model_validate({**values, **more})


def wrong_answer(count: int = 1) -> Finding:
    """An answer that should not have come, seen once in passing; count: how often the client sent before it."""
    shown = conversation()
    many = tuple(one for _ in range(count) for one in shown[:-1]) + shown[-1:]
    return crash(
        signature="model/TGT-1/an acknowledgement of what no router takes",
        oracle="model",
        requirement="TGT-1",
        sentence=requirement("TGT-1").sentence,
        kind="an acknowledgement of what no router takes",
        what="The target acknowledges what has a wrong checksum",
        source="sessions",
        story=("hand-over (wrong-checksum)", "pass-request"),
        after_seconds=4000.0,
        proof=Proof(confirmed=2, of=3, tries=30, cut_short=True),
        frames=many,
        first=(*many, *many),
        wrong=shown[-1].meaning,
        again=4,
    )


def record(**more: object) -> Record:
    """Of the campaign."""
    made = Record(
        target=f"a router {HOSTILE}",
        identity="ab" * 32,
        seed=7,
        began="2026-11-28T15:00:00+00:00",
        command=["ipos-fuzz", "run", "my router.toml"],
        ended="time",
        seconds=3725.0,
        frames=12_345_678,
        cases={"sessions": 1200, "volume": 9_000_000, "schemas": 300_000},
        losses=3,
        resets=12,
        withheld=5,
        doubts={"liveness/no answer": Doubt(f"It did not answer {HOSTILE}", 2)},
        troubles={"our kernel dropped 3 received frames": 2},
        again={"process/ended with status 1": 41},
        muted={"process/ended with status 1": ["wrong-checksum"]},
        coverage=Coverage(
            events=Counter({(State.NEW, "connect"): 12_000, (State.NEW, "syn"): 3, (State.MOVED, "fin"): 140}),
            operators=Counter(
                {
                    ("wrong-checksum", "header.checksum"): 812_345,
                    ("boundary", "connection.control_block.snd_nxt"): 7,
                    ("boundary", "in hand-over"): 70,
                    ("field-swap", "inner.tcp.window"): 1,
                }
            ),
        ),
    )
    for name, value in more.items():
        setattr(made, name, value)
    return made


def folder(path: Path, *findings: Finding, **more: object) -> Path:
    """Write a campaign's folder."""
    store = Store(path / FINDINGS)
    for one in findings:
        store.keep(written(one))
    path.mkdir(parents=True, exist_ok=True)
    record(**more).write(path)
    return path


def written(finding: Finding) -> Written:
    """All its files."""
    violation = Violation(finding.oracle, finding.requirement, finding.kind, finding.what, _wrong(finding))
    case = as_case.case(violation, finding.frames, "finding")
    run = as_case.results([case], finding.target, read_target(DEFAULT_TARGET), finding.seed)
    text, _ = script(case, run, finding.oracle, finding.frames)
    first = as_case.case(violation, finding.first, "first") if finding.first else None
    return Written(finding, text, case, first)


def _wrong(finding: Finding) -> Frame | None:
    if not finding.wrong:
        return None
    return Frame(Lan.SECOND, Direction.RECEIVED, finding.frames[-1].time, WRONG_ANSWER, ETHERNET.type)
