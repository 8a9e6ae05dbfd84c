"""Sessions: a client without a valid cookie gets one, and stays with the server that gave it (section 10)."""

from collections import OrderedDict
from collections.abc import Callable

from ipos_spec.addresses import IPv4
from ipos_spec.tables.records import CookieEntry

from ipos_reference.choosing import COOKIE
from ipos_reference.knowledge import COOKIE_LIFETIME, Knowledge
from ipos_reference.request import Request

_OCTETS = 16
"""Of randomness in a cookie: nobody guesses another's session."""


class Sessions:
    """Gives sessions out, and ends those that nobody has used for as long as other routers remember them.

    randomness  called with a number of octets
    begun       called with each new record of Cookie Map, which the table has taken
    ended       called with each that is over
    scale       factor on the protocol's times (TIM-1)
    """

    def __init__(
        self,
        knowledge: Knowledge,
        own: IPv4,
        randomness: Callable[[int], bytes],
        *,
        begun: Callable[[CookieEntry], None],
        ended: Callable[[CookieEntry], None],
        scale: float = 1.0,
    ) -> None:
        self._knowledge = knowledge
        self._own = own
        self._randomness = randomness
        self._begun = begun
        self._ended = ended
        self._lifetime = COOKIE_LIFETIME * scale
        self._now = 0.0
        self._used: OrderedDict[str, float] = OrderedDict()  # who was used last is at the end

    def cookie(self, request: Request | None) -> str | None:
        """The value of Set-Cookie for the answer to a request; None where it brings a valid cookie or none can be."""
        if request is None or any(name == COOKIE and self._is_valid(value) for name, value in request.cookies):
            return None
        entry = CookieEntry(cookie_id=self._randomness(_OCTETS).hex(), server_ip=self._own)
        if not self._knowledge.cookies.put(entry, self._own):
            return None  # Cookie Map is full (TAB-4): the client goes on without a session
        self._used[entry.cookie_id] = self._now
        self._begun(entry)
        return f"{COOKIE}={entry.cookie_id}; Path=/; HttpOnly"

    def next_timeout(self) -> float | None:
        """When the first session is over."""
        oldest = next(iter(self._used.values()), None)
        return None if oldest is None else oldest + self._lifetime

    def handle_timeout(self, now: float) -> None:
        """It is now: what was given out from here on is, and what nobody has used for so long is over."""
        self._now = now
        while (due := self.next_timeout()) is not None and due <= now:
            cookie_id, _ = self._used.popitem(last=False)
            if self._knowledge.keeper(cookie_id) == self._own:
                self._ended(CookieEntry(cookie_id=cookie_id, server_ip=self._own))

    def _is_valid(self, cookie_id: str) -> bool:
        if self._knowledge.keeper(cookie_id) is None:
            return False
        if cookie_id in self._used:
            self._used[cookie_id] = self._now
            self._used.move_to_end(cookie_id)
        return True
