"""What the end-to-end tests need of the machine; where it is missing they are skipped, with the reason."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from bed import Bed, needs_kernel


@pytest.fixture
def make_bed(tmp_path: Path) -> Iterator[Callable[..., Bed]]:
    """Make a test bed, ended with the test."""
    reason = needs_kernel() or next((f"needs {tool}" for tool in ("curl", "nsenter") if not shutil.which(tool)), None)
    if reason:
        pytest.skip(reason)
    beds: list[Bed] = []

    def make(**options: object) -> Bed:
        beds.append(Bed(tmp_path, **options))
        return beds[-1]

    yield make
    for bed in beds:
        bed.close()


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory that every user may read, as pytest's own is not."""
    place = Path(tempfile.mkdtemp(prefix="ipos-"))
    place.chmod(0o755)
    yield place
    shutil.rmtree(place)
