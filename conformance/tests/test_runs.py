"""Whole runs, as the command line does them, against targets that are wrong in known ways."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from ipos_conformance.findings import results
from ipos_conformance.findings.evidence import Part
from ipos_conformance.findings.results import Results
from ipos_conformance.schemas import FOLDER
from ipos_conformance.target import DEFAULT_TARGET
from ipos_conformance.verdicts import Verdict
from jsonschema import Draft202012Validator
from junitparser import JUnitXml
from kernel import MISSING

ARP = "neighbours/arp-is-answered-with-the-mac-of-its-lan"
FAKE = Path(__file__).parent / "fake_target.py"


pytestmark = [pytest.mark.kernel, pytest.mark.skipif(bool(MISSING), reason=MISSING)]


def quick_target(folder: Path, **timing: float) -> Path:
    """The packaged target with short time-outs, its content beside it."""
    text = DEFAULT_TARGET.read_text().replace('"site/', f'"{DEFAULT_TARGET.parent}/site/')
    lines = [f"{name} = {value}" for name, value in timing.items()]
    file = folder / "quick.toml"
    file.write_text("\n".join([text, "[timing]", *lines]))
    return file


def command(tmp_path: Path, behaviour: str, *selections: str) -> list[str]:
    target = quick_target(tmp_path, start=2.0, answer=0.1, barrier=0.2, response=0.1)
    launch = f"{{python}} {FAKE} {behaviour}"
    options = ["--output", str(tmp_path / "out"), "--launch", launch]
    return [sys.executable, "-m", "ipos_conformance", "run", str(target), *selections, *options]


def run(tmp_path: Path, behaviour: str, *selections: str) -> tuple[int, Results]:
    done = subprocess.run(command(tmp_path, behaviour, *selections), capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    return done.returncode, results.read(tmp_path / "out" / "results.json")


def verdicts(found: Results) -> set[Verdict]:
    return set(found.counts)


def test_mute_target_is_inconclusive(tmp_path):
    status, found = run(tmp_path, "mute", "ENC-4")
    assert (status, verdicts(found)) == (3, {Verdict.INCONCLUSIVE})
    assert "did not answer the barriers" in found.cases[0].reason


def test_target_that_answers_probes_only_fails_where_more_is_due(tmp_path):
    status, found = run(tmp_path, "probes", "ORG-1", "TGT-1", "ENC-7", ARP)
    by_id = {case.id: case.verdict for case in found.cases}
    assert status == 1
    assert by_id["handshake/syn-to-a-listener-is-answered"] is Verdict.FAIL
    assert by_id["handshake/syn-to-a-closed-port-is-reset"] is Verdict.PASS
    assert by_id["acknowledgement/connection-packet-is-acknowledged"] is Verdict.PASS
    assert by_id["neighbours/arp-is-answered-with-the-mac-of-its-lan/second-lan"] is Verdict.PASS


@pytest.mark.thorough
def test_target_that_knows_only_arp_is_judged_all_the_same(tmp_path):
    """No barrier is ever answered: so silence can't be proved, but missing answers can."""
    status, found = run(tmp_path, "arp", "TGT-1", "ENC-4", "NBR-1")
    by_id = {case.id: case.verdict for case in found.cases}
    assert status == 1
    assert by_id["acknowledgement/connection-packet-is-acknowledged"] is Verdict.FAIL
    assert by_id["encapsulation/unknown-type-is-discarded/00"] is Verdict.INCONCLUSIVE
    assert by_id["neighbours/arp-is-answered-with-the-mac-of-its-lan/first-lan"] is Verdict.PASS


def test_broken_should_is_a_warning(tmp_path):
    _, found = run(tmp_path, "probes", "NBR-2")
    assert verdicts(found) == {Verdict.WARN}
    assert "nothing, though the target answered" in found.cases[0].actual[0]


def test_echo_breaks_the_silence(tmp_path):
    status, found = run(tmp_path, "echo", "ENC-4")
    assert (status, verdicts(found)) == (1, {Verdict.FAIL})
    assert found.cases[0].expected == ("silence on both LANs",)
    assert "type 0x00" in found.cases[0].actual[0]


def test_target_that_dies_is_lost(tmp_path):
    status, found = run(tmp_path, "dying", "ENC-4", "ENC-5")
    assert status == 4
    assert "out of coffee" in found.lost
    verdict_of = {case.id.rpartition("/")[2]: case.verdict for case in found.cases if case.requirement == "ENC-4"}
    assert verdict_of == {
        "00": Verdict.PASS,
        "04": Verdict.PASS,
        "7f": Verdict.INCONCLUSIVE,
        "81": Verdict.SKIP,
        "ff": Verdict.SKIP,
    }


def test_target_that_never_starts_is_lost(tmp_path):
    status, found = run(tmp_path, "never", "ENC-4")
    assert (status, verdicts(found)) == (4, {Verdict.SKIP})
    assert "no licence" in found.lost


def test_lost_target_is_not_green_in_junit(tmp_path):
    run(tmp_path, "never", "ENC-4")
    suite = next(iter(JUnitXml.fromfile(str(tmp_path / "out" / "junit.xml"))))
    assert (suite.tests, suite.errors, suite.skipped) == (5, 5, 0)


def test_run_that_fails_leaves_no_results_of_an_earlier_one(tmp_path):
    run(tmp_path, "probes", ARP)
    words = command(tmp_path, "probes", "NBR-1")
    words[-1] = "sleep 60"  # it never makes its interfaces
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "made no interface ipos-lan1 within 2.0 s; it said nothing" in done.stderr
    assert {file.name for file in (tmp_path / "out").iterdir()} == {"target.log", "target.toml", "events.ndjson"}


def test_results_are_there_though_nobody_reads_the_terminal(tmp_path):
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command(tmp_path, "probes", "NBR-2"), stdout=full, stderr=subprocess.PIPE, check=False)
    assert b"Traceback" not in done.stderr
    assert results.read(tmp_path / "out" / "results.json").exit_code == done.returncode


def test_exit_status_is_the_run_s_though_the_reader_has_gone(tmp_path):
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as gone:
        done = subprocess.run(command(tmp_path, "probes", ARP), stdout=gone, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert results.read(tmp_path / "out" / "results.json").exit_code == 0


def test_evidence_holds_both_directions(tmp_path):
    _, found = run(tmp_path, "echo", "encapsulation/unknown-type-is-discarded/00")
    frames = found.cases[0].frames
    assert {frame.direction for frame in frames} == {"sent", "received"}
    assert frames[0].octets[24:28] == "0007"


def test_run_leaves_all_that_is_made_of_its_results(tmp_path):
    _, found = run(tmp_path, "echo", "encapsulation/unknown-type-is-discarded/00", ARP)
    folder = tmp_path / "out"
    schema = json.loads((FOLDER / "results.schema.json").read_text())
    Draft202012Validator(schema).validate(json.loads((folder / "results.json").read_text()))
    left = {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}
    expected = {"results.json", "junit.xml", "report.html", "events.ndjson", "target.toml", "target.log"}
    case = "encapsulation/unknown-type-is-discarded/00"
    assert left == {*expected, f"captures/{case}.pcapng", f"reproducers/{case}.py"}
    (stimulus,) = [frame for frame in found.cases[-1].frames if frame.changes and frame.part is Part.CASE][:1]
    assert [change.field for change in stimulus.changes] == ["header.type", "header.checksum"]
    events = [json.loads(line)["event"] for line in (folder / "events.ndjson").read_text().splitlines()]
    assert events == ["run-started", *["case-started", "case-finished"] * len(found.cases), "run-finished"]


def test_frames_of_every_case_are_kept_if_asked_for(tmp_path):
    words = command(tmp_path, "probes", ARP, "--captures", "all")
    subprocess.run(words, capture_output=True, check=False)
    found = results.read(tmp_path / "out")
    assert verdicts(found) == {Verdict.PASS}
    assert all(case.frames for case in found.cases)
    assert len(list((tmp_path / "out" / "captures").rglob("*.pcapng"))) == len(found.cases)


def test_results_say_on_what_they_rest(tmp_path):
    _, found = run(tmp_path, "probes", ARP)
    assert [one.name for one in found.environment.interfaces] == ["ipos-lan1", "ipos-lan2"]
    assert {one.kind for one in found.environment.interfaces} == {"tun"}
    assert found.calibration[0].answer.median < 0.2
    assert found.suite.requirements == len(found.requirements)
    assert found.known > len(found.cases)
    assert found.command[:2] == ("ipos-conformance", "run")


def test_junit_tells_the_same(tmp_path):
    _, found = run(tmp_path, "probes", "ORG-1", "NBR-2")
    suite = next(iter(JUnitXml.fromfile(str(tmp_path / "out" / "junit.xml"))))
    assert (suite.tests, suite.failures) == (len(found.cases), found.counts[Verdict.FAIL])
    assert "RFC 9293" in suite.tostring().decode()


def test_results_are_versioned(tmp_path):
    run(tmp_path, "never", "ENC-4")
    document = json.loads((tmp_path / "out" / "results.json").read_text())
    assert (document["format"], document["version"]) == ("ipos-results", 2)


def test_interrupt_leaves_nothing_behind(tmp_path):
    suite = subprocess.Popen(command(tmp_path, "probes"), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    await_condition(lambda: processes_with(str(tmp_path)) and fakes_under(suite.pid))
    suite.send_signal(signal.SIGINT)
    _, errors = suite.communicate(timeout=20)
    assert (suite.returncode, errors) == (130, "")
    assert not fakes_under(suite.pid)


def test_kill_leaves_nothing_behind(tmp_path):
    suite = subprocess.Popen(command(tmp_path, "probes"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    await_condition(lambda: fakes_under(suite.pid))
    (fake,) = fakes_under(suite.pid)
    suite.kill()
    suite.wait()
    await_condition(lambda: not Path(f"/proc/{fake}").exists())


def test_closed_terminal_leaves_nothing_behind(tmp_path):
    words = command(tmp_path, "probes")
    suite = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    await_condition(lambda: fakes_under(suite.pid))
    (fake,) = fakes_under(suite.pid)
    os.killpg(suite.pid, signal.SIGHUP)  # the suite and its warden; the target has a session of its own
    suite.wait()
    await_condition(lambda: not Path(f"/proc/{fake}").exists())


def test_what_a_target_on_virtual_cables_prints_goes_into_the_log(tmp_path):
    text = quick_target(tmp_path, start=2.0, answer=0.1, barrier=0.2, response=0.1).read_text()
    for lan in ("lan1", "lan2"):
        text = text.replace(f'interface = "ipos-{lan}"', f'interface = "ipos-{lan}"\ntarget_interface = "{lan}"')
    file = tmp_path / "veth.toml"
    file.write_text(text.replace('interfaces = "target"', 'interfaces = "veth"'))
    chatty = "sh -c 'seq 1 40000; exit 3'"  # more than a pipe holds
    words = [sys.executable, "-m", "ipos_conformance", "run", str(file), "NBR-1", "--launch", chatty]
    done = subprocess.run([*words, "--output", str(tmp_path)], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 4
    assert (tmp_path / "target.log").read_text().endswith("39999\n40000\n")


def await_condition(holds):
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def processes_with(text: str) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                line = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if text.encode() in line:
                found.append(int(entry.name))
    return found


def fakes_under(suite: int) -> list[int]:
    """Fake targets that are descendants of a process (it, its warden, the target)."""
    return [one for one in processes_with(str(FAKE)) if suite in ancestors(one) and suite != one and is_target(one)]


def is_target(process: int) -> bool:
    return b"ipos_conformance" not in Path(f"/proc/{process}/cmdline").read_bytes().replace(str(FAKE).encode(), b"")


def ancestors(process: int) -> list[int]:
    found = []
    while process > 1:
        try:
            process = int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            break
        found.append(process)
    return found


def test_reference_is_reached_by_module_name_only():
    """The judge shares no code with the defendant: neither is imported, nor anything that imports it."""
    loaded = subprocess.run(
        [sys.executable, "-c", "import ipos_conformance.cli, sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert not {"ipos_reference", "ipos_defects"} & {name.partition(".")[0] for name in loaded.stdout.split()}


def test_reference_passes_everything(tmp_path):
    suite = [sys.executable, "-m", "ipos_conformance", "run", "--quiet", "--output", str(tmp_path)]
    done = subprocess.run(suite, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert verdicts(results.read(tmp_path / "results.json")) <= {Verdict.PASS, Verdict.NOT_APPLICABLE}


def test_demonstration_in_a_folder_that_can_t_be_written_says_so_in_one_line(tmp_path):
    suite = [sys.executable, "-m", "ipos_conformance", "demo", "--output", str(tmp_path / ("x" * 300))]
    done = subprocess.run(suite, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "expected a folder that can be written" in done.stderr


def test_demonstration_shows_what_it_should(tmp_path):
    suite = [sys.executable, "-m", "ipos_conformance", "demo", "--output", str(tmp_path)]
    done = subprocess.run(suite, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    assert "exit status 0" in done.stdout
    assert "exit status 1" in done.stdout
