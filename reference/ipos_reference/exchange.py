"""Where an application is with a client's requests: whether it owes an answer (TGT-10), and whose answer comes next.

Two h11 connections look on, one as the client's server and one as the application's client, and each is told what the
other has seen; the octets themselves pass unchanged, but for the cookie's line.
"""

import re
from collections import deque
from collections.abc import Callable
from typing import TypeGuard

import h11

from ipos_reference.request import Request, request_of

_HEAD_END = re.compile(rb"\n\r?\n")
"""The blank line behind an answer's header section, as h11 knows it."""

_BACKLOG = 64 * 1024
"""Octets of requests behind an unanswered one that are kept to follow them; who sends more is not followed."""

NewCookie = Callable[[Request | None], str | None]


class Exchange:
    """One client's stream of requests and one application's stream of answers.

    new_cookie  called once for each request; returns the value of Set-Cookie for its answer, or None
    """

    def __init__(self, new_cookie: NewCookie = lambda _request: None) -> None:
        self.opaque = False
        """No longer followed: upgraded, or no HTTP/1 that h11 takes. Octets pass, and no next request is known."""
        self._new_cookie = new_cookie
        self._requests = h11.Connection(h11.SERVER)
        self._answers = h11.Connection(h11.CLIENT)
        self._cookies: deque[str | None] = deque()
        self._begun = False  # something of a request has been passed on that is not answered whole
        self._head = b""  # the start of an answer that gets a cookie, until it is whole: at most what h11 takes, 16 KiB
        self._in_head = True
        self._passed = b""  # octets of the application that have been looked at

    @property
    def idle(self) -> bool:
        """Whether the client's next octet begins a request, and nothing is owed for those before."""
        return not self.opaque and not self._begun

    @property
    def kept_back(self) -> int:
        """How many octets of the application wait for the end of their head: they, too, will go to the client."""
        return len(self._head)

    def to_application(self, octets: bytes) -> None:
        """Octets of the client are passed on."""
        if self.opaque or not octets:
            return
        self._begun = True
        self._follow(lambda: self._requests.receive_data(octets))

    def from_application(self, octets: bytes) -> bytes:
        """Octets of the application; returns what goes to the client now."""
        if self._in_head and not self._cookies:
            self.opaque = True  # the answer to no request
        if self.opaque:
            return self._release() + octets
        if self._in_head:
            self._head += octets
        else:
            self._passed = octets
        self._follow(lambda: self._answers.receive_data(octets))
        passed, self._passed = self._passed, b""
        # Only an answer that is given a cookie has to be kept back.
        return passed + self._release() if self.opaque or (self._cookies and self._cookies[0] is None) else passed

    def end_of_application(self) -> bytes:
        """The application has ended its stream; returns what was kept back of it."""
        self.opaque = True
        return self._release()

    def _release(self) -> bytes:
        head, self._head = self._head, b""
        return head

    def _follow(self, take: Callable[[], None]) -> None:
        try:
            take()
            while self._relay():
                pass
            self.opaque = self.opaque or self._is_far_ahead()
        except (h11.RemoteProtocolError, h11.LocalProtocolError):
            self.opaque = True

    def _is_far_ahead(self) -> bool:
        """Whether one side has said more, before the other was done, than is kept of it."""
        both = (self._requests, self._answers)
        return any(one.their_state is h11.DONE and len(one.trailing_data[0]) > _BACKLOG for one in both)

    def _relay(self) -> bool:
        """Tell each side what the other has said next; False if both have to wait."""
        asked = self._requests.next_event()
        if isinstance(asked, h11.Request):
            self._cookies.append(self._new_cookie(request_of(asked)))
        if _says_something(asked):
            self._answers.send(asked)
            return True
        answered = self._answers.next_event() if self._begun else h11.NEED_DATA
        if isinstance(answered, h11.Response | h11.InformationalResponse):
            self._pass_head(final=isinstance(answered, h11.Response))
        if self.opaque:
            return False
        if _says_something(answered):
            self._requests.send(answered)
            return True
        if h11.SWITCHED_PROTOCOL in (self._answers.our_state, self._answers.their_state):
            self.opaque = True
            return False
        return self._next_cycle()

    def _pass_head(self, *, final: bool) -> None:
        """The head of an answer is whole. Behind an interim one (1xx) the next begins, behind a final one its body."""
        end = _HEAD_END.search(self._head)
        length = end.end() if end is not None else len(self._head)
        head, rest = self._head[:length], self._head[length:]
        if not final:
            self._passed += head
            self._head = rest
            return
        if not self._cookies:  # the answer to a request that is not whole yet, or to none
            self.opaque = True
            return
        cookie = self._cookies.popleft()
        if cookie is not None:
            status, line_end, fields = head.partition(b"\n")
            head = status + line_end + f"Set-Cookie: {cookie}\r\n".encode() + fields
        self._passed += head + rest
        self._head, self._in_head = b"", False

    def _next_cycle(self) -> bool:
        both = (self._requests, self._answers)
        if any(one.our_state is not h11.DONE or one.their_state is not h11.DONE for one in both):
            return False
        early = len(self._answers.trailing_data[0])
        for one in both:
            one.start_next_cycle()
        self._begun = bool(self._requests.trailing_data[0])
        self._in_head = True
        if early:  # what was passed on last is the next answer's
            # Of an answer that began before its request was there, the client already has a part.
            self.opaque = not self._begun or early > len(self._passed)
            self._passed, self._head = self._passed[:-early], self._passed[-early:]
        return self._begun


def _says_something(event: h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]) -> TypeGuard[h11.Event]:
    return event is not h11.NEED_DATA and event is not h11.PAUSED
