"""The device under test as the cases see it: whom they may play, what they may expect. Its words are the protocol's."""

from collections.abc import Callable, Mapping

from ipos_spec.packets import TcpConnectionPacket

from ipos_conformance.bench.wire import Port
from ipos_conformance.frames import Lan
from ipos_conformance.inbox import Inbox, inbox
from ipos_conformance.judge import endpoint_of
from ipos_conformance.steps.advertising import Advertising
from ipos_conformance.steps.connecting import Connecting
from ipos_conformance.steps.handing_over import HandingOver
from ipos_conformance.steps.migration import Migration
from ipos_conformance.steps.udp import Udp
from ipos_conformance.target import TableBounds, Target


class Dut(HandingOver, Connecting):
    """One router between its two LANs, and the life of the cases that judge it.

    origin       what the target does when it migrates a client away
    udp          all of UDP
    advertising  what routers tell each other (section 9)
    """

    def __init__(
        self,
        target: Target,
        ports: Mapping[Lan, Port],
        seed: int,
        target_end: Callable[[], str | None] = lambda: None,
        scale: float = 1.0,
        bounds: TableBounds | None = None,
        salt: str = "",
    ) -> None:
        super().__init__(target, ports, seed, target_end, scale, bounds, salt)
        self.origin = Migration(target, self.judge, self.peer, scale)
        self.udp = Udp(self)
        self.advertising = Advertising(self)

    def start_case(self, name: str) -> Inbox:
        """Nothing of other cases is in sight; what the case draws by chance depends on its name and the seed alone."""
        case = inbox(self.seed, name)
        self.turn_to(case)
        return case

    def turn_to(self, case: Inbox) -> None:
        """This case goes on from here."""
        self.traffic.turn_to(case)

    def end_case(self) -> None:
        """Reset what the case opened, so that thousands of cases don't fill the target's tables."""
        case = self.traffic.inbox
        case.active = False
        for conversation in case.open:
            conversation.carry(conversation.packet("R"))
        case.open.clear()
        if self.bounds.forward is not None:
            for packet in case.moved:
                self.take_back(packet)
        case.moved.clear()
        for take_back in case.undo:
            take_back()
        case.undo.clear()

    def take_back(self, packet: TcpConnectionPacket) -> None:
        """Hand a connection back and reset it: that takes the entry with the endpoint, silently (TGT-12)."""
        back = self.successor(self.peer, packet, rcv=1)
        self.peer.send(back)
        endpoint = endpoint_of(back, self.peer)
        endpoint.carry(endpoint.packet("R"))
