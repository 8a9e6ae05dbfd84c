"""The JSON Schema of results.json, made from the model: `schemas/results.schema.json` is this, checked in."""

from typing import Any

from ipos_conformance.findings.record import Record
from ipos_conformance.findings.results import VERSION, Results


def results_schema() -> dict[str, Any]:
    """Of results.json."""
    return schema_of(Results, f"Results of ipos-conformance, version {VERSION}")


def schema_of(model: type[Record], title: str) -> dict[str, Any]:
    """Of what is written: what follows from the rest, such as the outcome, is there, too."""
    schema = model.model_json_schema(mode="serialization")
    _without_titles(schema)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, **schema}


def _without_titles(part: Any) -> None:
    """Pydantic's titles say no more than the names that they stand beside."""
    if isinstance(part, dict):
        if isinstance(part.get("title"), str):
            del part["title"]
        for value in part.values():
            _without_titles(value)
