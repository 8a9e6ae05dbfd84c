"""Right frames to be mutated: the worked examples of ipOS, and one of each kind that comes in on the first LAN."""

from collections.abc import Mapping

from ipos_conformance.frames import Client
from ipos_conformance.target import DEFAULT_TARGET, read_target
from ipos_fuzz.sources.templates import templates
from ipos_fuzz.subject import Subject
from ipos_spec import vectors
from ipos_spec.addresses import ipv4

TARGET = read_target(DEFAULT_TARGET)
CLIENT = Client(ipv4("198.51.100.7"), 49152)
TEMPLATES = templates(TARGET)


def _first_of_each_kind() -> Mapping[str, bytes]:
    made = [template.of(CLIENT) for template in TEMPLATES]
    kinds = {Subject.of(frame).shape.kind: frame for frame in reversed(made)}
    return {kind: frame for kind, frame in kinds.items() if kind not in vectors.FRAMES}


FRAMES: Mapping[str, bytes] = {**vectors.FRAMES, **_first_of_each_kind()}
"""By kind: those of `vectors.FRAMES`, table-advertisement, syn, segment, datagram, echo, arp."""
