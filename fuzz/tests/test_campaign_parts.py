"""The parts of a campaign that need no target: corpus, record, coverage, store, absence, walks."""

import json
from dataclasses import dataclass, field
from random import Random

import pytest
from frames_of import TARGET
from ipos_fuzz.campaign.absence import Absence
from ipos_fuzz.campaign.batch import Batch
from ipos_fuzz.campaign.campaign import Campaign, Settings
from ipos_fuzz.campaign.corpus import Corpus
from ipos_fuzz.campaign.coverage import Coverage
from ipos_fuzz.campaign.record import FILE, Doubt, Record, read
from ipos_fuzz.errors import FuzzError
from ipos_fuzz.findings.store import FINDINGS, Store
from ipos_fuzz.sessions.actor import State
from ipos_fuzz.sessions.event import EVENTS
from ipos_fuzz.sessions.session import ANY, Session, Step
from ipos_fuzz.sessions.walk import Walk
from made_campaign import crash, written

NAMES = list(EVENTS)


def session(seed: int, *events: str) -> Session:
    return Session(seed, tuple(Step(event, 0, seed) for event in events))


# Corpus


def test_corpus_is_what_was_kept(tmp_path):
    file = tmp_path / "corpus.ndjson"
    kept = [session(1, NAMES[0]), Session(2, (Step(NAMES[1], 1, 3, ANY), Step(NAMES[2], 0, 4)))]
    corpus = Corpus(file)
    for one in kept:
        corpus.keep(one)
    assert Corpus(file).sessions == kept == corpus.sessions


def test_torn_last_line_costs_its_session_alone(tmp_path):
    """Whether the power failed or the disk was full: also in the run after the next."""
    file = tmp_path / "corpus.ndjson"
    for seed in (1, 2):
        Corpus(file).keep(session(seed, NAMES[0]))
    file.write_bytes(file.read_bytes()[:-5])
    torn = Corpus(file)
    assert torn.sessions == [session(1, NAMES[0])]
    for seed in (3, 4):
        torn.keep(session(seed, NAMES[0]))
    assert Corpus(file).sessions == [session(seed, NAMES[0]) for seed in (1, 3, 4)]


def test_damage_before_the_last_line_is_told(tmp_path):
    file = tmp_path / "corpus.ndjson"
    Corpus(file).keep(session(1, NAMES[0]))
    file.write_bytes(b"{\n" + file.read_bytes())
    with pytest.raises(FuzzError, match=r"corpus\.ndjson:1: "):
        Corpus(file)


def test_corpus_that_can_not_be_written_is_kept_for_the_campaign(tmp_path):
    corpus = Corpus(tmp_path / "nowhere" / "corpus.ndjson")
    corpus.keep(session(1, NAMES[0]))
    assert corpus.sessions == [session(1, NAMES[0])]


# Record and coverage


def test_record_is_read_as_it_was_written(tmp_path):
    coverage = Coverage()
    coverage.note_session([(State.NEW, NAMES[0]), (State.OPEN, NAMES[1])], [("new", NAMES[0], True, "open")])
    coverage.note_operator("truncate", ("header.type", "length"))
    record = Record("a router", "hash", 7, coverage=coverage, doubts={"liveness/silent": Doubt("silent", 2)})
    record.cases.update(sessions=3, volume=4)
    record.muted["process/ended"] = [NAMES[0]]
    record.write(tmp_path)
    assert read(tmp_path) == record
    assert [file.name for file in tmp_path.iterdir()] == [FILE]


def test_no_record_is_none(tmp_path):
    assert read(tmp_path) is None


def test_record_that_can_not_be_written_leaves_the_old_one(tmp_path):
    record = Record("a router", "hash", 7)
    record.write(tmp_path)
    (tmp_path / f".{FILE}.new").mkdir()
    record.seconds = 9.0
    with pytest.raises(OSError, match="directory"):
        record.write(tmp_path)
    found = read(tmp_path)
    assert found is not None
    assert found.seconds == 0.0


def test_only_what_is_new_is_worth_keeping():
    coverage = Coverage()
    reached, answers = [(State.NEW, NAMES[0])], [("new", NAMES[0], True, "open")]
    assert coverage.note_session(reached, answers)
    assert not coverage.note_session(reached, answers)
    assert coverage.note_session(reached, [("new", NAMES[0], False, "new")])
    assert coverage.events[State.NEW, NAMES[0]] == 3
    assert coverage.share_of_events == pytest.approx(1 / (len(State) * len(EVENTS)))
    assert (State.NEW, NAMES[0]) not in set(coverage.missing_events())
    assert (State.NEW, NAMES[1]) in set(coverage.missing_events())


def test_target_that_falls_before_anything_was_sent_mutes_nobody(tmp_path):
    known = crash()
    store = Store(tmp_path / FINDINGS)
    store.keep(written(known))
    record = Record("a router", "hash", 7)
    campaign = Campaign(TARGET, Settings(seed=7), tmp_path, record, [], {})
    for _ in range(5):
        campaign._met_again(known.signature, Batch(""))
    assert (record.again, record.muted) == ({known.signature: 5}, {})


# Sessions


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        ({}, "seed and steps"),
        ([], "seed and steps"),
        ({"seed": 1, "steps": []}, "0 steps"),
        ({"seed": "x", "steps": [{"event": NAMES[0], "actor": 0, "seed": 1}]}, "seed 'x'"),
        ({"seed": 1, "steps": [{"event": NAMES[0]}]}, "seed and steps"),
        ({"seed": 1, "steps": [{"event": ["a"], "actor": 0, "seed": 1}]}, "the event"),
        ({"seed": 1, "steps": [{"event": NAMES[0], "actor": -1, "seed": 1}]}, "actor"),
        ({"seed": 1, "steps": [{"event": NAMES[0], "actor": 0, "seed": 1, "operator": "explode"}]}, "'explode'"),
    ],
)
def test_what_is_no_session_is_told(document, complaint):
    with pytest.raises(FuzzError, match=complaint):
        Session.of(document)


def walk(seed: int) -> Walk:
    return Walk(Random(seed), {}, lambda waits: waits < 1)


def test_varied_sessions_are_sessions_and_the_same_for_a_seed():
    first, second = session(1, *NAMES[:4]), session(2, *NAMES[4:6])
    varied = [walk(seed).varied(first, second) for seed in range(300)]
    assert varied == [walk(seed).varied(first, second) for seed in range(300)]
    for one in varied:
        assert Session.of(json.loads(json.dumps(one.document()))) == one
    assert len({one.steps for one in varied}) > 100


def test_shortest_session_can_be_varied():
    short = session(1, NAMES[0])
    assert all(walk(seed).varied(short, short).steps for seed in range(200))


# Absence


@dataclass
class Time:
    """Passes only while somebody sleeps, or by hand."""

    now: float = 0.0
    slept: list[float] = field(default_factory=list)

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def test_launched_target_has_three_attempts():
    time = Time()
    absence = Absence(TARGET, (), time.clock, time.sleep)
    assert [absence.lasts() for _ in range(3)] == [False, False, True]
    absence.ends()
    assert [absence.lasts() for _ in range(3)] == [False, False, True]


def test_device_has_the_time_of_three_starts():
    identity = TARGET.target.model_copy(update={"launch": (), "interfaces": "existing"})
    device = TARGET.model_copy(update={"target": identity})
    time = Time()
    absence = Absence(device, (), time.clock, time.sleep)
    attempts = 1
    while not absence.lasts():
        attempts += 1
    assert time.now == pytest.approx(3 * TARGET.timing.start)
    assert attempts > 3
