"""The results file: what it holds, that its schema is its model's, and how a wrong one is refused."""

import json
from importlib.resources import files

import pytest
from ipos_conformance.errors import ResultsError
from ipos_conformance.findings.consequences import consequences
from ipos_conformance.findings.results import CaseResult, Results, TargetIdentity, parse, read, statements, write
from ipos_conformance.schemas import SCHEMAS
from ipos_conformance.schemas.results import results_schema
from ipos_conformance.verdicts import ExitCode, Verdict
from ipos_spec.requirements import registry
from jsonschema import Draft202012Validator

PUBLISHED = files("ipos_conformance").joinpath("schemas", "results.schema.json")


def case(verdict=Verdict.PASS, name="checksum/both-zeros-verify/0000", **more):
    entry = registry()["ENC-6"]
    return CaseResult(
        id=name,
        requirement="ENC-6",
        level=entry.level,
        role=entry.role,
        sentence=entry.sentence,
        shows="It does.",
        verdict=verdict,
        **more,
    )


def results(*cases, lost=""):
    return Results(
        target=TargetIdentity(name="a router", firmware="7", router="", command=()),
        started="2026-11-28T15:00:00+00:00",
        seconds=1.5,
        seed=1,
        cases=cases,
        requirements=statements(),
        lost=lost,
    )


def refusal(text: str) -> str:
    with pytest.raises(ResultsError) as refused:
        parse(text.encode(), "run.json")
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_published_schema_is_the_model_s():
    assert PUBLISHED.read_text(encoding="utf-8") == SCHEMAS["results"]()


def test_schema_explains_every_field():
    schema = results_schema()
    records = {"Results": schema, **schema["$defs"]}
    silent = [
        f"{name}.{field}"
        for name, record in records.items()
        for field, entry in record.get("properties", {}).items()
        if "description" not in entry
    ]
    assert silent == []


def test_file_is_valid_by_the_published_schema():
    document = json.loads(results(case(), case(Verdict.FAIL, name="checksum/other")).model_dump_json())
    validator = Draft202012Validator(json.loads(PUBLISHED.read_text(encoding="utf-8")))
    assert list(validator.iter_errors(document)) == []
    document["cases"][0]["verdict"] = "GREEN"
    assert list(validator.iter_errors(document)) != []


def test_file_is_read_as_it_was_written_also_by_its_folder(tmp_path):
    found = results(case(), case(Verdict.WARN, name="checksum/other"))
    write(found, tmp_path / "results.json")
    assert read(tmp_path / "results.json") == read(tmp_path) == found


def test_whole_registry_is_in_it_with_what_each_requirement_is_good_for():
    assert [statement.id for statement in statements()] == list(registry())
    assert set(consequences()) == set(registry())
    assert all(statement.matters for statement in statements())


@pytest.mark.parametrize(
    ("verdicts", "lost", "status", "formula"),
    [
        ((Verdict.PASS, Verdict.WARN), "", 0, "FAIL + XPASS = 0 + 0 = 0, INCONCLUSIVE + ERROR = 0 + 0 = 0, and PASS"),
        ((Verdict.PASS, Verdict.FAIL, Verdict.ERROR), "", 1, "FAIL + XPASS = 1 + 0 = 1 > 0, so not conformant."),
        ((Verdict.PASS, Verdict.XPASS), "", 1, "FAIL + XPASS = 0 + 1 = 1 > 0, so not conformant."),
        ((Verdict.PASS, Verdict.INCONCLUSIVE), "", 3, "INCONCLUSIVE + ERROR = 1 + 0 = 1 > 0, so inconclusive."),
        ((Verdict.SKIP, Verdict.XFAIL), "", 3, "nothing was judged"),
        ((Verdict.FAIL,), "it ended", 4, "was lost"),
    ],
)
def test_outcome_follows_from_the_cases_and_says_how(verdicts, lost, status, formula):
    cases = [case(verdict, name=f"checksum/{number}") for number, verdict in enumerate(verdicts)]
    outcome = results(*cases, lost=lost).outcome
    assert outcome.exit_status is ExitCode(status)
    assert formula in outcome.formula
    assert outcome.sentence.endswith(f"exit status {status}.")


def test_outcome_that_the_cases_contradict_is_refused():
    document = json.loads(results(case(Verdict.FAIL)).model_dump_json())
    document["outcome"]["exit_status"] = 0
    assert "expected what the cases come to: a router is not conformant" in refusal(json.dumps(document))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"version": 1}, "run.json: version 1 of the results, expected 2: read it with the suite that wrote it"),
        ({"version": 1, "surprise": 1}, "version 1 of the results"),
        ({"format": "vectors"}, "format 'vectors', expected 'ipos-results'"),
        ({"cases": 7}, "cases: "),
        ({"surprise": 1}, "surprise: "),
    ],
)
def test_file_that_is_no_results_of_this_version_is_refused(change, says):
    document = {**json.loads(results(case()).model_dump_json()), **change}
    assert says in refusal(json.dumps(document))


@pytest.mark.parametrize("text", ["", "{}", "[]", "7", '{"format": "ipos-results", "version": 2, "cases": ['])
def test_rubbish_is_refused(text):
    assert refusal(text).startswith("run.json: ")


@pytest.mark.parametrize("name", ["../up", "/root", "a//b", "a/../b", ".hidden", ""])
def test_case_id_leads_nowhere_else(name):
    """Captures are written under the ids of a file that somebody else may have made."""
    document = json.loads(results(case()).model_dump_json())
    document["cases"][0]["id"] = name
    assert "cases.0.id" in refusal(json.dumps(document))


def test_missing_file_is_named(tmp_path):
    with pytest.raises(ResultsError, match="nowhere: No such file"):
        read(tmp_path / "nowhere")
