"""The state tables: each state and event has exactly one answer, every rule about states is there."""

from dataclasses import replace

import pytest
from ipos_spec.requirements import registry
from ipos_spec.states import CONTINUED, FORWARDING, ORIGIN, TABLES, TARGET, forwarding, origin, target
from ipos_spec.states import actions as act
from ipos_spec.states import conditions as when
from ipos_spec.states import events as on
from ipos_spec.states.table import Table, undecided, unreached

NOT_ABOUT_STATES = {
    "TAB-5": "TCP and UDP have separate tables; these are TCP's, and UDP's states are fewer of the same",
    "TGT-7": "timestamps: a field of the segments that a definite endpoint sends",
    "TGT-9": "DF: a bit of the packets that a definite endpoint sends",
    "TGT-11": "ARP for the next hop: the address that is asked with",
}
"""Rules of the chapters on tables, origin, forwarding and target that no row cites, and why."""

each_table = pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)


@each_table
def test_each_state_and_event_has_exactly_one_row_for_each_truth_of_its_conditions(table: Table) -> None:
    assert undecided(table) == []


def test_missing_row_is_found() -> None:
    fewer = replace(TARGET, rows=tuple(row for row in TARGET.rows if row.event is not on.MEMORY_TIME))
    assert "target: none, 5 s after its end, always: 0 rows" in undecided(fewer)


def test_row_that_contradicts_another_is_found() -> None:
    (row,) = FORWARDING.of(forwarding.QUIET, on.SYN)
    twice = replace(FORWARDING, rows=(*FORWARDING.rows, replace(row, when=(when.REPEATS_SYN,))))
    assert undecided(twice) == ["forwarding: quiet, SYN, repeats the SYN: 2 rows"]


def test_every_state_is_reached() -> None:
    assert unreached(TABLES.values()) == []


def test_state_that_no_row_leads_to_is_found() -> None:
    rows = tuple(row for row in FORWARDING.rows if row.then is not forwarding.QUIET)
    assert unreached((ORIGIN, TARGET, replace(FORWARDING, rows=rows))) == [forwarding.QUIET]


@each_table
def test_rows_cite_requirements_that_exist(table: Table) -> None:
    cited = {slug for row in table.rows for slug in row.ids}
    assert cited - set(registry()) == set()
    assert all(row.ids for row in table.rows)


def test_every_rule_about_states_is_cited_by_a_row() -> None:
    chapters = {slug for slug in registry() if slug.partition("-")[0] in ("TAB", "ORG", "FWD", "TGT")}
    cited = {slug for table in TABLES.values() for row in table.rows for slug in row.ids}
    assert chapters - cited == set(NOT_ABOUT_STATES)


@each_table
def test_what_is_not_acted_on_has_a_reason(table: Table) -> None:
    assert [row for row in table.rows if not row.do and not row.note and row.then is row.state] == []


@each_table
def test_names_are_unique_and_documented(table: Table) -> None:
    questions = {condition if condition.holds else ~condition for row in table.rows for condition in row.when}
    doings = {action for row in table.rows for action in row.do}
    for named in (table.states, table.events, questions, doings):
        names = [it.name for it in named]
        assert len(set(names)) == len(names)
        assert all(it.documentation.endswith(".") for it in named)


@each_table
def test_rows_lead_to_states_and_events_of_their_table(table: Table) -> None:
    assert {row.state for row in table.rows} | {row.then for row in table.rows} <= set(table.states)
    assert {row.event for row in table.rows} == set(table.events)


def test_states_that_go_on_elsewhere_go_on_in_the_table_that_they_name() -> None:
    continued = {state: state.goes_on_in for table in TABLES.values() for state in table.states if state.goes_on_in}
    assert set(continued) == set(CONTINUED)
    assert all(CONTINUED[state] in TABLES[name].states for state, name in continued.items())


def test_silent_endpoint_does_nothing_that_the_client_hears() -> None:
    """Provisional or migrating, nothing is sent to the client (TGT-12, ORG-8), but for the RST of who can't serve."""
    silent = (target.PROVISIONAL, target.COME_HOME, *origin.MIGRATING)
    heard = {act.OPEN, act.ANSWER_SYN_AGAIN, act.CHALLENGE, act.REFUSE, act.PROBE, act.OPEN_BESIDE}
    rows = [row for table in TABLES.values() for row in table.rows if row.state in silent and heard & set(row.do)]
    assert rows == []
