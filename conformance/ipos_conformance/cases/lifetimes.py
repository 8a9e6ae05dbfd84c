"""How long things live without a sign from the client. These cases are parked while they wait."""

from ipos_conformance.case import CaseSteps, quick, requirement
from ipos_conformance.dut import Dut


@quick
@requirement("ORG-10")
def test_connection_without_data_is_reset(dut: Dut) -> CaseSteps:
    """A client that sends nothing after its handshake is reset; not before 30 s have passed."""
    client = dut.connect()
    yield dut.pause(20, 28)
    dut.expect_silence_in(client)
    yield dut.pause(20)
    dut.expect_segment(client, lambda tcp: "R" in tcp.flags, "RST about 30 s after the handshake")
