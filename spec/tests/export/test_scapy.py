"""The Scapy layers, judged by Scapy: it dissects every field as we do, and builds the same octets."""

import importlib.util
import ipaddress
from collections.abc import Iterator
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest
from ipos_spec import decode, encode
from ipos_spec.description import describe
from ipos_spec.export.scapy_layers import scapy_layers
from ipos_spec.packets import Acknowledgement, acknowledges, with_checksum
from ipos_spec.vectors import FRAMES
from scapy.layers.inet import IP, TCP
from scapy.layers.l2 import Dot3, Ether
from scapy.packet import Padding, Raw

ETHERNET = {"ethernet.destination": "dst", "ethernet.source": "src", "ethernet.type": "type"}


@pytest.fixture(scope="module")
def ipos(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """The exported module, imported; Scapy's own Ether is afterwards as it was."""
    file = tmp_path_factory.mktemp("scapy") / "ipos_scapy.py"
    file.write_text(scapy_layers(describe()), encoding="utf-8")
    spec = importlib.util.spec_from_file_location("ipos_scapy", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    hook, bound = vars(Ether)["dispatch_hook"], list(Ether.payload_guess)
    spec.loader.exec_module(module)
    yield module
    Ether.dispatch_hook, Ether.payload_guess = hook, bound


def test_dissects_every_field_as_we_do(ipos: ModuleType, readable: dict[bytes, Any]) -> None:
    for frame, answer in readable.items():
        dissected = Ether(frame)
        assert {path: _held(ipos, dissected, path) for path in answer["fields"]} == answer["fields"], frame.hex()


def test_builds_the_same_octets(ipos: ModuleType, readable: dict[bytes, Any]) -> None:
    """From the values of the fields, so that nothing of the dissected frame can be left over in it."""
    for frame, answer in readable.items():
        assert bytes(_made(ipos, answer)) == frame


def test_computes_the_checksum_that_a_sender_gives(ipos: ModuleType, readable: dict[bytes, Any]) -> None:
    for frame, answer in readable.items():
        packet = decode(frame)
        if not isinstance(packet, Acknowledgement):
            blank = answer | {"fields": answer["fields"] | {"header.checksum": None}}
            assert bytes(_made(ipos, blank)) == encode(with_checksum(packet))


def test_a_client_packet_of_scapys_own(ipos: ModuleType) -> None:
    """The type follows from what is put behind the header."""
    reference = {"source_ip": "198.51.100.7", "source_port": 49152, "destination_ip": "192.0.2.1"}
    header = ipos.EncapsulationHeader(**reference, destination_port=80)
    ip = IP(src="198.51.100.7", dst="192.0.2.2", id=1, flags="DF")
    tcp = TCP(sport=49152, dport=80, seq=0xAABBCCDE, ack=0x11223345, flags="PA", window=502)
    tcp.options = [("NOP", None), ("NOP", None), ("Timestamp", (2_000_000, 1_000_000))]
    ethernet = Ether(dst="02:00:00:00:02:01", src="02:00:00:00:02:02")
    assert bytes(ethernet / header / ip / tcp / Raw(b"GET / HTTP/1.0\r\n\r\n")) == FRAMES["tcp"]


@pytest.mark.usefixtures("ipos")
def test_answers_what_it_acknowledges(acknowledged: dict[tuple[bytes, bytes], bool]) -> None:
    assert {(frame, of): bool(Ether(frame).answers(Ether(of))) for frame, of in acknowledged} == acknowledged


@pytest.mark.usefixtures("ipos")
def test_nothing_else_answers() -> None:
    for frame in FRAMES.values():
        assert not Ether(frame).answers(Ether(frame))


@pytest.mark.usefixtures("ipos")
def test_hash_of_what_answers_is_the_same() -> None:
    """Scapy's `sr` looks there before it asks `answers`."""
    assert Ether(FRAMES["acknowledgement"]).hashret() == Ether(FRAMES["tcp-connection"]).hashret()
    assert Ether(FRAMES["acknowledgement"]).hashret() != Ether(FRAMES["udp-connection"]).hashret()


def test_makes_the_acknowledgement(ipos: ModuleType) -> None:
    assert bytes(ipos.acknowledge(Ether(FRAMES["tcp-connection"]))) == FRAMES["acknowledgement"]


def test_the_modules_own_example(ipos: ModuleType) -> None:
    """What its docstring shows: made of nothing but defaults, and answered."""
    header = ipos.EncapsulationHeader(source_ip="198.51.100.7", destination_ip="192.0.2.1")
    request = Ether(dst="02:00:00:00:02:01", src="02:00:00:00:02:02") / header / ipos.UdpConnectionInformation()
    answer = ipos.acknowledge(Ether(bytes(request)))
    assert answer.answers(request)
    assert acknowledges(decode(bytes(answer)), decode(bytes(request)))  # type: ignore[arg-type]


@pytest.mark.usefixtures("ipos")
def test_other_frames_are_what_they_were() -> None:
    assert type(Ether(FRAMES["tcp"][:12] + b"\x00\x26" + bytes(46))) is Dot3
    assert Ether(FRAMES["tcp"][:12] + b"\x08\x00" + FRAMES["tcp"][30:]).haslayer(TCP)


def test_alternative_ether_type(ipos: ModuleType) -> None:
    frame = FRAMES["tcp"][:12] + b"\x88\xb5" + FRAMES["tcp"][14:]
    assert Ether(frame)[ipos.EncapsulationHeader].type == 2


def test_documentation_stays_a_text() -> None:
    """Quotes and line ends: nothing that a schema says becomes code."""
    structures = [replace(each, title='a """\nraise SystemExit') for each in describe().structures]
    module = scapy_layers(replace(describe(), structures=tuple(structures)))
    compile(module, "ipos_scapy.py", "exec")
    assert "\nraise" not in module


def _held(ipos: ModuleType, frame: Any, path: str) -> int | str:
    """What Scapy has for a field, as the vectors write it."""
    if path in ETHERNET:
        return _plain(getattr(frame, ETHERNET[path]))
    if path == "padding":
        return bytes(frame[Padding].load).hex() if frame.haslayer(Padding) else ""
    header = frame[ipos.EncapsulationHeader]
    if path == "inner":
        return bytes(header.payload.do_build()).hex()
    layer = header if path.startswith("header.") else header.payload
    return _plain(getattr(layer, path.rpartition(".")[2]))


def _plain(value: Any) -> int | str:
    if isinstance(value, str):
        return int(ipaddress.IPv4Address(value)) if "." in value else value.replace(":", "")
    return value.hex() if isinstance(value, bytes) else int(value)


def _made(ipos: ModuleType, answer: dict[str, Any]) -> Any:
    """The packet in Scapy's layers, made of its fields."""
    fields = answer["fields"]
    header = {path.removeprefix("header."): value for path, value in fields.items() if path.startswith("header.")}
    connection = {
        path.rpartition(".")[2]: bytes.fromhex(value) if isinstance(value, str) else value
        for path, value in fields.items()
        if path.startswith("connection.")
    }
    frame = Ether(
        dst=_mac(fields["ethernet.destination"]), src=_mac(fields["ethernet.source"]), type=fields["ethernet.type"]
    ) / ipos.EncapsulationHeader(**_addresses(header))
    if connection:
        layer = {"tcp-connection": ipos.TcpConnectionInformation, "udp-connection": ipos.UdpConnectionInformation}
        frame /= layer[answer["packet"]](**_addresses(connection))
    if "inner" in fields:
        frame /= IP(bytes.fromhex(fields["inner"]))
    return frame / Padding(bytes.fromhex(fields["padding"])) if fields["padding"] else frame


def _addresses(fields: dict[str, Any]) -> dict[str, Any]:
    return {
        name: str(ipaddress.IPv4Address(value)) if name.endswith("_ip") else value for name, value in fields.items()
    }


def _mac(octets: str) -> str:
    return bytes.fromhex(octets).hex(":")
