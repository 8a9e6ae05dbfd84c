"""What the kernel says of an interface."""

import pytest
from ipos_conformance.bench.interfaces import interface_state
from ipos_conformance.errors import BenchError


def test_loopback_is_described():
    state = interface_state("lo")
    assert (state.name, state.mac, state.kind) == ("lo", "00:00:00:00:00:00", "")
    assert state.mtu >= 1500


def test_interface_that_is_missing_is_named():
    with pytest.raises(BenchError, match="nowhere0"):
        interface_state("nowhere0")
