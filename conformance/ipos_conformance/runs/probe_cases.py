"""Cases of optional features that only `probe` runs: what a target is seen to do, whether it claims that or not."""

from ipos_conformance.case import requirement
from ipos_conformance.dut import Dut

_WITHIN = 2.5
"""Seconds in which Server State is due twice (ADV-2)."""


@requirement("ADV-2")
def test_server_state_is_advertised(dut: Dut) -> None:
    """Within a few seconds the router broadcasts a Table Advertisement on the second LAN."""
    dut.advertising.expect_word(_WITHIN)
