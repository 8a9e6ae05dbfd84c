"""The ipOS protocol as data: schemas of FIG. 11, codec, checksum, requirement registry."""

from ipos_spec.codec import decode, encode
from ipos_spec.errors import DecodeError, EncodeError, SpecError

__all__ = ["DecodeError", "EncodeError", "SpecError", "decode", "encode"]
