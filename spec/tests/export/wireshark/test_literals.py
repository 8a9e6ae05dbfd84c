"""Python values as Lua reads them back."""

import pytest
from ipos_spec.export.wireshark.literals import WIDTH, literal


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (True, "true"),
        (7, "7"),
        ('say "\\n"', '"say \\"\\\\n\\""'),
        ("two\nlines", '"two\\010lines"'),
        ("größe", '"größe"'),
        ((), "{}"),
        ((1, "a"), '{ 1, "a" }'),
        ({"name": "a", "size": None}, '{ name = "a" }'),
        ({"ENC-7": 1, 2: 3}, '{ ["ENC-7"] = 1, [2] = 3 }'),
    ],
)
def test_how_a_value_is_written(value: object, written: str) -> None:
    assert literal(value) == written


def test_what_is_too_long_for_a_line_is_broken_up() -> None:
    assert literal({"a": ["x" * WIDTH]}) == "\n".join(["{", "  a = {", f'    "{"x" * WIDTH}",', "  },", "}"])


def test_other_values_are_refused() -> None:
    with pytest.raises(TypeError, match="has no place in a Lua table"):
        literal(1.5)
