"""Making a failing sequence smaller: which frames and fields are left, by what the (here: pretended) target does."""

from dataclasses import replace

import pytest
from ipos_conformance.reproducer.minimising import Smaller, minimise, restored, without
from ipos_conformance.reproducer.recipe import Recipe, Usual
from ipos_spec.checksum import internet_checksum
from scapy.layers.inet import IP, TCP
from scapy.layers.l2 import Ether
from scapy.packet import Packet, Raw


def recipe(*names: str, wrong: int | None = None) -> Recipe:
    """Sent frames of these names, each answered; names of answers begin with a hyphen."""
    steps = tuple(
        (float(place), "received" if name.startswith("-") else "sent", 1, name.encode())
        for place, name in enumerate(names)
    )
    return Recipe({}, steps, names, () if wrong is None else (wrong,), "wrong")


def sent(of: Recipe) -> list[str]:
    return [octets.decode() for _, direction, _, octets in of.steps if direction == "sent"]


def needing(*names: str):
    return lambda candidate: set(names) <= set(sent(candidate))


def right_checksum(frame: Packet) -> int:
    again = frame.copy()
    del again[TCP].chksum
    return Ether(bytes(again))[TCP].chksum


def smaller(whole: Recipe, fails, **options) -> Smaller:
    found = minimise(whole, {}, fails, **options)
    assert found is not None
    return found


def test_only_the_frames_that_are_needed_are_left():
    whole = recipe(*(f"frame{number}" for number in range(16)))
    assert sent(smaller(whole, needing("frame3", "frame11")).recipe) == ["frame3", "frame11"]


def test_what_did_not_fail_is_not_asked_again():
    asked = []

    def fails(candidate: Recipe) -> bool:
        needed = needing("frame3", "frame8", "frame11")(candidate)
        asked.extend([] if needed else [candidate.steps])
        return needed

    assert len(smaller(recipe(*(f"frame{number}" for number in range(16))), fails).steps) == 3
    assert len(asked) == len(set(asked))


def test_data_that_only_fills_a_gap_is_left_out():
    """What comes behind it is numbered as if it had never been, and its checksum is right again."""

    def segment(seq: int, data: bytes) -> bytes:
        ip = IP(src="198.51.100.7", dst="192.0.2.1") / TCP(sport=50000, dport=80, flags="PA", seq=seq, ack=7)
        return bytes(Ether(dst="02:00:00:00:01:01", type=0x0800) / ip / Raw(data))

    def fails(candidate: Recipe) -> bool:
        """The target reads what is in order from number 100 on, up to an X."""
        expected = 100
        for _, _, _, octets in candidate.steps:
            found = Ether(octets)
            data = bytes(found[TCP].payload)[: found[IP].len - 40]
            assert found[TCP].chksum == right_checksum(found)
            if found[TCP].seq == expected:
                expected += len(data)
                if b"X" in data:
                    return True
        return False

    steps = tuple((0.0, "sent", 0, segment(seq, data)) for seq, data in ((100, b"ab"), (102, b"c"), (103, b"dX")))
    found = minimise(Recipe({"ether_type": 7}, steps, ("a", "b", "c"), (), "wrong"), {}, fails)
    assert found is not None
    assert [Ether(octets)[TCP].seq for _, _, _, octets in found.recipe.steps] == [100]
    assert found.steps == (2,)


def test_the_end_may_be_confirmed_with_more_patience():
    asked: list[Recipe] = []

    def confirms(candidate: Recipe) -> bool:
        asked.append(candidate)
        return len(asked) > 1

    found = smaller(recipe("a", "b", "c"), needing("b"), confirms=confirms)
    assert [sent(candidate) for candidate in asked] == [["b"]] * 3
    assert (found.failed, found.flaky) == (2, True)


def test_what_is_known_to_fail_is_not_tried_whole():
    asked: list[list[str]] = []
    minimise(recipe("a"), {}, lambda candidate: asked.append(sent(candidate)) or True, begin=0)
    assert len(asked) == 3  # which confirm the end
    assert minimise(recipe("a"), {}, lambda _: False, begin=1) is None


def test_what_does_not_fail_can_t_be_made_smaller():
    assert minimise(recipe("a", "b"), {}, lambda _: False) is None


def test_answer_goes_with_its_frame_but_the_wrong_one_stays():
    whole = recipe("a", "-answer", "b", "-wrong", wrong=3)
    left = without(whole, {0, 2})
    assert (left.meanings, left.decisive) == (("-wrong",), (0,))


def test_tries_are_bounded_and_it_is_said():
    asked = []

    def fails(candidate):
        asked.append(candidate)
        return needing("f0", "f31")(candidate)

    found = smaller(recipe(*(f"f{number}" for number in range(32))), fails, most=5)
    assert (found.cut_short, found.tries, len(asked)) == (True, 5, 1 + 5 + 3)
    assert {"f0", "f31"} <= set(sent(found.recipe))


def test_failure_that_comes_and_goes_is_marked():
    ends = iter([False, True, True, False, True, False])
    found = smaller(recipe("only"), lambda _: next(ends))
    assert (found.flaky, found.failed) == (True, 2)


def test_fields_that_don_t_matter_become_usual_again():
    frame = bytes(14) + bytes(range(16)) + bytes(146)
    whole = replace(recipe("x"), steps=((0.0, "sent", 1, frame),))
    usual = {0: [Usual("header.source_port", 18, 2, b"\xaa\xbb"), Usual("header.source_ip", 14, 4, b"zzzz")]}
    found = minimise(whole, usual, lambda candidate: candidate.steps[0][3][14:18] == frame[14:18])
    assert found is not None
    assert found.restored == ("header.source_port",)


@pytest.mark.parametrize("wrong_by", [0, 1])
def test_checksum_stays_as_right_or_wrong_as_it_was(wrong_by):
    covered = bytes(range(1, 13)) + b"\1\1" + b"\0\0" + bytes(range(146))
    checksum = (internet_checksum(covered) + wrong_by).to_bytes(2, "big")
    frame = bytes(14) + covered[:14] + checksum + covered[16:]
    changed = restored(frame, Usual("connection.server_ip", 30, 4, b"\xc0\x00\x02\x09"))
    blank = changed[14:28] + b"\0\0" + changed[30:]
    assert (int.from_bytes(changed[28:30], "big") - internet_checksum(blank)) % 0xFFFF == wrong_by
