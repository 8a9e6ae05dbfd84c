"""The checksum follows a change as if the sender had summed anew."""

from dataclasses import replace

import pytest
from ipos_fuzz.subject import Subject
from ipos_spec import decode, encode, vectors
from ipos_spec.packets import TcpConnectionPacket, acknowledgement, with_checksum

ORIGINAL = vectors.PACKETS["tcp-connection"]
assert isinstance(ORIGINAL, TcpConnectionPacket)


@pytest.mark.parametrize("name", ["tcp-connection", "udp-connection", "tcp", "udp"])
@pytest.mark.parametrize("field", ["source_ip", "destination_port"])
def test_repaired_checksum_is_the_senders(name: str, field: str) -> None:
    packet = vectors.PACKETS[name]
    changed = with_checksum(replace(packet, header=replace(packet.header, **{field: 0xABC})))
    assert Subject.of(vectors.FRAMES[name]).put_field(f"header.{field}", 0xABC) == encode(changed)


@pytest.mark.parametrize("field", ["source_ip", "destination_port"])
def test_repaired_checksum_of_an_acknowledgement_still_covers_what_it_acknowledges(field: str) -> None:
    changed = replace(ORIGINAL, header=replace(ORIGINAL.header, **{field: 0xABC}))
    answer = acknowledgement(changed, vectors.PACKETS["acknowledgement"].ethernet.source)
    subject = Subject.of(vectors.FRAMES["acknowledgement"])
    assert subject.put_field(f"header.{field}", 0xABC) == encode(answer)


def test_repaired_header_of_the_client_packet_decodes() -> None:
    frame = Subject.of(vectors.FRAMES["tcp"]).put_inner(8, b"\x01")  # TTL
    assert decode(frame).inner[8] == 1


def test_padding_is_neither_meant_nor_covered() -> None:
    subject = Subject.of(vectors.FRAMES["udp-connection"] + bytes(24))
    assert (subject.meant_length, subject.covered_end, len(subject.frame)) == (36, 36, 60)
