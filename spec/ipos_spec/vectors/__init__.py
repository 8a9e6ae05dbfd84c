"""Vectors: frames with what a reader has to make of them, to try a parser before any network is there.

`PACKETS` and `FRAMES` are one worked example of each packet.
"""

from ipos_spec.vectors.examples import FRAMES, PACKETS

__all__ = ["FRAMES", "PACKETS"]
