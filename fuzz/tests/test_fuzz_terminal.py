"""What a person or a program is told while a campaign runs."""

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import made_campaign
import pytest
from ipos_fuzz.campaign.events import Doubted, Event, Finished, Found, Progressed, Reset, Started, Suspected, Tried
from ipos_fuzz.reports.terminal import Terminal
from rich.console import Console

FOLDER = Path("night")


def told(*events: Event, width: int = 200, terminal: bool = False, quiet: bool = False) -> list[str]:
    """Lines as they stood there, those that were drawn over included."""
    text = raw(*events, width=width, terminal=terminal, quiet=quiet).replace("\r", "\n")
    return re.sub(r"\x1b\[[?\d;]*[A-Za-z]", "", text).splitlines()


def raw(*events: Event, width: int = 200, terminal: bool = False, quiet: bool = False) -> str:
    file = io.StringIO()
    console = Console(file=file, width=width, force_terminal=terminal, no_color=True, legacy_windows=False)
    listener = Terminal(console, FOLDER, quiet=quiet)
    for event in events:
        listener(event)
    listener.close()
    return file.getvalue()


def campaign(*, seconds: float | None = 60.0, cases: int | None = None) -> tuple[Started, Progressed, Finished]:
    record = made_campaign.record(target="a router", doubts={}, troubles={})
    return (
        Started(record, seconds, cases, resumed=False),
        Progressed(record, 20.0, 1234.5, 1),
        Finished(record, "time", (made_campaign.crash(),), 1),
    )


def test_line_of_progress_has_all_figures() -> None:
    started, progressed, _ = campaign()
    assert told(started, progressed) == [
        "a router: the campaign begins, seed 7",
        "9,301,200 cases, 1,234 cases/s, 12,345,678 frames, 1 finding, 0 doubts, 3 liveness losses, 12 set-ups, "
        "0 % of states x events, 4 operators x fields, 40.0 s left",
    ]


@pytest.mark.parametrize(
    ("seconds", "cases", "left"),
    [(None, None, "no end"), (3620.0, None, "1 h 00 min"), (3620.0, 12345, "10.0 s"), (None, 12345, "10.0 s")],
)
def test_time_left_is_the_nearer_end(seconds: float | None, cases: int | None, left: str) -> None:
    started, progressed, _ = campaign(seconds=seconds, cases=cases)
    assert told(started, progressed)[-1].endswith(f", {left} left")


@pytest.mark.parametrize("width", [60, 80, 160])
def test_figures_fit_into_a_terminal_of_any_width(width: int) -> None:
    started, progressed, _ = campaign()
    lines = told(started, progressed, width=width, terminal=True)
    assert all(len(line.rstrip()) <= width for line in lines[1:])
    assert any("liveness losses" in line for line in lines)
    assert any("left" in line for line in lines)


def test_what_is_being_proved_is_shown_at_once() -> None:
    started, progressed, _ = campaign()
    suspected = Suspected("process/ended", "it ended")
    assert any("proving: process/ended" in line for line in told(started, progressed, suspected, terminal=True))
    lines = told(started, progressed, suspected, Tried("process/ended", 7), terminal=True)
    assert any("proving, try 7: process/ended" in line for line in lines)


def test_finding_tells_sentence_proof_and_both_lans() -> None:
    lines = told(Found(made_campaign.wrong_answer()))
    assert lines[0] == "FOUND  model/TGT-1/an acknowledgement of what no router takes"
    assert lines[1].strip() == "The target acknowledges what has a wrong checksum"
    assert lines[2].strip().startswith("TGT-1: ")
    assert lines[3].strip() == "shown again 2 of 3 times by 3 packets, so it is flaky; 1 h 06 min into the run"
    assert [line[7:18] for line in lines[4:]] == ["  1  ->    ", "  2     -> ", "  3     -> ", "  4     <- "]


@pytest.mark.parametrize(("count", "said"), [(3, 10), (4, 12), (50, 12)])
def test_frames_of_a_finding_are_a_dozen_lines_at_most(count: int, said: int) -> None:
    lines = told(Found(made_campaign.wrong_answer(count)), width=60, terminal=True)
    frames = [line for line in lines if line.strip()][-said:]
    assert frames[0].strip().startswith("1  ->")
    assert frames[-1].strip().startswith(f"{3 * count + 1} ")
    assert all(len(line.rstrip()) <= 60 for line in frames)
    assert any("... " in line and line.strip().endswith("more") for line in frames) == (3 * count + 1 > 12)


def test_end_says_what_to_do_next() -> None:
    lines = told(*campaign())
    assert lines[-5:] == [
        "1 finding in a router; exit status 1.",
        "report:             night/report.html",
        "frames and fields:  ipos-fuzz show process-ended-with-status-1 --results night",
        "again:              ipos-fuzz replay process-ended-with-status-1 --results night",
        "by itself:          sudo python3 night/findings/process-ended-with-status-1/reproduce.py FIRST_LAN SECOND_LAN",
    ]


def test_lost_target_is_no_success() -> None:
    record = made_campaign.record(target="a router", doubts={}, ended="the target is lost: no link")
    lines = told(Finished(record, record.ended, (), 0))
    assert "ended: the target is lost: no link" in lines
    assert "a router is lost, and nothing was found before; exit status 4." in lines


def test_reset_for_the_same_reason_is_told_once() -> None:
    lines = told(Reset("it is gone"), Reset("it is gone"), Reset("it has no link"), Reset("it is gone"))
    assert [line.split(maxsplit=1)[1] for line in lines] == ["it is gone", "it has no link", "it is gone"]


def test_quiet_leaves_findings_and_the_end() -> None:
    started, progressed, finished = campaign()
    noise = (Suspected("s", "w"), Doubted("s", "w"), Reset("why"))
    lines = told(started, *noise, progressed, Found(made_campaign.crash()), finished, quiet=True)
    assert lines[0].startswith("FOUND")
    assert not any("reset" in line or "suspected" in line or "begins" in line for line in lines)
    assert lines[-1].startswith("by itself:")


def test_nothing_that_a_target_says_steers_the_terminal() -> None:
    hostile = made_campaign.record()
    text = raw(
        Started(hostile, 1.0, None, resumed=True),
        Found(made_campaign.crash()),
        Suspected("a", made_campaign.HOSTILE),
        Reset(made_campaign.HOSTILE),
        Finished(hostile, "time", (made_campaign.crash(),), 1),
    )
    assert "evil.test" in text
    assert "\x1b" not in text
    assert "\0" not in text


def test_program_reads_an_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    started, progressed, finished = campaign()
    listener = Terminal(Console(stderr=True), FOLDER, as_document=True)
    noise = (Suspected("s", "w"), Doubted("s", "w"), Reset("why"))
    for event in (started, progressed, *noise, Found(made_campaign.crash()), finished):
        listener(event)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    names = ["started", "progressed", "suspected", "doubted", "reset", "found", "finished"]
    assert [line["event"] for line in lines] == names
    assert {(line["format"], line["version"]) for line in lines} == {("ipos-fuzz-events", 1)}
    assert (lines[1]["rate"], lines[1]["findings"], lines[1]["losses"]) == (1234.5, 1, 3)
    assert lines[5]["finding"]["signature"] == "process/ended with status 1"
    assert (lines[6]["exit_status"], lines[6]["findings"]) == (1, 1)


@pytest.mark.parametrize("as_document", [False, True])
def test_reader_who_goes_away_ends_nothing(as_document: bool, tmp_path: Path) -> None:
    program = (
        "import made_campaign, sys; from pathlib import Path; from rich.console import Console\n"
        "from ipos_fuzz.campaign.events import Reset; from ipos_fuzz.reports.terminal import Terminal\n"
        f"listener = Terminal(Console(), Path('night'), as_document={as_document})\n"
        "sys.stdin.readline()\n"
        "for number in range(3): listener(Reset('why'))\n"
        "Path('reached').touch()\n"
    )
    paths = os.pathsep.join([*sys.path])
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": paths},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdout.close()
    process.stdin.write(b"\n")
    process.stdin.flush()
    assert process.wait(60) == 0
    assert (tmp_path / "reached").exists()


@pytest.mark.parametrize("width", [60, 80])
def test_terminal_breaks_sentences_between_words_and_commands_nowhere(width: int) -> None:
    record = made_campaign.record(target="a router", doubts={}, troubles={})
    finding = made_campaign.wrong_answer()
    lines = told(Found(finding), Finished(record, "time", (finding,), 1), width=width, terminal=True)
    sentence = f"{finding.requirement}: {finding.sentence}"
    assert sentence in " ".join(" ".join(lines).split())
    begin = next(number for number, line in enumerate(lines) if line.strip().startswith("TGT-1: "))
    assert all(re.match(r" {7}\S", line) for line in lines[begin : begin + 2])
    assert any(line.endswith(f"ipos-fuzz replay {finding.slug} --results night") for line in lines)
