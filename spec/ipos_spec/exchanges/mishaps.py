"""Migrations in which something is lost, late, wrong or refused."""

from dataclasses import replace

from ipos_spec.exchanges.migrations import ANSWER, REQUEST, answer_and_close
from ipos_spec.exchanges.scene import A, B
from ipos_spec.exchanges.tcp_scene import ACK, FIN, PSH, RST, ClientPacket, TcpScene
from ipos_spec.exchanges.values import Exchange
from ipos_spec.packets import TcpConnectionPacket

_FIRST_WAIT_MS = 200
"""ORG-7's; each further one is twice as long."""

_OFFER = "ORG-5: A has chosen B and offers it the endpoint."
_AGAIN = "ORG-7: no acknowledgement for 200 ms: A repeats the identical packet."
_HELD = "ORG-6: A enters the client in Forward and sends what it held. TGT-12: definite."


def lost_connection_packet() -> Exchange:
    """The first connection packet does not arrive."""
    scene, request = _up_to_the_request()
    offer = scene.offer(A, B, f"{_OFFER} It is lost on the second LAN.")
    scene.wait(_FIRST_WAIT_MS)
    scene.on_second_lan(offer, _AGAIN)
    scene.acknowledge(offer, B, "TGT-1: B acknowledges.")
    scene.forward(A, B, request, _HELD)
    answer_and_close(scene)
    return scene.exchange("lost-connection-packet", "The first connection packet is lost, its repetition is taken.")


def lost_acknowledgement() -> Exchange:
    """The first acknowledgement does not arrive."""
    scene, request = _up_to_the_request()
    offer = scene.offer(A, B, _OFFER)
    scene.acknowledge(offer, B, "TGT-1: B acknowledges, but A never gets it. TGT-12: B's endpoint is provisional.")
    scene.wait(_FIRST_WAIT_MS)
    scene.on_second_lan(offer, _AGAIN)
    scene.acknowledge(offer, B, "TGT-3: B knows this packet, changes nothing and acknowledges again.")
    scene.forward(A, B, request, _HELD)
    answer_and_close(scene)
    return scene.exchange("lost-acknowledgement", "The first acknowledgement is lost; B acknowledges again.")


def wrong_checksum() -> Exchange:
    """The first connection packet is damaged on its way."""
    scene, request = _up_to_the_request()
    offer = scene.connection_packet(A, B)
    scene.on_second_lan(
        _with_a_bit_changed(offer),
        f"{_OFFER} A bit of it has changed on its way. ENC-7: B discards it and says nothing.",
        violates="ENC-7",
    )
    scene.wait(_FIRST_WAIT_MS)
    scene.on_second_lan(offer, _AGAIN)
    scene.acknowledge(offer, B, "TGT-1: B acknowledges.")
    scene.forward(A, B, request, _HELD)
    answer_and_close(scene)
    return scene.exchange("wrong-checksum", "A damaged connection packet gets no answer, its repetition does.")


def refusal() -> Exchange:
    """Nobody acknowledges, and A serves the client."""
    scene, request = _up_to_the_request()
    offer = scene.offer(A, B, f"{_OFFER} TGT-2: B has no listener there and refuses by silence.")
    for milliseconds, comment in (
        (_FIRST_WAIT_MS, "ORG-7: 200 ms after the first packet A repeats it."),
        (400, "ORG-7: 400 ms after the second."),
    ):
        scene.wait(milliseconds)
        scene.on_second_lan(offer, comment)
    scene.wait(400)
    scene.client_repeats(request, "ORG-12: the client repeats its request; held, too. ORG-8: A stays silent.")
    scene.wait(400)
    scene.on_second_lan(offer, "ORG-7: 800 ms after the third, for the last time.")
    scene.wait(1599)
    scene.client_repeats(request, "ORG-12: the client repeats its request once more; held, too.")
    scene.wait(1)
    scene.deliver(request)
    scene.server_sends(A, ACK, "ORG-7: 3.0 s after the first packet A gives up and serves the client. ORG-4: locally.")
    scene.server_sends(A, PSH | ACK, "ORG-4: A's own application has got the held request and answers.", ANSWER)
    scene.server_sends(A, FIN | ACK, "ORG-9: A has no more to say.")
    scene.wait(20)
    scene.client_sends(ACK, "ORG-9: the client's packets are for A's own endpoint now; nothing is forwarded.")
    scene.client_sends(FIN | ACK, "ORG-9: the client ends, too.")
    scene.server_sends(A, ACK, "ORG-9: A acknowledges the end.")
    return scene.exchange("refusal", "B does not acknowledge; after 3 s A serves the client itself.")


def late_acknowledgement() -> Exchange:
    """An acknowledgement that comes when its attempt is over, and another one waits."""
    scene, _ = _up_to_the_request()
    first = scene.offer(A, B, _OFFER)
    scene.wait(20)
    scene.client_sends(
        RST | ACK, "ORG-12: the client gives up; its reset, at the end of what A holds, ends the endpoint.", held=True
    )
    scene.wait(20)
    scene.open(client_initial=0xAACC_0000, server_initial=0x1199_0000)
    scene.wait(5)
    request = scene.client_sends(PSH | ACK, "ORG-3: the same port, another connection, a request.", REQUEST, held=True)
    second = scene.offer(A, B, "ORG-5: A offers B this endpoint. The header is the first one's, but for its checksum.")
    scene.acknowledge(
        first, B, "ENC-6: B's late answer to the first packet covers that one's control block. ENC-7: A discards it."
    )
    scene.acknowledge(
        second, B, "TGT-4: the numbers are others, but A owns the address: B's endpoint is replaced, and acknowledged."
    )
    scene.forward(A, B, request, _HELD)
    answer_and_close(scene)
    return scene.exchange(
        "late-acknowledgement", "An acknowledgement of an earlier attempt can't be taken for this one's."
    )


def _with_a_bit_changed(packet: TcpConnectionPacket) -> TcpConnectionPacket:
    control_block = packet.connection.control_block
    changed = replace(control_block, snd_wnd=control_block.snd_wnd ^ 0x0400)
    return replace(packet, connection=replace(packet.connection, control_block=changed))


def _up_to_the_request() -> tuple[TcpScene, ClientPacket]:
    scene = TcpScene()
    scene.open()
    scene.wait(5)
    request = scene.client_sends(
        PSH | ACK, "ORG-3: the request is complete. ORG-11: A holds it and acknowledges none of it.", REQUEST, held=True
    )
    return scene, request
