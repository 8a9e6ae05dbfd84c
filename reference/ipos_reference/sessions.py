"""Sessions: a client without a valid cookie gets one, and stays with the server that gave it (section 10)."""

from collections.abc import Callable

from ipos_spec.addresses import IPv4
from ipos_spec.tables.records import CookieEntry

from ipos_reference.choosing import COOKIE
from ipos_reference.knowledge import Knowledge
from ipos_reference.request import Request

_OCTETS = 16
"""Of randomness in a cookie: nobody guesses another's session."""


class Sessions:
    """Gives sessions out.

    randomness  called with a number of octets
    told        called with each new record of Cookie Map
    """

    def __init__(
        self,
        knowledge: Knowledge,
        own: IPv4,
        randomness: Callable[[int], bytes],
        told: Callable[[CookieEntry], None],
    ) -> None:
        self._knowledge = knowledge
        self._own = own
        self._randomness = randomness
        self._told = told

    def cookie(self, request: Request | None) -> str | None:
        """The value of Set-Cookie for the answer to a request; None where it brings a valid cookie or none can be."""
        if request is None or any(
            name == COOKIE and self._knowledge.keeper(value) is not None for name, value in request.cookies
        ):
            return None
        entry = CookieEntry(cookie_id=self._randomness(_OCTETS).hex(), server_ip=self._own)
        if not self._knowledge.cookies.put(entry, self._own):
            return None  # Cookie Map is full (TAB-4): the client goes on without a session
        self._told(entry)
        return f"{COOKIE}={entry.cookie_id}; Path=/; HttpOnly"
