"""How things are called in C, and how they are explained there."""

import textwrap

from ipos_spec.description import PacketDescription
from ipos_spec.wording import Described, underscored

_WIDTH = 100


def tag(described: Described) -> str:
    """Of its struct: ipos_control_block."""
    record = described.record if isinstance(described, PacketDescription) else described.name
    return record_tag(record)


def record_tag(record: str) -> str:
    """The same, from the name of the record class."""
    return f"ipos_{underscored(record)}"


def union_member(packet: PacketDescription) -> str:
    """Of the union of packets: tcp_connection."""
    return packet.name.replace("-", "_")


def constant(*parts: str) -> str:
    """Of an enumerator or macro: IPOS_CONTROL_BLOCK_T_FLAGS_NODELAY."""
    return "_".join(part.replace("-", "_") for part in parts).upper()


def name_of(packet: PacketDescription) -> str:
    """The enumerator that says which packet it is: IPOS_TCP_CONNECTION."""
    return constant("ipos", packet.name)


def refused(slug: str) -> str:
    """The enumerator of a violated requirement: IPOS_REFUSED_ENC_7."""
    return constant("ipos_refused", slug)


def harmless(text: str) -> str:
    """Text for the inside of a comment: nothing in it can end that or open another."""
    return " ".join(text.split()).replace("*/", "* /").replace("/*", "/ *")


def comment(text: str, indentation: int = 0) -> str:
    """A comment for Doxygen."""
    margin = " " * indentation
    lines = textwrap.wrap(harmless(text), _WIDTH - indentation - 7, break_long_words=False, break_on_hyphens=False)
    if len(lines) <= 1:
        return f"{margin}/** {''.join(lines)} */"
    return "\n".join((f"{margin}/**", *(f"{margin} * {line}" for line in lines), f"{margin} */"))
