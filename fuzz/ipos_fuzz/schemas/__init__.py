"""The JSON Schemas of what a campaign writes, made from the models; each also stands in a file beside this one."""

from collections.abc import Callable, Mapping

from ipos_conformance.schemas import as_text
from ipos_conformance.schemas.results import schema_of

from ipos_fuzz.campaign import document
from ipos_fuzz.findings import finding


def _finding() -> str:
    return as_text(schema_of(finding.Finding, f"Finding of ipos-fuzz, version {finding.VERSION}"))


def _campaign() -> str:
    return as_text(schema_of(document.CampaignDocument, f"Campaign of ipos-fuzz, version {document.VERSION}"))


SCHEMAS: Mapping[str, Callable[[], str]] = {"finding": _finding, "campaign": _campaign}
"""Each by its name, as the text of its file; `python -m ipos_fuzz schema NAME` writes it."""
