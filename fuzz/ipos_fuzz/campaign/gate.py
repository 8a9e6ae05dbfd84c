"""The way to a LAN: what may leave the harness at all, and where a station's frame is changed before it goes."""

from collections import Counter
from collections.abc import Callable

from ipos_conformance.bench.wire import Port
from ipos_conformance.frames import ARP_TYPE, IPV4_TYPE, Frame, Lan
from ipos_conformance.target import Target
from ipos_spec.addresses import IPv4
from ipos_spec.encapsulation import PacketType

Change = Callable[[bytes], tuple[str, bytes]]
"""From a frame to another one, and the name of what was done to it."""
_IPV4 = IPV4_TYPE.to_bytes(2, "big")
_TAGS = {bytes.fromhex(number) for number in ("8100", "88a8", "9100")}
"""EtherTypes of what IEEE 802.1Q puts before the frame's own, and 4 octets each."""
_TYPE, _INNER = 26, 30
"""Where an ipOS frame has its type, and a packet of type 2 the client's."""
_DESTINATION, _IPV4_HEADER = 16, 20
_UNUSABLE = {0, 0xFFFFFFFF}
"""0.0.0.0 and the limited broadcast lead nowhere else."""


class Reach:
    """Whom a target file names: nobody else is ever sent anything."""

    def __init__(self, target: Target) -> None:
        self._macs = {target.first_lan.router_mac, target.second_lan.router_mac}
        router = target.router
        self._hosts = {router.address, router.gateway, *(peer.address for peer in target.peer)} | _UNUSABLE
        network = target.suite.client_network
        self._ipos = target.second_lan.ether_type.to_bytes(2, "big")
        self._first, self._last = int(network.network_address), int(network.broadcast_address)

    def includes(self, octets: bytes) -> bool:
        """Whether a frame goes to the target, or to a group on its LAN, and the IPv4 packet in it to no stranger.

        That packet may stand behind VLAN tags, or be what a client has sent through another router (type 2).
        """
        if octets[:6] not in self._macs and not (octets and octets[0] & 1):
            return False
        at = self._packet(octets)
        if at is None or len(octets) < at + _IPV4_HEADER:
            return True
        host = IPv4(int.from_bytes(octets[at + _DESTINATION : at + _IPV4_HEADER], "big"))
        return host in self._hosts or self._first <= host <= self._last or host >> 28 == 0xE

    def _packet(self, octets: bytes) -> int | None:
        """Where an IPv4 packet begins; None if there is none."""
        ether_type = 12
        while (found := octets[ether_type : ether_type + 2]) in _TAGS:
            ether_type += 4
        if found == _IPV4:
            return ether_type + 2
        shift = ether_type - 12
        if found == self._ipos and octets[_TYPE + shift : _TYPE + shift + 1] == bytes([PacketType.PACKET]):
            return _INNER + shift
        return None


class Gate(Port):
    """A port that lets nothing out of the target's reach, and changes the next frame if it is asked to.

    longest  octets of a frame that the interface takes
    tape     gets every frame that passes, as it passes
    """

    def __init__(
        self,
        lan: Lan,
        interface: str,
        ether_type: int,
        rate: float,
        *,
        reach: Reach,
        longest: int,
        tape: list[Frame],
    ) -> None:
        super().__init__(lan, interface, ether_type, rate)
        self._reach, self._longest, self._tape = reach, longest, tape
        self._change: Change | None = None
        self._changes_on = False
        self.changed: Counter[str] = Counter()
        self.withheld = 0

    def change_next(self, change: Change, *, and_all: bool = False) -> None:
        """Change the next frame that is no ARP message, or all from it on. Names are counted in ``changed``."""
        self._change, self._changes_on = change, and_all

    def change_none(self) -> None:
        """Nothing is to be changed any more."""
        self._change = None

    def send(self, octets: bytes) -> Frame:
        """Put a frame on the wire: the changed one, unless it would leave the target's reach."""
        if self._change is not None and octets[12:14] != ARP_TYPE.to_bytes(2, "big"):
            name, mutant = self._change(octets)
            if not self._changes_on:
                self._change = None
            if mutant != octets and self._may_pass(mutant):
                self.changed[name] += 1
                octets = mutant
            else:
                self.withheld += mutant != octets
        return self._put(octets)

    def receive(self) -> list[Frame]:
        """All frames that wait, in order of arrival."""
        frames = super().receive()
        self._tape += frames
        return frames

    def try_to_send(self, octets: bytes) -> Frame | None:
        """Put a frame on the wire if it is within the target's reach; None if it is not."""
        if not self._may_pass(octets):
            self.withheld += 1
            return None
        return self._put(octets)

    def _may_pass(self, octets: bytes) -> bool:
        return len(octets) <= self._longest and self._reach.includes(octets)

    def _put(self, octets: bytes) -> Frame:
        frame = super().send(octets)
        self._tape.append(frame)
        return frame
