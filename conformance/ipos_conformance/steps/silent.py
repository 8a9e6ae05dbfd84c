"""Clients of migrated connections that fall silent, and what a target asks them then (TGT-13)."""

import time
from collections.abc import Generator

from ipos_conformance.changes import changed
from ipos_conformance.dut import Dut
from ipos_conformance.frames import Frame
from ipos_conformance.pause import Pause
from ipos_conformance.stations.conversation import Conversation, is_plain_ack
from ipos_conformance.steps.schedule import DELAYED_ACK
from ipos_conformance.steps.timers import SHARE, Timer

HALF = 128
"""Octets of a request of which the rest does not come: the application waits for it."""
SILENCE, SILENCE_AFTER_FIN, ANSWER, PROBES = 300, 60, 75, 3
"""Seconds of the document after which the client is asked, and that it has for each answer; how often it is asked."""


def half_asked(dut: Dut) -> Conversation:
    """A definite migrated endpoint whose application waits for the other half of a request, and has nothing to say."""
    endpoint = dut.hand_over()
    endpoint.send("PA", dut.right_request()[:HALF])
    expect_acknowledged(dut, endpoint)
    return endpoint


def finish_asking(dut: Dut, endpoint: Conversation) -> None:
    """The endpoint is still there: the other half of the request is answered."""
    endpoint.send("PA", dut.right_request()[HALF:])
    dut.expect_response(endpoint, dut.first)


def half_closed(dut: Dut) -> Conversation:
    """A definite migrated endpoint whose client has sent its FIN, and whose application says nothing."""
    port = dut.target.pixit.patient_port
    dut.needs(port is not None, "the target file names no pixit.patient_port")
    packet = changed(dut.peer.connection_packet(dut.new_client()), {"header.destination_port": port})
    endpoint = dut.hand_over_by(dut.peer, packet)
    other_port = {"header.destination_port": port}
    endpoint.carry = lambda inner: dut.peer.send(changed(dut.peer.client_packet(endpoint.client, inner), other_port))
    endpoint.send("FA")
    expect_acknowledged(dut, endpoint)
    return endpoint


def expect_acknowledged(dut: Dut, endpoint: Conversation) -> None:
    """All that the client has sent is acknowledged, by a segment with nothing of the server's own."""
    dut.judge.expect(
        lambda frame: (
            endpoint.is_mine(frame)
            and is_plain_ack(frame.tcp)
            and frame.tcp.ack == endpoint.snd_nxt
            and not frame.tcp.payload
        ),
        f"an acknowledgement of {endpoint.snd_nxt}, and no data or FIN",
        seconds=DELAYED_ACK + dut.target.timing.answer,
    )


def expect_probe(dut: Dut, endpoint: Conversation) -> Frame:
    """A keep-alive came: what a client that is there has to answer."""
    return dut.judge.expect(
        lambda frame: endpoint.is_keep_alive(frame) and frame.tcp.ack == endpoint.snd_nxt,
        f"a keep-alive: sequence number {endpoint.rcv_nxt} less one, and one octet of data at most",
    )


def next_probe(dut: Dut, probe: Frame) -> Timer:
    """The timer that began with a probe that nobody answers."""
    return Timer(dut, "the next probe of a client that does not answer", ANSWER, probe.time)


def answer_probe(dut: Dut, endpoint: Conversation, probe: Frame) -> None:
    """Have the client answer; an answer of ours that comes after the next probe was due proves nothing."""
    endpoint.send()
    late = time.time() - probe.time - dut.scaled(ANSWER) * (1 - SHARE)
    dut.traffic.inbox.doubts.append(lambda: f"our own bench answered a probe {late:.3f} s too late" if late > 0 else "")


def answer_probes(dut: Dut, endpoint: Conversation, times: int) -> Generator[Pause, None, None]:
    """Answer a probe so often, each time wait for the next, which has to be on time; behind the client's FIN."""
    probe = expect_probe(dut, endpoint)
    for _ in range(times):
        timer = Timer(dut, "the next probe behind the client's FIN", SILENCE_AFTER_FIN)
        answer_probe(dut, endpoint, probe)
        yield timer.when_over()
        timer.judge(probe := expect_probe(dut, endpoint))
