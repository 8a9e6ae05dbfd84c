"""A request is read for the choice (ORG-3), and whatever a client sends can be read or is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ipos_reference.request import MAXIMUM, Request, RequestKind, is_complete, read

HTTP, RAW = RequestKind.HTTP, RequestKind.RAW


def section(*lines: str) -> bytes:
    """A header section of these lines."""
    return "".join(f"{line}\r\n" for line in [*lines, ""]).encode()


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (section("GET / HTTP/1.1", "Host: a"), Request("GET", "/", "a")),
        (section("GET / HTTP/1.0"), Request("GET", "/")),
        (section("GET /a/b?c=/d HTTP/1.1", "Host: a"), Request("GET", "/a/b", "a")),
        (section("GET /a%2Fb/../c HTTP/1.1", "Host: a"), Request("GET", "/a%2Fb/../c", "a")),
        (section("GET / HTTP/1.1", "HOST: WWW.Example.com:8080"), Request("GET", "/", "www.example.com")),
        (section("GET http://b:81/x?y HTTP/1.1", "Host: a"), Request("GET", "/x", "b")),
        (section("GET HTTPS://u@B HTTP/1.1", "Host: a"), Request("GET", "/", "b")),
        (section("OPTIONS * HTTP/1.1", "Host: a"), Request("OPTIONS", "", "a")),
        (section("CONNECT b:443 HTTP/1.1", "Host: b:443"), Request("CONNECT", "", "b")),
        (
            section("GET / HTTP/1.1", "Host: a", "Cookie: x=1; ipos=s=2;y", "cookie: ipos=3"),
            Request("GET", "/", "a", (("x", "1"), ("ipos", "s=2"), ("y", ""), ("ipos", "3"))),
        ),
        (
            section("GET / HTTP/1.1", "Host: a").replace(b"a\r", b"a\r\nCookie: ipos=\xff\r", 1),
            Request("GET", "/", "a", (("ipos", "\\xff"),)),
        ),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Request("PRI", "")),
        (section("POST / HTTP/1.1", "Host: a", "Content-Length: 4") + b"body", Request("POST", "/", "a")),
    ],
)
def test_what_a_request_says(octets: bytes, expected: Request) -> None:
    assert read(HTTP, octets) == expected


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"\r\n\r\n",
        b"SSH-2.0-x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\r\n\r\n",
        section("POST / HTTP/1.1", "Host: a", f"Content-Length: {'9' * 5000}"),
        section("GET / HTTP/1.1"),
        section("GET / HTTP/1.1", "Host: a", "Host: b"),
        section("GET / HTTP/1.1", "Host: a", "no colon"),
        section("GET / HTTP/1.1", "Host: a", "Content-Length: 1, 2"),
        section("GET /a b HTTP/1.1", "Host: a"),
        b"GET / HTTP/1.1\r\nHost: a\r\n",
        section("GET / HTTP/1.1", "Host: a", f"X: {'x' * MAXIMUM}"),
    ],
)
def test_what_is_no_request_says_nothing(octets: bytes) -> None:
    assert read(HTTP, octets) is None


def test_a_section_counts_that_ends_with_the_last_octet_that_does() -> None:
    start = b"GET / HTTP/1.1\r\nHost: a\r\nX: "
    longest = start + b"x" * (MAXIMUM - len(start) - 4) + b"\r\n\r\n"
    assert len(longest) == MAXIMUM
    assert read(HTTP, longest + b"body") is not None
    assert read(HTTP, longest.replace(b"x", b"xx", 1)) is None


def test_a_raw_port_has_no_requests() -> None:
    assert read(RAW, section("GET / HTTP/1.1", "Host: a")) is None


@pytest.mark.parametrize(
    ("kind", "octets", "complete"),
    [
        (RAW, b"", False),
        (RAW, b"x", True),
        (HTTP, b"GET / HTTP/1.1\r\n", False),
        (HTTP, b"GET / HTTP/1.1\n\n", False),
        (HTTP, b"GET / HTTP/1.1\r\n\r\n", True),
        (HTTP, b"x" * (MAXIMUM - 1), False),
        (HTTP, b"x" * MAXIMUM, True),
    ],
)
def test_when_a_request_is_complete(kind: RequestKind, octets: bytes, *, complete: bool) -> None:
    assert is_complete(kind, octets) is complete


_PIECES = st.sampled_from(
    [b"GET ", b"/", b"http://", b"*", b" HTTP/1.1", b"\r\n", b"\n", b"\r\n\r\n", b"Host:", b"Cookie: ipos=", b";", b"=",
     b"[", b"@", b"\xff", b"\x00", b":", b"?", b"#", b"Content-Length: ", b"Transfer-Encoding: chunked", b"9" * 5000]
)  # fmt: skip


@given(st.lists(_PIECES | st.binary(max_size=20)).map(b"".join))
def test_whatever_comes_is_a_request_or_none(octets: bytes) -> None:
    assert isinstance(read(HTTP, octets), Request | None)


_NAME = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="?#;="), min_size=1)


@given(path=_NAME, host=st.from_regex(r"[a-z0-9.-]{1,30}", fullmatch=True), cookies=st.lists(st.tuples(_NAME, _NAME)))
def test_what_was_written_is_read(path: str, host: str, cookies: list[tuple[str, str]]) -> None:
    held = "; ".join(f"{name}={value}" for name, value in cookies)
    lines = [f"GET /{path}?q HTTP/1.1", f"Host: {host}:80", *([f"Cookie: {held}"] if cookies else [])]
    assert read(HTTP, section(*lines)) == Request("GET", f"/{path}", host, tuple(cookies))
