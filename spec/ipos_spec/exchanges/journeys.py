"""Connections that migrate more than once: each request may be another server's."""

from ipos_spec.exchanges.migrations import FORWARDED
from ipos_spec.exchanges.scene import A, B, C
from ipos_spec.exchanges.tcp_scene import ACK, FIN, PSH, ClientPacket, TcpScene
from ipos_spec.exchanges.values import Exchange

_REQUESTS = [f"GET /{name} HTTP/1.1\r\nHost: example.com\r\n\r\n".encode() for name in ("song", "video")]
_ANSWERS = [f"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{body}".encode() for body in ("la la", "blink")]

_PASSED_ON = "FWD-3: B, too, has the client in Forward: the header's destination becomes C, the packet stays as it is."


def chain() -> Exchange:
    """From A to B with the first request, from B to C with the second."""
    scene = TcpScene()
    request = _second_request_at_b(scene)
    offer = scene.offer(
        B,
        C,
        "TGT-10: B offers the endpoint to C. CON-1: the server address in it stays A's.",
    )
    scene.acknowledge(offer, C, "TGT-1: C acknowledges to B, where the packet came from.")
    scene.forward(B, C, request, "ORG-6: B enters the client in Forward and sends what it held. TGT-12: definite.")
    scene.wait(2)
    scene.server_sends(C, PSH | ACK, "TGT-6: C answers the client itself, from A's address and port.", _ANSWERS[1])
    scene.wait(20)
    _through_b_to_c(scene, scene.client_sends(ACK, "TAB-1: the client's packets still come to A.", held=True))
    scene.wait(500)
    _through_b_to_c(scene, scene.client_sends(FIN | ACK, "FWD-2: closing time begins at A, and at B.", held=True))
    scene.server_sends(C, FIN | ACK, "TGT-6: C ends, too.")
    scene.wait(20)
    _through_b_to_c(scene, scene.client_sends(ACK, "TAB-1: the last packet of the connection.", held=True))
    return scene.exchange("chain", "A connection goes from A to B and on to C; the client's packets take the same way.")


def come_home() -> Exchange:
    """From A to B with the first request, and back with the second."""
    scene = TcpScene()
    request = _second_request_at_b(scene)
    offer = scene.offer(B, A, "TGT-10: B offers the endpoint to A, whose own address the client talks to.")
    scene.acknowledge(
        offer,
        A,
        "TGT-4: A has a Forward entry with these iss and irs, so it may come home. TGT-1: to Local.",
    )
    scene.forward(B, A, request, "ORG-6: B sends what it held. TGT-12: definite. FWD-4: A removes its Forward entry.")
    scene.wait(2)
    scene.server_sends(A, PSH | ACK, "TGT-6: A answers from its own address.", _ANSWERS[1])
    scene.wait(20)
    scene.client_sends(ACK, "TAB-1: A finds its own endpoint again; nothing passes the second LAN any more.")
    scene.wait(500)
    scene.client_sends(FIN | ACK, "ORG-9: the client ends.")
    scene.server_sends(A, FIN | ACK, "ORG-9: A ends, too.")
    scene.wait(20)
    scene.client_sends(ACK, "ORG-9: the last packet of the connection.")
    return scene.exchange("come-home", "A connection goes from A to B and back to A.")


def _second_request_at_b(scene: TcpScene) -> ClientPacket:
    """B has answered the first request, A has forwarded the second, and B holds it."""
    scene.open()
    scene.wait(5)
    request = scene.client_sends(PSH | ACK, "ORG-3: the first request; A holds it.", _REQUESTS[0], held=True)
    offer = scene.offer(A, B, "ORG-5: A has chosen B for it and offers it the endpoint.")
    scene.acknowledge(offer, B, "TGT-1: B acknowledges.")
    scene.forward(A, B, request, "ORG-6: A enters the client in Forward and sends what it held. TGT-12: definite.")
    scene.wait(2)
    scene.server_sends(B, PSH | ACK, "TGT-6: B answers the client itself.", _ANSWERS[0])
    scene.wait(20)
    acknowledgement = scene.client_sends(ACK, "TAB-1: the client's packets come to A.", held=True)
    scene.forward(A, B, acknowledgement, f"{FORWARDED} TCB-1: B's endpoint is quiescent again.")
    scene.wait(500)
    request = scene.client_sends(PSH | ACK, "TAB-1: the client's second request.", _REQUESTS[1], held=True)
    scene.forward(A, B, request, f"{FORWARDED} TGT-10: B holds it, and chooses again.", last=False)
    return request


def _through_b_to_c(scene: TcpScene, packet: ClientPacket) -> None:
    scene.forward(A, B, packet, FORWARDED, last=False)
    scene.forward(B, C, packet, _PASSED_ON)
