"""Defects in telling one holder of a connection from another (TGT-3, TGT-4)."""

from dataclasses import replace

from ipos_reference import judgement, target
from ipos_reference.connection import Connection
from ipos_reference.discards import Discard
from ipos_reference.judgement import Answer, Situation
from ipos_reference.tables import EndedEndpoints
from ipos_reference.target import Target
from ipos_spec.packets import TcpConnectionPacket

from ipos_defects.defect import defect, patch
from ipos_defects.target_role import judging


@defect("TGT-3")
def repeat_unacknowledged() -> None:
    """Acknowledges a connection packet once only, though the first acknowledgement may have been lost."""
    judging(lambda _packet, answer: Discard.NOT_LATER if answer is Answer.REPEAT else answer)


@defect("TGT-3")
def repeat_starts_anew() -> None:
    """Makes a new endpoint of a repeated connection packet, and forgets what the old one had received."""
    judging(lambda _packet, answer: Answer.MAKE if answer is Answer.REPEAT else answer)


@defect("TGT-4")
def earlier_holder_replaces() -> None:
    """Lets any connection packet replace the endpoint that there is."""
    judging(lambda _packet, answer: Answer.MAKE if answer is Discard.NOT_LATER else answer)


@defect("TGT-4")
def stranger_replaces() -> None:
    """Lets another connection of the same client take an endpoint's place, whoever sends it."""
    original = judgement.judge
    patch(target, "judge", lambda packet, situation: original(packet, replace(situation, from_owner=True)))


@defect("TGT-4")
def later_holder_refused() -> None:
    """Keeps the first provisional endpoint though a later holder has the connection now."""
    patch(judgement, "is_later", lambda _numbers, _than: False)


@defect("TGT-3")
def repeat_moves_the_endpoint() -> None:
    """Has a provisional endpoint listen to whoever repeated its connection packet last."""
    original = Target.receive_connection_packet

    def receive(self: Target, packet: TcpConnectionPacket, now: float) -> None:
        original(self, packet, now)
        for connection in self._tables.by_reference(packet.header.reference):
            if connection.migration is not None:
                connection.migration.origin = packet.ethernet.source

    patch(Target, "receive_connection_packet", receive)


@defect("TGT-4")
def numbers_compared_without_wrap() -> None:
    """Takes the larger rcv_nxt for the later one, though sequence numbers wrap."""
    patch(
        judgement, "is_later", lambda numbers, than: (numbers.rcv_nxt, numbers.snd_nxt) > (than.rcv_nxt, than.snd_nxt)
    )


@defect("TGT-4")
def older_connection_replaces() -> None:
    """Lets the owner's delayed packet of an older connection take the newer one's place."""
    patch(judgement, "is_newer", lambda _numbers, _than: True)


@defect("TGT-4")
def iss_compared_without_wrap() -> None:
    """Takes the connection with the larger iss for the newer one, though sequence numbers wrap."""
    patch(judgement, "is_newer", lambda numbers, than: numbers.iss > than.iss)


@defect("TGT-4")
def owner_of_the_old_endpoint_replaces() -> None:
    """Lets the router that owns the old endpoint's server put another server's connection in its place."""
    original = judgement.judge

    def judge(packet: TcpConnectionPacket, situation: Situation) -> Answer | Discard:
        origins = [rival.migration.origin for rival in situation.rivals if rival.migration is not None]
        return original(packet, replace(situation, from_owner=packet.ethernet.source in origins))

    patch(target, "judge", judge)


@defect("TGT-4")
def reset_endpoint_forgotten() -> None:
    """Does not remember a provisional endpoint that the client has reset."""
    original = EndedEndpoints.remember

    def remember(self: EndedEndpoints, connection: Connection, now: float) -> None:
        if not connection.provisional:
            original(self, connection, now)

    patch(EndedEndpoints, "remember", remember)
