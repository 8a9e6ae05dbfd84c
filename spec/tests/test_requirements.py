"""The registry: complete, well-formed, and made of sentences that stand alone."""

import re
from dataclasses import replace

import pytest
from ipos_spec import requirements
from ipos_spec.errors import SpecError
from ipos_spec.requirements import LEVELS, ROLES, Requirement, UnknownRequirementError, registry, requirement

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
ENTRIES = [pytest.param(entry, id=slug) for slug, entry in registry().items()]


def test_registry_has_every_id_in_order() -> None:
    assert list(registry()) == IDS


def test_levels_are_those_of_the_protocol() -> None:
    other = {slug: level for level, slugs in NOT_MUST.items() for slug in slugs.split()}
    assert {slug: entry.level for slug, entry in registry().items()} == {slug: other.get(slug, "MUST") for slug in IDS}


@pytest.mark.parametrize("entry", ENTRIES)
def test_entry_is_well_formed(entry: Requirement) -> None:
    assert re.fullmatch(r"[A-Z]{3}-[1-9][0-9]?", entry.id)
    assert entry.level in LEVELS
    assert entry.role in ROLES
    assert entry.source
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
def test_sentence_refers_only_to_ids_that_exist(entry: Requirement) -> None:
    text = f"{entry.sentence} {entry.note}".replace("UTF-8", "")
    assert set(re.findall(r"\b[A-Z]{3}-[0-9]+\b", text)) <= set(IDS)


@pytest.mark.parametrize("entry", [param for param in ENTRIES if param.values[0].level.endswith("NOT")])
def test_prohibition_says_not(entry: Requirement) -> None:
    """A level of MUST NOT over a sentence without "not" would read as its opposite."""
    assert f"{entry.level.lower()} " in entry.sentence.lower()


def test_requirement_by_id() -> None:
    assert requirement("ENC-7").sentence.startswith("A frame with a wrong checksum is discarded silently")


@pytest.mark.parametrize("slug", ["ENC-0", "enc-7", "", "ENC"])
def test_unknown_id(slug: str) -> None:
    with pytest.raises(UnknownRequirementError, match=re.escape(repr(slug))):
        requirement(slug)


ENTRY = Requirement(id="ENC-1", level="MUST", role="any", source=("decision",), sentence="Frames are frames.")


@pytest.mark.parametrize(
    ("entries", "complaint"),
    [
        ([replace(ENTRY, level="OUGHT")], "ENC-1 has level 'OUGHT'"),
        ([replace(ENTRY, role="bystander")], "role 'bystander'"),
        ([ENTRY, ENTRY], "twice"),
    ],
)
def test_registry_that_breaks_its_own_rules(
    entries: list[Requirement], complaint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [
        f'[[requirement]]\nid = "{entry.id}"\nlevel = "{entry.level}"\nrole = "{entry.role}"\n'
        f'source = ["decision"]\nsentence = "{entry.sentence}"\n'
        for entry in entries
    ]

    class Planted:
        def joinpath(self, _name: str) -> "Planted":
            return self

        def read_text(self, encoding: str) -> str:
            return "".join(lines) + f"# {encoding}\n"

    monkeypatch.setattr(requirements.importlib.resources, "files", lambda _package: Planted())
    with pytest.raises(SpecError, match=complaint):
        registry.__wrapped__()
