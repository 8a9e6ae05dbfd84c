"""Planted defects are convicted by the cases of the requirement that each breaks: one for each requirement.

`pytest -m "" tests/test_kill_matrix.py` takes all of them, `nox -s kill-matrix` runs the whole suite
against each. Only a requirement's own cases are run here; what else a defect turns red is not looked at.
"""

from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import ipos_defects.__main__  # noqa: F401 - fills the register
import pytest
from bed import needs_kernel
from ipos_defects.defect import DEFECTS
from judged import Judgement, side_by_side

pytestmark = [pytest.mark.kernel, pytest.mark.skipif(bool(needs_kernel()), reason=needs_kernel() or "")]

CONVICTING = {"FAIL", "WARN"}


@pytest.fixture(scope="module")
def judgements(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, "Future[Judgement]"]]:
    """All runs that were selected."""
    names = [item.callspec.params["name"] for item in request.session.items if item.path == Path(__file__)]
    with side_by_side({name: (DEFECTS[name].requirement,) for name in names}, tmp_path_factory.mktemp) as running:
        yield running


_EVERY = 3
"""Of so many requirements one has a defect among the short tests; `nox -s kill-matrix` takes all of all."""


def _some() -> Iterator[object]:
    seen: list[str] = []
    for name, entry in DEFECTS.items():
        is_short = entry.requirement not in seen and len(seen) % _EVERY == 0
        if entry.requirement not in seen:
            seen.append(entry.requirement)
        yield pytest.param(name, marks=[] if is_short else [pytest.mark.thorough])


@pytest.mark.parametrize("name", list(_some()))
def test_defect_is_convicted(judgements: dict[str, "Future[Judgement]"], name: str) -> None:
    found = judgements[name].result()
    assert found.status in (0, 1, 3)  # 3: what our own machine was too slow for beside it, which acquits nobody
    assert CONVICTING & {verdict for _, verdict in found.verdicts.values()}, found.verdicts
