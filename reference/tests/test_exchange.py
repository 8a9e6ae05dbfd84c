"""An application's exchange with a client, looked on at: whether it owes an answer, and where the cookie goes."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ipos_reference.exchange import Exchange
from ipos_reference.request import Request

GET = b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n"
HEAD = b"HEAD /a HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody"
EXPECTING = b"POST /a HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n"
CLOSING = b"GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
OLD = b"GET /a HTTP/1.0\r\nHost: a\r\n\r\n"
UPGRADE = b"GET /a HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
EMPTY = b"HTTP/1.1 204 No Content\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
TO_HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
SWITCHING = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"
UNTIL_CLOSE = b"HTTP/1.1 200 OK\r\n\r\nok"


def with_cookie(answer: bytes) -> bytes:
    """The answer as a client gets it that has no session yet."""
    first, _, rest = answer.partition(b"\r\n")
    return first + b"\r\nSet-Cookie: ipos=1; Path=/\r\n" + rest


def giving(_request: Request | None) -> str | None:
    return "ipos=1; Path=/"


@pytest.mark.parametrize(
    ("asked", "answered"),
    [(GET, OK), (POST, OK), (GET, EMPTY), (GET, CHUNKED), (HEAD, TO_HEAD), (EXPECTING + b"body", CONTINUE + OK),
     (GET, b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok")],
)  # fmt: skip
def test_idle_before_a_request_and_after_its_whole_answer(asked: bytes, answered: bytes) -> None:
    exchange = Exchange()
    assert exchange.idle
    exchange.to_application(asked)
    for octet in answered[:-1]:
        exchange.from_application(bytes([octet]))
        assert not exchange.idle
    exchange.from_application(answered[-1:])
    assert exchange.idle
    exchange.to_application(GET[:5])
    assert not exchange.idle


@pytest.mark.parametrize(
    ("asked", "answered"),
    [(CLOSING, OK), (OLD, OK), (GET, UNTIL_CLOSE), (GET, OK.replace(b"OK", b"OK\r\nConnection: close", 1))],
)  # fmt: skip
def test_never_idle_again_where_the_connection_ends_with_the_answer(asked: bytes, answered: bytes) -> None:
    exchange = Exchange()
    exchange.to_application(asked)
    assert exchange.from_application(answered) == answered
    assert not exchange.idle


@pytest.mark.parametrize(
    ("asked", "answered"),
    [(UPGRADE, SWITCHING), (b"\x16\x03\x01", b"\x15"), (GET, b"nonsense\r\n\r\n"), (b"", b"HTTP/1.1 408 Late\r\n\r\n"),
     (GET, OK + b"HTTP/1.1 200 OK\r\n")],
)  # fmt: skip
def test_what_can_not_be_followed_passes_unchanged(asked: bytes, answered: bytes) -> None:
    exchange = Exchange()
    exchange.to_application(asked)
    assert exchange.from_application(answered) + exchange.from_application(b"more") == answered + b"more"
    assert exchange.opaque
    assert not exchange.idle


def test_an_upgrade_that_is_declined_is_an_ordinary_answer() -> None:
    exchange = Exchange()
    exchange.to_application(UPGRADE)
    exchange.from_application(OK)
    assert exchange.idle


def test_requests_behind_each_other_are_all_owed() -> None:
    exchange = Exchange()
    exchange.to_application(GET + GET)
    exchange.from_application(OK)
    assert not exchange.idle
    exchange.from_application(OK)
    assert exchange.idle


@pytest.mark.parametrize("answered", [OK, EMPTY, CHUNKED])
def test_a_cookie_stands_behind_the_status_line(answered: bytes) -> None:
    exchange = Exchange(giving)
    exchange.to_application(GET)
    assert exchange.from_application(answered) == with_cookie(answered)


def test_an_answer_that_gets_no_cookie_is_not_kept_back() -> None:
    exchange = Exchange()
    exchange.to_application(GET)
    assert [exchange.from_application(bytes([octet])) for octet in OK] == [bytes([octet]) for octet in OK]
    assert exchange.idle


def test_an_interim_answer_has_no_cookie_and_is_passed_on_at_once() -> None:
    exchange = Exchange(giving)
    exchange.to_application(EXPECTING)
    assert exchange.from_application(CONTINUE) == CONTINUE
    exchange.to_application(b"body")
    assert exchange.from_application(OK) == with_cookie(OK)


def test_each_request_is_asked_about_once_and_each_answer_has_its_own() -> None:
    seen: list[Request | None] = []

    def second_only(request: Request | None) -> str | None:
        seen.append(request)
        return "ipos=1; Path=/" if len(seen) == 2 else None

    exchange = Exchange(second_only)
    exchange.to_application(GET + POST)
    assert exchange.from_application(OK + CHUNKED) == OK + with_cookie(CHUNKED)
    assert [request and request.method for request in seen] == ["GET", "POST"]


def test_what_was_kept_back_is_not_lost_at_the_end() -> None:
    exchange = Exchange(giving)
    exchange.to_application(GET)
    assert exchange.from_application(b"HTTP/1.1 20") == b""
    assert exchange.end_of_application() == b"HTTP/1.1 20"


def test_an_endless_head_is_not_kept() -> None:
    exchange = Exchange(giving)
    exchange.to_application(GET)
    head = b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 20_000
    assert exchange.from_application(head) == head


def test_a_client_that_asks_without_waiting_is_not_kept_in_memory() -> None:
    exchange = Exchange(giving)
    for _ in range(4000):
        exchange.to_application(GET)
    assert exchange.opaque
    assert exchange.from_application(OK) == OK


def test_an_answer_to_a_request_that_is_not_there_yet_gets_no_cookie_into_its_body() -> None:
    exchange = Exchange(giving)
    exchange.to_application(POST[:-1])
    assert exchange.from_application(OK + OK[:-3]) == with_cookie(OK) + OK[:-3]
    exchange.to_application(POST[-1:] + GET)
    assert exchange.from_application(OK[-3:]) == OK[-3:]


@pytest.mark.parametrize("cookies", [True, False])
def test_an_answer_to_half_a_request_in_the_same_piece_passes_unchanged(*, cookies: bool) -> None:
    """An application may refuse a request before it is whole: that is an answer to none."""
    exchange = Exchange(giving) if cookies else Exchange()
    exchange.to_application(GET + GET[:10])
    assert exchange.from_application(OK + OK) == (with_cookie(OK) if cookies else OK) + OK
    assert exchange.opaque
    assert exchange.from_application(OK) == OK


def pieces(octets: bytes, cuts: list[int]) -> list[bytes]:
    """Octets in pieces."""
    ends = sorted({cut % (len(octets) + 1) for cut in cuts} | {0, len(octets)})
    return [octets[start:end] for start, end in pairwise(ends)]


CUTS = st.lists(st.integers(0, 10_000), max_size=12)


@given(CUTS, CUTS)
def test_any_pieces_give_the_same(asking: list[int], answering: list[int]) -> None:
    exchange = Exchange(giving)
    for piece in pieces(GET + POST + HEAD + GET, asking):
        exchange.to_application(piece)
    answers = (OK, CHUNKED, TO_HEAD, EMPTY)
    sent = b"".join(exchange.from_application(piece) for piece in pieces(b"".join(answers), answering))
    assert sent == b"".join(with_cookie(answer) for answer in answers)
    assert exchange.idle


@given(
    st.lists(st.tuples(st.booleans(), st.sampled_from([GET, POST, OK, CHUNKED, CONTINUE, b"\r\n", b"0"]) | st.binary()))
)
def test_octets_of_any_kind_pass_unchanged_without_a_cookie(said: list[tuple[bool, bytes]]) -> None:
    exchange = Exchange()
    out = b""
    for by_application, octets in said:
        if by_application:
            out += exchange.from_application(octets)
        else:
            exchange.to_application(octets)
    assert out + exchange.end_of_application() == b"".join(octets for by_application, octets in said if by_application)
