"""Sessions: who gets a cookie, and where a client with one goes (section 10)."""

from dataclasses import replace

import pytest
from in_memory import CLIENT, HTTP, PEER_IP, PEER_MAC, ROUTER_IP, World, opened, says
from ipos_reference.addresses import Address
from ipos_reference.knowledge import COOKIE_LIFETIME
from ipos_reference.tally import Happening
from ipos_spec.packets import TcpConnectionPacket
from ipos_spec.tables.records import CookieEntry
from migrating import HERE, MIGRATING, attached

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
SETTINGS = replace(MIGRATING, session_cookies=frozenset({HTTP}))


@pytest.fixture
def world() -> World:
    return World(SETTINGS)


def answered(world: World, asked: bytes = HERE, client: Address = CLIENT) -> bytes:
    """What a client gets that asks for something that is served here."""
    answer = opened(world, client)
    world.client_sends(says(asked, ack=answer.seq + 1, client=client), client)
    number = attached(world)
    assert world.reads(number) == asked
    world.writes(number, ANSWER)
    return b"".join(segment.payload for segment in world.answers())


def cookie_of(answer: bytes) -> str:
    """The id in an answer's Set-Cookie."""
    line = answer.split(b"\r\n")[1].decode()
    assert line.startswith("Set-Cookie: ipos=")
    assert line.endswith("; Path=/; HttpOnly")
    return line.removeprefix("Set-Cookie: ipos=").partition(";")[0]


def test_a_client_without_a_session_gets_one_of_this_server(world: World) -> None:
    answer = answered(world)
    heard = world.router.knowledge.cookies.get(cookie_of(answer))
    assert heard is not None
    assert heard.record.server_ip == ROUTER_IP
    assert answer.replace(answer.split(b"\r\n")[1] + b"\r\n", b"") == ANSWER
    assert world.router.tally[Happening.COOKIES] == 1


def test_a_client_with_one_gets_no_other(world: World) -> None:
    session = cookie_of(answered(world))
    asked = HERE.replace(b"\r\n\r\n", f"\r\nCookie: a=b; ipos={session}\r\n\r\n".encode())
    assert answered(world, asked, Address(CLIENT.ip, 1)) == ANSWER


def test_one_whose_session_nobody_knows_gets_a_new_one(world: World) -> None:
    asked = HERE.replace(b"\r\n\r\n", b"\r\nCookie: ipos=forged\r\n\r\n")
    assert cookie_of(answered(world, asked)) != "forged"


def test_each_client_gets_its_own(world: World) -> None:
    sessions = {cookie_of(answered(world, client=Address(CLIENT.ip, port))) for port in range(1, 20)}
    assert len(sessions) == 19


def test_a_session_leads_to_the_server_that_keeps_it(world: World) -> None:
    world.router.knowledge.cookies.put(CookieEntry(cookie_id="theirs", server_ip=PEER_IP), PEER_IP)
    answer = opened(world)
    asked = HERE.replace(b"\r\n\r\n", b"\r\nCookie: ipos=theirs\r\n\r\n")
    world.client_sends(says(asked, ack=answer.seq + 1))
    (packet,) = world.sent().ipos
    assert isinstance(packet, TcpConnectionPacket)
    assert packet.ethernet.destination == PEER_MAC


def test_without_the_port_among_those_with_sessions_nothing_is_added() -> None:
    assert answered(World(MIGRATING)) == ANSWER


def test_with_cookie_map_full_a_client_goes_without(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(SETTINGS)
    monkeypatch.setattr(world.router.knowledge.cookies, "put", lambda *_: False)
    assert answered(world) == ANSWER
    assert world.router.tally[Happening.COOKIES] == 0


def test_a_session_that_nobody_uses_is_over(world: World) -> None:
    used = cookie_of(answered(world))
    unused = cookie_of(answered(world, client=Address(CLIENT.ip, 1)))
    world.waits(COOKIE_LIFETIME - 10)
    asked = HERE.replace(b"\r\n\r\n", f"\r\nCookie: ipos={used}\r\n\r\n".encode())
    world.sent()
    world.events()
    assert answered(world, asked, Address(CLIENT.ip, 2)) == ANSWER
    world.waits(20)
    cookies = world.router.knowledge.cookies
    assert (cookies.get(used) is None, cookies.get(unused) is None) == (False, True)
    world.waits(COOKIE_LIFETIME)
    assert len(cookies) == 0
