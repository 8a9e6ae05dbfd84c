"""Packets as an origin sends them: reference, checksum, server address, and every field of the control block."""

from typing import Any

from ipos_spec.packets import with_checksum

from ipos_conformance.case import generated, parameters, requirement
from ipos_conformance.dut import Dut
from ipos_conformance.steps.attempt import Attempt
from ipos_conformance.steps.sent_block import AGREED, RESERVED, STATE, Expectation, is_zero, known, not_later

_SPACE = 1 << 32
_TIMESTAMP, _SACK = ("Timestamp", (77, 0)), ("SAckOK", b"")
_ALL = [("MSS", 1460), _SACK, _TIMESTAMP, ("NOP", None), ("WScale", 7)]
_CLIENTS: dict[str, list[Any]] = {
    "no-options": [],
    "all-options": _ALL,
    "mss-64": [("MSS", 64)],
    "mss-1460-and-sack": [("MSS", 1460), _SACK],
    "mss-65535-and-timestamps": [("MSS", 65535), _TIMESTAMP],
    "scale-0": [("MSS", 1460), ("NOP", None), ("WScale", 0)],
    "scale-14": [("MSS", 1460), ("NOP", None), ("WScale", 14)],
    "scale-15-which-counts-as-14": [("MSS", 1460), ("NOP", None), ("WScale", 15)],
}


@requirement("CON-1")
def test_connection_packet_names_the_server_that_the_client_addressed(dut: Dut) -> None:
    """Server IP and port in the connection information are those that the client talks to."""
    attempt = Attempt.begin(dut)
    found = attempt.packet.connection
    text = "the connection information names the address that the client addressed"
    dut.require((found.server_ip, found.server_port) == attempt.client.server, text, attempt.first)


@requirement("ENC-3")
def test_connection_packet_s_reference_is_client_and_target(dut: Dut) -> None:
    """Its source is the client, its destination the endpoint of the server that was chosen, at the port addressed."""
    attempt = Attempt.begin(dut)
    right = attempt.peer.reference(attempt.client.client)._replace(target_ip=attempt.peer.address)
    dut.require(attempt.packet.header.reference == right, f"the reference {right}", attempt.first)


@requirement("ENC-3")
def test_client_packet_s_reference_is_the_connection_packet_s(dut: Dut) -> None:
    """What is passed on bears the reference under which the endpoint was handed over."""
    attempt = Attempt.begin(dut)
    attempt.acknowledge()
    attempt.expect_held()


@requirement("ENC-6")
def test_connection_packet_s_checksum_is_what_the_sum_gives(dut: Dut) -> None:
    """The checksum of a connection packet is that of its header followed by the connection information."""
    attempt = Attempt.begin(dut)
    right = with_checksum(attempt.packet).header.checksum
    dut.require(attempt.packet.header.checksum == right, f"the checksum 0x{right:04x}", attempt.first)


@requirement("ENC-6")
def test_client_packet_s_checksum_is_that_of_its_header(dut: Dut) -> None:
    """The checksum of a type 2 packet is that of its header alone."""
    client = dut.connect()
    dut.origin.migrate(client)


@generated
@requirement("TCB-1")
@parameters(options={"no-options": [], "all-options": _ALL}, field=STATE)
def test_connection_packet_shows_a_quiescent_endpoint(dut: Dut, options: list[Any], field: Expectation) -> None:
    """Established, nothing outstanding, and the request begins where the client's stream stands acknowledged."""
    _require(Attempt.begin(dut, dut.connect(options)), field)


@requirement("TCB-1")
@parameters(first={"one-octet": 1, "half": 128, "all-but-one-octet": 255})
def test_rcv_nxt_is_where_the_request_begins(dut: Dut, first: int) -> None:
    """However many segments the request came in, all of it is still to come to the target."""
    client, octets = dut.connect(), dut.origin.request_octets()
    client.send("A", octets[:first])
    client.send("PA", octets[first:])
    _require(Attempt.expect(dut, client), STATE["rcv_nxt"])


@generated
@requirement("TCB-3")
@parameters(name={path: path for path in RESERVED})
def test_reserved_field_is_sent_as_zero(dut: Dut, name: str) -> None:
    """In a connection packet that the router sends, reserved and padding octets are zero."""
    attempt = Attempt.begin(dut, dut.connect(_ALL))
    dut.require(is_zero(attempt.packet.connection.control_block, name), f"{name}: zero", attempt.first)


@generated
@requirement("ORG-5")
@parameters(options=_CLIENTS, field=AGREED)
def test_control_block_says_what_the_handshake_agreed_on(dut: Dut, options: list[Any], field: Expectation) -> None:
    """Numbers, windows, scales, flags and timestamps are those that client and router have shown each other."""
    _require(Attempt.begin(dut, dut.connect(options)), field)


@requirement("ORG-5")
def test_ts_recent_is_not_later_than_any_held_packet(dut: Dut) -> None:
    """A later ACK does not make packets that are held look old to the target (PAWS, RFC 7323 5.3)."""
    client, octets = dut.connect(_ALL), dut.origin.request_octets()
    dut.needs(client.ts_value is not None, "the target takes no timestamps")
    client.carry(client.stamped(10, "PA", octets[128:], seq=client.snd_nxt + 128))
    client.carry(client.stamped(50, "A"))
    client.carry(client.stamped(60, "A", octets[:128]))
    client.snd_nxt = (client.snd_nxt + 256) % _SPACE
    attempt = Attempt.expect(dut, client)
    _require(attempt, not_later(77 + 10))


@requirement("ORG-9")
@parameters(mss={"65495": 65495, "65496": 65496, "65535": 65535})
def test_mss_above_65495_is_taken_as_65495(dut: Dut, mss: int) -> None:
    """What no IPv4 packet holds, and no target would continue (TCB-2), is bounded in the control block."""
    _require(Attempt.begin(dut, dut.connect([("MSS", mss)])), AGREED["t_maxseg"])


def _require(attempt: Attempt, field: Expectation) -> None:
    """The connection packet has this in its control block."""
    seen = known(attempt)
    holds = field.holds(seen, attempt.packet.connection.control_block)
    attempt.dut.require(holds, field.words(seen), attempt.first)
