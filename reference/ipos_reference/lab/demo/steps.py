"""The steps, in the order in which they are shown: each begins with everything as `lab up` has made it, and ends so."""

import hashlib
from collections.abc import Iterator

from ipos_reference.choosing import ORIGIN_PREFERRED_WITHIN
from ipos_reference.lab import plan, site
from ipos_reference.lab.clients import Answer
from ipos_reference.lab.demo.stage import Stage
from ipos_reference.lab.demo.values import Check, Crossed, Event, Said, Step
from ipos_reference.lab.plan import Server

_ONE, _TWO, _THREE = plan.SERVERS
_BUSY = ORIGIN_PREFERRED_WITHIN / 100 + 2
"""Percentage points above the best other server: beyond the ten up to which the origin prefers itself (section 10)."""


def page(stage: Stage) -> Iterator[Event]:
    """The plain case: nobody is moved."""
    (answer,) = stage.get("client-1", site.PAGE)
    yield from _got(answer, "client-1", site.PAGE, (_ONE,))
    client = stage.address("client-1", answer)
    yield Crossed(client)
    crossed = stage.lines(client)
    alone = bool(crossed) and not stage.was_handed_over(client)
    yield Check(alone, "it crossed the first LAN alone", "" if crossed else "nothing of it was captured")


def pictures(stage: Stage) -> Iterator[Event]:
    """A request that another server answers."""
    (answer,) = stage.get("client-1", site.PICTURE)
    yield from _got(answer, "client-1", site.PICTURE, (_TWO,))
    client = stage.address("client-1", answer)
    yield Crossed(client)
    yield Check(stage.was_handed_over(client), "server 2's router acknowledged the connection packet on the second LAN")


def session(stage: Stage) -> Iterator[Event]:
    """Which server has a session does not change with what is asked for."""
    (first,) = stage.get("client-2", site.PICTURE, session=True)
    yield from _got(first, "client-2", site.PICTURE, (_TWO,))
    cookie = stage.cookie()
    yield Check(bool(cookie), "the answer brought the cookie of a session", f"found the cookies {cookie or 'none'}")
    (second,) = stage.get("client-2", site.PAGE, session=True)
    yield Said("client-2", f"sends the cookie {cookie}")
    yield from _got(second, "client-2", site.PAGE, (_TWO,))
    yield Crossed(stage.address("client-2", second))


def load(stage: Stage) -> Iterator[Event]:
    """A server that is busy gets nobody new."""
    with stage.calculation(_ONE):
        yield Said("client-2", f"has {_ONE.name} calculate")
        busy = stage.wait_until(lambda: stage.busier(_ONE) > _BUSY)
        found = f"{stage.busier(_ONE):.0f} points more of the CPUs than the others"
        yield Check(
            busy, f"{_ONE.name} says that it is busy", f"found {found}; is this machine busy with other things?"
        )
        (answer,) = stage.get("client-1", site.PAGE)
        yield from _got(answer, "client-1", site.PAGE, (_TWO, _THREE))
        yield Crossed(stage.address("client-1", answer))
        yield from _datagram(stage)
    rested = stage.wait_until(lambda: stage.busier(_ONE) < _BUSY / 2)
    yield Check(rested, f"{_ONE.name} has a rest again")


def _datagram(stage: Stage) -> Iterator[Event]:
    """UDP moves with its first datagram, by load alone (UDP-1)."""
    echo = stage.echo("client-1", "hello")
    yield Said("client-1", f"sends the datagram 'hello' to {_ONE.address}:{plan.ECHO}, gets {echo.text!r}")
    others = [f"{server.name}: hello" for server in (_TWO, _THREE)]
    yield Check(echo.text in others, "another server sent it back", echo.problem or f"found {echo.text!r}")
    address = f"{_ONE.address}:{plan.ECHO}"
    yield Check(echo.sender == address, f"it came from {address}, whom the client had asked", f"found {echo.sender!r}")
    yield Crossed(stage.address("client-1", echo))


def drain(stage: Stage) -> Iterator[Event]:
    """A server can be emptied without anybody noticing."""
    with stage.requests("client-1", site.LARGE, site.PAGE) as requests:
        there = stage.wait_until(lambda: stage.connections(_THREE) > 0)
        yield Check(there, f"{_THREE.name} has the client's connection, and sends the download")
        stage.drain(_THREE)
        left = stage.connections(_THREE)
        yield Said("operator", f"drains {_THREE.name}; connections there: {left}")
        yield Check(left > 0, "the download is still going on")
        download, following = requests.answers()
    yield from _got(download, "client-1", site.LARGE, (_THREE,))
    yield from _got(following, "client-1", site.PAGE, (_ONE, _TWO))
    yield Check(download.opened and not following.opened, "both came on one connection")
    yield Crossed(stage.address("client-1", download))
    empty = stage.wait_until(lambda: stage.connections(_THREE) == 0)
    yield Check(empty, f"{_THREE.name} has no connection any more")
    stage.undrain(_THREE)


def failing_line(stage: Stage) -> Iterator[Event]:
    """One Internet connection carries what two have carried."""
    try:
        with stage.requests("client-1", site.LARGE) as requests:
            there = stage.wait_until(lambda: stage.connections(_THREE) > 0)
            yield Check(there, f"{_THREE.name} sends a download by edge router A")
            stage.cut("isp-1")
            yield Said("isp-1", "loses its line to edge router A")
            (answer,) = requests.answers()
    finally:
        stage.mend("isp-1")
    yield from _got(answer, "client-1", site.LARGE, (_THREE,))
    client = stage.address("client-1", answer)
    by_b = stage.answers_by("edge-router-b", client)
    yield Crossed(client)
    yield Check(by_b > 0, f"{by_b} of the answer's packets left by edge router B")
    (answer,) = stage.get("client-1", site.PAGE)
    yield Said("isp-1", "has its line again")
    yield from _got(answer, "client-1", site.PAGE, (_ONE,))


STEPS = (
    Step("A client behind ISP 1 asks server 1 for a page", "ORG-4: the choice is server 1 itself", page),
    Step(
        "It asks server 1 for a picture, which server 2 has",
        "ORG-5, ORG-6, TGT-6; URL Map sends /images there",
        pictures,
    ),
    Step("A browser behind ISP 2 keeps its session", "Cookie Map comes before URL Map and load", session),
    Step("Server 1 is put under load: who comes now is moved", "section 10: least CPU utilization; UDP-1, UDP-2", load),
    Step("Server 3 is drained while a download goes on", "TGT-10: moved at the next request of the connection", drain),
    Step(
        "ISP 1 fails in the midst of a download",
        "TGT-6: whoever answers goes by the first LAN's next hop",
        failing_line,
    ),
)


def _got(answer: Answer, client: str, path: str, servers: tuple[Server, ...]) -> Iterator[Event]:
    """What a client got, and that it is one of these servers' page, octet for octet."""
    yield Said(client, f"asks {_ONE.address} for {path}: {_told(answer)}")
    right = any(answer.octets == site.pages(server)[path] for server in servers)
    names = " or ".join(server.name for server in servers)
    found = answer.problem or f"found status {answer.status}, {len(answer.octets):,} octets"
    yield Check(answer.status == 200 and right, f"these are {names}'s octets", found)


def _told(answer: Answer) -> str:
    if answer.status != 200:
        return answer.problem or f"status {answer.status}"
    if len(answer.octets) > 500:
        return f"{len(answer.octets):,} octets, SHA-256 {hashlib.sha256(answer.octets).hexdigest()[:16]}..."
    return f"{len(answer.octets)} octets, {answer.octets.decode(errors='replace').strip()!r}"
