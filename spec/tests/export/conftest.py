"""The vectors, as every generated reader is asked them."""

from typing import Any

import pytest
from ipos_spec.vectors import Vector, all_vectors
from ipos_spec.vectors.values import plain

Answer = dict[str, Any]


@pytest.fixture(scope="session")
def answers() -> dict[bytes, Answer]:
    """Frames, and what a parser answers that reads whatever can be read and has the EtherType 0x0007 (ENC-2)."""
    return {vector.frame: _answer(vector) for vector in all_vectors()}


@pytest.fixture(scope="session")
def readable(answers: dict[bytes, Answer]) -> dict[bytes, Answer]:
    """Those of the frames that can be read, whether or not a router takes them."""
    return {frame: answer for frame, answer in answers.items() if "packet" in answer}


@pytest.fixture(scope="session")
def unreadable() -> list[Vector]:
    """Vectors that a reader has to refuse."""
    return [vector for vector in all_vectors() if not vector.is_readable]


def _answer(vector: Vector) -> Answer:
    discard = vector.discard
    if discard is not None and (not vector.is_readable or discard.requirement == "ENC-2"):
        return {"error": discard.requirement}
    return {"packet": vector.packet, "fields": {path: plain(value) for path, value in vector.values.items()}}
