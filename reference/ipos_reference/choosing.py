"""Choosing a server for a request (section 10 of the protocol), as a pure function, with the reasons for the choice."""

from collections.abc import Collection
from enum import StrEnum
from typing import NamedTuple

from ipos_spec.addresses import IPv4
from ipos_spec.encapsulation import Protocol
from ipos_spec.tables.records import ServerState

from ipos_reference import url_prefix
from ipos_reference.knowledge import Knowledge
from ipos_reference.request import Request

COOKIE = "ipos"
"""Name of the cookie whose value is the key of Cookie Map."""

BUSY = 9_500
"""CPU utilization from which on a server has no room, in 0.01 %."""

ORIGIN_PREFERRED_WITHIN = 1_000
"""By how much more CPU utilization than the best the origin may have, and still prefer itself, in 0.01 %."""


class Reason(StrEnum):
    """Why the choice went on as it did."""

    NO_REQUEST = "there is no request to go by"
    NO_COOKIE = "the request brings no cookie ipos"
    COOKIE_UNKNOWN = "Cookie Map does not have the session"
    KEEPER_SILENT = "the server that keeps the session is not heard of"
    KEEPER_NOT_LISTENING = "the server that keeps the session does not listen on the port"
    KEEPER = "the server that keeps the session"
    NO_URL = "no prefix in URL Map matches"
    URL = "the longest prefix in URL Map that matches"
    LISTENERS = "all servers that listen on the port"
    LEAVING = "the origin is being drained: all other servers that listen on the port"
    NO_ROOM = "none has room: the origin"
    NO_RIVAL = "the only one that has room"
    LEAST_CPU = "least CPU utilization"
    FEWEST_CONNECTIONS = "fewest TCP connections of those with the least CPU utilization"
    MOST_BANDWIDTH = "most bandwidth of those that are alike so far"
    LOWEST_ADDRESS = "lowest IP address of those that are alike"
    ORIGIN_PREFERRED = "the origin, within 10 percentage points of the best"


class Exclusion(StrEnum):
    """Why a server that was considered was not chosen."""

    NOT_LISTENING = "does not listen on the port"
    SILENT = "is not heard of"
    BUSY = "has no CPU left"
    NO_MEMORY = "has less memory than the application needs"
    MORE_CPU = "has more CPU utilization"
    MORE_CONNECTIONS = "has more TCP connections"
    LESS_BANDWIDTH = "has less bandwidth"
    HIGHER_ADDRESS = "has the higher IP address"
    ORIGIN_PREFERRED = "is not better enough than the origin"


class Step(NamedTuple):
    """One of section 10's four rules, what it said, and about which session or prefix; empty if about none."""

    rule: int
    reason: Reason
    about: str = ""


class Candidate(NamedTuple):
    """One of the servers among which the choice was made.

    state     None if it is not known, or was told too long ago
    left_out  why it was not chosen by its merits; None if it was. (Where none has room, the origin serves without.)
    """

    server: IPv4
    state: ServerState | None
    left_out: Exclusion | None


class Decision(NamedTuple):
    """The server, the way to it, and the servers that were weighed against each other, by address: none by a cookie."""

    server: IPv4
    steps: tuple[Step, ...]
    candidates: tuple[Candidate, ...] = ()


_BY_RANK = (
    (Reason.LEAST_CPU, Exclusion.MORE_CPU),
    (Reason.FEWEST_CONNECTIONS, Exclusion.MORE_CONNECTIONS),
    (Reason.MOST_BANDWIDTH, Exclusion.LESS_BANDWIDTH),
    (Reason.LOWEST_ADDRESS, Exclusion.HIGHER_ADDRESS),
)
"""What each place of a rank says of him who is first, and of those who are not."""


class _Asked(NamedTuple):
    """What does not change in the course of a choice."""

    port: int
    protocol: Protocol
    knowledge: Knowledge
    now: float

    def listeners(self) -> frozenset[IPv4]:
        return self.knowledge.listeners(self.protocol, self.port)

    def listens(self, server: IPv4) -> bool:
        return self.knowledge.listens(server, self.protocol, self.port)

    def state(self, server: IPv4) -> ServerState | None:
        return self.knowledge.state(server, self.now)


def choose(
    request: Request | None, port: int, knowledge: Knowledge, now: float, protocol: Protocol = Protocol.TCP
) -> Decision:
    """Choose the server for what a client wants of a port.

    ``request`` is None where URL and cookie are not known (ORG-3). UDP has none and is chosen for by Listening Sockets
    and Server State only (UDP-1).
    """
    asked = _Asked(port, protocol, knowledge, now)
    if request is None or protocol is Protocol.UDP:
        return _weigh(asked.listeners(), (Step(1, Reason.NO_REQUEST), Step(3, Reason.LISTENERS)), asked)
    keeper, session = _keeper(request, asked)
    if keeper is not None:
        return Decision(keeper, (session,))
    prefixes = url_prefix.prefixes(request.host, request.path)
    longest = next(filter(knowledge.has_url, prefixes), None)
    if longest is not None:
        return _weigh(knowledge.servers_of_url(longest), (session, Step(2, Reason.URL, longest)), asked)
    return _weigh(asked.listeners(), (session, Step(2, Reason.NO_URL), Step(3, Reason.LISTENERS)), asked)


def choose_elsewhere(
    request: Request | None, port: int, knowledge: Knowledge, now: float, protocol: Protocol = Protocol.TCP
) -> Decision:
    """Choose as `choose` does, but this router's own server only where no other one can serve (it is being drained).

    A session or URL that is tied to this server goes to any other that listens on the port.
    """
    decision = choose(request, port, knowledge, now, protocol)
    if decision.server != knowledge.own:
        return decision
    asked = _Asked(port, protocol, knowledge, now)
    others = asked.listeners() - {knowledge.own}
    return _weigh(others, (*decision.steps, Step(3, Reason.LEAVING)), asked)


def _keeper(request: Request, asked: _Asked) -> tuple[IPv4 | None, Step]:
    """Rule 1. Of several cookies the first that Cookie Map has counts: a client may bring others' of the same name."""
    sessions = [value for name, value in request.cookies if name == COOKIE]
    if not sessions:
        return None, Step(1, Reason.NO_COOKIE)
    session = next((one for one in sessions if asked.knowledge.keeper(one) is not None), sessions[0])
    keeper = asked.knowledge.keeper(session)
    if keeper is None:
        return None, Step(1, Reason.COOKIE_UNKNOWN, session)
    if not asked.listens(keeper):
        return None, Step(1, Reason.KEEPER_NOT_LISTENING, session)
    if asked.state(keeper) is None:
        return None, Step(1, Reason.KEEPER_SILENT, session)
    return keeper, Step(1, Reason.KEEPER, session)


def _weigh(servers: Collection[IPv4], steps: tuple[Step, ...], asked: _Asked) -> Decision:
    """Rule 4."""
    out = {server: _without_room(server, asked) for server in sorted(servers)}
    states = {server: asked.state(server) for server in out}
    ranks = {server: _rank(state) for server, state in states.items() if state is not None and out[server] is None}
    chosen, reason = _first(ranks, asked.knowledge.own)
    candidates = (Candidate(server, states[server], out[server] or _beaten(server, chosen, ranks)) for server in out)
    return Decision(chosen, (*steps, Step(4, reason)), tuple(candidates))


def _without_room(server: IPv4, asked: _Asked) -> Exclusion | None:
    """Why a server can't be chosen, whoever its rivals are; None if it can."""
    if not asked.listens(server):
        return Exclusion.NOT_LISTENING
    state = asked.state(server)
    if state is None:
        return Exclusion.SILENT
    if state.cpu_utilization >= BUSY:
        return Exclusion.BUSY
    if asked.protocol is Protocol.TCP and state.available_memory < asked.knowledge.memory_required(server, asked.port):
        return Exclusion.NO_MEMORY
    return None


_Rank = tuple[int, int, int, int]


def _rank(state: ServerState) -> _Rank:
    """The less, the better."""
    return state.cpu_utilization, state.tcp_connections, -state.available_bandwidth, state.server_ip


def _first(ranks: dict[IPv4, _Rank], origin: IPv4) -> tuple[IPv4, Reason]:
    if not ranks:
        return origin, Reason.NO_ROOM
    best, *others = sorted(ranks, key=ranks.__getitem__)
    if not others:
        return best, Reason.NO_RIVAL
    if best != origin and origin in ranks and ranks[origin][0] - ranks[best][0] <= ORIGIN_PREFERRED_WITHIN:
        return origin, Reason.ORIGIN_PREFERRED
    return best, _BY_RANK[_difference(ranks[best], ranks[others[0]])][0]


def _beaten(server: IPv4, chosen: IPv4, ranks: dict[IPv4, _Rank]) -> Exclusion | None:
    """Why a server that has room was not chosen; None if it was."""
    if server == chosen:
        return None
    if ranks[server] < ranks[chosen]:
        return Exclusion.ORIGIN_PREFERRED
    return _BY_RANK[_difference(ranks[chosen], ranks[server])][1]


def _difference(one: _Rank, other: _Rank) -> int:
    """The place in which two ranks differ first; that of the address always does."""
    return next(place for place, (mine, theirs) in enumerate(zip(one, other, strict=True)) if mine != theirs)
