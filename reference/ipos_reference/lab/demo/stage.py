"""What the steps of the demonstration do things with: the lab's clients, routers, lines, and what crosses its LANs."""

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from ipos_spec.captures import CapturedFrame
from ipos_spec.encapsulation import Protocol
from ipos_spec.sequence import Conversation

from ipos_reference.addresses import Address
from ipos_reference.control.client import ask, pages
from ipos_reference.lab import clients, plan, trouble
from ipos_reference.lab.clients import Answer, Echo, Requests
from ipos_reference.lab.demo import crossing
from ipos_reference.lab.following import Following
from ipos_reference.lab.laboratory import Laboratory
from ipos_reference.lab.plan import Server

_PATIENCE = 20.0
_LOOK_AGAIN = 0.05
_QUIET = 0.2
"""Seconds without a frame after which the sniffer has written all that a client's last packets brought about."""
_CALCULATES = 120.0
_SERVER = plan.SERVERS[0].address
"""Whom all clients ask, whoever answers."""


class Stage:
    """The lab, as the steps see it.

    lab        is up
    directory  for a browser's cookies
    """

    def __init__(self, lab: Laboratory, directory: Path) -> None:
        self._lab = lab
        self._jar = directory / "cookies"
        self._following = Following(lab.place.capture)
        self._frames: list[CapturedFrame] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._following.close()

    def begin(self) -> None:
        """A step begins: what has crossed the LANs until now is not its business."""
        self._following.skip()
        self._frames = []

    # What crossed the LANs

    def lines(self, client: Address) -> list[str]:
        """What crossed the LANs for a client's connection since the step began, a line a frame."""
        conversation = self._conversation(client)
        return [] if conversation is None else crossing.lines(conversation)

    def was_handed_over(self, client: Address) -> bool:
        """Whether a client's connection was."""
        conversation = self._conversation(client)
        return conversation is not None and conversation.handed_over

    def answers_by(self, edge_router: str, client: Address) -> int:
        """How many packets to a client were given to an edge router."""
        conversation = self._conversation(client)
        mac = plan.edge_router_mac(edge_router)
        return 0 if conversation is None else crossing.packets_to(client, mac, conversation)

    def _conversation(self, client: Address) -> Conversation | None:
        self._look()
        return crossing.of_client(client, self._frames)

    def _look(self) -> None:
        """Take what has been captured by now; what a client has seen the end of was sent before that."""
        quiet_since = begin = time.monotonic()
        while time.monotonic() - quiet_since < _QUIET and time.monotonic() - begin < _PATIENCE:
            if news := list(self._following.news()):
                self._frames += news
                quiet_since = time.monotonic()
            time.sleep(_LOOK_AGAIN)

    # Clients

    def get(self, client: str, *paths: str, session: bool = False) -> list[Answer]:
        """Have a client ask for paths, with the cookies of its session if it has one."""
        return clients.get(self._lab, client, *paths, server=_SERVER, jar=self._jar if session else None)

    def requests(self, client: str, *paths: str) -> Requests:
        """The same, without waiting for the answers."""
        return Requests(self._lab, client, paths, server=_SERVER)

    def echo(self, client: str, text: str) -> Echo:
        """Have a client send a datagram."""
        return clients.echo(self._lab, client, text, server=_SERVER)

    def cookie(self) -> str:
        """The session's cookie, as the browser keeps it; empty without."""
        lines = self._jar.read_text(encoding="utf-8").splitlines() if self._jar.exists() else []
        found = [line.split("\t") for line in lines if "\tipos\t" in line]
        return f"ipos={found[0][-1]}" if found else ""

    @contextmanager
    def calculation(self, server: Server) -> Iterator[None]:
        """Have a server calculate meanwhile."""
        process = clients.calculate(self._lab, "client-2", _CALCULATES, server=server.address)
        try:
            yield
        finally:
            _end(process)

    @staticmethod
    def address(client: str, of: Answer | Echo) -> Address:
        """A client's address on the connection by which it got something."""
        return clients.address(client, of.client_port)

    # Routers

    def busier(self, server: Server) -> float:
        """By how much more CPU utilization a server has than the best other one, as its router knows: in percent."""
        found = {record["server_ip"]: record["cpu_utilization"] for record in self._records(server, "server-state")}
        own = found.pop(server.address, 0)
        return float(own - min(found.values(), default=0)) / 100

    def connections(self, server: Server) -> int:
        """How many at a server were handed over to it; a UDP client has none, whose endpoint stays for 90 s (UDP-3)."""
        return sum(record["protocol"] == Protocol.TCP.name for record in self._records(server, "forward-connect"))

    def drain(self, server: Server) -> None:
        """Have it take nobody new, and move whom it has at their next requests."""
        ask(self._lab.place.control(server.name), {"ask": "drain"})

    def undrain(self, server: Server) -> None:
        """Have it take part again."""
        ask(self._lab.place.control(server.name), {"ask": "undrain"})

    def _records(self, server: Server, table: str) -> list[dict[str, Any]]:
        found = pages(self._lab.place.control(server.name), table)
        return [record for page in found for record in page["records"]]

    # Lines

    def cut(self, line: str) -> None:
        """Have a line fail."""
        trouble.ask(self._lab, "cut", line)

    def mend(self, line: str) -> None:
        """Have it work again."""
        trouble.ask(self._lab, "mend", line)

    @staticmethod
    def wait_until(condition: Callable[[], bool]) -> bool:
        """Wait for something that another process brings about; whether it has."""
        give_up = time.monotonic() + _PATIENCE
        while not condition():
            if time.monotonic() > give_up:
                return False
            time.sleep(_LOOK_AGAIN)
        return True


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    process.wait()
