"""The codec against Construct (interpreted and compiled), Scapy, dpkt, and `struct` by hand.

    python bench/codec.py [-o bench/results/codec.json]

Each contestant reads and writes the same octets: the encapsulation header (FIG. 11B) and the full TCP connection packet
(FIG. 11E). In the first four tables nobody asks whether a frame is right; in the last two the project's whole `decode`
and `encode` stand against code by hand that makes the same checks and returns the same values, and against the oracle.
A ratio is a contestant's time by the project's own, median over the rounds.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

from ipos_spec import codec, oracle, vectors
from ipos_spec.compiled import builder, parser
from ipos_spec.encapsulation import EncapsulationHeader
from ipos_spec.fields import schema
from ipos_spec.packets import TcpConnectionPacket
from measure import ROUNDS, Call, compare, pin
from peers import dpkt_packets, handwritten, scapy_layers
from results import Bar, Results, Table, publish, rows

FRAME = vectors.FRAMES["tcp-connection"]
HEADER = FRAME[14:30]
PACKET = codec.decode(FRAME)

Contestants = dict[str, Call]


def parsing(record: type, octets: bytes, by_hand: Callable[[bytes], object]) -> Contestants:
    """Who reads a record of these octets."""
    parse, construct = parser(record), schema(record)
    compiled = construct.compile()
    scapy, dpkt = getattr(scapy_layers, record.__name__), getattr(dpkt_packets, record.__name__)
    return {
        "ipos_spec": (parse, octets),
        "struct by hand": (by_hand, octets),
        "Construct, compiled": (compiled.parse, octets),
        "Construct, interpreted": (construct.parse, octets),
        "dpkt": (dpkt, octets),
        "Scapy": (scapy, octets),
    }


def building(record: type, octets: bytes, by_hand: Callable[[object], bytes]) -> Contestants:
    """Who writes the same octets again, each from the value that it reads itself."""
    build, construct = builder(record), schema(record)
    compiled = construct.compile()
    ours, container = parser(record)(octets), construct.parse(octets)
    dpkt = getattr(dpkt_packets, record.__name__)(octets)
    fields = getattr(scapy_layers, record.__name__)(octets).fields
    scapy = getattr(scapy_layers, record.__name__)
    return {
        "ipos_spec": (build, ours),
        "struct by hand": (by_hand, ours),
        "Construct, compiled": (compiled.build, container),
        "Construct, interpreted": (construct.build, container),
        "dpkt": (bytes, dpkt),
        "Scapy": (lambda fields: bytes(scapy(**fields)), fields),
    }


COMPARISONS: dict[str, Contestants] = {
    "encapsulation header, parse": parsing(EncapsulationHeader, HEADER, handwritten.parse_header),
    "encapsulation header, build": building(EncapsulationHeader, HEADER, handwritten.build_header),
    "TCP connection packet, parse": parsing(TcpConnectionPacket, FRAME, handwritten.parse_packet),
    "TCP connection packet, build": building(TcpConnectionPacket, FRAME, handwritten.build_packet),
    "TCP connection packet, decode with all checks": {
        "ipos_spec": (codec.decode, FRAME),
        "struct by hand": (handwritten.decode_packet, FRAME),
        "Construct, interpreted (oracle)": (oracle.decode, FRAME),
    },
    "TCP connection packet, encode with all checks": {
        "ipos_spec": (codec.encode, PACKET),
        "struct by hand": (handwritten.encode_packet, PACKET),
        "Construct, interpreted (oracle)": (oracle.encode, PACKET),
    },
}


def bars(tables: tuple[Table, ...]) -> list[Bar]:
    """At least 40 times as fast as Construct interpreted, at most 1.3 times what the same takes by hand."""
    found = []
    for table in tables:
        ratios = {row.name: row.ratio for row in table.rows}
        found += [
            Bar(f"{table.title}: {name} by ours", 40, (ratio,))
            for name, ratio in ratios.items()
            if "interpreted" in name
        ]
        if "checks" in table.title:
            says = f"{table.title}: ours by struct by hand"
            found.append(Bar(says, 1.3, (1 / ratios["struct by hand"],), at_least=False))
    return found


def main() -> None:
    """Measure and report."""
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("-o", "--output", type=Path, help="also write the results as JSON")
    arguments.add_argument("--rounds", type=int, default=ROUNDS, help="how often each contestant is timed")
    options = arguments.parse_args()
    pin()
    tables = tuple(
        Table(title, "us", rows(compare(contestants, options.rounds))) for title, contestants in COMPARISONS.items()
    )
    publish(
        Results("codec", tables, bars=tuple(bars(tables)), packages=("ipos", "construct", "scapy", "dpkt")),
        options.output,
    )


if __name__ == "__main__":
    main()
