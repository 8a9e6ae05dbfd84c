"""Whole exchanges as data: what passes on both LANs when connections migrate, and the requirement that rules it.

    with path.open("wb") as file:
        write(EXCHANGES["migration"], file)

A story (`migrations`, `journeys`, `mishaps`) is told on a `scene`, which keeps time, addresses and sequence numbers.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import BinaryIO

from ipos_spec.captures import CaptureWriter
from ipos_spec.exchanges.journeys import chain, come_home
from ipos_spec.exchanges.migrations import migration, udp_migration
from ipos_spec.exchanges.mishaps import (
    late_acknowledgement,
    lost_acknowledgement,
    lost_connection_packet,
    refusal,
    wrong_checksum,
)
from ipos_spec.exchanges.values import FIRST_LAN, SECOND_LAN, Exchange, ExchangeFrame

__all__ = ["EXCHANGES", "FIRST_LAN", "SECOND_LAN", "Exchange", "ExchangeFrame", "write"]

_STORIES = (
    migration,
    udp_migration,
    chain,
    come_home,
    lost_connection_packet,
    lost_acknowledgement,
    late_acknowledgement,
    wrong_checksum,
    refusal,
)

EXCHANGES: Mapping[str, Exchange] = MappingProxyType({exchange.name: exchange for exchange in (s() for s in _STORIES)})
"""All exchanges by name."""


def write(exchange: Exchange, file: BinaryIO) -> None:
    """Write an exchange as pcapng: an interface for each LAN, and what happens as comments."""
    writer = CaptureWriter(file, [FIRST_LAN, SECOND_LAN], comments=[exchange.title])
    for frame in exchange.frames:
        writer.write(frame.lan, frame.time_ns, frame.octets, [frame.comment])
