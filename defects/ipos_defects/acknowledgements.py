"""Defects in taking acknowledgements: of something else, from somebody else, too early, too late, or twice."""

from collections.abc import Callable
from dataclasses import replace
from unittest import mock

from ipos_reference import acceptance, attempts, router
from ipos_reference.addresses import Address
from ipos_reference.attempts import Attempt, Attempts
from ipos_reference.ethernet import Frame
from ipos_reference.router import Lan, Router
from ipos_spec import codec
from ipos_spec.addresses import Mac
from ipos_spec.encapsulation import PacketType, Protocol
from ipos_spec.errors import DecodeError
from ipos_spec.ethernet import ETHER_TYPE
from ipos_spec.packets import Acknowledgement, Packet, acknowledges
from ipos_spec.packets import acknowledgement as acknowledging

from ipos_defects.defect import defect, patch

_HEADER, _TYPE, _CHECKSUM = 14, 26, 28
"""Offsets in the frame."""


def _rights(self: Attempts) -> list[Acknowledgement]:
    """The right acknowledgements of all attempts under way, the latest first."""
    under_way = list(self._attempts[Protocol.TCP].values())
    return [acknowledging(attempt.packet, attempt.onward.mac) for attempt in reversed(under_way)]


def _take_for_right(condition: Callable[[Acknowledgement, Acknowledgement], bool]) -> None:
    """Have an acknowledgement taken for a right one where the condition holds for it and that."""
    original = Attempts.take

    def take(self: Attempts, answer: Acknowledgement) -> Attempt | None:
        right = next((right for right in _rights(self) if condition(answer, right)), answer)
        return original(self, right)

    patch(Attempts, "take", take)


@defect("ORG-6")
def any_reference_counts() -> None:
    """Takes any acknowledgement of a peer for that of the migration in progress, whatever it refers to."""
    _take_for_right(lambda answer, right: answer.ethernet == right.ethernet)


@defect("ORG-6")
def acknowledgement_from_anywhere() -> None:
    """Takes an acknowledgement from any router."""
    original = Attempts.take

    def take(self: Attempts, answer: Acknowledgement) -> Attempt | None:
        attempt = self.of(Protocol.TCP, Address(answer.header.source_ip, answer.header.source_port))
        if attempt is not None:
            answer = replace(answer, ethernet=replace(answer.ethernet, source=attempt.onward.mac))
        return original(self, answer)

    patch(Attempts, "take", take)


@defect("ORG-6")
def early_acknowledgement_remembered() -> None:
    """Remembers an acknowledgement for which there is no migration yet, and takes it for that of the next one."""
    early: set[Address] = set()
    take_before, begin_before = Attempts.take, Attempts.begin

    def take(self: Attempts, answer: Acknowledgement) -> Attempt | None:
        client = Address(answer.header.source_ip, answer.header.source_port)
        if self.of(Protocol.TCP, client) is None:
            early.add(client)
        return take_before(self, answer)

    def begin(self: Attempts, attempt: Attempt, now: float) -> None:
        begin_before(self, attempt, now)
        protocol, client = attempts._key(attempt.packet)
        if client in early:
            early.remove(client)
            self.cancel(protocol, client)
            attempt.acknowledged(now)

    patch(Attempts, "take", take)
    patch(Attempts, "begin", begin)


@defect("ORG-6")
def late_acknowledgement_counts() -> None:
    """Takes an acknowledgement that comes after it has given up, and hands the client over yet."""
    _remember_ended(lambda attempt: attempt.sent == len(attempts.WAITS), lambda attempt: attempt)


@defect("ORG-6")
def repeated_acknowledgement_counts() -> None:
    """Passes what it held on again with each acknowledgement."""
    _remember_ended(lambda attempt: attempt.sent < len(attempts.WAITS), _harmless)


def _remember_ended(which: Callable[[Attempt], bool], again: Callable[[Attempt], Attempt]) -> None:
    """Have attempts that are over acknowledged once more."""
    over: list[Attempt] = []
    begin_before, take_before = Attempts.begin, Attempts.take

    def begin(self: Attempts, attempt: Attempt, now: float) -> None:
        over.append(attempt)
        begin_before(self, attempt, now)

    def take(self: Attempts, answer: Acknowledgement) -> Attempt | None:
        found = take_before(self, answer)
        if found is not None:
            return found
        found = next((one for one in over if acknowledges(answer, one.packet) and which(one)), None)
        return None if found is None or self.of(*attempts._key(found.packet)) is not None else again(found)

    patch(Attempts, "begin", begin)
    patch(Attempts, "take", take)


def _harmless(attempt: Attempt) -> Attempt:
    """The same, acknowledged without the endpoint, which has left its table already."""

    def acknowledged(now: float) -> None:
        with mock.patch("ipos_reference.tables.EndpointTables.remove"):
            attempt.acknowledged(now)

    return replace(attempt, acknowledged=acknowledged)


def _read_as(change: Callable[[bytes], bytes]) -> None:
    """Have a frame that can't be read as it is read as another."""
    original = codec.decode

    def decode(frame: bytes, ether_type: int = ETHER_TYPE) -> Packet:
        try:
            return original(frame, ether_type)
        except DecodeError:
            return original(change(frame), ether_type)

    patch(router, "decode", decode)


@defect("ENC-5")
def protocol_of_an_acknowledgement_ignored() -> None:
    """Takes an acknowledgement of any protocol for one of TCP's."""

    def change(frame: bytes) -> bytes:
        if len(frame) < _CHECKSUM + 2 or frame[_TYPE] != PacketType.ACKNOWLEDGEMENT:
            return frame
        difference = frame[_TYPE + 1] - Protocol.TCP
        checksum = (int.from_bytes(frame[_CHECKSUM : _CHECKSUM + 2], "big") + difference) % 0xFFFF
        return frame[: _TYPE + 1] + bytes([Protocol.TCP]) + checksum.to_bytes(2, "big") + frame[_CHECKSUM + 2 :]

    _read_as(change)


@defect("ENC-8")
def truncated_acknowledgement_accepted() -> None:
    """Takes a frame that ends too early for the acknowledgement that it awaits from there."""
    original = Router._receive_ipos

    def receive(self: Router, lan: Lan, frame: Frame, octets: bytes, now: float) -> None:
        whole = (codec.encode(right) for right in _rights(self._attempts))
        octets = next((right for right in whole if len(octets) > _HEADER and right.startswith(octets)), octets)
        original(self, lan, frame, octets, now)

    patch(Router, "_receive_ipos", receive)


@defect("ENC-8")
def padded_acknowledgement_refused() -> None:
    """Discards an acknowledgement that has further octets behind it."""
    original = Attempts.take
    patch(Attempts, "take", lambda self, answer: None if answer.padding else original(self, answer))


@defect("ENC-13")
def group_bit_of_a_source_ignored() -> None:
    """Takes a frame from a group's MAC for one of the station that has the other 47 bits."""
    original = Router._receive_ipos

    def receive(self: Router, lan: Lan, frame: Frame, octets: bytes, now: float) -> None:
        source = bytes([frame.source[0] & 0xFE]) + frame.source[1:]
        original(self, lan, frame._replace(source=Mac(source)), octets[:6] + source + octets[12:], now)

    patch(Router, "_receive_ipos", receive)


@defect("ENC-13")
def impossible_acknowledgement_accepted() -> None:
    """Takes zeros, groups and broadcast addresses in an acknowledgement for "any"."""
    patch(acceptance, "is_acceptable", lambda _packet, _own_ip: True)
    _take_for_right(
        lambda answer, _: (
            min(answer.header.reference) == 0
            or max(answer.header.source_ip, answer.header.destination_ip) >= 0xE000_0000
        )
    )
