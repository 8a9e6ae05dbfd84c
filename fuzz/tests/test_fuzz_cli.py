"""The door ``ipos-fuzz``."""

import json
import re
import shlex
from pathlib import Path

import pytest
from ipos_fuzz.cli import app
from ipos_fuzz.mutate import OPERATORS, mutants
from ipos_spec import vectors
from typer.testing import CliRunner, Result


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def test_mutate_prints_operator_promise_and_octets() -> None:
    result = run("mutate", "tcp-connection", "--count", "10", "--seed", "1")
    assert result.exit_code == 0
    printed = [line.split() for line in result.stdout.splitlines()]
    assert printed == [
        [mutant.operator, "discard" if mutant.must_be_discarded else "any", mutant.frame.hex()]
        for mutant in mutants(vectors.FRAMES["tcp-connection"], 10, 1)
    ]


def test_mutate_prints_json() -> None:
    (line,) = run("mutate", "udp", "--operator", "inner-fragment", "--count", "1", "--json").stdout.splitlines()
    document = json.loads(line)
    assert (document["operator"], document["must_be_discarded"], document["packet"], document["seed"]) == (
        "inner-fragment",
        True,
        "udp",
        0,
    )
    assert len(bytes.fromhex(document["frame"])) == len(vectors.FRAMES["udp"])


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["icmp"], "no packet 'icmp'"),
        (["udp", "--operator", "explode"], "no operator is called 'explode'; `ipos-fuzz operators` tells all"),
        (["acknowledgement", "--operator", "inner-version"], "applies to no Acknowledgement"),
    ],
)
def test_bad_input_is_one_line(arguments: list[str], complaint: str) -> None:
    result = run("mutate", *arguments)
    assert result.exit_code == 2
    assert complaint in result.stderr
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""


def test_an_unknown_oracle_is_told_with_those_that_there_are(tmp_path: Path) -> None:
    result = run("run", "--oracle", "delphi", "--output", str(tmp_path / "campaign"))
    assert str(result.exception) == ("--oracle: found 'delphi', expected liveness, model, bystander, log or resources")


def test_operators_are_told() -> None:
    assert list(json.loads(run("operators", "--json").stdout)) == list(OPERATORS)
    assert [line.split()[0] for line in run("operators").stdout.splitlines()] == list(OPERATORS)


def test_version() -> None:
    assert re.fullmatch(r"ipos-fuzz \d\S+\n", run("--version").stdout)


@pytest.mark.parametrize("command", ["mutate", "operators"])
def test_examples_of_the_help_work(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    examples = re.findall(r"^ (ipos-fuzz .+)", run(command, "--help").stdout, re.MULTILINE)
    assert len(examples) == 2
    for example in examples:
        words = shlex.split(example)
        assert words.pop(0) == "ipos-fuzz"
        assert run(*words).exit_code == 0
