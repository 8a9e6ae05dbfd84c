"""From the frames of a failing case to what the player needs: which to send, what they answer, what was wrong then."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ipos_conformance.errors import SuiteError
from ipos_conformance.findings.evidence import Evidence
from ipos_conformance.findings.results import CaseResult, Results
from ipos_conformance.frames import Direction, Lan
from ipos_conformance.reproducer.facts import endpoint
from ipos_conformance.reproducer.octets import ACK, FIN, PSH, RST, SYN, Segment, number, segment_of, spoken
from ipos_conformance.reproducer.player import Step
from ipos_conformance.verdicts import Verdict

LANS = (Lan.FIRST, Lan.SECOND)
_NOTHING = "nothing, though"
_RESPONSES = ("status ", "octets that are no whole response")
_WRONG_BY_ITSELF = ("silence", "no ")
"""How expectations begin that any frame of a kind breaks: what else comes makes no difference."""
_LATE = "after "
_ABOUT_REPETITIONS = ("connection packet", "repe")
_WINDOW = "beyond the client's window"
_IPV4 = 0x0800
_ARP_KIND, _ASKED_FOR, _ANSWERED_FOR = slice(12, 22), slice(38, 42), slice(28, 32)
"""Octets of a frame: what makes it an ARP message about IPv4 addresses on Ethernet (RFC 826), and the addresses."""
_REQUEST, _ANSWER = (bytes.fromhex(f"0806 0001 0800 06 04 {operation:04x}") for operation in (1, 2))
_HEADERS = 30


class NotExpressible(SuiteError):  # noqa: N818 - a finding about a failure
    """A failure that can't be seen by sending the same frames again; the text says why."""


@dataclass(frozen=True)
class Recipe:
    """What `player.Player` takes.

    meanings  each step in words
    decisive  places in `steps` of what was wrong with the answers
    compares  "wrong": whether those come again is all that counts;
              "all": any answer more than the recorded ones is a difference, too;
              "data": only what the client's application sees;
              "dead": whether the router answers probes in the end, as it did before;
              "sent": nothing: what is wrong does not show outside
    """

    setup: dict[str, Any]
    steps: tuple[Step, ...]
    meanings: tuple[str, ...]
    decisive: tuple[int, ...]
    compares: str

    @property
    def seconds(self) -> float:
        """How long it takes at least."""
        return self.steps[-1][0] if self.steps else 0.0


@dataclass(frozen=True)
class Usual:
    """A field of a sent frame that is not as usual: its name, offset, octets, and the octets that would be usual."""

    field: str
    offset: int
    size: int
    octets: bytes


def recipe(case: CaseResult, run: Results) -> Recipe:
    """What shows this failure of a run again. Raises NotExpressible."""
    if case.verdict not in (Verdict.FAIL, Verdict.WARN, Verdict.XFAIL):
        raise NotExpressible(f"{case.id}: {case.verdict}, expected a failure")
    if not any(frame.direction == Direction.SENT for frame in case.frames):
        raise NotExpressible(f"{case.id}: the case sent nothing")
    made, kept = _steps(case, run)
    decisive, compares = _what_is_wrong(case, kept)
    made.setup["repetitions"] = any(word in text for text in case.expected for word in _ABOUT_REPETITIONS)
    return replace(made, decisive=decisive, compares=compares)


def steps(case: CaseResult, run: Results) -> Recipe:
    """What plays the frames of a case again, whatever was wrong with the answers: nothing in it is decisive."""
    return _steps(case, run)[0]


def _steps(case: CaseResult, run: Results) -> tuple[Recipe, list[Evidence]]:
    """The same with the frames that are left: one for each step."""
    setup = surroundings(case, run)
    kept = [frame for frame in _without_reflexes(case.frames, setup) if not _is_of_others(frame, setup)]
    start = min((frame.time for frame in kept), default=0.0)
    played = tuple(
        (round(frame.time - start, 6), str(frame.direction), LANS.index(Lan(frame.lan)), bytes.fromhex(frame.octets))
        for frame in kept
    )
    return Recipe(setup, played, tuple(frame.meaning for frame in kept), (), "all"), kept


def surroundings(case: CaseResult, run: Results) -> dict[str, Any]:
    """What `player.Player` and `facts.View` have to know of the stations of a case."""
    setup: dict[str, Any] = {"ether_type": run.target.ether_type, "clocks": {}, "stamps": {}, "acknowledges": {}}
    setup["repetitions"] = False
    setup["clients"] = sorted(_clients(case.frames))
    setup["stations"] = {**_stations(run), **_arp_answers(case.frames)}
    _timestamps(case.frames, setup)
    return setup


def _what_is_wrong(case: CaseResult, kept: Sequence[Evidence]) -> tuple[tuple[int, ...], str]:
    """Places of the wrong frames, and what is compared."""
    wrong = tuple(
        place
        for place, frame in enumerate(kept)
        if frame.direction == Direction.RECEIVED and any(frame.meaning in what for what in case.actual)
    )
    first = case.actual[0] if case.actual else ""
    if _WINDOW in "".join(case.expected):
        raise NotExpressible(f"{case.id}: what lay beyond the window depends on when each acknowledgement arrived")
    if first.startswith(_LATE) or any(timing.margin < 0 for timing in case.timings):
        raise NotExpressible(f"{case.id}: what was wrong is a time: {first}")
    if any(text in first for text in _RESPONSES):
        return (), "data"
    if first.startswith(_NOTHING):
        return (), "all"
    if not wrong:
        raise NotExpressible(f"{case.id}: what was wrong is no frame, but: {first}")
    return wrong, "wrong" if case.expected[0].startswith(_WRONG_BY_ITSELF) else "all"


def _is_of_others(frame: Evidence, setup: dict[str, Any]) -> bool:
    """Whether a segment came for a client of whom the case knows nothing, as of an earlier one's repetitions."""
    segment = spoken(bytes.fromhex(frame.octets), setup)
    return (
        frame.direction == Direction.RECEIVED
        and segment is not None
        and endpoint(segment.connection) not in setup["clients"]
    )


def _without_reflexes(frames: Sequence[Evidence], setup: dict[str, Any]) -> list[Evidence]:
    """The frames without what the player answers by itself: ARP, and acknowledgements of received data."""
    reflexes = _reflexes(frames, setup)
    answers: dict[str, tuple[int, str]] = {}
    for place, connection in reflexes.items():
        answers.setdefault(connection.hex(), (LANS.index(Lan(frames[place].lan)), frames[place].octets))
    setup["acknowledges"] = answers
    answered = arp_answers(frames)
    return [frame for place, frame in enumerate(frames) if place not in reflexes and place not in answered]


def _reflexes(frames: Sequence[Evidence], setup: dict[str, Any]) -> dict[int, bytes]:
    """Places of acknowledgements, with their connections, that followed the data at once.

    Where something else was sent before one of a connection's, the order may matter: then all of them are steps.
    """
    waiting: dict[tuple[bytes, int], bool] = {}
    found: dict[int, bytes] = {}
    ordered: set[bytes] = set()
    arp = arp_answers(frames)
    for place, frame in enumerate(frames):
        is_sent = frame.direction == Direction.SENT
        octets = bytes.fromhex(frame.octets)
        segment = segment_of(octets, setup, outbound=True) if is_sent else spoken(octets, setup)
        if not is_sent and segment is not None and (segment.data or segment.flags & FIN):
            waiting[segment.connection, (segment.seq + segment.length) % (1 << 32)] = False
        elif (
            is_sent and segment is not None and _is_plain_ack(segment) and (segment.connection, segment.ack) in waiting
        ):
            found[place] = segment.connection
            if waiting.pop((segment.connection, segment.ack)):
                ordered.add(segment.connection)
        elif is_sent and place not in arp:
            waiting = dict.fromkeys(waiting, True)
    return {place: connection for place, connection in found.items() if connection not in ordered}


def arp_answers(frames: Sequence[Evidence]) -> set[int]:
    """Places of what stations answered to the router's ARP requests. What nobody had asked for is none of these."""
    found = set()
    asked: set[tuple[Lan, bytes]] = set()
    for place, frame in enumerate(frames):
        octets = bytes.fromhex(frame.octets)
        if frame.direction == Direction.RECEIVED and octets[_ARP_KIND] == _REQUEST:
            asked.add((frame.lan, octets[_ASKED_FOR]))
        about = (frame.lan, octets[_ANSWERED_FOR])
        if frame.direction == Direction.SENT and octets[_ARP_KIND] == _ANSWER and about in asked:
            asked.remove(about)
            found.add(place)
    return found


def _is_plain_ack(segment: Segment) -> bool:
    return not segment.data and segment.flags & (FIN | SYN | RST | PSH | ACK) == ACK


def _stations(run: Results) -> dict[str, str]:
    """By LAN number and address: the MACs of the stations that the suite plays, from the run's target file."""
    said = {setting.key: setting.value for setting in run.settings}
    keys = [("0", "router.gateway", "suite.gateway_mac")]
    keys += [
        ("1", key, f"{key.removesuffix('address')}mac") for key in said if re.fullmatch(r"peer\.\d+\.address", key)
    ]
    return {
        f"{lan}/{said[address]}": said[mac].replace(":", "")
        for lan, address, mac in keys
        if {address, mac} <= said.keys()
    }


def _arp_answers(frames: Sequence[Evidence]) -> dict[str, str]:
    """Whom the suite answered ARP for."""
    found = {}
    for place in sorted(arp_answers(frames)):
        octets = bytes.fromhex(frames[place].octets)
        address = ".".join(map(str, octets[_ANSWERED_FOR]))
        found[f"{LANS.index(Lan(frames[place].lan))}/{address}"] = octets[22:28].hex()
    return found


def _clients(frames: Sequence[Evidence]) -> set[str]:
    """Whom the sent frames are about: addresses, and addresses with ports."""
    found = set()
    for frame in frames:
        octets = bytes.fromhex(frame.octets)
        if frame.direction == Direction.SENT and len(octets) >= _HEADERS:
            ipv4 = number(octets, 12, 2) == _IPV4
            at, port = (26, 14 + (octets[14] & 15) * 4) if ipv4 else (14, 18)
            found |= {endpoint(octets[at : at + 4] + octets[port : port + 2])}
            if octets[26:28] == b"\2\1" and len(octets) >= _HEADERS + 24:
                found |= {endpoint(octets[42:46] + octets[50:52])}  # the inner packet may name another one
    return found | {client.partition(":")[0] for client in found}


def _timestamps(frames: Sequence[Evidence], setup: dict[str, Any]) -> None:
    """By connection: the first timestamp of the router's that the suite echoed, and all that the suite sent itself."""
    clocks, stamps = setup["clocks"], setup["stamps"]
    for frame in frames:
        octets = bytes.fromhex(frame.octets)
        segment = segment_of(octets, setup, outbound=True) if frame.direction == Direction.SENT else None
        if segment is None or len(segment.options.get(8, (0, b""))[1]) != 8:
            continue
        stamp, who = segment.options[8][1], segment.connection.hex()
        stamps[who] = sorted({*stamps.get(who, ()), number(stamp, 0, 4)})
        if number(stamp, 4, 4):
            clocks.setdefault(who, number(stamp, 4, 4))


def usual_fields(case: CaseResult, made: Recipe) -> dict[int, tuple[Usual, ...]]:
    """For places of sent frames in a recipe: their fields that are not as usual and can be made so, octet for octet."""
    changes = {bytes.fromhex(frame.octets): frame.changes for frame in case.frames if frame.changes}
    return {
        place: tuple(
            Usual(change.field, change.offset, change.size, bytes.fromhex(change.usual_octets))
            for change in changes.get(octets, ())
        )
        for place, (_, direction, _, octets) in enumerate(made.steps)
        if direction == "sent"
    }
