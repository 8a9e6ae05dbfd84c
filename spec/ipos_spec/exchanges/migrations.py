"""A TCP connection and a UDP endpoint that are migrated without a mishap."""

from ipos_spec import packets
from ipos_spec.connection import UdpConnectionInformation
from ipos_spec.exchanges.internet import udp_packet
from ipos_spec.exchanges.scene import CLIENT, CLIENT_TTL, SERVER_TTL, A, B, Scene, between
from ipos_spec.exchanges.tcp_scene import ACK, FIN, PSH, TcpScene
from ipos_spec.exchanges.values import Exchange
from ipos_spec.packets import UdpConnectionPacket

REQUEST = b"GET /video HTTP/1.0\r\n\r\n"
ANSWER = b"HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\nvideo\n"

FORWARDED = "FWD-1: A finds the client in Forward and passes the packet on, octet for octet."


def migration() -> Exchange:
    """The whole life of a connection that B serves for A."""
    scene = TcpScene()
    scene.open()
    scene.wait(5)
    request = scene.client_sends(
        PSH | ACK, "ORG-3: the request is complete. ORG-11: A holds it and acknowledges none of it.", REQUEST, held=True
    )
    offer = scene.offer(
        A, B, "ORG-5: A has chosen B and offers it the endpoint; rcv_nxt stands before the request (TCB-1)."
    )
    scene.acknowledge(offer, B, "TGT-1: B listens on the port, has made a provisional endpoint and acknowledges.")
    scene.forward(A, B, request, "ORG-6: A enters the client in Forward and sends what it held. TGT-12: definite.")
    answer_and_close(scene)
    return scene.exchange("migration", "A connection with A is migrated to B, which answers the client and closes.")


def answer_and_close(scene: TcpScene) -> None:
    """B answers the request and both sides close; what the client sends goes through A."""
    scene.wait(2)
    scene.server_sends(B, ACK, "TGT-6: B acknowledges the request to the client itself, from A's address and port.")
    scene.server_sends(B, PSH | ACK, "TGT-6: B answers; sequence numbers go on where A's stood.", ANSWER)
    scene.server_sends(B, FIN | ACK, "TGT-6: B has no more to say.")
    scene.wait(20)
    acknowledgement = scene.client_sends(ACK, "TAB-1: the client's packets still come to A.", held=True)
    scene.forward(A, B, acknowledgement, FORWARDED)
    scene.wait(1)
    end = scene.client_sends(FIN | ACK, "FWD-2: with the client's FIN the entry's closing time begins.", held=True)
    scene.forward(A, B, end, FORWARDED)
    scene.server_sends(B, ACK, "TGT-6: B acknowledges the end.")


def udp_migration() -> Exchange:
    """A client's datagrams, which B answers for A."""
    scene = Scene(port=7)
    datagrams = [_datagram(scene, number) for number in range(3)]
    offer = packets.udp_connection_packet(
        between(A, B),
        scene.reference(B),
        UdpConnectionInformation(server_ip=scene.server.ip, server_port=scene.server.port),
    )
    scene.from_client(datagrams[0], "UDP-1: a client's first datagram is its request.")
    _offer_udp(scene, offer, "UDP-2: A offers B the endpoint.", "TGT-1: B acknowledges.")
    _pass_on(scene, datagrams[0], "UDP-2: A sends what it held.")
    _answer(scene, 0)
    scene.wait(1000)
    scene.from_client(datagrams[1], "TAB-1: a further datagram of the client.")
    _pass_on(scene, datagrams[1], FORWARDED)
    _answer(scene, 1)
    scene.wait(29_000)
    _offer_udp(
        scene,
        offer,
        "UDP-4: after 30 s A asks whether B still has the endpoint.",
        "TGT-3: B acknowledges again.",
    )
    scene.wait(500)
    scene.from_client(datagrams[2], "TAB-1: a further datagram of the client.")
    _pass_on(scene, datagrams[2], FORWARDED)
    _answer(scene, 2)
    return scene.exchange("udp-migration", "A client's datagrams to A are answered by B; the entry is refreshed.")


def _datagram(scene: Scene, number: int) -> bytes:
    data = f"ping {number}".encode()
    return udp_packet(CLIENT, scene.server, data, identification=0x1001 + number, ttl=CLIENT_TTL)


def _offer_udp(scene: Scene, offer: UdpConnectionPacket, why: str, answer: str) -> None:
    scene.on_second_lan(offer, why)
    scene.acknowledge(offer, B, answer)


def _pass_on(scene: Scene, datagram: bytes, why: str) -> None:
    scene.on_second_lan(packets.udp_packet(between(A, B), scene.reference(B), datagram), why)


def _answer(scene: Scene, number: int) -> None:
    data = f"pong {number}".encode()
    answer = udp_packet(scene.server, CLIENT, data, identification=0x101 + number, ttl=SERVER_TTL)
    scene.to_client(B, answer, "UDP-3: B answers from A's address and port.")
