"""Records: immutable values that are tuples underneath and look like keyword-only dataclasses."""

import copy
import dataclasses
import gc
import inspect
import operator
import pickle
from collections.abc import Callable
from typing import Annotated

import pytest
from ipos_spec.record import record


@record
class Point:
    """A point."""

    x: Annotated[int, "abscissa"] = 0
    y: int

    def moved(self, by: int) -> "Point":
        return dataclasses.replace(self, x=self.x + by)


@record
class Other:
    x: int
    y: int


point = Point(x=1, y=2)


def test_fields_by_name() -> None:
    assert (point.x, point.y, repr(point)) == (1, 2, "Point(x=1, y=2)")


def test_default_may_stand_before_a_field_without_one() -> None:
    assert Point(y=2) == Point(x=0, y=2)


def test_replace_fields_and_asdict_of_dataclasses_take_it() -> None:
    assert point.moved(3) == Point(x=4, y=2)
    assert [field.name for field in dataclasses.fields(Point)] == ["x", "y"]  # type: ignore[arg-type]
    assert dataclasses.asdict(point) == {"x": 1, "y": 2}  # type: ignore[call-overload]


@pytest.mark.parametrize("given", [{}, {"x": 1}, {"y": 1, "z": 1}, {"x": 1, "y": 1, "z": 1}])
def test_missing_and_unknown_fields_are_refused(given: dict[str, int]) -> None:
    with pytest.raises(TypeError, match="Point: missing"):
        Point(**given)


def test_positional_values_are_refused() -> None:
    with pytest.raises(TypeError):
        Point(1, 2)  # type: ignore[misc]


@pytest.mark.parametrize("name", ["x", "z"])
def test_it_does_not_change(name: str) -> None:
    with pytest.raises(AttributeError):
        setattr(point, name, 3)


def test_equal_only_within_one_class() -> None:
    assert point == Point(x=1, y=2)
    assert point != Other(x=1, y=2)
    plain = (1, 2)
    assert point != plain
    assert plain != point
    assert len({point, Point(x=1, y=2), Other(x=1, y=2)}) == 2


@pytest.mark.parametrize("compare", [operator.lt, operator.le, operator.gt, operator.ge])
@pytest.mark.parametrize("other", [Point(x=2, y=0), Other(x=2, y=0)])
def test_records_have_no_order(compare: Callable[[object, object], bool], other: object) -> None:
    with pytest.raises(TypeError):
        compare(point, other)


def test_signature_names_the_fields() -> None:
    parameters = inspect.signature(Point).parameters
    assert [(name, parameter.default) for name, parameter in parameters.items()] == [
        ("x", 0),
        ("y", inspect.Parameter.empty),
    ]


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda point: pickle.loads(pickle.dumps(point))])  # noqa: S301
def test_copies(copied: object) -> None:
    assert copied(point) == point  # type: ignore[operator]
    assert type(copied(point)) is Point  # type: ignore[operator]


def test_a_record_is_made_whatever_the_garbage_collector_does_meanwhile() -> None:
    """`namedtuple`'s class is in cycles: let go of too early, it is emptied at the collector's next visit."""
    thresholds = gc.get_threshold()
    gc.set_threshold(1)
    try:
        made = [record(type("Pair", (), {"__annotations__": {"left": int, "right": int}})) for _ in range(10)]
    finally:
        gc.set_threshold(*thresholds)
    assert [pair(left=1, right=2).right for pair in made] == [2] * 10
