"""What a campaign writes: valid by the published schemas, read as it was written, refused in one line."""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import made_campaign
import pytest
from ipos_fuzz.campaign.document import CampaignDocument
from ipos_fuzz.campaign.record import read
from ipos_fuzz.errors import FuzzError
from ipos_fuzz.findings.finding import Finding
from ipos_fuzz.findings.finding import read as read_finding
from ipos_fuzz.findings.store import FINDINGS
from ipos_fuzz.schemas import SCHEMAS
from jsonschema import Draft202012Validator


def published(name: str) -> dict[str, Any]:
    text = files("ipos_fuzz").joinpath("schemas", f"{name}.schema.json").read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text)
    return document


@pytest.mark.parametrize("name", SCHEMAS)
def test_published_schema_is_the_model_s(name: str) -> None:
    assert published(name) == json.loads(SCHEMAS[name]())


@pytest.mark.parametrize("name", SCHEMAS)
def test_schema_explains_every_field(name: str) -> None:
    schema = published(name)
    silent = [
        f"{kind}.{key}"
        for kind, record in {name: schema, **schema["$defs"]}.items()
        for key, entry in record.get("properties", {}).items()
        if "description" not in entry
    ]
    assert silent == []


def test_written_files_are_valid_by_the_published_schemas(tmp_path: Path) -> None:
    made = (made_campaign.crash(), made_campaign.wrong_answer())
    folder = made_campaign.folder(tmp_path / "campaign", *made)
    written = {"campaign": [folder / "campaign.json"], "finding": list((folder / FINDINGS).glob("*/finding.json"))}
    assert [len(found) for found in written.values()] == [1, 2]
    for name, found in written.items():
        validator = Draft202012Validator(published(name))
        for file in found:
            document = json.loads(file.read_text())
            assert list(validator.iter_errors(document)) == []
            assert list(validator.iter_errors({**document, "seed": "seven"})) != []


def test_campaign_is_read_as_it_was_written(tmp_path: Path) -> None:
    folder = made_campaign.folder(tmp_path / "campaign")
    assert read(folder) == made_campaign.record()


def test_finding_is_read_as_it_was_written(tmp_path: Path) -> None:
    finding = made_campaign.wrong_answer()
    folder = made_campaign.folder(tmp_path / "campaign", finding)
    assert read_finding(folder / FINDINGS / finding.slug) == finding


def test_folder_without_a_campaign_has_none(tmp_path: Path) -> None:
    assert read(tmp_path) is None


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"version": 2}, "version: Input should be 1"),
        ({"frames": -1}, "frames: Input should be greater than or equal to 0"),
        ({"coverage": {"events": {"asleep x fin": 1}, "operators": {}, "answers": []}}, "coverage: 'asleep' is not"),
        ({"surprise": 1}, "surprise: Extra inputs are not permitted"),
    ],
)
def test_campaign_that_can_t_be_read_is_told_in_one_line(
    tmp_path: Path, change: dict[str, Any], complaint: str
) -> None:
    file = made_campaign.folder(tmp_path / "campaign") / "campaign.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **change}))
    with pytest.raises(FuzzError) as refused:
        read(file.parent)
    assert complaint in str(refused.value)
    assert "\n" not in str(refused.value)


def test_models_know_their_formats() -> None:
    assert CampaignDocument.model_fields["format"].default == "ipos-campaign"
    assert Finding.model_fields["format"].default == "ipos-finding"
