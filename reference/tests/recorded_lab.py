"""A lab as `lab view` sees it, made without one: the exchanges of the specification, and routers that are asked."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from in_memory import World
from ipos_reference.control.answers import Desk
from ipos_reference.control.client import NoRouterError
from ipos_reference.lab import plan
from ipos_reference.lab.view.counting import Counts
from ipos_reference.lab.view.exchanges import Exchanges
from ipos_reference.lab.view.values import RouterSeen, Seen
from ipos_reference.lab.view.watching import router_seen
from ipos_reference.traffic import Traffic
from ipos_spec.captures import CapturedFrame
from ipos_spec.exchanges import EXCHANGES, Exchange
from ipos_spec.exchanges.tcp_scene import ACK, PSH, TcpScene
from migrating import MIGRATING, acknowledges, leaves

HOSTILE = "/<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
"""A path that would be markup if anybody took it for that; a client may ask for anything."""


def captured(exchange: Exchange) -> list[CapturedFrame]:
    """An exchange as it stands in a capture."""
    return [
        CapturedFrame(
            octets=frame.octets, original_length=len(frame.octets), time_ns=frame.time_ns, interface=frame.lan
        )
        for frame in exchange.frames
    ]


def hostile() -> Exchange:
    """A client asks for HOSTILE, and router A moves it."""
    scene = TcpScene()
    scene.open(client_initial=7, server_initial=9)
    scene.client_sends(PSH | ACK, "", f"GET {HOSTILE} HTTP/1.1\r\nCookie: ipos={HOSTILE}\r\n\r\n".encode())
    return scene.exchange("hostile", "")


def migrated() -> RouterSeen:
    """Server 1's router, which has moved a client to server 2."""
    world = World(MIGRATING)
    packet, _ = leaves(world)
    acknowledges(world, packet)
    traffic = Traffic()
    desk = Desk(world.router, traffic)

    def ask(request: Mapping[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(desk.answer(json.dumps(request).encode()))
        return found

    return router_seen(plan.SERVERS[0], ask)


def silent() -> RouterSeen:
    """Server 2's router, which does not answer."""

    def ask(_: Mapping[str, Any]) -> dict[str, Any]:
        raise NoRouterError("server-2: no answer")

    return router_seen(plan.SERVERS[1], ask)


def drained() -> RouterSeen:
    """Server 3's router, which is being drained."""
    world = World()
    desk = Desk(world.router, Traffic())
    desk.answer(b'{"ask": "drain"}')
    return router_seen(plan.SERVERS[2], lambda request: json.loads(desk.answer(json.dumps(request).encode())))


def seen(*exchanges: Exchange) -> Seen:
    """A whole lab, in which ISP 2 has lost its line; without exchanges, the specification's migration."""
    frames = [frame for one in exchanges or (EXCHANGES["migration"],) for frame in captured(one)]
    counts = Counts()
    for frame in frames:
        counts.add(frame)
    return Seen(
        directory="/run/ipos-lab",
        problem="",
        time_ns=frames[-1].time_ns or 0,
        lines={"isp-1": True, "isp-2": False},
        routers=(migrated(), silent(), drained()),
        lans=counts.lans,
        edges=counts.edges,
        exchanges=kept(frames).latest(),
    )


def kept(frames: Iterable[CapturedFrame]) -> Exchanges:
    """The exchanges that some frames make."""
    made = Exchanges()
    for number, frame in enumerate(frames, start=1):
        made.add(number, frame)
    return made
