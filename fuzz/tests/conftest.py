"""What several tests stand on."""

import pytest
from campaigns import why_not_built


@pytest.fixture(scope="session")
def routers(tmp_path_factory):
    """The folder of the small router in C, and its target files."""
    folder = tmp_path_factory.mktemp("c-router")
    if problem := why_not_built(folder):
        pytest.skip(problem)
    return folder
