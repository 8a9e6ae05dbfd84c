"""The protocol model of the fuzz harness on real runs: it acquits the reference, and convicts what is planted into it.

`model_matrix.py` does the same with every variation and every defect.
"""

from pathlib import Path

import pytest
from bed import needs_kernel
from model_matrix import REFERENCE, Said, record, said_of

pytestmark = [pytest.mark.kernel, pytest.mark.skipif(bool(needs_kernel()), reason=needs_kernel() or "")]

_CASES = ("ENC-6", "ENC-7", "ORG-6", "ORG-8", "ORG-12", "TGT-4", "TGT-6", "FWD-1")
"""More than a hundred of either role."""


def _said(planted: str, folder: Path, *selections: str) -> Said:
    record(planted, folder / "frames", *selections)
    return said_of(folder / "frames")


def test_reference_is_acquitted(tmp_path: Path) -> None:
    """In what it sends at more than a hundred cases nothing is wrong."""
    said = _said(REFERENCE, tmp_path, *_CASES)
    assert said.frames > 1000
    assert dict(said.violations) == {}


@pytest.mark.parametrize(
    ("planted", "requirement"),
    [
        ("wrong-checksum-accepted", "ENC-7"),
        ("acknowledges-what-it-passes-on", "ORG-8"),
        pytest.param("other-mac-accepted", "ENC-12", marks=pytest.mark.thorough),
        pytest.param("acknowledged-without-listener", "TGT-2", marks=pytest.mark.thorough),
        pytest.param("held-packets-reversed", "ORG-6", marks=pytest.mark.thorough),
        pytest.param("segment-size-ignored", "TGT-6", marks=pytest.mark.thorough),
        pytest.param("client-packet-s-checksum-covers-the-packet", "ENC-6", marks=pytest.mark.thorough),
        pytest.param("scales-exchanged", "ORG-5", marks=pytest.mark.thorough),
    ],
)
def test_defect_is_convicted(tmp_path: Path, planted: str, requirement: str) -> None:
    """At the cases of its requirement it sends a frame that is wrong, and the requirement is named."""
    said = _said(planted, tmp_path, requirement)
    assert requirement in {slug for slug, _ in said.violations}
