"""Vectors: frames with what a reader has to make of them, to try a parser before any network is there.

    for vector in all_vectors():
        print(vector.slug, vector.result, vector.frame.hex())

They follow from the description of the protocol (`field_values`, `lengths`, `checksums`, ...), or stand there for bugs
that are known from elsewhere (`known_bugs`). What a vector expects is what was put into its frame, never what the codec
reads from it. `PACKETS` and `FRAMES` are one worked example of each packet.
"""

from ipos_spec.vectors.collection import all_vectors, vectors_of
from ipos_spec.vectors.examples import FRAMES, PACKETS
from ipos_spec.vectors.flags import BugType, Flag
from ipos_spec.vectors.values import Discard, Result, Value, Values, Vector

__all__ = [
    "FRAMES",
    "PACKETS",
    "BugType",
    "Discard",
    "Flag",
    "Result",
    "Value",
    "Values",
    "Vector",
    "all_vectors",
    "vectors_of",
]
