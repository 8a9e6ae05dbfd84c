"""Who stands behind a MAC address, as far as the frames of a capture tell.

A router has a MAC address on each LAN, and it is one and the same where both are found to have one IP address:

- by ARP on either LAN, and by Table Advertisements, a sender tells its own address (TGT-11);
- an ipOS header names the target's address: of a connection packet and of a client's packet that of the destination,
  of an acknowledgement that of the source (ENC-3);
- who gets a client's packets on the first LAN has the server's address;
- who first hands a connection over is the router that the client has addressed, and who answers its client afterwards
  is the router that acknowledged it last (TGT-6). These two are told for one conversation at a time, by `making`.
"""

from collections.abc import Mapping

from ipos_spec.addresses import BROADCAST_MAC, IPv4, Mac
from ipos_spec.packets import Acknowledgement
from ipos_spec.sequence.frames import Frame


class Stations:
    """What has been learnt. Of several addresses that one MAC was found to have, the first counts."""

    def __init__(self) -> None:
        self._addresses: dict[Mac, IPv4] = {}
        self._routers: set[Mac] = set()

    def learn(self, frame: Frame) -> None:
        """Take what a frame tells by itself."""
        if frame.speaks is not None:
            self._tell(frame.source, frame.speaks)
        if frame.packet is not None:
            target = frame.source if isinstance(frame.packet, Acknowledgement) else frame.destination
            self._tell(target, frame.packet.header.destination_ip)
            self._routers |= {frame.source, frame.destination}

    def address(self, mac: Mac) -> IPv4 | None:
        """Whose MAC address it is, by IP address."""
        return self._addresses.get(mac)

    def speaks_ipos(self, mac: Mac) -> bool:
        """Whether somebody with this MAC address has sent or got packets of FIG. 11."""
        return mac in self._routers

    @property
    def addresses(self) -> Mapping[Mac, IPv4]:
        """All that is known."""
        return self._addresses

    def _tell(self, mac: Mac, address: IPv4) -> None:
        if mac != BROADCAST_MAC and address:
            self._addresses.setdefault(mac, address)
