"""The two transports that a client may speak, as ipOS and as IP number them (ENC-5, ENC-10)."""

from typing import NamedTuple

from ipos_spec.encapsulation import Protocol


class Transport(NamedTuple):
    """One of them.

    protocol  in the ipOS header
    iana      in the IPv4 header
    header    octets of the transport's header without options
    """

    protocol: Protocol
    iana: int
    header: int


TCP = Transport(Protocol.TCP, iana=6, header=20)
UDP = Transport(Protocol.UDP, iana=17, header=8)
TRANSPORTS = (TCP, UDP)
