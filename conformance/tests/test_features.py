"""What is claimed, beside what was seen: PICS and PIXIT of the results."""

import pytest
from ipos_conformance.findings.features import features, settings
from ipos_conformance.target import DEFAULT_TARGET, read_target
from ipos_conformance.target.tables import Pics
from ipos_conformance.verdicts import Verdict
from ipos_spec.requirements import registry

TARGET = read_target(DEFAULT_TARGET)


def feature(name, *verdicts, requirement="UDP-1", tags=()):
    found = features(TARGET, [(requirement, tags, verdict) for verdict in verdicts])
    return next(one for one in found if one.name == name)


@pytest.mark.parametrize(
    ("verdicts", "observed"),
    [
        ((Verdict.PASS, Verdict.FAIL), "yes"),  # there, and wrong in something
        ((Verdict.FAIL, Verdict.NOT_APPLICABLE), "no"),
        ((Verdict.INCONCLUSIVE, Verdict.SKIP), "not seen"),
        ((), "not seen"),
    ],
)
def test_feature_is_observed_where_a_case_saw_it_at_work(verdicts, observed):
    assert feature("udp", *verdicts).observed == observed


def test_cases_of_a_feature_are_counted_by_verdict():
    assert feature("udp", Verdict.PASS, Verdict.PASS, Verdict.WARN).tested == {Verdict.PASS: 2, Verdict.WARN: 1}


def test_tag_of_a_feature_s_name_makes_a_case_one_of_its_own():
    assert feature("udp", Verdict.PASS, requirement="ENC-4", tags=("udp",)).observed == "yes"
    assert feature("udp", Verdict.PASS, requirement="ENC-4").observed == "not seen"


def test_every_claim_of_the_target_file_is_a_feature_of_known_requirements():
    found = features(TARGET, ())
    assert [one.name for one in found] == list(Pics.model_fields)
    assert {name for one in found for name in one.requirements} <= set(registry())


def test_settings_are_the_rest_of_the_file_one_value_a_line():
    found = {setting.key: setting.value for setting in settings(TARGET)}
    assert found["pixit.http_port"] == "80"
    assert found["peer.1.address"] == "192.0.2.2"
    assert not {key for key in found if key.startswith("pics")}
