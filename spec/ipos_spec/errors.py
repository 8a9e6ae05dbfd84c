"""What can be wrong with a frame, as one small family of errors."""


class SpecError(Exception):
    """Base of everything that this package raises on bad input."""


class EncodeError(SpecError):
    """A value does not fit its field: ``path`` names the field, ``problem`` says what was found and expected."""

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(f"{path}: {problem}")
        self.path = path
        self.problem = problem


class DecodeError(SpecError):
    """A frame that a router discards.

    path         dotted name of the field, such as ``connection.control_block.snd_una``
    offset       of that field in the frame, in octets
    problem      what was found and what was expected
    requirement  id of the requirement that the frame violates
    """

    def __init__(self, path: str, offset: int, problem: str, requirement: str) -> None:
        super().__init__(f"{path} at octet {offset}: {problem} ({requirement})")
        self.path = path
        self.offset = offset
        self.problem = problem
        self.requirement = requirement


class OtherEtherTypeError(DecodeError):
    """Not an ipOS frame at all."""


class TruncatedError(DecodeError):
    """The frame ends before the field does (ENC-8)."""


class UnknownPacketError(DecodeError):
    """No packet of FIG. 11 has this type and protocol (ENC-4, ENC-5)."""


class ChecksumError(DecodeError):
    """The ipOS checksum does not verify (ENC-7)."""


class InnerPacketError(DecodeError):
    """The encapsulated packet is not one that a client of this connection can have sent (ENC-10)."""


class AdvertisementError(DecodeError):
    """The extension packet is no Table Advertisement that can be read (ADV-1)."""
