"""Whoever types what the pages say gets what they say: `nox -s docs-run`, some ten minutes.

`followed` says which pages are followed and how, `reader` types.
"""

from pathlib import Path

import pytest
from bed import needs_kernel
from documented import blocks, sources
from followed import WAYS, Step, Way
from reader import follow

pytestmark = pytest.mark.kernel


@pytest.fixture(autouse=True)
def _kernel() -> None:
    if reason := needs_kernel():
        pytest.skip(reason)


@pytest.mark.parametrize("page", WAYS)
def test_a_page_is_followed(page: str, tmp_path: Path) -> None:
    text = dict(sources())[page]
    assert follow(tmp_path, WAYS[page], list(blocks(page, text))) == []


FOLLOWED = "::\n\n   echo one\n\n.. code-block:: text\n\n   one\n"

WRONG = {
    "false: ended with 1, expected 0": ("::\n\n   true\n   false\n   echo after\n", Way()),
    "echo after: not come to": ("::\n\n   false\n   echo after\n", Way()),
    "nobody-has-this: ended with 127": ("::\n\n   nobody-has-this\n", Way()),
    "ended with 2, expected 0; it says": ("::\n\n   ipos-spec decode --wrong-option 00\n", Way()),
    "echo one: expected 'two'; it says": (FOLLOWED, Way(steps={"echo one": Step(says="two")})),
    "page:5: 'three' is not what 'echo one' prints": (FOLLOWED.replace("   one\n", "   three\n"), Way()),
}
"""What is told of which page."""


@pytest.mark.parametrize("told", WRONG)
def test_what_goes_otherwise_is_told(told: str, tmp_path: Path) -> None:
    text, way = WRONG[told]
    assert any(told in line for line in follow(tmp_path, way, list(blocks("page", text))))


def test_what_goes_as_the_page_says_is_not_told(tmp_path: Path) -> None:
    assert follow(tmp_path, Way(), list(blocks("page", FOLLOWED))) == []
