"""The quick generator: mutated frames for both LANs of a target, without end, as fast as a wire takes them.

Each frame is about a client of its own, so that whatever comes back says which frame it answers, and a router can't
know anything of the client beforehand.
"""

from collections.abc import Collection, Iterator
from ipaddress import IPv4Network
from math import gcd
from random import Random
from typing import NamedTuple, TypeVar

from ipos_conformance.frames import Client, Lan
from ipos_conformance.target import Target
from ipos_spec.addresses import IPv4

from ipos_fuzz.operators import OPERATORS, Operator
from ipos_fuzz.places import HEADER
from ipos_fuzz.sources.templates import Template, templates
from ipos_fuzz.subject import ARP_TYPE, Shape, Subject

WRONG_LAN = "wrong-lan"
"""Name of what happens to a right frame that comes in on the LAN where it has no business (ENC-11, NBR-1)."""

PORTS = (*range(1024, 20_000), *range(60_000, 65_536))
"""Of the clients here: those between are the suite's clients', whose connections have to stay right."""

_WRONG_LAN_EVERY = 50
AnyT = TypeVar("AnyT")


class Volume(NamedTuple):
    """One frame of the stream.

    lan                on which it is to be sent
    octets             without frame check sequence
    operator           what was done to it, a key of OPERATORS or WRONG_LAN
    kind               of packet that it was, as Shape.kind
    client             whom it is about; nobody had it before, as long as there are clients
    must_be_discarded  whether a router has to discard it silently that knows nothing of the client
    fields             paths of what was changed
    original           the right frame that it was made of
    """

    lan: Lan
    octets: bytes
    operator: str
    kind: str
    client: Client
    must_be_discarded: bool
    fields: tuple[str, ...]
    original: bytes


class _Source(NamedTuple):
    """A template with what applies to it."""

    template: Template
    shape: Shape
    operators: tuple[tuple[str, Operator, bool], ...]
    elsewhere: bytes


def volume(target: Target, seed: int, kinds: Collection[str] = ()) -> Iterator[Volume]:
    """Yield frames without end, the same ones for the same seed; kinds equally often, and for each its operators.

    kinds  names of the packets that are changed (`Shape.kind`); all if empty
    """
    random = Random(seed)  # noqa: S311 - reproducible, not secret
    clients = fresh_clients(target.suite.client_network, seed)
    chosen = tuple(sources for kind, sources in _by_kind(target).items() if not kinds or kind in kinds)
    while True:
        source = _any(random, _any(random, chosen))
        client = next(clients)
        frame = source.template.of(client)
        if source.elsewhere and random.random() * _WRONG_LAN_EVERY < 1:
            yield _on_wrong_lan(source, frame, client, target.one_lan)
            continue
        name, operator, must_be_discarded = _any(random, source.operators)
        subject = Subject(frame, source.shape)
        octets = operator.mutate(subject, random)
        fields = operator.fields or subject.touched(octets)
        yield Volume(source.template.lan, octets, name, source.shape.kind, client, must_be_discarded, fields, frame)


def _any(random: Random, choices: tuple[AnyT, ...]) -> AnyT:
    """What `random.choice` does, in a quarter of the time."""
    return choices[int(random.random() * len(choices))]


def fresh_clients(network: IPv4Network, seed: int) -> Iterator[Client]:
    """Yield all clients of the network that are not the suite's, each once, in an order of the seed; then again."""
    random = Random(f"{seed}/clients")  # noqa: S311 - reproducible, not secret
    first, addresses = int(network.network_address) + 1, network.num_addresses - 2
    count = addresses * len(PORTS)
    step = next(step for step in iter(lambda: random.randrange(1, count), None) if gcd(step, count) == 1)
    place = random.randrange(count)
    while True:
        port, address = divmod(place, addresses)
        yield Client(IPv4(first + address), PORTS[port])
        place = (place + step) % count


def _on_wrong_lan(source: _Source, frame: bytes, client: Client, one_lan: bool) -> Volume:
    lan = Lan.FIRST if source.template.lan is Lan.SECOND else Lan.SECOND
    octets = source.elsewhere + frame[12:]
    fields = ("ethernet.destination", "ethernet.source")
    return Volume(lan, octets, WRONG_LAN, source.shape.kind, client, not one_lan, fields, frame)


def _by_kind(target: Target) -> dict[str, tuple[_Source, ...]]:
    made = templates(target)
    somebody = Client(IPv4(int(target.suite.client_network.network_address) + 1), PORTS[0])
    others = tuple(one.of(somebody) for one in made if one.lan is Lan.SECOND)
    macs = {
        Lan.FIRST: target.first_lan.router_mac + target.suite.gateway_mac,
        Lan.SECOND: target.second_lan.router_mac + target.peer[0].mac,
    }
    sources = [_source(one, somebody, others, target, macs) for one in made]
    kinds = dict.fromkeys(source.shape.kind for source in sources)
    return {kind: tuple(source for source in sources if source.shape.kind == kind) for kind in kinds}


def _source(
    template: Template, somebody: Client, others: tuple[bytes, ...], target: Target, macs: dict[Lan, bytes]
) -> _Source:
    mtu = (target.first_lan if template.lan is Lan.FIRST else target.second_lan).mtu
    shape = template.shape(somebody, target.second_lan.ether_type, mtu, others)
    subject = Subject(template.of(somebody), shape)
    operators = tuple(
        (name, operator, operator.must_be_discarded or operator.discarded_for_stranger)
        for name, operator in OPERATORS.items()
        if operator.applies(subject)
    )
    elsewhere = Lan.FIRST if template.lan is Lan.SECOND else Lan.SECOND
    is_arp = template.frame[HEADER - 2 : HEADER] == ARP_TYPE  # ARP is at home on both
    return _Source(template, shape, operators, b"" if is_arp else macs[elsewhere])
