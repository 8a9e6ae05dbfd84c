"""What the router has to tell the side on which the applications are."""

from dataclasses import dataclass

from ipos_spec.encapsulation import Protocol


@dataclass(frozen=True, slots=True)
class Attached:
    """An endpoint wants its application: connect to the one that serves ``port``."""

    number: int
    port: int
    protocol: Protocol = Protocol.TCP


@dataclass(frozen=True, slots=True)
class Changed:
    """There may be more to read from this endpoint, or more room to write."""

    number: int


@dataclass(frozen=True, slots=True)
class Datagram:
    """A client's datagram for the application of a UDP endpoint."""

    number: int
    octets: bytes


@dataclass(frozen=True, slots=True)
class Detached:
    """The application has nothing more to do with the endpoint, which is gone, or leaves for another server.

    One that could not leave after all is Attached again under the same number.

    failure  why, None after an orderly end
    unread   octets of an orderly stream that the application has not read yet; its end of file follows them
    """

    number: int
    failure: str | None
    unread: bytes = b""


Event = Attached | Changed | Datagram | Detached
