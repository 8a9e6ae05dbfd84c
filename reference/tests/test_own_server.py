"""Listening Sockets and Application Information of the own server, as its processes come and go."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from in_memory import HTTP, RAW, ROUTER_IP, SETTINGS, World
from ipos_reference.figures import Figures
from ipos_spec.encapsulation import Protocol

Key = tuple[Protocol, int]


def world(processes: Mapping[Key, int]) -> World:
    return World(replace(SETTINGS, processes=processes, memory_requirements={HTTP: 1000}))


def process(of: World, port: int) -> int | None:
    """Who serves a port; None if nobody does."""
    heard = of.router.knowledge.listening[Protocol.TCP].get((ROUTER_IP, port))
    return None if heard is None else heard.record.process


def test_who_is_started_on_demand_is_known_before_and_after() -> None:
    here = world({(Protocol.TCP, HTTP): 0})
    assert process(here, HTTP) == 0
    here.router.process_started(Protocol.TCP, HTTP, 4711)
    assert process(here, HTTP) == 4711
    assert here.router.knowledge.memory_required(ROUTER_IP, HTTP) == 1000
    here.router.process_ended(Protocol.TCP, HTTP)
    assert process(here, HTTP) == 0


def test_the_number_of_a_process_before_it_ran_is_forgotten_with_what_it_needed() -> None:
    here = world({})
    before = len(here.router.knowledge.applications)
    for number in (4711, 4712):
        here.router.process_started(Protocol.TCP, HTTP, number)
        assert process(here, HTTP) == number
        assert len(here.router.knowledge.applications) == before


def test_who_was_to_run_all_the_time_and_has_ended_is_chosen_no_longer() -> None:
    here = world({})
    here.router.process_started(Protocol.TCP, HTTP, 4711)
    here.router.process_ended(Protocol.TCP, HTTP)
    assert process(here, HTTP) is None
    assert process(here, RAW) is not None


@pytest.mark.parametrize("asked", [4711, 1])
def test_figures_of_the_machine_stand_in_its_records(asked: int) -> None:
    here = world({})
    here.router.process_started(Protocol.TCP, HTTP, 4711)
    figures = Figures(cpu_utilization=1234, available_memory=5, available_bandwidth=6, processes={asked: 99})
    here.router.set_state(figures)
    state = here.router.knowledge.state(ROUTER_IP, here.now)
    assert state is not None
    assert (state.cpu_utilization, state.available_memory, state.available_bandwidth) == (1234, 5, 6)
    needs = here.router.knowledge.applications.get((ROUTER_IP, 4711))
    assert needs is not None
    assert needs.record.cpu_utilization == (99 if asked == 4711 else 0)
