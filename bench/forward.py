"""What an entry of Forward costs in memory, and a look-up among a million beside one among a thousand.

    python bench/forward.py [-o bench/results/forward.json]

Clients, servers and numbers differ from entry to entry. The memory is what the process has resident, before and after a
million entries. Look-ups are of clients drawn at random from those that are there, in turn with a dict of objects, so
that the price of the packed table shows too.
"""

import argparse
import json
import random
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from ipos_reference.addresses import Address
from ipos_reference.forward_table import ForwardTable, Onward
from ipos_reference.numbers import Numbers
from ipos_spec.addresses import IPv4, Mac, ipv4
from ipos_spec.encapsulation import Protocol
from measure import pin

FEW, MANY = 1_000, 1_000_000
LOOKUPS, ROUNDS = 20_000, 21
SERVER, NOW = Address(ipv4("192.0.2.1"), 80), 1000.0
_PAGE = 4096


@dataclass(slots=True)
class Plain:
    """An entry as an object."""

    server: Address
    onward: Onward
    numbers: Numbers
    heard: float
    closing: bool = False


def client(number: int) -> Address:
    """One of 2^24 addresses, scattered as addresses on the Internet are."""
    return Address(IPv4(ipv4("10.0.0.0") + number * 2_654_435_761 % 2**24), 1024 + number % 60_000)


def entry(rng: random.Random) -> tuple[Onward, Numbers]:
    """Where a client's packets go, and the numbers that the endpoint had."""
    return Onward(IPv4(ipv4("192.0.2.2") + rng.randrange(8)), 80, Mac(rng.randbytes(6))), Numbers(
        *(rng.getrandbits(32) for _ in range(4))
    )


def packed(size: int) -> ForwardTable:
    """A router's table with so many entries."""
    rng, table = random.Random(1), ForwardTable(Protocol.TCP, size)  # noqa: S311 - repeatable on purpose
    for number in range(size):
        onward, numbers = entry(rng)
        table.enter(client(number), SERVER, onward, numbers, NOW + number * 1e-6)
    return table


def plain(size: int) -> dict[int, Plain]:
    """The same as a dict of objects."""
    rng = random.Random(1)  # noqa: S311 - repeatable on purpose
    found = {}
    for number in range(size):
        ip, port = client(number)
        found[ip << 16 | port] = Plain(SERVER, *entry(rng), NOW + number * 1e-6)
    return found


def find_plain(table: dict[int, Plain], who: Address) -> Plain | None:
    """What `ForwardTable.get` does, with a dict."""
    found = table.get(who.ip << 16 | who.port)
    if found is None or found.server != SERVER or found.heard + (600 if found.closing else 900) <= NOW:
        return None
    return found


def resident() -> int:
    """Octets of memory that the process has."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * _PAGE


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("-o", "--output", type=Path, help="also write the results as JSON")
    output = parser.parse_args().output
    pin()
    before = resident()
    many = packed(MANY)
    memory = resident() - before
    before = resident()
    many_plain = plain(MANY)
    plain_memory = resident() - before
    few, few_plain = packed(FEW), plain(FEW)
    contestants = {
        "packed, a thousand": (lambda who: few.get(who, SERVER, NOW), FEW),
        "packed, a million": (lambda who: many.get(who, SERVER, NOW), MANY),
        "dict of objects, a thousand": (lambda who: find_plain(few_plain, who), FEW),
        "dict of objects, a million": (lambda who: find_plain(many_plain, who), MANY),
    }
    times: dict[str, list[float]] = {name: [] for name in contestants}
    rng = random.Random(2)  # noqa: S311 - repeatable on purpose
    for _ in range(ROUNDS):
        for name, (find, size) in contestants.items():
            asked = [client(rng.randrange(size)) for _ in range(LOOKUPS)]
            began = time.perf_counter()
            for who in asked:
                find(who)
            times[name].append((time.perf_counter() - began) / LOOKUPS * 1e9)
    medians = {name: round(median(found)) for name, found in times.items()}
    ratio = median(b / a for a, b in zip(times["packed, a thousand"], times["packed, a million"], strict=True))
    results = {
        "megabytes_of_a_million_entries": round(memory / 1e6, 1),
        "megabytes_as_dict_of_objects": round(plain_memory / 1e6, 1),
        "nanoseconds_of_a_lookup": medians,
        "a_million_by_a_thousand": round(ratio, 2),
    }
    print(json.dumps(results, indent=2))  # noqa: T201 - that is what it is for
    if output is not None:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
