"""Plays every script of ``scripts`` twice: with numbers that wrap at once, and with numbers that don't."""

import re
from pathlib import Path

import pytest
from ipos_spec.requirements import registry

from .script import Script
from .script_parser import read_scripts
from .script_player import HIGH, LOW, play

FILES = sorted((Path(__file__).parent / "scripts").glob("*.script"))
SCRIPTS = [script for file in FILES for script in read_scripts(file)]
RFCS = (1122, 2018, 3042, 5681, 5961, 6298, 6582, 6675, 6928, 7323, 9293)
PARAGRAPH = re.compile(r"RFC (\d+) \S.*")
BUGS_THAT_RECUR = {
    # gVisor's packet tests by name
    "fin_wait2_timeout",
    "outside_the_window",
    "paws_mechanism",
    "unacc_seq_ack",
    "zero_window_probe",
    "zero_window_probe_retransmission",
    "window_shrink",
    "synrcvd_reset",
    "timewait_reset",
    "noaccept_close_rst",
    "retransmits",
    "rcv_buf_space",
    "handshake_window_size",
    "fin_retransmission",
    "acceptable_ack_syn_rcvd",
    # smoltcp's tracker
    "timer_restarted_by_every_ack",
    "sack_on_one_side_only",
    "delayed_ack_holds_back_window_update",
    "scale_for_odd_buffer_sizes",
}


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


def test_every_bug_that_recurs_has_a_script():
    assert {item for script in SCRIPTS for item in script.checks} >= BUGS_THAT_RECUR
