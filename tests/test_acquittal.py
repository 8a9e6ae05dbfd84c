"""Each variation, a right router that differs from the reference, is acquitted by every case of the suite.

The other half of the kill matrix: a judge that convicts everybody would pass that one.
"""

from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import ipos_defects.__main__  # noqa: F401 - fills the register
import pytest
from bed import needs_kernel
from ipos_defects.variation import VARIATIONS
from judged import Judgement, side_by_side

pytestmark = [pytest.mark.kernel, pytest.mark.skipif(bool(needs_kernel()), reason=needs_kernel() or "")]


@pytest.fixture(scope="module")
def judgements(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, "Future[Judgement]"]]:
    """All runs that were selected."""
    names = [item.callspec.params["name"] for item in request.session.items if item.path == Path(__file__)]
    with side_by_side(dict.fromkeys(names, ()), tmp_path_factory.mktemp) as running:
        yield running


@pytest.mark.parametrize("name", VARIATIONS)
def test_right_router_is_acquitted(judgements: dict[str, "Future[Judgement]"], name: str) -> None:
    found = judgements[name].result()
    warned = {requirement for requirement, verdict in found.verdicts.values() if verdict == "WARN"}
    assert found.other_than("PASS", "WARN", "NOT APPLICABLE") == {}
    assert (found.status, warned) == (0, VARIATIONS[name].warnings)
