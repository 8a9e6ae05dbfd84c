"""boofuzz's Session on a target's second LAN: the same packets as the quick generator's, field by field.

Settings are those under which it is fastest without doing less: one socket for all cases, no web page, nothing printed,
no pause, no answer waited for, of its results database only what follows a failure. It asks nobody whether the target
lives. Its checksums are right for what a field holds, as after our operators.
"""

import logging
import tempfile
import time
from pathlib import Path

from boofuzz import Block, Byte, Checksum, DWord, Fuzzable, QWord, RawL2SocketConnection, Request, Session, Static, Word
from boofuzz import Target as Connected
from ipos_conformance.frames import Client, Lan
from ipos_conformance.target import Target
from ipos_fuzz.places import HEADER, Place
from ipos_fuzz.sources.templates import templates
from ipos_fuzz.subject import CHECKSUM, Subject
from ipos_spec.addresses import IPv4
from ipos_spec.checksum import internet_checksum

NUMBERS = {1: Byte, 2: Word, 4: DWord, 8: QWord}
COVERED = "covered"
IN_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own is made there
"""Where files are written to no disk, on machines that have it."""


def fuzz(target: Target, subject: Subject, cases: int) -> tuple[float, float]:
    """Seconds and processor seconds of so many cases made of one packet."""
    logging.disable()
    with tempfile.TemporaryDirectory(dir=IN_MEMORY if IN_MEMORY.is_dir() else None) as folder:
        session = _session(target, Path(folder) / "cases.db", cases)
        session.connect(_request(subject))
        began, used = time.monotonic(), time.process_time()
        session.fuzz(max_depth=1)
        seconds, processor = time.monotonic() - began, time.process_time() - used
        if session.num_cases_actually_fuzzed != cases:
            raise AssertionError(f"{session.num_cases_actually_fuzzed} cases of {cases}")
        return seconds, processor


def _session(target: Target, database: Path, cases: int) -> Session:
    return Session(
        target=Connected(connection=RawL2SocketConnection(target.second_lan.interface)),
        web_port=None,
        keep_web_open=False,
        fuzz_loggers=[],
        fuzz_db_keep_only_n_pass_cases=1,
        receive_data_after_each_request=False,
        reuse_target_connection=True,
        db_filename=str(database),
        index_end=cases,
    )


def packets(target: Target) -> dict[str, Subject]:
    """The packets for the second LAN, one of each kind."""
    somebody = Client(IPv4(int(target.suite.client_network.network_address) + 1), 1024)
    frames = [template.of(somebody) for template in templates(target) if template.lan is Lan.SECOND]
    subjects = [Subject.of(frame, target.second_lan.ether_type) for frame in frames]
    return {subject.shape.kind: subject for subject in reversed(subjects)}


def _request(subject: Subject) -> Request:
    """Each field of whole octets is a primitive of its own."""
    fields = [place for place in subject.shape.places if place.is_whole and place.size]
    frame, end = subject.frame, subject.covered_end
    ethernet = Block("ethernet", children=_primitives(frame[:HEADER], 0, fields))
    covered = Block(COVERED, children=_primitives(frame[HEADER:end], HEADER, fields))
    behind = Block("behind", children=_primitives(frame[end:], end, fields))
    return Request(subject.shape.kind, children=(ethernet, covered, behind))


def _primitives(octets: bytes, start: int, fields: list[Place]) -> tuple[Fuzzable, ...]:
    """Those of a run of octets that stands at an offset of the frame; what is no field is left as it is."""
    made: list[Fuzzable] = []
    at, end = start, start + len(octets)
    for place in sorted(fields, key=lambda place: place.bit):
        if not at <= place.offset < place.end <= end:
            continue
        if at < place.offset:
            made.append(Static(f"octets-{at}", default_value=octets[at - start : place.offset - start]))
        made.append(_primitive(place, octets[place.offset - start : place.end - start]))
        at = place.end
    if at < end:
        made.append(Static(f"octets-{at}", default_value=octets[at - start :]))
    return tuple(made)


def _primitive(place: Place, octets: bytes) -> Fuzzable:
    name = place.path.replace(".", "-")
    if place.offset == CHECKSUM:
        return Checksum(name, block_name=COVERED, length=2, endian=">", algorithm=_checksum)
    if place.size not in NUMBERS:
        return Static(name, default_value=octets)
    return NUMBERS[place.size](name, default_value=int.from_bytes(octets, "big"), endian=">")


def _checksum(octets: bytes) -> bytes:
    return internet_checksum(octets).to_bytes(2, "big")
