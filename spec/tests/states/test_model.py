"""The model made from the state tables: with every rule in place, nothing that must not happen happens."""

import functools

import pytest
from ipos_spec.errors import SpecError
from ipos_spec.states import FORWARDING, ORIGIN, TABLES, TARGET, forwarding, origin, target
from ipos_spec.states import conditions as when
from ipos_spec.states import events as on
from ipos_spec.states.model import SCENARIOS, Bounds, Exploration, Property, explore, removed, scenario, told
from ipos_spec.states.model.effects import EFFECTS
from ipos_spec.states.model.exploration import first_world
from ipos_spec.states.model.judgement import JUDGEMENTS
from ipos_spec.states.model.properties import broken, broken_at_rest
from ipos_spec.states.model.world import Client, Ended, Endpoint, Phase, Router
from ipos_spec.states.table import Event, State

NOT_EXPLORED = {
    on.CHOICE_TIME: "requests are one octet long and so complete at once",
    on.PROBE_TIME: "a probe that is answered changes nothing, one that is not counts at the third",
}
"""Events that the model does not have, and why."""


@functools.cache
def explored(name: str) -> Exploration:
    return explore(scenario(name).bounds)


def covered() -> frozenset[tuple[State, Event]]:
    return frozenset().union(*(explored(name).covered for name in SCENARIOS))


@pytest.mark.parametrize("name", SCENARIOS)
def test_with_every_rule_in_place_nothing_is_broken(name: str) -> None:
    found = explored(name)
    print(f"{name}: {found.states} states, {found.transitions} transitions, depth {found.depth}")  # noqa: T201
    assert told(found) == []


@pytest.mark.parametrize(
    "event", [event for table in TABLES.values() for event in table.events], ids=lambda it: it.name
)
def test_every_event_of_the_tables_happens_in_the_scenarios(event: Event) -> None:
    """An event that never comes would prove nothing about its rows."""
    assert any(event is other for _, other in covered()) is (event not in NOT_EXPLORED)


def test_every_state_of_the_tables_is_visited_in_the_scenarios() -> None:
    unvisited = {state for table in TABLES.values() for state, _ in table.pairs} - {state for state, _ in covered()}
    assert unvisited == {origin.HOLDING}  # requests are one octet long and so complete at once


def test_every_condition_and_action_of_the_tables_has_a_meaning() -> None:
    rows = [row for table in (ORIGIN, TARGET, FORWARDING) for row in table.rows]
    assert {it if it.holds else ~it for row in rows for it in row.when} <= set(JUDGEMENTS)
    assert {action for row in rows for action in row.do} <= set(EFFECTS)


def test_exploration_is_the_same_each_time() -> None:
    once, again = explored("pipeline"), explore(scenario("pipeline").bounds)
    assert (once.states, once.transitions, once.depth) == (again.states, again.transitions, again.depth)


def test_connection_that_stays_is_explored_to_its_end() -> None:
    """Without migration, loss or abort there is one way: handshake, request, response, FIN, last acknowledgement."""
    found = explore(Bounds(routers=2, migrations=0, duplicates=0, aborts=False))
    assert found.violation is None
    assert {state for state, _ in found.covered} == {origin.CLOSED, origin.HANDSHAKE, origin.WAITING, origin.LOCAL}


# The properties, each on a world that breaks it

WORLD = first_world(Bounds(routers=2))
LIVING = WORLD._replace(client=Client(0, Phase.OPEN))


def test_two_routers_that_speak_for_one_connection_are_two_voices() -> None:
    both = (Router(Endpoint(origin.LOCAL, 0)), Router(Endpoint(target.DEFINITE, 0)))
    assert broken(LIVING._replace(routers=both)) is Property.ONE_VOICE


def test_two_routers_that_speak_for_two_connections_are_not() -> None:
    both = (Router(Endpoint(origin.LOCAL, 1)), Router(Endpoint(target.DEFINITE, 0)))
    assert broken(LIVING._replace(routers=both)) is None


def test_acknowledged_octet_that_nobody_consumed_or_has_is_lost() -> None:
    assert broken(LIVING._replace(client=Client(0, Phase.OPEN, una=1))) is Property.NOTHING_LOST


def test_client_that_waits_when_nothing_can_happen_is_not_answered() -> None:
    assert broken_at_rest(LIVING) is Property.ANSWERED


def test_memory_that_stays_when_nothing_can_happen_is_a_table_that_is_not_empty() -> None:
    assert broken_at_rest(WORLD._replace(routers=(Router(ended=(Ended(0, (0, 0)),)), Router()))) is Property.EMPTY


def test_unknown_rule_and_scenario_are_named_in_the_error() -> None:
    with pytest.raises(SpecError, match="can't leave out 'ENC-1'"):
        removed(["ENC-1"])
    with pytest.raises(SpecError, match="no scenario is called 'square'"):
        scenario("square")


def test_half_open_endpoint_outlives_the_entry_that_it_stood_beside() -> None:
    """Neither the entry's end nor this router's own endpoint takes back what the client was answered (FWD-5)."""
    (row,) = FORWARDING.of(forwarding.HALF_OPEN, on.TAKEN_BACK)
    assert row.then is forwarding.HALF_OPEN_DEFINITE
    (row, _) = FORWARDING.of(row.then, on.PACKET)
    assert row.when == (when.ACKNOWLEDGES_SYN,)
