"""Whether the target serves its clients as the target file says: open port, content, closed port, gateway, echo."""

from collections.abc import Iterator

from ipos_spec.addresses import ipv4_text, mac_text
from ipos_spec.checksum import internet_checksum

from ipos_conformance.doctor.finding import Finding, fault, note, unknown, well
from ipos_conformance.dut import Dut
from ipos_conformance.errors import CaseEnd
from ipos_conformance.frames import ETHERNET, Direction, Frame, Lan
from ipos_conformance.stations.conversation import Conversation, is_syn_ack
from ipos_conformance.verdicts import Violation

_TARGET = "target"
_PATIENCE = 1.0
_HEADERS = 40
_ECHO = b"ipOS doctor: is this echoed?"


def http(dut: Dut) -> Iterator[Finding]:
    """The HTTP port, and what is behind it."""
    port = dut.target.pixit.http_port
    client, answer = _knock(dut, port, "is the HTTP port open")
    problem = _problem_of(dut, answer, client, port, "pixit.http_port")
    if problem is not None:
        yield problem
        yield unknown(_TARGET, "what the server answers shows only when its port is open")
        return
    assert answer is not None  # noqa: S101 - else there would be a problem
    dut.end_case()
    yield well(_TARGET, f"port {port} (pixit.http_port) is open")
    yield from _path_back(dut, answer)
    yield _segment_size(dut, answer)
    for name in ("first", "second", "large"):
        yield _content(dut, name)


def closed_port(dut: Dut) -> Finding:
    """The port that nobody serves; its RST is the barrier on the first LAN."""
    port = dut.target.pixit.closed_port
    _, answer = _knock(dut, port, "is the closed port closed")
    dut.end_case()
    if answer is not None and answer.tcp is not None and "R" in answer.tcp.flags:
        return well(_TARGET, f"port {port} (pixit.closed_port) is closed: a SYN gets an RST")
    if answer is not None and answer.tcp is not None:
        return fault(
            _TARGET,
            f"port {port} is open, expected closed because of pixit.closed_port",
            "Name a port there that nobody serves.",
        )
    return fault(
        _TARGET,
        f"a SYN to port {port} (pixit.closed_port) gets no RST (ORG-1), expected one: it is what proves silence on the "
        "first LAN",
        "See whether a packet filter stands before the router; until then most cases stay INCONCLUSIVE.",
    )


def echo(dut: Dut) -> Iterator[Finding]:
    """The echo ports that the target's own server has."""
    pixit = dut.target.pixit
    if pixit.raw.local is None:
        yield note(_TARGET, "pixit.raw.local is not said: cases that need an echo service over TCP are not applicable")
    else:
        yield _echo_of_connection(dut, pixit.raw.local)
    if pixit.udp.local is None:
        yield note(_TARGET, "pixit.udp.local is not said: cases that need an echo service over UDP are not applicable")
    else:
        yield _echo_of_datagram(dut, pixit.udp.local)


def _knock(dut: Dut, port: int, name: str) -> tuple[Conversation, Frame | None]:
    """Send a SYN to a port; what comes back about its client."""
    dut.start_case(name)
    client = dut.start_connecting(port=port)
    answer = dut.traffic.first(lambda frame: frame.lan is Lan.FIRST and client.client in frame.clients, _PATIENCE)
    if answer is not None and answer.tcp is not None and is_syn_ack(answer.tcp):
        client.begin(answer)
        client.send()
    return client, answer


def _problem_of(dut: Dut, answer: Frame | None, client: Conversation, port: int, key: str) -> Finding | None:
    if answer is None:
        return _silence(dut, client, port, key)
    if answer.tcp is None or "R" in answer.tcp.flags:
        return fault(
            _TARGET,
            f"port {port} is closed, expected open because of {key}",
            f"Start the server behind the router, or write the right port into {key}.",
        )
    if not answer.is_sound:
        return wrong_checksum(answer)
    return None


def _silence(dut: Dut, client: Conversation, port: int, key: str) -> Finding:
    """A SYN without an answer: the router may look for somebody whom nobody plays."""
    sought = (
        {
            frame.arp.pdst
            for frame in dut.traffic.evidence
            if frame.direction is Direction.RECEIVED
            and frame.lan is Lan.FIRST
            and frame.arp is not None
            and frame.arp.op == 1
        }
        - {ipv4_text(host) for host in dut.edge.hosts}
        - {ipv4_text(dut.address)}
    )
    says = f"a SYN to port {port} ({key}) gets no answer"
    if ipv4_text(client.client.ip) in sought:
        return fault(
            _TARGET,
            f"{says}, and the router asks by ARP for the client itself, expected a packet to the gateway",
            f"Give the router the gateway {ipv4_text(dut.target.router.gateway)} and the prefix length "
            f"{dut.target.router.prefix}, or write its own into [router].",
        )
    if sought:
        found = ", ".join(sorted(sought))
        return fault(
            _TARGET,
            f"{says}, and the router asks by ARP for {found}, whom nobody plays; the target file's gateway is "
            f"{ipv4_text(dut.target.router.gateway)}",
            f'If that is its gateway, write `gateway = "{found}"` into [router].',
        )
    return fault(
        _TARGET,
        f"{says}, though the router answers ARP",
        f"See whether it listens on port {port}, whether it has the gateway "
        f"{ipv4_text(dut.target.router.gateway)}, and whether a packet filter stands before it.",
    )


def wrong_checksum(answer: Frame) -> Finding:
    """A checksum that holds the pseudo-header only is what a kernel leaves for a NIC to complete."""
    packet = answer.octets[ETHERNET : ETHERNET + answer.ip.len]
    start = answer.ip.ihl * 4
    length = (len(packet) - start).to_bytes(2, "big")
    partial = 0xFFFF - internet_checksum(packet[12:20] + b"\0\x06" + length)
    if int.from_bytes(packet[start + 16 : start + 18], "big") == partial:
        return fault(
            _TARGET,
            "the router's segments come with half a checksum: an offload at the other end of the cable leaves the rest "
            "to a NIC that is not there",
            "Switch it off at the target's end: `ethtool -K INTERFACE tx off tso off gso off`.",
        )
    return fault(
        _TARGET,
        "the router's SYN/ACK comes with a wrong checksum",
        "See whether an offload at its end is at fault; if not, the cases of ORG-9 will say so.",
    )


def _path_back(dut: Dut, answer: Frame) -> Iterator[Finding]:
    gateway = dut.target.suite.gateway_mac
    if answer.destination != gateway:
        yield fault(
            _TARGET,
            f"the answer to a client behind the gateway goes to {mac_text(answer.destination)}, expected "
            f"{mac_text(gateway)} because of suite.gateway_mac",
            f"Give the router the gateway {ipv4_text(dut.target.router.gateway)}.",
        )
    else:
        yield well(_TARGET, "the answer to a client goes through the gateway that the suite plays")


def _segment_size(dut: Dut, answer: Frame) -> Finding:
    first, second = dut.target.first_lan.mtu, dut.target.second_lan.mtu
    bound = min(first, second - 16) - _HEADERS
    offered = dict(answer.tcp.options).get("MSS", 536)
    says = f"the router offers an MSS of {offered}"
    if offered > bound:
        return note(
            _TARGET,
            f"{says}, expected at most {bound} (ORG-2) because of first_lan.mtu {first} and second_lan.mtu {second}",
            "Write the MTUs that the router has, if they are others.",
        )
    return well(_TARGET, f"{says}, which fits the MTUs of the target file")


def _content(dut: Dut, name: str) -> Finding:
    resource = getattr(dut.target.pixit, name)
    dut.start_case(f"content of {name}")
    try:
        dut.expect_exchange(dut.connect(), resource)
    except Violation as end:
        came = end.actual[0].partition(": ")[0]
        return fault(
            _TARGET,
            f"pixit.{name}: {resource.path} is answered by {came}, expected status 200 with the content of "
            f"{resource.content}",
            f"Put that file on the target's server, under {resource.path}, and let it honour `Connection: close`.",
        )
    except CaseEnd as end:
        return unknown(_TARGET, f"pixit.{name}: {resource.path} could not be fetched: {end}")
    finally:
        dut.end_case()
    return well(_TARGET, f"pixit.{name}: {resource.path} has the content of {resource.content}")


def _echo_of_connection(dut: Dut, port: int) -> Finding:
    client, answer = _knock(dut, port, "is a connection echoed")
    problem = _problem_of(dut, answer, client, port, "pixit.raw.local")
    if problem is not None:
        return problem
    client.send("PA", _ECHO)
    echoed = dut.traffic.first(lambda frame: client.is_mine(frame) and bytes(frame.tcp.payload) == _ECHO, _PATIENCE)
    dut.end_case()
    if echoed is None:
        return fault(
            _TARGET,
            f"port {port} (pixit.raw.local) is open but does not send back what it gets",
            "Put an echo service behind it.",
        )
    return well(_TARGET, f"port {port} (pixit.raw.local) sends back what it gets")


def _echo_of_datagram(dut: Dut, port: int) -> Finding:
    dut.start_case("is a datagram echoed")
    client = dut.new_client()
    dut.edge.datagram(client, port)
    answer = dut.traffic.first(lambda frame: frame.lan is Lan.FIRST and client in frame.clients, _PATIENCE)
    if answer is None or answer.ip.proto != 17:
        found = "nothing" if answer is None else "an ICMP error"
        return fault(
            _TARGET,
            f"a datagram to port {port} (pixit.udp.local) gets {found}, expected the same datagram back",
            "Put an echo service behind it, or leave the key out.",
        )
    return well(_TARGET, f"port {port} (pixit.udp.local) sends datagrams back")
