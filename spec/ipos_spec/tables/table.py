"""What there is to say about a table of FIG. 12 beyond its records: key, instances, bound, lifetimes, who uses it."""

from dataclasses import dataclass
from enum import StrEnum

from ipos_spec.encapsulation import Protocol
from ipos_spec.tables.records import key_fields, key_record


class WhenFull(StrEnum):
    """What becomes of that for which a full table has no room; no live record ever makes room for it (TAB-4)."""

    DROP = "drop"
    """The SYN or the datagram is dropped."""

    RESET = "reset"
    """The connection is reset."""

    STAY = "stay"
    """The endpoint is not migrated: the router serves its client itself."""

    SILENCE = "silence"
    """The connection packet is not acknowledged."""

    REFUSE = "refuse"
    """The record is not taken; the others stay as they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """How many records a table takes, and what happens when it has them.

    records      default for each instance; an operator may choose another number
    when_full    one for each instance of the table, in their order
    explanation  the same in words
    """

    records: int
    when_full: tuple[WhenFull, ...]
    explanation: str
    requirement: str = "TAB-4"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifetime:
    """A time after which something happens to a record.

    seconds   before scaling
    since     what starts it, or starts it anew
    then      what happens
    protocol  whose instance it concerns; None: all
    scaled    whether the operator's factor applies (TIM-1)
    """

    name: str
    seconds: int
    since: str
    then: str
    requirement: str
    protocol: Protocol | None = None
    scaled: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table of FIG. 12.

    name       slug, such as forward-connect
    title      as people call it
    caption    as the figure calls it
    record     class of its records
    use        what it is for
    instances  one for each of these protocols; none: one for all (TAB-5)
    filled_by  who makes, changes and removes records
    read_by    who looks them up, and for what
    """

    name: str
    title: str
    caption: str
    record: type
    use: str
    source: str
    instances: tuple[Protocol, ...]
    bound: Bound
    lifetimes: tuple[Lifetime, ...] = ()
    filled_by: str
    read_by: str

    @property
    def key(self) -> tuple[str, ...]:
        """Names of the key fields, in wire order."""
        return key_fields(self.record)

    @property
    def key_record(self) -> type:
        """Record class of the key alone."""
        return key_record(self.record)

    def lifetime(self, name: str, protocol: Protocol | None = None) -> Lifetime:
        """The lifetime of this name, for all instances or for that of one protocol. Raises KeyError."""
        for lifetime in self.lifetimes:
            if lifetime.name == name and lifetime.protocol in (None, protocol):
                return lifetime
        raise KeyError(f"{self.title} has no lifetime {name!r}")
