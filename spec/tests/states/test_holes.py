"""Where the rules as they are written do not hold: the shortest way to what breaks, and the proposal that closes it.

When the registry has taken a proposal over, its rows go into the tables, its variation and its test here go.
"""

import pytest
from ipos_spec.states.model import DECIDED_OTHERWISE, PROPOSED, Bounds, Property, explore, proposed, scenario, told
from ipos_spec.states.model.silence import silences

HOLES = {
    "TGT-12-RST": ("return", Property.NO_CIRCLE),
    "TGT-4-ISS": ("reuse", Property.UNMIXED),
}
"""Proposal, a scenario that is clean with it (`test_model`), and what breaks there without it."""


def test_every_proposal_has_its_hole_here() -> None:
    assert set(HOLES) == set(PROPOSED)


@pytest.mark.parametrize("name", HOLES)
def test_as_written_a_property_breaks(name: str) -> None:
    scenario_name, violation = HOLES[name]
    others = tuple(proposal for other, proposal in PROPOSED.items() if other != name)
    found = explore(scenario(scenario_name).bounds, others)
    print("\n".join(told(found)))  # noqa: T201
    assert found.violation is violation


@pytest.mark.parametrize("name", DECIDED_OTHERWISE)
def test_decided_otherwise_a_client_that_began_anew_is_cut(name: str) -> None:
    """FWD-5 does not say what becomes of a half-open endpoint when the entry that it stands beside goes first."""
    bounds = Bounds(routers=2, connections=2, requests=2, migrations=2, duplicates=0, repetitions=0, in_flight=2)
    found = explore(bounds, (*proposed(), DECIDED_OTHERWISE[name]))
    print("\n".join(told(found)))  # noqa: T201
    assert found.violation is Property.NOT_CUT


def test_idle_connection_keeps_its_entry_whatever_probes_are_lost() -> None:
    assert all(it.outlived for it in silences() if it.situation == "an idle connection")


def test_one_lost_probe_after_the_fin_lets_the_closing_time_run_out() -> None:
    """60 s, then 75 s to the next probe: 135 s, more than FWD-2's 120 s."""
    outlived = [it.outlived for it in silences() if it.situation == "after the client's FIN"]
    assert outlived == [True, False, False]


def test_blind_rst_ends_an_idle_connection_without_any_loss() -> None:
    """The closing time is 120 s, and the target, which the RST told nothing, probes after 300 s."""
    outlived = [it.outlived for it in silences() if it.situation == "after an RST that is not the client's"]
    assert outlived == [False, False, False]


def test_closing_time_of_600_s_would_outlive_every_silence() -> None:
    assert all(it.outlived for it in silences(closing_time=600))
