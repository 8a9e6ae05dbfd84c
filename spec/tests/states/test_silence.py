"""How long a living client may be silent, against how long its Forward entry waits for it (FWD-2, TGT-13)."""

import pytest
from ipos_spec.states.model.silence import CLOSING_TIME, ENTRY_TIME, LONGEST, silences

AFTER_FIN, AFTER_FOREIGN_RST = "after the client's FIN", "after an RST that is not the client's"


def test_every_silence_of_a_living_client_is_outlived_whatever_probes_are_lost() -> None:
    assert all(it.outlived for it in silences())


def test_no_endpoint_outlives_its_entry() -> None:
    """After 300 s and three probes 75 s apart the endpoint itself has ended: nothing is cut from then on."""
    assert LONGEST == 525
    assert min(ENTRY_TIME, CLOSING_TIME) > LONGEST


@pytest.mark.parametrize(
    ("situation", "outlived"),
    [
        # 60 s, then 75 s to the next probe: 135 s.
        (AFTER_FIN, [True, False, False]),
        # The target, which the RST told nothing, probes after 300 s.
        (AFTER_FOREIGN_RST, [False, False, False]),
    ],
)
def test_closing_time_of_120_s_was_outlived_by_living_clients(situation: str, outlived: list[bool]) -> None:
    """Why FWD-2 says 600 s: with 120 s one lost probe, or a blind RST without any loss, ended a living connection."""
    assert [it.outlived for it in silences(closing_time=120) if it.situation == situation] == outlived
