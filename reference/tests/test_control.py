"""The control socket: what is asked and answered, who may ask, and that nobody who asks holds the router up."""

import json
import os
import selectors
import socket
import stat
import time
from collections.abc import Iterator
from dataclasses import fields
from io import StringIO
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from in_memory import CLIENT, OTHER_PEER_MAC, RAW, REFERENCE, ROUTER_IP, World, opened, says
from ipos_reference.addresses import Address
from ipos_reference.cli import app
from ipos_reference.control import answers, commands, server
from ipos_reference.control.answers import LONGEST_REQUEST, PAGE, Desk, Shown, shown
from ipos_reference.control.place import PlaceError, candidates, listening
from ipos_reference.control.server import MOST_ASKERS, ControlServer
from ipos_reference.discards import Discard
from ipos_reference.router import Lan
from ipos_reference.tables import Records
from ipos_reference.traffic import Traffic
from ipos_spec.encapsulation import Protocol
from ipos_spec.packets import acknowledgement
from ipos_spec.tables import LOCAL, TABLES
from ipos_spec.tables.records import EndpointEntry, ServerState
from migrating import HERE, MIGRATING, acknowledges, leaves, served_here
from rich.console import Console
from typer.testing import CliRunner


def asked(desk: Desk, request: object) -> dict[str, Any]:
    found = json.loads(desk.answer(json.dumps(request).encode()))
    assert isinstance(found, dict)
    return found


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world.router, Traffic())


def test_every_table_is_one_of_figure_12_and_its_records_are_that_figures(world: World) -> None:
    for one in shown(world.router):
        assert TABLES[one.table.name] is one.table
        assert one.protocol in (one.table.instances or (None,))
    assert {one.table.name for one in shown(world.router)} == set(TABLES)


def test_tables_are_listed_with_their_bounds(world: World, desk: Desk) -> None:
    opened(world)
    assert {"table": "temporary", "protocol": "TCP", "records": 1, "bound": 4096} in asked(desk, {"ask": "tables"})[
        "tables"
    ]


def test_a_record_is_spelled_as_people_write_it(world: World, desk: Desk) -> None:
    opened(world)
    assert asked(desk, {"ask": "table", "name": "temporary", "from": 0}) == {
        "table": "temporary",
        "total": 1,
        "next": None,
        "records": [
            {
                "protocol": "TCP",
                "source_ip": "198.51.100.7",
                "source_port": 49152,
                "destination_ip": "192.0.2.1",
                "destination_port": 80,
                "endpoint_reference": 1,
            }
        ],
    }


def test_a_long_table_comes_in_pages(world: World, desk: Desk) -> None:
    for number in range(PAGE + 2):
        opened(world, Address(CLIENT.ip, 1024 + number))
    first = asked(desk, {"ask": "table", "name": "temporary", "from": 0})
    last = asked(desk, {"ask": "table", "name": "temporary", "from": first["next"]})
    assert (len(first["records"]), len(last["records"]), last["next"]) == (PAGE, 2, None)
    ports = [record["source_port"] for record in first["records"] + last["records"]]
    assert ports == list(range(1024, 1024 + PAGE + 2))


def test_tables_by_which_servers_are_chosen_are_shown_too(desk: Desk) -> None:
    (record,) = asked(desk, {"ask": "table", "name": "server-state", "from": 0})["records"]
    assert (record["protocol"], record["server_ip"]) == (None, "192.0.2.1")


def test_a_client_that_was_migrated_is_shown_in_forward() -> None:
    world = World(MIGRATING)
    packet, _ = leaves(world)
    acknowledges(world, packet)
    (record,) = asked(Desk(world.router, Traffic()), {"ask": "table", "name": "forward", "from": 0})["records"]
    assert (record["source_ip"], record["destination_ip"]) == ("198.51.100.7", "192.0.2.2")


def test_a_connection_moves_at_its_next_request_where_the_operator_says() -> None:
    world = World(MIGRATING)
    desk = Desk(world.router, Traffic())
    number, seq, ack = served_here(world)
    found = asked(desk, {"ask": "migrate", "client": "198.51.100.7:49152", "server": "192.0.2.3"})
    assert found["connections"][0]["prospect"] == "moves at its next request"
    world.client_sends(says(HERE, seq=seq, ack=ack))
    (packet,) = world.sent().ipos
    assert packet.ethernet.destination == OTHER_PEER_MAC
    found = asked(desk, {"ask": "left"})
    assert found["counts"] == {"is being migrated": 1}
    assert world.router.endpoint(number) is not None


def test_a_drained_router_sends_away_whom_it_can_and_tells_who_is_left() -> None:
    world = World(MIGRATING)
    desk = Desk(world.router, Traffic())
    _, seq, ack = served_here(world)
    raw = Address(CLIENT.ip, 50_000)
    answer = opened(world, raw, RAW)
    world.client_sends(says(b"x", ack=answer.seq + 1, client=raw, port=RAW), raw, Address(ROUTER_IP, RAW))
    world.sent()
    found = asked(desk, {"ask": "drain"})
    assert (found["draining"], found["total"], found["movable"]) == (True, 2, 1)
    world.client_sends(says(HERE, seq=seq, ack=ack))  # without the drain, this router's own
    (packet,) = world.sent().ipos
    world.peer_sends(acknowledgement(packet, source=packet.ethernet.destination))
    world.sent()
    found = asked(desk, {"ask": "left"})
    assert [(one["client"], one["prospect"]) for one in found["connections"]] == [
        ("198.51.100.7:50000", "has no further requests: its port carries no HTTP (TGT-10)")
    ]
    world.migrates()
    assert world.sent().ipos == []  # nobody is taken over
    asked(desk, {"ask": "undrain"})
    world.migrates()
    assert len(world.sent().ipos) == 1


def test_counters_name_reasons_and_lans(world: World) -> None:
    traffic = Traffic()
    traffic.received[Lan.SECOND] += 1
    world.receives(Lan.SECOND, b"short")
    found = asked(Desk(world.router, traffic), {"ask": "counters"})
    assert found["received"] == {"first LAN": 0, "second LAN": 1}
    assert found["discards"] == {Discard.SHORT_FRAME.value: 1}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"", "found no JSON"),
        (b"\xff", "found no JSON"),
        (b"[" * LONGEST_REQUEST, "found no JSON"),
        (b"[]", "JSON that is no object"),
        (b"{}", 'expected {"ask": "tables"}'),
        (b'{"ask": "tables", "more": 1}', 'expected {"ask": "tables"}'),
        (b'{"ask": "table", "name": "local", "from": -1}', 'expected {"ask": "tables"}'),
        (b'{"ask": "table", "name": 1, "from": 0}', 'expected {"ask": "tables"}'),
        (b'{"ask": "table", "name": "locl", "from": 0}', "no table is called 'locl'; did you mean local?"),
        (
            b'{"ask": "table", "name": "weather", "from": 0}',
            "no table is called 'weather'; expected one of forward, temporary",
        ),
        (b'{"ask": "migrate", "client": "a", "server": "192.0.2.2"}', "client: found 'a'; expected IP:PORT"),
        (b'{"ask": "migrate", "client": "1.1.1.1:65536", "server": "192.0.2.2"}', "client: found '1.1.1.1:65536'; exp"),
        (b'{"ask": "migrate", "client": "1.2.3.4:5", "server": "b"}', "server: found 'b'; expected an IPv4 address"),
        (b'{"ask": "migrate", "client": "1.2.3.4:5", "server": "192.0.2.2"}', "no connection of this client is here"),
        (b'{"ask": "migrate", "client": "1.2.3.4:5", "server": "192.0.2.9"}', "neither this router's own nor a peer's"),
        (b" " * (LONGEST_REQUEST + 1), "longer than 4096 octets"),
    ],
)
def test_a_wrong_request_is_answered_with_what_is_wrong(desk: Desk, line: bytes, expected: str) -> None:
    answer = json.loads(desk.answer(line))
    assert list(answer) == ["error"]
    assert expected in answer["error"]


class Room:
    """A control socket in a directory, answered by ``answer`` in a loop that the test turns by hand."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.selector = selectors.DefaultSelector()
        self.asked: list[bytes] = []
        self.answer = b"{}"

    def enters(self) -> socket.socket:
        """Somebody connects."""
        connection = socket.socket(socket.AF_UNIX)
        connection.setblocking(False)
        connection.connect(str(self.path))
        return connection

    def answers(self, line: bytes) -> bytes:
        self.asked.append(line)
        return self.answer

    def turns(self, most: int = 100) -> int:
        """The loop goes round while there is something to do; returns how often."""
        for turn in range(most):
            ready = self.selector.select(0)
            if not ready:
                return turn
            for key, mask in ready:
                key.data(mask, time.monotonic())
        return most


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    room = Room(tmp_path / "control.sock")
    with listening(room.path) as listener:
        control = ControlServer(room.selector, listener, os.geteuid(), room.answers)
        yield room
        control.close()
    assert not room.selector.get_map()
    room.selector.close()


def test_requests_are_answered_in_order_one_at_a_time(room: Room) -> None:
    with room.enters() as asker:
        asker.send(b"one\ntw")
        room.turns()
        asker.send(b"o\nthree\n")
        room.turns()
        assert asker.recv(100) == b"{}\n" * 3
    assert room.asked == [b"one", b"two", b"three"]


def test_who_does_not_read_is_asked_no_more_and_holds_nobody_up(room: Room) -> None:
    room.answer = b"x" * 10_000_000
    with room.enters() as hostile, room.enters() as other:
        hostile.send(b"one\ntwo\nthree\n")
        assert room.turns() < 100
        assert room.asked == [b"one"]
        room.answer = b"{}"
        other.send(b"four\n")
        assert room.turns() < 100
        assert other.recv(100) == b"{}\n"


def test_a_request_without_end_is_refused_and_the_connection_closed(room: Room) -> None:
    with room.enters() as asker:
        asker.send(b"x" * (LONGEST_REQUEST + 1))
        room.turns()
        assert asker.recv(100) == b"{}\n"
        assert asker.recv(100) == b""
    assert [len(line) for line in room.asked] == [LONGEST_REQUEST + 1]


def test_for_one_more_the_longest_silent_makes_room(room: Room) -> None:
    askers = [room.enters()]
    room.turns()
    for _ in range(MOST_ASKERS - 1):
        askers.append(room.enters())
        room.turns()
    askers[0].send(b"still here\n")
    room.turns()
    askers.append(room.enters())
    room.turns()
    assert askers[1].recv(100) == b""
    assert askers[0].recv(100) == b"{}\n"
    for asker in askers:
        asker.close()
    room.turns()
    assert len(room.selector.get_map()) == 1


def test_an_asker_that_goes_away_in_the_middle_is_forgotten(room: Room) -> None:
    room.answer = b"x" * 10_000_000
    asker = room.enters()
    asker.send(b"one\n")
    room.turns()
    asker.close()
    room.turns()
    assert len(room.selector.get_map()) == 1


@pytest.mark.parametrize(("user", "answer"), [(12345, b""), (0, b"{}\n"), (os.geteuid(), b"{}\n")])
def test_only_the_owner_and_root_are_answered(
    room: Room, monkeypatch: pytest.MonkeyPatch, user: int, answer: bytes
) -> None:
    monkeypatch.setattr(server, "_user", lambda _connection: user)
    with room.enters() as asker:
        asker.send(b"one\n")
        room.turns()
        assert is_closed(asker) if not answer else asker.recv(100) == answer


def is_closed(asker: socket.socket) -> bool:
    try:
        return asker.recv(100) == b""
    except ConnectionResetError:  # what it had sent was never read
        return True


# Where it is


def test_only_its_owner_can_open_it_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with listening(tmp_path / "new" / "control.sock"):
            assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
            assert stat.S_IMODE((tmp_path / "new" / "control.sock").stat().st_mode) == 0o600
        assert os.umask(0) == 0
    finally:
        os.umask(before)
    assert not (tmp_path / "new" / "control.sock").exists()


def test_what_a_dead_router_left_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "control.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    with listening(path), socket.socket(socket.AF_UNIX) as asker:
        asker.connect(str(path))


def test_a_live_router_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "control.sock"
    with listening(path), pytest.raises(PlaceError, match="another router answers there; stop it"), listening(path):
        pass
    assert not path.exists()


def test_a_file_that_is_no_socket_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "control.sock"
    path.write_text("precious", encoding="utf-8")
    with pytest.raises(PlaceError, match="found something that is no socket"), listening(path):
        pass
    assert path.read_text(encoding="utf-8") == "precious"


def test_a_directory_that_is_not_there_is_said(tmp_path: Path) -> None:
    path = tmp_path / "no" / "such" / "control.sock"
    with pytest.raises(PlaceError, match="No such file or directory; set \\[control\\] socket"), listening(path):
        pass


def test_the_users_own_place_comes_first() -> None:
    own, common = Path("/run/user/7/ipos-router/control.sock"), Path("/run/ipos-router/control.sock")
    assert candidates({"XDG_RUNTIME_DIR": "/run/user/7"}) == [own, common]
    assert candidates({}) == [common]


# Asking without a router


@pytest.mark.parametrize("command", ["tables", "counters", "metrics"])
def test_without_a_router_it_is_one_line_and_exit_status_3(tmp_path: Path, command: str) -> None:
    result = CliRunner().invoke(app, [command, "--socket", str(tmp_path / "none")])
    assert result.exit_code == 3
    assert result.stderr == (
        f"ipos-router: {tmp_path}/none: no control socket; "
        "run a router with a [control] table, or say where with --socket PATH\n"
    )


def test_a_dead_routers_socket_is_said(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(tmp_path / "dead"))
    result = CliRunner().invoke(app, ["tables", "--socket", str(tmp_path / "dead")])
    assert result.exit_code == 3
    assert "the router that made this control socket is no longer running" in result.stderr


def test_what_is_no_socket_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("[router]")
    result = CliRunner().invoke(app, ["tables", "--socket", str(tmp_path / "file")])
    assert result.exit_code == 3
    assert "file: found something that is no socket; expected a router's control socket\n" in result.stderr


@pytest.mark.parametrize("early", [True, False], ids=["before it has asked", "after"])
def test_somebody_whom_the_router_closes_on_is_told_who_may_ask(tmp_path: Path, early: bool) -> None:
    def close(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        if not early:
            connection.recv(1)  # what is left unread makes it a reset
        connection.close()

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "control"))
        listener.listen()
        other = Thread(target=close, args=(listener,))
        other.start()
        result = CliRunner().invoke(app, ["tables", "--socket", str(tmp_path / "control")])
        other.join()
    assert result.exit_code == 3
    assert "closed without an answer; a router answers only its owner and root\n" in result.stderr


def test_in_a_narrow_terminal_no_value_is_cut() -> None:
    names = [field.name for field in fields(ServerState)]
    record = {"protocol": None} | dict.fromkeys(names, 2**64 - 1) | {"server_ip": "192.0.2.101"}
    narrow = Console(width=60, file=StringIO())
    narrow.print(commands._records({"table": "server-state", "records": [record]}))
    printed = narrow.file.getvalue()  # type: ignore[attr-defined]
    assert "…" not in printed
    assert "protocol" not in printed


def test_an_address_that_is_none_is_said() -> None:
    result = CliRunner().invoke(app, ["metrics", "--listen", "9100"])
    assert result.exit_code == 2
    assert result.stderr == "ipos-router: --listen: found '9100'; expected HOST:PORT, such as 127.0.0.1:9100\n"


def test_a_table_of_a_million_is_walked_without_making_what_is_skipped() -> None:
    made: list[int] = []
    records = Records({number: number for number in range(1_000_000)}, lambda key, _value: made.append(key))
    assert len(records) == 1_000_000
    assert len(records.part(999_990, PAGE)) == 10
    assert made == list(range(999_990, 1_000_000))


def test_pages_go_on_from_one_instance_to_the_next(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def instance(protocol: Protocol) -> Shown:
        held = Records(dict.fromkeys(range(PAGE - 1), 1), lambda key, _value: EndpointEntry.of(REFERENCE, key))
        return Shown(LOCAL, protocol, 4096, held)

    monkeypatch.setattr(answers, "shown", lambda _router: tuple(instance(protocol) for protocol in Protocol))
    desk = Desk(world.router, Traffic())
    pages = [asked(desk, {"ask": "table", "name": "local", "from": first}) for first in (0, PAGE)]
    records = [(one["protocol"], one["endpoint_reference"]) for page in pages for one in page["records"]]
    assert records == [(name, number) for name in ("TCP", "UDP") for number in range(PAGE - 1)]
    assert (pages[0]["next"], pages[1]["next"]) == (PAGE, None)
