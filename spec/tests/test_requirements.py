"""The registry: complete, well-formed, and made of sentences that stand alone."""

import re

import pytest
from ipos_spec.requirements import Requirement, UnknownRequirementError, registry, requirement

# Every id of the protocol, typed: an entry that is lost or renamed fails here.
COUNTS = {
    "ENC": 13,
    "CON": 1,
    "TCB": 3,
    "MTU": 1,
    "TAB": 5,
    "ORG": 12,
    "FWD": 5,
    "TGT": 13,
    "UDP": 5,
    "NBR": 2,
    "TIM": 1,
    "ADV": 3,
    "SEC": 2,
}
IDS = [f"{group}-{number}" for group, count in COUNTS.items() for number in range(1, count + 1)]
NOT_MUST = {
    "SHOULD": "ENC-9 ORG-10 TGT-8 UDP-4 NBR-2 TIM-1 ADV-2 SEC-1 SEC-2",
    "MUST NOT": "ORG-8 ORG-11 UDP-5",
    "SHOULD NOT": "TGT-9",
    "MAY": "TGT-10 ADV-1",
}
NEVER_JUDGED = {"by construction": ["ENC-1"], "not observable": ["TAB-2", "SEC-2"], "retired": []}
"""Typed, so that nothing gets out of the suite's sight by a change of one word."""
ENTRIES = [pytest.param(entry, id=slug) for slug, entry in registry().items()]


def test_registry_has_every_id_in_order() -> None:
    assert list(registry()) == IDS


def test_levels_are_those_of_the_protocol() -> None:
    other = {slug: level for level, slugs in NOT_MUST.items() for slug in slugs.split()}
    assert {slug: entry.level for slug, entry in registry().items()} == {slug: other.get(slug, "MUST") for slug in IDS}


@pytest.mark.parametrize("entry", ENTRIES)
def test_source_is_a_figure_a_claim_an_rfc_or_a_decision(entry: Requirement) -> None:
    assert all(re.match(r"fig \d|claims? \d{7}|RFC \d|decision", source) for source in entry.source)


@pytest.mark.parametrize("entry", ENTRIES)
def test_sentence_stands_alone(entry: Requirement) -> None:
    """It is quoted in pages and reports, where no chapter, list or sentence before it is at hand."""
    assert entry.sentence[0].isupper() or entry.sentence.startswith("ipOS ")
    assert entry.sentence.endswith((".", ".)"))
    assert not re.search(r"\b[Ss]ection \d|this document|\bsee \w+ \d|\*\*|\[D\]|\[claim|\[fig", entry.sentence)
    assert not re.match(r"(It|They|Otherwise|This|That)\b", entry.sentence)
    assert "  " not in entry.sentence


@pytest.mark.parametrize("entry", ENTRIES)
def test_observation_and_reason_are_sentences(entry: Requirement) -> None:
    for text in (entry.observed, entry.reason or "None needed."):
        assert text[0].isupper()
        assert text.endswith(".")


@pytest.mark.parametrize("entry", ENTRIES)
def test_entry_links_to_every_id_that_it_names(entry: Requirement) -> None:
    text = " ".join((entry.sentence, entry.note, entry.observed, entry.reason)).replace("UTF-8", "")
    assert set(re.findall(r"\b[A-Z]{3}-[0-9]+\b", text)) - {entry.id} <= set(entry.links)


@pytest.mark.parametrize("entry", ENTRIES)
def test_links_stand_in_the_order_of_the_registry(entry: Requirement) -> None:
    assert list(entry.links) == [slug for slug in IDS if slug in entry.links]


@pytest.mark.parametrize("disposition", NEVER_JUDGED)
def test_what_no_case_can_judge_is_a_short_list(disposition: str) -> None:
    assert [slug for slug, entry in registry().items() if entry.disposition == disposition] == NEVER_JUDGED[disposition]


@pytest.mark.parametrize("entry", [param for param in ENTRIES if param.values[0].level.endswith("NOT")])
def test_prohibition_says_not(entry: Requirement) -> None:
    """A level of MUST NOT over a sentence without "not" would read as its opposite."""
    assert f"{entry.level.lower()} " in entry.sentence.lower()


@pytest.mark.parametrize("entry", [param for param in ENTRIES if param.values[0].note])
def test_decision_of_this_project_is_a_revision(entry: Requirement) -> None:
    """Every sentence was there before the first note."""
    assert entry.revision > 1


def test_requirement_by_id() -> None:
    assert requirement("ENC-7").sentence.startswith("A frame with a wrong checksum is discarded silently")


@pytest.mark.parametrize("slug", ["ENC-0", "enc-7", "", "ENC"])
def test_unknown_id(slug: str) -> None:
    with pytest.raises(UnknownRequirementError, match=re.escape(repr(slug))):
        requirement(slug)
