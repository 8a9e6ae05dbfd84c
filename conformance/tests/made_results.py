"""Results for tests of what is made of them: a run in which most things went wrong."""

from ipos_conformance.bench.calibration import Calibration, Spread
from ipos_conformance.changes import with_checksum_field
from ipos_conformance.findings.environment import Environment, Interface, Suite
from ipos_conformance.findings.evidence import Timing, comparison, evidence
from ipos_conformance.findings.features import Feature, Setting
from ipos_conformance.findings.results import CaseResult, Results, TargetIdentity, statements
from ipos_conformance.findings.valid import Valid
from ipos_conformance.frames import Direction, Frame, Lan
from ipos_conformance.verdicts import Verdict
from ipos_spec.addresses import ipv4, mac
from ipos_spec.codec import encode
from ipos_spec.connection import TcpConnectionInformation
from ipos_spec.control_block import ControlBlock
from ipos_spec.encapsulation import Reference
from ipos_spec.ethernet import ETHER_TYPE, EthernetHeader
from ipos_spec.packets import acknowledgement, tcp_connection_packet, tcp_packet
from ipos_spec.requirements import registry
from scapy.layers.inet import IP, TCP
from scapy.packet import Raw

HOSTILE = "<script src='https://evil.test/x.js'></script>\x00\x1b[31m\ud7ff & \"'"
"""What a target may print or be called."""
NUMBERS = ("snd_una", "snd_nxt", "iss", "snd_wnd", "rcv_wnd", "rcv_nxt", "irs", "rcv_adv", "snd_max")
ETHERNET = EthernetHeader(destination=mac("02:00:00:00:02:01"), source=mac("02:00:00:00:02:02"), type=ETHER_TYPE)
REFERENCE = Reference(ipv4("198.51.100.7"), 40000, ipv4("192.0.2.1"), 80)
CONNECTION = tcp_connection_packet(
    ETHERNET,
    REFERENCE,
    TcpConnectionInformation(
        server_ip=ipv4("192.0.2.2"),
        server_port=80,
        control_block=ControlBlock(t_maxseg=1460, **dict.fromkeys(NUMBERS, 1000)),
    ),
)
SEGMENT = bytes(IP(src="198.51.100.7", dst="192.0.2.2") / TCP(sport=40000, dport=80, seq=7, flags="PA") / Raw(b"GET"))
RIGHT_ANSWER = encode(acknowledgement(CONNECTION, ETHERNET.destination))
WRONG_ANSWER = RIGHT_ANSWER[:28] + b"\x00\x00" + bytes(30)
STIMULUS = with_checksum_field(CONNECTION, 0x1234)
BEGIN = 1_795_000_000.0


def frame(octets, at, lan=Lan.SECOND, direction=Direction.SENT):
    return Frame(lan, direction, BEGIN + at, octets, ETHER_TYPE)


def valid():
    noted = Valid()
    noted.note_frame(encode(CONNECTION), BEGIN)
    noted.note_frame(encode(tcp_packet(ETHERNET, REFERENCE, SEGMENT)), BEGIN)
    noted.packets[SEGMENT] = BEGIN
    return noted


def frames():
    arp = bytes.fromhex("ffffffffffff0200000001fe08060001080006040001")
    return evidence(
        [
            frame(arp + bytes(20), 0, Lan.FIRST),
            frame(STIMULUS, 0.001),
            frame(encode(tcp_packet(ETHERNET, REFERENCE, SEGMENT)), 0.002),
            frame(WRONG_ANSWER, 0.003, direction=Direction.RECEIVED),
        ],
        valid(),
    )


def case(verdict, name, requirement="ENC-7", **more):
    entry = registry()[requirement]
    return CaseResult(
        id=name,
        requirement=requirement,
        level=entry.level,
        role=entry.role,
        sentence=entry.sentence,
        shows="A connection packet with a wrong checksum gets no acknowledgement.",
        verdict=verdict,
        **more,
    )


def failed(name="checksum/wrong-is-discarded/one-more", **more):
    kept = frames()
    return case(
        Verdict.FAIL,
        name,
        expected=("silence on both LANs", "resets"),
        actual=(kept[-1].meaning,),
        comparison=comparison(RIGHT_ANSWER, [frame(WRONG_ANSWER, 0.003, direction=Direction.RECEIVED)]),
        frames=kept,
        timings=(Timing(what="second attempt", observed=0.41, earliest=0.15, latest=0.25),),
        seconds=0.00001,
        started=1.5,
        **more,
    )


def results(*cases, name="a router", lost="", **more):
    return Results(
        target=TargetIdentity(
            name=name,
            firmware="7",
            router="02:00:00:00:01:01 and 02:00:00:00:02:01",
            command=("router",),
            file="my router.toml",
            launch=("{python}", "-m", "my router"),
        ),
        started="2026-11-28T15:00:00+00:00",
        seconds=1.5,
        seed=7,
        command=("ipos-conformance", "run"),
        known=500,
        suite=Suite(version="1", sources_sha256="ab" * 32, registry_sha256="cd" * 32, requirements=66),
        environment=Environment(
            python="CPython 3.11",
            libraries={"scapy": "2.8.0"},
            kernel="Linux",
            processors=2,
            interfaces=(
                Interface(
                    lan="first LAN",
                    name="eth1",
                    kind="",
                    driver="ixgbe 1.0",
                    mac="02:00:00:00:00:01",
                    mtu=1500,
                    has_link=True,
                    offloads=("generic-receive",),
                ),
            ),
        ),
        calibration=(
            Calibration(phase="usual", rounds=10, answer=None, lateness=Spread(least=0, median=0.0001, most=0.001)),
        ),
        features=(
            Feature(name="udp", declared="yes", observed="no", requirements=("UDP-1",), tested={Verdict.FAIL: 2}),
        ),
        settings=(Setting(key="pixit.http_port", value="80"),),
        cases=cases,
        requirements=statements(),
        lost=lost,
        **more,
    )


def mixed():
    """A run with every verdict in it, and something hostile wherever a text comes from outside."""
    others = [one for one in Verdict if one not in (Verdict.FAIL, Verdict.PASS)]
    return results(
        failed(),
        case(Verdict.PASS, "handshake/syn", "ORG-1"),
        *(case(verdict, f"other/{number}", "TGT-8", reason=HOSTILE) for number, verdict in enumerate(others)),
        case(Verdict.INCONCLUSIVE, "other/dark", "TGT-1", health=("our kernel dropped 3 received frames",), attempts=3),
        name=HOSTILE,
    )
