"""Requests on a connection that stays open behind the answer, so that a next one can come (TGT-10)."""

from ipos_conformance.dut import Dut
from ipos_conformance.frames import describe
from ipos_conformance.stations.conversation import REQUEST, Conversation
from ipos_conformance.target import Resource
from ipos_conformance.verdicts import NotApplicable, Violation


def kept_open_octets(path: str) -> bytes:
    """An HTTP/1.1 request as long as all others, behind whose answer the server waits for the next one."""
    start = f"GET {path} HTTP/1.1\r\nHost: ipos.test\r\nX-Fill: "
    return start.ljust(REQUEST - 4, "x").encode() + b"\r\n\r\n"


def request_kept_open(client: Conversation, resource: Resource) -> None:
    """Ask for a resource, in one segment."""
    client.send("PA", kept_open_octets(resource.path))


def expect_answer(dut: Dut, client: Conversation, resource: Resource) -> None:
    """The whole answer comes, and the connection is idle and open behind it.

    Raises NotApplicable where the target's server closes behind each answer: then there is no next request.
    """
    wanted = (200, dut.target.body(resource))
    while client.response() != wanted:
        frame = dut.traffic.first(client.is_mine, dut.target.timing.response)
        if frame is None:
            dut.judge.prove_alive()
            raise Violation(
                (f"status 200 with the content of {resource.path}",),
                (*map(describe, client.segments), *dut.judge.what_came()),
            )
        client.take(frame)
    dut.settle(client)
    if client.finished or client.was_reset:
        raise NotApplicable("the target's server closes the connection behind an answer, though it was not asked to")
