"""What is drawn from the schemas: right packets that keep every rule, frames near them, the same ones for a seed."""

import importlib
from collections import Counter
from pathlib import Path

import pytest
from frames_of import TARGET
from ipos_fuzz.sources.strategies import draw, frames, near_valid_frames, packets, raw_frames, valid_frames
from ipos_fuzz.sources.valid import known_of, makers
from ipos_fuzz.subject import Subject
from ipos_spec import DecodeError, advertisement
from ipos_spec.advertisement import AdvertisedTable, Operation, TableAdvertisement
from ipos_spec.codec import decode_extended
from ipos_spec.description import Kind, describe
from ipos_spec.fields import violations
from ipos_spec.packets import PACKETS, ClientPacket
from ipos_spec.rules import Stage, Zero
from judging import reason_of_transport

SEED, COUNT = 1, 600
KNOWN = known_of(TARGET)


def is_readable(frame: bytes) -> bool:
    try:
        decode_extended(frame)
    except DecodeError:
        return False
    return True


@pytest.fixture(scope="module")
def right() -> list[bytes]:
    return draw(valid_frames(), COUNT, SEED)


def test_every_packet_is_drawn_and_keeps_every_rule() -> None:
    drawn = draw(packets(KNOWN), COUNT, SEED)
    assert len(drawn) == COUNT
    assert {type(packet) for packet in drawn} == {*PACKETS.values(), TableAdvertisement}
    for packet in drawn:
        rules_of = advertisement.violations if isinstance(packet, TableAdvertisement) else violations
        assert not list(rules_of(packet)), packet
        assert not list(violations(packet, Stage.SENDER)), packet


def test_every_field_of_every_packet_varies(right: list[bytes]) -> None:
    """But those that a rule fixes: a field that is new in a schema is drawn without a word here."""
    described = {made.packet.name: made.packet for made in makers()}
    by_kind: dict[str, list[bytes]] = {}
    for frame in right:
        by_kind.setdefault(Subject.of(frame).shape.kind, []).append(frame)
    assert set(by_kind) == set(described)
    fixed = ("ethernet.type", "header.type", "header.protocol", "connection.control_block.t_state")
    for name, made in by_kind.items():
        for field in described[name].fields:
            values = {frame[field.offset : field.end] for frame in made if field.size is not None}
            is_reserved = any(isinstance(rule, Zero) for rule in field.rules)
            is_fixed = field.path in fixed or is_reserved or name == "table-advertisement"
            assert is_fixed or field.size is None or len(values) > 5, (name, field.path)


def test_client_packets_have_options_data_and_right_checksums(right: list[bytes]) -> None:
    inner = [packet.inner for packet in map(decode_extended, right) if isinstance(packet, ClientPacket)]
    assert {reason_of_transport(octets, is_inside=True) for octets in inner} == {None}
    assert len({octets[0] for octets in inner}) == 11
    assert len({len(octets) for octets in inner}) > 30


def test_advertisements_of_every_table_and_operation_are_drawn() -> None:
    drawn = draw(valid_frames(), 3 * COUNT, SEED)
    made = [packet for packet in map(decode_extended, drawn) if isinstance(packet, TableAdvertisement)]
    announced = {(packet.table_header.table, packet.table_header.operation) for packet in made}
    assert announced == {(table, operation) for table in AdvertisedTable for operation in Operation}
    assert {packet.table_header.record_count for packet in made} == {0, 1, 2, 3, 4}
    assert any(field.kind is Kind.TEXT for table in describe().tables for field in table.record.fields)


def test_what_is_known_of_the_bench_is_kept_to() -> None:
    for frame in draw(valid_frames(KNOWN), COUNT, SEED):
        shape = Subject.of(frame).shape
        for path in set(KNOWN) & set(shape.by_path):
            place = shape.by_path[path]
            is_for_all = shape.kind == "table-advertisement" and "destination" in path
            assert is_for_all or frame[place.offset : place.end] in KNOWN[path], (path, frame.hex())


def test_near_valid_frames_are_readable_or_not() -> None:
    readable = Counter(is_readable(frame) for frame in draw(near_valid_frames(), COUNT, SEED))
    assert min(readable.values()) > COUNT / 10


def test_frames_are_of_all_three_sorts() -> None:
    drawn = draw(frames(KNOWN), COUNT, SEED)
    assert all(14 <= len(frame) <= 1514 for frame in drawn)
    kept = sum(is_readable(frame) for frame in drawn)
    assert COUNT / 4 < kept < COUNT * 3 / 4
    assert any(frame[12:14] != b"\x00\x07" for frame in drawn)


def test_raw_frames_need_no_known_bench() -> None:
    assert {len(frame) >= 14 for frame in draw(raw_frames(), 50, SEED)} == {True}


def test_same_seed_gives_the_same_frames_and_another_seed_others() -> None:
    assert draw(frames(), 200, 7) == draw(frames(), 200, 7)
    assert draw(frames(), 200, 7) != draw(frames(), 200, 8)


def test_modules_that_are_loaded_meanwhile_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hypothesis reads constants out of them, which would make the seed's frames those of one program alone."""
    before = draw(raw_frames(KNOWN), 200, 7), draw(frames(), 200, 7)
    (tmp_path / "loaded_meanwhile.py").write_text(f"CONSTANTS = {[bytes([n]) * n for n in range(1, 100)]}")
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.import_module("loaded_meanwhile")
    assert (draw(raw_frames(KNOWN), 200, 7), draw(frames(), 200, 7)) == before


@pytest.mark.parametrize("count", [1, 5, 200])
def test_as_many_are_drawn_as_were_asked_for(count: int) -> None:
    assert len(draw(frames(), count, SEED)) == count
