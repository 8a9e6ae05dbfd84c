"""Initial sequence numbers and timestamp offsets that a stranger can't guess (RFC 6528, RFC 7323 5.4)."""

import hashlib

from ipos_reference.addresses import Address

_TICKS_PER_SECOND = 250_000  # RFC 9293 3.4.1: the sequence clock advances every 4 microseconds


def initial_sequence_number(secret: bytes, client: Address, server: Address, now: float) -> int:
    """RFC 6528's M + F(addresses, secret), 32 bits; ``now`` in seconds."""
    return (int(now * _TICKS_PER_SECOND) + _keyed(secret, b"isn", client, server)) % 2**32


def timestamp_offset(secret: bytes, client: Address, server: Address) -> int:
    """What a connection's timestamp clock starts from, 32 bits: the same for each connection between two addresses."""
    return _keyed(secret, b"ts", client, server)


def _keyed(secret: bytes, purpose: bytes, client: Address, server: Address) -> int:
    material = b"".join(address.ip.to_bytes(4, "big") + address.port.to_bytes(2, "big") for address in (client, server))
    return int.from_bytes(hashlib.blake2s(material, key=secret, person=purpose, digest_size=4).digest(), "big")
