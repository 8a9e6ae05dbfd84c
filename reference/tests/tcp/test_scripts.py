"""Plays every script of ``scripts`` twice: with numbers that wrap at once, and with numbers that don't."""

import re
from pathlib import Path

import pytest
from ipos_spec.requirements import registry

from .script import Script
from .script_parser import read_scripts
from .script_player import HIGH, LOW, play

FILES = sorted((Path(__file__).parent / "scripts").glob("*.script"))
README = (Path(__file__).parent / "scripts" / "README.md").read_text(encoding="utf-8")
SCRIPTS = [script for file in FILES for script in read_scripts(file)]
RFCS = (1122, 2018, 3042, 5681, 5961, 6298, 6582, 6675, 6928, 7323, 9293)
PARAGRAPH = re.compile(r"RFC (\d+) \S.*")
GVISOR = "gVisor"
BUGS_THAT_RECUR = {
    "fin_wait2_timeout": GVISOR,
    "outside_the_window": GVISOR,
    "paws_mechanism": GVISOR,
    "unacc_seq_ack": GVISOR,
    "zero_window_probe": f"{GVISOR}; smoltcp 1025",
    "zero_window_probe_retransmission": GVISOR,
    "window_shrink": GVISOR,
    "synrcvd_reset": GVISOR,
    "timewait_reset": GVISOR,
    "noaccept_close_rst": GVISOR,
    "retransmits": GVISOR,
    "rcv_buf_space": GVISOR,
    "handshake_window_size": GVISOR,
    "fin_retransmission": GVISOR,
    "acceptable_ack_syn_rcvd": GVISOR,
    "timer_restarted_by_every_ack": "smoltcp 62",
    "sack_on_one_side_only": "smoltcp 995",
    "delayed_ack_holds_back_window_update": "smoltcp 935",
    "scale_for_odd_buffer_sizes": "smoltcp 253",
}
"""Names that scripts may check, and where they come from: tests of gVisor by name, smoltcp's tracker by number."""


def _name(script: Script) -> str:
    return f"{script.file.stem}: {script.title}"


@pytest.mark.parametrize("numbers", [HIGH, LOW], ids=["wrapping", "plain"])
@pytest.mark.parametrize("script", SCRIPTS, ids=_name)
def test_script(script, numbers):
    play(script, numbers)


def test_at_least_eighty():
    titles = [_name(script) for script in SCRIPTS]
    assert len(titles) >= 80
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("script", SCRIPTS, ids=_name)
def test_names_what_it_checks(script):
    """A paragraph of an RFC, a requirement of the registry, or a bug that recurs; at least one of the first two."""
    paragraphs = [match for item in script.checks if (match := PARAGRAPH.fullmatch(item))]
    assert all(int(match[1]) in RFCS for match in paragraphs)
    requirements = [item for item in script.checks if item in registry()]
    bugs = [item for item in script.checks if item in BUGS_THAT_RECUR]
    assert paragraphs or requirements
    assert len(paragraphs) + len(requirements) + len(bugs) == len(script.checks), script.checks


@pytest.mark.parametrize("name", BUGS_THAT_RECUR)
def test_every_bug_that_recurs_has_a_script(name):
    assert any(name in script.checks for script in SCRIPTS)


def test_the_readme_says_which_script_is_about_which_bug():
    """The list is held to what the scripts say, so that it can't go stale; a failure shows what is to be there."""
    lines = []
    for name, source in BUGS_THAT_RECUR.items():
        lines += [f"- `{name}` ({source})"]
        lines += [f"  - {_name(script)}" for script in SCRIPTS if name in script.checks]
    listed = README.partition("## Bugs that recur")[2].splitlines()
    assert [line for line in listed if re.match(" *- ", line)] == lines
