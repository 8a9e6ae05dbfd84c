"""The sequence numbers that tell one holder of a connection from another (TGT-3, TGT-4)."""

from typing import NamedTuple, Protocol


class Numbered(Protocol):
    """A control block, or an endpoint."""

    @property
    def iss(self) -> int:
        """Initial send sequence number."""

    @property
    def irs(self) -> int:
        """The client's initial sequence number."""

    @property
    def snd_nxt(self) -> int:
        """Next octet to the client."""

    @property
    def rcv_nxt(self) -> int:
        """Next octet of the client."""


class Numbers(NamedTuple):
    """iss and irs name the connection, the other two tell how far its holder has come."""

    iss: int
    irs: int
    snd_nxt: int
    rcv_nxt: int

    @classmethod
    def of(cls, source: Numbered) -> "Numbers":
        """The numbers in a connection packet, or of an endpoint as it stands."""
        return cls(source.iss, source.irs, source.snd_nxt, source.rcv_nxt)

    def same_connection(self, other: "Numbers") -> bool:
        """Whether both are numbers of one connection (TGT-4)."""
        return self[:2] == other[:2]
