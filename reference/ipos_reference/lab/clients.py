"""What the lab's clients do: real programs, each started on a client's host."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from ipos_spec.addresses import ipv4

from ipos_reference.addresses import Address
from ipos_reference.lab import plan
from ipos_reference.lab.laboratory import Laboratory

_PATIENCE = 60
"""Seconds that anything may take; the longest download takes three."""

_WRITE_OUT = "%{stderr}\n%{http_code} %{num_connects} %{local_port}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What one request brought.

    octets       of the body
    status       of HTTP; 0 if there was no answer
    opened       whether a connection was opened for it, or an earlier one used
    client_port  of the connection
    problem      in curl's words; empty if there was none
    """

    octets: bytes
    status: int
    opened: bool
    client_port: int
    problem: str = ""


class Requests:
    """A curl that asks for one path after the other, on one connection if that is kept open.

    jar  a file in which a session's cookies are kept from one run to the next, as a browser keeps them
    """

    def __init__(
        self, lab: Laboratory, client: str, paths: Sequence[str], *, server: str, jar: Path | None = None
    ) -> None:
        self.words = ["curl", "--silent", "--show-error", "--max-time", str(_PATIENCE)]
        if jar is not None:
            self.words += ["--cookie", str(jar), "--cookie-jar", str(jar)]
        self.words += [f"http://{server}{path}" for path in paths]
        self._directory = tempfile.TemporaryDirectory(prefix="ipos-lab-")
        self._files = [Path(self._directory.name, str(number)) for number in range(len(paths))]
        outputs = [word for file in self._files for word in ("--output", str(file))]
        self._process = subprocess.Popen(  # noqa: S603 - curl
            lab.command(client, *self.words, *outputs, "--write-out", _WRITE_OUT),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )

    def answers(self) -> list[Answer]:
        """Wait for all of them."""
        _, said = self._process.communicate(timeout=_PATIENCE + 5)
        lines = said.decode(errors="replace").strip().splitlines()
        results = [line.split() for line in lines if line[:3].isdigit()]
        problem = next((line for line in lines if line.startswith("curl:")), "")
        found = []
        for file, words in zip(self._files, results, strict=False):
            status, opened, port = (int(word) for word in words)
            octets = file.read_bytes() if file.exists() else b""
            found.append(Answer(octets, status, opened > 0, port, "" if status == 200 else problem))
        missing = len(self._files) - len(found)
        return [*found, *[Answer(b"", 0, False, 0, problem or "no answer")] * missing]

    def kill(self) -> None:
        """Break it off, if it still runs."""
        self._process.kill()
        self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        if self._process.stderr is not None:
            self._process.stderr.close()
        self._directory.cleanup()


def get(lab: Laboratory, client: str, *paths: str, server: str, jar: Path | None = None) -> list[Answer]:
    """Ask for paths, and wait for the answers."""
    with Requests(lab, client, paths, server=server, jar=jar) as requests:
        return requests.answers()


@dataclass(frozen=True, slots=True)
class Echo:
    """What came back to a datagram. sender: whom it came from; problem: why nothing came, empty otherwise."""

    text: str
    sender: str
    client_port: int
    problem: str = ""


def echo(lab: Laboratory, client: str, text: str, *, server: str) -> Echo:
    """Send a datagram to a server's echo service."""
    words = _talk("udp", server, plan.ECHO, text)
    done = subprocess.run(  # noqa: S603 - our own
        lab.command(client, *words), capture_output=True, text=True, check=False, timeout=_PATIENCE
    )
    if done.returncode:
        return Echo("", "", 0, done.stderr.strip())
    found = json.loads(done.stdout)
    return Echo(found["octets"], ":".join(map(str, found["from"])), found["port"])


def calculate(lab: Laboratory, client: str, seconds: float, *, server: str) -> "subprocess.Popen[bytes]":
    """Have a server calculate; it stops when the process that is returned does."""
    words = _talk("tcp", server, plan.CALCULATION, str(seconds))
    return subprocess.Popen(  # noqa: S603 - our own
        lab.command(client, *words), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def address(client: str, port: int) -> Address:
    """A client's address on a connection."""
    return Address(ipv4(plan.CLIENTS[client]), port)


def _talk(protocol: str, server: str, port: int, text: str) -> list[str]:
    return [sys.executable, "-m", "ipos_reference.lab.talk", protocol, server, str(port), text]
