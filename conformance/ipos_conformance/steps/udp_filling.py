"""Fills one of UDP's tables (TAB-4): quickly, since nothing but time ends an endpoint of UDP."""

import time

from ipos_conformance.dut import Dut
from ipos_conformance.stations.datagrams import HEADERS, Flow
from ipos_conformance.verdicts import Inconclusive

_IN_TIME = 45
"""Seconds of the document within which none of what was entered can have ended yet (UDP-3: 60 s)."""


def full_forward_connect(dut: Dut) -> Flow:
    """As many clients are handed over as there is room for; the first one. So for the others, below."""
    bound = _bound(dut, "forward_connect")
    begin = time.monotonic()
    first, *_ = packets = [dut.udp.connection_packet() for _ in range(bound)]
    for packet in packets:
        dut.peer.send(packet)
    for packet in packets:
        dut.expect_acknowledgement(packet)
    _require_in_time(dut, begin)
    return dut.udp.endpoint(first)


def full_local(dut: Dut) -> Flow:
    """The target's own server serves as many clients as there is room for."""
    bound = _bound(dut, "local")
    begin = time.monotonic()
    first, *_ = flows = [dut.udp.flow() for _ in range(bound)]
    sent = [(flow, flow.send(dut.udp.nonce())) for flow in flows]
    for flow, packet in sent:
        dut.udp.expect_echo(flow, packet[HEADERS:])
    _require_in_time(dut, begin)
    return first


def full_forward(dut: Dut) -> Flow:
    """As many clients as there is room for were handed over by the target."""
    bound = _bound(dut, "forward")
    begin = time.monotonic()
    first, *_ = flows = [dut.udp.leaving() for _ in range(bound)]
    sent = [(flow, _leave(dut, flow)) for flow in flows]
    for flow, packet in sent:
        dut.udp.expect_connection_packet(flow)
        dut.udp.expect_forwarded(flow, packet)
        dut.udp.attempts.claim(flow, dut.udp.peer)
    _require_in_time(dut, begin)
    return first


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
