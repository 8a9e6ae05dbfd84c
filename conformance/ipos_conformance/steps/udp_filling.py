"""Fills one of UDP's tables (TAB-4): quickly, since nothing but time ends an endpoint of UDP.

As many as the target file says come quickly, and have to be taken. A router may round that up, as hash tables do:
others come one after the other until one is refused, at twice as much at the latest.
"""

import time
from collections.abc import Callable

from ipos_conformance.dut import Dut
from ipos_conformance.stations.datagrams import HEADERS, Flow
from ipos_conformance.steps.udp_attempts import is_connection_packet
from ipos_conformance.verdicts import Inconclusive, Violation

_IN_TIME = 45
"""Seconds of the document within which none of what was entered can have ended yet (UDP-3: 60 s)."""

_AT_ONCE = 8
"""How many are migrated at the same time: each of them has a place in Temporary meanwhile, which must not be full."""


def full_forward_connect(dut: Dut) -> Flow:
    """As many clients are handed over as there is room for; the first one. So for the others, below."""
    bound = _bound(dut, "forward_connect")
    begin = time.monotonic()
    first, *_ = packets = [dut.udp.connection_packet() for _ in range(bound)]
    for packet in packets:
        dut.peer.send(packet)
    for packet in packets:
        dut.expect_acknowledgement(packet)

    def is_taken() -> bool:
        dut.peer.send(packet := dut.udp.connection_packet())
        dut.peer.send(first)  # repeated, it is acknowledged behind the other (TGT-3)
        dut.expect_acknowledgement(first)
        return dut.traffic.first(lambda frame: dut.acknowledges(frame, packet), 0) is not None

    fill_up(dut, begin, "forward-connect", bound, is_taken)
    return dut.udp.endpoint(first)


def full_local(dut: Dut) -> Flow:
    """The target's own server serves as many clients as there is room for."""
    bound = _bound(dut, "local")
    begin = time.monotonic()
    first, *_ = flows = [dut.udp.flow() for _ in range(bound)]
    sent = [(flow, flow.send(dut.udp.nonce())) for flow in flows]
    for flow, packet in sent:
        dut.udp.expect_echo(flow, packet[HEADERS:])

    def is_taken() -> bool:
        (flow := dut.udp.flow()).send(dut.udp.nonce())
        dut.udp.expect_exchange(first)  # behind it, so that an answer would be there
        return dut.traffic.first(flow.is_mine, 0) is not None

    fill_up(dut, begin, "local", bound, is_taken)
    return first


def full_forward(dut: Dut) -> Flow:
    """As many clients as there is room for were handed over by the target."""
    bound = _bound(dut, "forward")
    begin = time.monotonic()
    first, *_ = flows = [dut.udp.leaving() for _ in range(bound)]
    for few in (flows[at : at + _AT_ONCE] for at in range(0, bound, _AT_ONCE)):
        for flow, packet in [(flow, _leave(dut, flow)) for flow in few]:
            _expect_left(dut, flow, packet)

    def is_taken() -> bool:
        packet = _leave(dut, flow := dut.udp.leaving())
        frame = dut.judge.expect(
            lambda frame: flow.is_mine(frame) or is_connection_packet(frame, flow, dut.udp.peer),
            "a connection packet for the server that has what is asked for",
            "the answer of the server that the client addressed, when Forward is full",
        )
        if flow.is_mine(frame):
            return False
        dut.traffic.put_back(frame)
        _expect_left(dut, flow, packet)
        return True

    fill_up(dut, begin, "forward", bound, is_taken)
    return first


def _expect_left(dut: Dut, flow: Flow, packet: bytes) -> None:
    dut.udp.expect_connection_packet(flow)
    dut.udp.expect_forwarded(flow, packet)
    dut.udp.attempts.claim(flow, dut.udp.peer)


def fill_up(dut: Dut, begin: float, table: str, bound: int, is_taken: Callable[[], bool]) -> None:
    """Have one after the other come until one is refused, as long as none of the first may have ended.

    begin   when the first one came, on the monotonic clock
    """
    is_full = not all(is_taken() for _ in range(bound))
    _require_in_time(dut, begin)
    if not is_full:
        said = f"a bound of UDP's {table}: the target file says {bound}"
        raise Violation((said,), (f"{2 * bound} were taken",))


def _leave(dut: Dut, flow: Flow) -> bytes:
    dut.udp.accept(flow, dut.udp.peer)
    packet = flow.send(dut.udp.nonce())
    dut.traffic.collect(0)  # or the acknowledgements of those before would come too late
    return packet


def _bound(dut: Dut, table: str) -> int:
    bound = getattr(dut.bounds, table)
    dut.needs(bound is not None, f"the target file does not say quick.bounds.{table}")
    return int(bound)


def _require_in_time(dut: Dut, begin: float) -> None:
    took = time.monotonic() - begin
    if took > dut.scaled(_IN_TIME):
        raise Inconclusive(f"it took {took:.3f} s to fill the table, and the first one may have ended")
