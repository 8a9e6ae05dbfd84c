"""What a reproducer makes of a case's frames: which it sends, which it answers by itself, what it can't show."""

import ast
import socket
import sys

import pytest
from ipos_conformance.findings.evidence import Evidence
from ipos_conformance.findings.results import CaseResult
from ipos_conformance.frames import Direction, Frame, Lan, describe
from ipos_conformance.reproducer.octets import corrected, segment_of
from ipos_conformance.reproducer.player import NOT_REPRODUCED, REPRODUCED, Player
from ipos_conformance.reproducer.recipe import NotExpressible, Recipe, recipe
from ipos_conformance.reproducer.script import script
from ipos_conformance.verdicts import Verdict
from ipos_spec.checksum import internet_checksum, verifies
from scapy.layers.inet import IP, TCP
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Raw
from test_baseline import case, run

CLIENT, SERVER = ("198.51.100.7", 20001), ("192.0.2.1", 80)
IPOS = 7


def frame(direction: Direction, time: float, flags: str, data: bytes = b"", **numbers: int) -> Evidence:
    source, destination = (CLIENT, SERVER) if direction is Direction.SENT else (SERVER, CLIENT)
    tcp = TCP(sport=source[1], dport=destination[1], flags=flags, **numbers)
    ether = Ether(src="02:00:00:00:01:fe", dst="02:00:00:00:01:01")
    octets = bytes(ether / IP(src=source[0], dst=destination[0]) / tcp / Raw(data))
    words = describe(Frame(Lan.FIRST, direction, time, octets, IPOS))
    return Evidence(lan=Lan.FIRST, direction=direction, time=time, octets=octets.hex(), meaning=words)


SYN = frame(Direction.SENT, 0.0, "S", seq=99)
SYN_ACK = frame(Direction.RECEIVED, 0.1, "SA", seq=5000, ack=100)
HANDSHAKE = (SYN, SYN_ACK, frame(Direction.SENT, 0.2, "A", seq=100, ack=5001))
REQUEST = frame(Direction.SENT, 0.3, "PA", b"GET", seq=100, ack=5001)
ANSWER = frame(Direction.RECEIVED, 0.4, "PA", b"200", seq=5001, ack=103)
ITS_ACK = frame(Direction.SENT, 0.5, "A", seq=103, ack=5004)
RESET = frame(Direction.SENT, 0.6, "R", seq=103)


def failed(*frames: Evidence, expected: str = "silence on both LANs", actual: str = ANSWER.meaning) -> CaseResult:
    found = case(Verdict.FAIL, actual)
    return found.model_copy(update={"frames": frames, "expected": (expected,)})


def made(*frames: Evidence, **texts: str):
    found = failed(*frames, **texts)
    return recipe(found, run(found))


def sent_octets(of) -> list[str]:
    return [octets.hex() for _, direction, _, octets in of.steps if direction == "sent"]


def test_acknowledgement_of_data_is_the_player_s_own_business():
    found = made(*HANDSHAKE, REQUEST, ANSWER, ITS_ACK, RESET)
    assert ITS_ACK.octets not in sent_octets(found)
    assert [octets for _, octets in found.setup["acknowledges"].values()] == [ITS_ACK.octets]


def test_acknowledgement_keeps_its_place_behind_what_was_sent_before_it():
    found = made(*HANDSHAKE, REQUEST, ANSWER, RESET, ITS_ACK)
    assert sent_octets(found)[-2:] == [RESET.octets, ITS_ACK.octets]
    assert not found.setup["acknowledges"]


def test_what_was_wrong_is_found_among_the_frames():
    found = made(*HANDSHAKE, REQUEST, ANSWER, RESET)
    assert [found.meanings[place] for place in found.decisive] == [ANSWER.meaning]
    assert found.compares == "wrong"


def test_missing_answer_is_compared_with_everything_that_comes():
    found = made(*HANDSHAKE, REQUEST, expected="an answer", actual="nothing, though the target answered the probes")
    assert (found.decisive, found.compares) == ((), "all")


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        (failed(SYN, actual="after 0.302 s"), "what was wrong is a time: after 0.302 s"),
        (failed(SYN, actual="rcv_nxt 7"), "what was wrong is no frame, but: rcv_nxt 7"),
        (failed(SYN, expected="no octet beyond the client's window"), "beyond the window depends on when"),
        (failed(SYN_ACK), "the case sent nothing"),
        (case(Verdict.PASS), "PASS, expected a failure"),
    ],
)
def test_what_frames_alone_don_t_show_is_said(broken, says):
    with pytest.raises(NotExpressible, match=says):
        recipe(broken, run(broken))


def test_frames_are_adapted_to_the_number_that_the_router_chose():
    found = made(*HANDSHAKE, REQUEST, ANSWER, RESET)
    player = Player(found.setup, found.steps, ())
    player.then.take(0, bytes.fromhex(SYN_ACK.octets))
    player.now.take(0, bytes.fromhex(frame(Direction.RECEIVED, 9.0, "SA", seq=(1 << 32) - 1, ack=100).octets))
    adapted = player.adapted(bytes.fromhex(REQUEST.octets))
    segment = segment_of(adapted, found.setup, outbound=True)
    assert segment is not None
    assert (segment.seq, segment.ack) == (100, 0)
    assert verifies(adapted[26:34] + b"\0\6" + (len(adapted) - 34).to_bytes(2, "big") + adapted[34:])


def test_wrong_checksum_stays_wrong_by_as_much():
    before, after = bytes(range(40)), bytes(range(1, 41))
    wrong = (internet_checksum(before) + 5) % 0xFFFF
    assert (corrected(wrong, before, after) - internet_checksum(after)) % 0xFFFF == 5


def test_script_is_one_file_of_the_standard_library():
    found = failed(*HANDSHAKE, REQUEST, ANSWER, RESET)
    tree = ast.parse(script(found, recipe(found, run(found))))
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    imported |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert {str(name).partition(".")[0] for name in imported} <= sys.stdlib_module_names


class Answered(Player):
    """A router that answers each frame of ours at once with what it is said to say."""

    def __init__(self, of: Recipe, answers: dict[str, Evidence]) -> None:
        self._ends = socket.socketpair(), socket.socketpair()
        super().__init__(of.setup, of.steps, [near for near, _ in self._ends])
        self._answers = answers

    def send(self, lan: int, octets: bytes) -> None:
        super().send(lan, octets)
        if (answer := self._answers.get(octets.hex())) is not None:
            self.hear(lan, bytes.fromhex(answer.octets))

    def says(self, of: Recipe) -> int:
        """What the script would, once it has played."""
        self.play()
        for near, far in self._ends:
            near.close()
            far.close()
        return self.verdict(of.decisive, of.compares)[0]


def test_answer_to_the_last_reset_may_be_what_was_wrong():
    wrong = frame(Direction.RECEIVED, 0.7, "A", seq=5001, ack=100)
    found = made(*HANDSHAKE, RESET, wrong, actual=wrong.meaning)
    handshake = {SYN.octets: SYN_ACK}
    assert Answered(found, {**handshake, RESET.octets: wrong}).says(found) == REPRODUCED
    assert Answered(found, handshake).says(found) == NOT_REPRODUCED


def arp(direction: Direction, time: float, operation: int, about: str, **fields: object) -> Evidence:
    """A request, or an answer, about an address."""
    names = ("psrc", "pdst") if operation == 2 else ("pdst", "psrc")
    message = ARP(op=operation, hwsrc="02:00:00:00:01:fe", **dict(zip(names, (about, "192.0.2.1"), strict=True)))
    octets = bytes(Ether(src="02:00:00:00:01:fe", dst="02:00:00:00:01:01", type=0x0806) / message)
    for offset, value in fields.values():
        octets = octets[:offset] + bytes([value]) + octets[offset + 1 :]
    return Evidence(lan=Lan.FIRST, direction=direction, time=time, octets=octets.hex(), meaning="ARP")


ASKED = arp(Direction.RECEIVED, 0.1, 1, "192.0.2.254")
ANSWERED = arp(Direction.SENT, 0.2, 2, "192.0.2.254")


def test_arp_answers_are_the_player_s_own_business():
    found = made(SYN, ASKED, ANSWERED, ANSWER)
    assert sent_octets(found) == [SYN.octets]
    assert found.setup["stations"]["0/192.0.2.254"] == "0200000001fe"


@pytest.mark.parametrize(
    "unasked",
    [
        arp(Direction.SENT, 0.3, 2, "192.0.2.1"),
        arp(Direction.SENT, 0.3, 2, "192.0.2.254"),
        arp(Direction.SENT, 0.3, 2, "192.0.2.254", hardware_length=(18, 99)),
    ],
    ids=["about the router's own address", "a second time", "of another length"],
)
def test_arp_answer_that_nobody_asked_for_is_sent(unasked):
    found = made(SYN, ASKED, ANSWERED, unasked, ANSWER)
    assert sent_octets(found) == [SYN.octets, unasked.octets]
    assert "0/192.0.2.1" not in found.setup["stations"]
