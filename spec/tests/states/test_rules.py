"""Each rule that was made to prevent an error: without it the error happens, with it it does not.

That the same exploration is clean with the rule is `test_model`'s.
"""

import pytest
from ipos_spec.states import events as on
from ipos_spec.states.model import REMOVABLE, SCENARIOS, Property, Variation, explore, removed, scenario, told

BROKEN_WITHOUT = {
    "ENC-6": ("reuse", Property.UNMIXED, "acknowledgement, B to A, of connection 0"),
    "FWD-2": ("single", Property.EMPTY, "A: no Forward entry -> Forward active"),
    "FWD-4": ("return", Property.NO_CIRCLE, "type 2, B to A"),
    "FWD-5": ("reuse", Property.ANSWERED, "the client opens connection 1"),
    "FWD-5-DEFINITE": ("reuse-return", Property.NOT_CUT, "half-open beside"),
    "FWD-5-END": ("reuse-return", Property.NOT_CUT, "half-open beside"),
    "FWD-5-RST": (
        "reuse-duplicates",
        Property.ANSWERED,
        "half-open beside closing (connection 0, to B, SYN of connection 99)",
    ),
    "ORG-12": ("single", Property.ANSWERED, "B: no endpoint -> provisional (connection 0, rcv_nxt 1)"),
    "TGT-4": ("return", Property.CONSUMED_ONCE, "an application reads request octet 0"),
    "TGT-4-ISS": ("reuse", Property.UNMIXED, "B: provisional (connection 1"),
    "TGT-4-MEMORY": ("single", Property.CONSUMED_ONCE, "the client breaks connection 0 off with an RST"),
    "TGT-12": ("single", Property.ONE_VOICE, "A gives its migration up"),
    "TGT-12-MAC": ("return", Property.CONSUMED_ONCE, "an application reads request octet 1"),
    "TGT-12-RST": ("return", Property.NO_CIRCLE, "A: no endpoint -> come home"),
    "TGT-12-TOGETHER": ("reuse-after-return", Property.NO_CIRCLE, "A: 900 s provisional"),
    "TGT-13": ("single", Property.NOT_CUT, "A: 900 s without packet"),
}
"""Rule, scenario, the property that breaks without it, and something that its story tells."""


def test_every_removable_rule_has_its_counterexample_here_in_a_scenario_that_is_clean_with_it() -> None:
    assert set(BROKEN_WITHOUT) == set(REMOVABLE)
    assert {name for name, _, _ in BROKEN_WITHOUT.values()} <= set(SCENARIOS)


@pytest.mark.parametrize("rule", BROKEN_WITHOUT)
def test_without_the_rule_a_property_breaks(rule: str) -> None:
    name, violation, event = BROKEN_WITHOUT[rule]
    found = explore(scenario(name).bounds, removed([rule]))
    story = "\n".join(told(found))
    print(f"Without {rule}: {REMOVABLE[rule].meaning}\n{story}")  # noqa: T201
    assert found.violation is violation
    assert event in story
    assert story.endswith(f"Broken: {violation}.")


def test_reset_frees_the_client_from_a_half_open_endpoint_however_long_its_handshake_may_take() -> None:
    """FWD-5-RST leaves out the handshake's time too: it is the RST, not the time, that makes the difference."""
    without_time = Variation(name="FWD-5-TIME", meaning="Nobody waits so long.", events={on.HALF_OPEN_TIME: None})
    assert told(explore(scenario("reuse-duplicates").bounds, (without_time,))) == []
