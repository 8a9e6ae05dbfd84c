"""The Internet checksum (RFC 1071), used by ipOS (ENC-6), IPv4, TCP, UDP and ICMP."""

_LONG = 192
"""Octets from which on folding pays."""
_FOLDS = tuple((bits, (1 << bits) - 1) for bits in (6144, 3072, 1536, 768))


def ones_complement_sum(octets: bytes) -> int:
    """Sum of the octets as 16-bit words in ones' complement; an odd last octet is padded with zero on the right.

    The integer remainder modulo 0xFFFF is that sum but for its zero: of the two representations, only all-zero input
    gives +0 (0x0000), every other multiple of 0xFFFF gives -0 (0xFFFF).
    """
    value = int.from_bytes(octets, "big")
    if len(octets) % 2:
        value <<= 8
    if len(octets) > _LONG:
        # 2**16 leaves 1, so a number may be folded at any multiple of 16 bits: adding halves of a packet of 1500 octets
        # is done in half the time that dividing all of it takes.
        for bits, mask in _FOLDS:
            value = (value >> bits) + (value & mask)
    return value % 0xFFFF or (0xFFFF if value else 0)


def internet_checksum(octets: bytes) -> int:
    """What a sender puts into the checksum field, given the octets with that field zero."""
    return ones_complement_sum(octets) ^ 0xFFFF


def verifies(octets: bytes) -> bool:
    """Whether the octets, checksum field included, sum to -0, as a receiver asks."""
    return ones_complement_sum(octets) == 0xFFFF
