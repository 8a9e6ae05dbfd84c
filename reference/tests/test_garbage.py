"""Nothing of a connection is left for the garbage collector, which a running router no longer lets look at all."""

import gc
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from in_memory import World, opened, says
from ipos_reference import garbage
from ipos_reference.tcp.segment import Flags
from migrating import HERE, MIGRATING, acknowledges, attached, leaves, served_here


@pytest.fixture(autouse=True)
def _collector_as_before() -> Iterator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.set_debug(0)
    gc.garbage.clear()
    gc.unfreeze()
    gc.set_threshold(*thresholds)
    gc.enable()


def served_and_reset(world: World) -> None:
    _, seq, ack = served_here(world)
    world.client_sends(says(seq=seq, ack=ack, flags=Flags.RST))


def served_to_its_end(world: World) -> None:
    number, seq, ack = served_here(world)
    world.client_sends(says(seq=seq, ack=ack, flags=Flags.ACK | Flags.FIN))
    world.closes(number)
    world.client_sends(says(seq=seq + 1, ack=ack + 1))


def migrated_away(world: World) -> None:
    packet, _ = leaves(world)
    acknowledges(world, packet)


def given_up(world: World) -> None:
    leaves(world)
    world.waits(5)
    world.aborts(attached(world))


def taken_over(world: World) -> None:
    packet = world.migrates()
    world.forwards(says(HERE))
    world.aborts(attached(world))
    assert packet


def reset_before_a_request(world: World) -> None:
    answer = opened(world)
    world.client_sends(says(ack=answer.seq + 1, flags=Flags.RST))


@pytest.mark.parametrize(
    "life",
    [served_and_reset, served_to_its_end, migrated_away, given_up, taken_over, reset_before_a_request],
)
def test_an_ended_connection_leaves_no_cycles(life: Callable[[World], None]) -> None:
    world = World(MIGRATING)
    gc.collect()
    gc.disable()
    life(world)
    world.waits(4000)
    world.events()
    world.sent()
    assert not list(world.router.tables)
    gc.set_debug(gc.DEBUG_SAVEALL)
    gc.collect()
    left = Counter(type(one).__name__ for one in gc.garbage if type(one).__module__.startswith("ipos_"))
    assert left == Counter()


def test_old_objects_are_not_looked_at_any_more() -> None:
    garbage.collect_young_only()
    before = gc.get_stats()[2]["collections"]
    kept = [[number] for number in range(100_000)]  # many times what makes the collector look at young ones
    assert gc.get_stats()[2]["collections"] == before
    assert kept
