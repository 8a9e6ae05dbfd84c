"""What serves the page: to whom, what, and with which headers; and the command that starts it."""

import http.client
import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import psutil
import pytest
from ipos_reference.cli import app
from ipos_reference.lab import laboratory
from ipos_reference.lab.laboratory import Laboratory
from ipos_reference.lab.place import Place
from ipos_reference.lab.view import documents, page
from ipos_reference.lab.view.server import ViewServer, document
from ipos_reference.lab.view.watching import Watch
from ipos_spec.exchanges import EXCHANGES, write
from recorded_lab import HOSTILE, hostile, seen
from typer.testing import CliRunner


@pytest.fixture(scope="module")
def server() -> Iterator[ViewServer]:
    with ViewServer(seen, 0) as one:
        thread = Thread(target=one.serve_forever, args=(0.01,))
        thread.start()
        yield one
        one.shutdown()
        thread.join()


def get(
    server: ViewServer, path: str, host: str | None = None, method: str = "GET"
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    headers = {"Host": host} if host is not None else {}
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    found = answer.status, dict(answer.getheaders()), answer.read()
    connection.close()
    return found


def test_listens_on_loopback_alone(server: ViewServer) -> None:
    assert server.server_address == ("127.0.0.1", server.server_port)
    assert server.url == f"http://127.0.0.1:{server.server_port}/"


def test_page_and_documents_have_their_kinds(server: ViewServer) -> None:
    status, headers, octets = get(server, "/")
    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert octets.startswith(b"<!DOCTYPE html>")
    status, headers, octets = get(server, "/state.json")
    assert (status, headers["Content-Type"]) == (200, "application/json")
    assert json.loads(octets)["exchanges"][0]["number"] == 1


@pytest.mark.parametrize("path", ["/", "/state.json", "/nothing"])
def test_every_answer_forbids_whatever_is_not_ours(server: ViewServer, path: str) -> None:
    _, headers, _ = get(server, path)
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "frame-ancestors 'none'" in policy
    assert not re.search(r"https?:|\*|unsafe-eval|script-src[^;]*unsafe", policy)
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "192.0.2.1:{port}"]
)
def test_another_name_is_refused(server: ViewServer, host: str) -> None:
    """A page from elsewhere, whose name has come to mean this machine, must learn nothing (DNS rebinding)."""
    status, _, octets = get(server, "/state.json", host.format(port=server.server_port))
    assert status == 403
    assert octets == f"Only {server.url} is served here.\n".encode()


def test_localhost_is_a_name_of_ours(server: ViewServer) -> None:
    assert get(server, "/state.json", f"localhost:{server.server_port}")[0] == 200


@pytest.mark.parametrize(
    "path",
    ["/page.js", "/../../../../etc/passwd", "//etc/passwd", "/exchange/9.json", "/exchange/1.json/", "/frame/0.json",
     "/frame/99999999999999.json", "/frame/..%2f1.json", "/state.json?x"],
)  # fmt: skip
def test_there_is_nothing_else(server: ViewServer, path: str) -> None:
    assert get(server, path)[0] == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "HEAD", "OPTIONS"])
def test_nothing_but_get(server: ViewServer, method: str) -> None:
    status, headers, _ = get(server, "/", method=method)
    assert (status, headers["Allow"]) == (405, "GET")


def test_a_connection_that_says_nothing_keeps_nobody_waiting(server: ViewServer) -> None:
    with socket.create_connection(("127.0.0.1", server.server_port)):
        assert get(server, "/state.json")[0] == 200


def test_documents_name_exchanges_and_frames_by_number() -> None:
    what = seen(EXCHANGES["migration"], EXCHANGES["udp-migration"])
    state = document("/state.json", what)
    assert state is not None
    assert [one["number"] for one in state["exchanges"]] == [2, 1]
    exchange = document("/exchange/1.json", what)
    assert exchange is not None
    assert [one["lan"] for one in exchange["packets"][:5]] == ["first"] * 4 + ["second"]
    assert exchange["packets"][4]["way"] == "server 1 to server 2"
    frame = document("/frame/5.json", what)
    assert frame is not None
    assert frame["what"] == "TCP connection packet"


def test_hostile_text_is_no_markup_in_a_page_that_stands_alone() -> None:
    text = page.render(documents.everything(seen(hostile())))
    assert HOSTILE not in text
    assert "<img" not in text
    assert text.count("<script") == 2


# The command


def run(*words: str) -> tuple[int, str]:
    found = CliRunner().invoke(app, ["lab", "view", *words])
    return found.exit_code, found.output.strip()


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory in which a lab seems to be, with nobody who answers."""

    def find(place: Place) -> Laboratory:
        return Laboratory(place, psutil.Process())

    monkeypatch.setattr(laboratory, "find", find)
    monkeypatch.setattr(Watch, "_ask_lines", lambda *_: None)
    return tmp_path


def test_without_a_lab_it_says_so(tmp_path: Path) -> None:
    code, said = run("--directory", str(tmp_path))
    assert (code, said) == (3, f"ipos-router: no lab is up in {tmp_path}; make one: ipos-router lab up")


def test_taken_port_is_refused_in_a_line(lab: Path, server: ViewServer) -> None:
    code, said = run("--directory", str(lab), "--port", str(server.server_port))
    assert code == 2
    assert said == f"ipos-router: --port {server.server_port}: somebody else serves there; choose another, or 0"


def test_output_that_cannot_be_written_is_refused_in_a_line(lab: Path) -> None:
    output = lab / "none" / "lab.html"
    code, said = run("--directory", str(lab), "--output", str(output))
    assert (code, said) == (2, f"ipos-router: --output {output}: No such file or directory; choose another place")


def test_output_is_one_file_with_all_of_it(lab: Path) -> None:
    with (lab / "lans.pcapng").open("wb") as file:
        write(EXCHANGES["migration"], file)
    output = lab / "lab.html"
    assert run("--directory", str(lab), "--output", str(output)) == (0, f"{output}: the lab as it is now")
    found = re.search(r'id="recorded">(.*?)</script>', output.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    recorded = json.loads(found[1])
    assert recorded["state.json"]["lans"] == {"first": 10, "second": 5}
    assert recorded["exchange/1.json"]["title"].endswith("GET /video, moved to server 2")
    assert set(recorded) == {"state.json", "exchange/1.json", *(f"frame/{number}.json" for number in range(1, 16))}
