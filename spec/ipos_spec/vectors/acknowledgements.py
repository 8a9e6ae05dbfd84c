"""Acknowledgements that are right or wrong for the connection packet that stands beside them (ENC-3, ENC-6, ORG-6)."""

from collections.abc import Iterator

from ipos_spec.description import ProtocolDescription
from ipos_spec.vectors.draft import CHECKSUM, PROTOCOL, SOURCE_IP, SOURCE_PORT, TYPE, Draft
from ipos_spec.vectors.flags import Flag
from ipos_spec.vectors.making import Outcome, Point, vector
from ipos_spec.vectors.values import Discard, Result, Vector

GROUP = "acknowledgements"

_DESTINATION_IP, _DESTINATION_PORT = "header.destination_ip", "header.destination_port"


def acknowledgements(protocol: ProtocolDescription) -> Iterator[Vector]:
    """Of each connection packet: the right one, and those that belong to something else."""
    for packet in (packet for packet in protocol.packets if packet.covered is None):
        example = Draft.example(protocol, packet)
        for number in packet.protocols:
            yield from _of_connection(example.put({PROTOCOL: number}).sealed())


def _of_connection(right: Draft) -> Iterator[Vector]:
    acknowledged = right.acknowledged()
    name = acknowledged.packet.name
    flags = (Flag.ACKNOWLEDGEMENT_CHECKSUM,)
    yield vector(right, Point(GROUP, f"of-{name}", f"The acknowledgement of a {name} packet.", flags, (CHECKSUM,)))
    comment = f"The checksum is that of the {name} packet, which has another type."
    repeated = right.put({CHECKSUM: acknowledged[CHECKSUM]})
    yield _refuted(right, repeated, "checksum-repeated", comment, flags[0], "ENC-7", CHECKSUM)
    comment = "Client and target have changed places; the sum is the same."
    yield _refuted(right, _swapped(right), "swapped", comment, Flag.ACKNOWLEDGEMENT_SWAPPED, "ORG-6", SOURCE_IP)
    comment = "The acknowledgement of an earlier attempt, for another server port."
    yield _refuted(right, _of_earlier_attempt(right), "late", comment, Flag.ACKNOWLEDGEMENT_LATE, "ENC-7", CHECKSUM)
    comment = "The acknowledgement is for another client's port, its checksum right for that."
    other = right.put({SOURCE_PORT: right[SOURCE_PORT] + 1}).sealed()
    yield _refuted(right, other, "other-client", comment, Flag.ACKNOWLEDGEMENT_LATE, "ORG-6", SOURCE_PORT)
    comment = "The acknowledgement is for the other protocol, its checksum right for that."
    others = [number for number in right.packet.protocols if number != right[PROTOCOL]]
    for number in others:
        other = right.put({PROTOCOL: number}).sealed()
        yield _refuted(right, other, "other-protocol", comment, Flag.ACKNOWLEDGEMENT_LATE, "ORG-6", PROTOCOL)


def _swapped(right: Draft) -> Draft:
    return right.put(
        {
            SOURCE_IP: right[_DESTINATION_IP],
            SOURCE_PORT: right[_DESTINATION_PORT],
            _DESTINATION_IP: right[SOURCE_IP],
            _DESTINATION_PORT: right[SOURCE_PORT],
        }
    )


def _of_earlier_attempt(right: Draft) -> Draft:
    """With the checksum for a connection packet that differs in its connection information only."""
    earlier = right.acknowledged()
    earlier = earlier.put({"connection.server_port": earlier["connection.server_port"] + 1})
    return right.put({CHECKSUM: earlier.put({TYPE: right[TYPE]}).checksum()})


def _refuted(right: Draft, wrong: Draft, slug: str, comment: str, flag: Flag, requirement: str, path: str) -> Vector:
    acknowledged = right.acknowledged()
    point = Point(GROUP, f"of-{acknowledged.packet.name}-{slug}", comment, (flag,), (path,))
    outcome = Outcome(Result.ACCEPTABLE, Discard(requirement, path, wrong.field(path).offset))
    return vector(wrong, point, outcome, acknowledged.frame())
