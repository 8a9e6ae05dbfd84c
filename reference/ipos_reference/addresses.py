"""A transport address: the half of a connection that one side stands for."""

from typing import NamedTuple

from ipos_spec.addresses import IPv4, ipv4_text


class Address(NamedTuple):
    """IPv4 address and port."""

    ip: IPv4
    port: int

    @property
    def packed(self) -> int:
        """Both in one number of 48 bits."""
        return self.ip << 16 | self.port

    def __str__(self) -> str:
        return f"{ipv4_text(self.ip)}:{self.port}"
