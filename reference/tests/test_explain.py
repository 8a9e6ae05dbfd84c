"""``ipos-router explain``: which server a request would go to, and why."""

import json
from pathlib import Path

import pytest
from configured import RIGHT, written
from ipos_reference.cli import app
from typer.testing import CliRunner, Result


def explained(tmp_path: Path, *words: str, file: str = RIGHT) -> Result:
    """What the command says of a request to the router of the configuration tests."""
    return CliRunner().invoke(app, ["explain", *words, str(written(tmp_path, file))])


def test_a_request_is_explained_rule_by_rule(tmp_path: Path) -> None:
    result = explained(tmp_path, "GET", "/images/a.png?b=c", "--cookie", "ipos=unknown")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "192.0.2.2 is chosen.",
        "rule 1: Cookie Map does not have the session: unknown",
        "rule 2: the longest prefix in URL Map that matches: /images",
        "rule 4: the only one that has room",
        "192.0.2.2: chosen",
        "  server ip 192.0.2.2, tcp connections 3 connections, cpu utilization 12.50 %, "
        "available memory 2000 octets, available bandwidth 0 bit/s",
    ]


@pytest.mark.parametrize(
    ("words", "server", "reasons"),
    [
        (["GET", "/", "--cookie", "a=b", "--cookie", "ipos=7f3a"], "192.0.2.2", ["KEEPER"]),
        (["GET", "/", "--host", "www.a"], "192.0.2.1", ["NO_COOKIE", "NO_URL", "LISTENERS", "LEAST_CPU"]),
        (["GET", "/images", "--port", "7"], "192.0.2.1", ["NO_REQUEST", "LISTENERS", "NO_RIVAL"]),
        (["GET", "/images a"], "192.0.2.1", ["NO_REQUEST", "LISTENERS", "LEAST_CPU"]),
        (["GET", "/\udcff"], "192.0.2.1", ["NO_REQUEST", "LISTENERS", "LEAST_CPU"]),
    ],
)
def test_the_same_for_programs(tmp_path: Path, words: list[str], server: str, reasons: list[str]) -> None:
    result = explained(tmp_path, "--json", *words)
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    assert (found["server"], [step["reason"] for step in found["steps"]]) == (server, reasons)


@pytest.mark.parametrize(("options", "server"), [([], "192.0.2.2"), (["--host", "www.a"], "192.0.2.1")])
def test_the_host_is_the_routers_address_unless_another_is_said(
    tmp_path: Path, options: list[str], server: str
) -> None:
    file = RIGHT.replace('"/images"', '"192.0.2.1/images"')
    result = explained(tmp_path, "GET", "/images", *options, file=file)
    assert result.stdout.startswith(f"{server} is chosen.")


def test_candidates_for_programs_have_the_figures_names(tmp_path: Path) -> None:
    (own, peer) = json.loads(explained(tmp_path, "--json", "GET", "/").stdout)["candidates"]
    assert (own["left_out"], peer["left_out"]) == (None, "MORE_CPU")
    assert peer["state"] == {
        "server_ip": "192.0.2.2",
        "tcp_connections": 3,
        "cpu_utilization": 1250,
        "available_memory": 2000,
        "available_bandwidth": 0,
    }


def test_an_origin_without_room_that_serves_all_the_same(tmp_path: Path) -> None:
    busy = RIGHT.replace("prefix = 24", "prefix = 24\nstate = { cpu = 95.0 }")
    result = explained(tmp_path, "GET", "/", "--port", "7", file=busy)
    assert "rule 4: none has room: the origin\n192.0.2.1: has no CPU left, and serves all the same\n" in result.stdout


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--port", "81"], "--port: found 81; expected a port that the router serves: 80, 7"),
        (["--port", "0"], "--port: found 0; expected a port that the router serves: 80, 7"),
    ],
)
def test_a_port_that_is_not_served(tmp_path: Path, words: list[str], problem: str) -> None:
    result = explained(tmp_path, "GET", "/", *words)
    assert (result.exit_code, result.stderr) == (2, f"ipos-router: {problem}\n")


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["GET", "images"], "TARGET: found 'images'; expected a path such as /a/b, a whole URL, or *"),
        (["GET", "/", "--cookie", "7f3a"], "--cookie: found '7f3a'; expected NAME=VALUE, such as ipos=7f3a"),
    ],
)
def test_what_no_client_would_send(tmp_path: Path, words: list[str], problem: str) -> None:
    result = explained(tmp_path, *words)
    assert (result.exit_code, result.stderr) == (2, f"ipos-router: {problem}\n")


@pytest.mark.parametrize("words", [["CONNECT", "a:443"], ["OPTIONS", "*"], ["GET", "http://www.a/images"]])
def test_targets_without_a_slash_at_first(tmp_path: Path, words: list[str]) -> None:
    assert explained(tmp_path, *words).exit_code == 0


def test_a_router_without_ports_says_so(tmp_path: Path) -> None:
    result = explained(tmp_path, "GET", "/", file=RIGHT.partition("[[listen]]")[0])
    assert result.exit_code == 2
    assert result.stderr.endswith("none is configured, see [[listen]]\n")
