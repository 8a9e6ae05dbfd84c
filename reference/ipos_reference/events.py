"""What the router has to tell the side on which the applications are."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Attached:
    """An endpoint wants its application: connect to the one that serves ``port``."""

    number: int
    port: int


@dataclass(frozen=True, slots=True)
class Changed:
    """There may be more to read from this endpoint, or more room to write."""

    number: int


@dataclass(frozen=True, slots=True)
class Detached:
    """The endpoint is gone.

    failure  why, None after an orderly end
    unread   octets of an orderly stream that the application has not read yet; its end of file follows them
    """

    number: int
    failure: str | None
    unread: bytes = b""


Event = Attached | Changed | Detached
