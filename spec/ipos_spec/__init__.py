"""The ipOS protocol as data: schemas of FIG. 11 and FIG. 12, the registry of requirements, and what is made of them.

`decode` reads a frame, `encode` writes one; the README beside this package says where everything else is.
"""

from ipos_spec.codec import decode, encode
from ipos_spec.errors import DecodeError, EncodeError, SpecError

__all__ = ["DecodeError", "EncodeError", "SpecError", "decode", "encode"]
