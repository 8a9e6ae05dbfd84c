"""What a configuration says, in lines for whoever has written it."""

from collections.abc import Iterator, Sized

from ipos_reference.configuration.document import Configuration
from ipos_reference.configuration.tables import BoundsTable
from ipos_reference.service import Key, Served
from ipos_reference.settings import Bounds


def lines(found: Configuration) -> Iterator[str]:
    """The router's ports and neighbours, and in which of its ways it differs from what is taken if nothing is said."""
    settings = found.settings()
    tcp, udp = counted(settings.listeners, "TCP port"), counted(settings.udp_listeners, "UDP port")
    yield f"{tcp}, {udp}, {counted(settings.peers, 'peer')}, MSS {settings.offered_mss}."
    for key, served in found.applications().items():
        yield f"{_port(found, key)}: {_application(served)}"
    if found.one_interface:
        yield f"both LANs on {found.first_lan.interface}, told apart by EtherType 0x{settings.ether_type:04x}"
    for name, table in (("first LAN", found.first_lan), ("second LAN", found.second_lan)):
        if (bad := table.impairment.impairment()) is not None:
            kinds = ((kind, getattr(bad, kind)) for kind in ("loss", "corruption", "duplication", "reordering"))
            yield f"{name} with " + ", ".join(f"{100 * chance:g} % {kind}" for kind, chance in kinds if chance)
    if settings.advertise:
        yield "tells the other routers of its tables"
    if found.router.measure == "applications":
        yield "is as busy as its applications"
    if (bounds := _bounds(settings.bounds)) != _bounds(Bounds()):
        yield "at most " + ", ".join(f"{most} in {name}" for name, most in bounds.items())


def counted(things: Sized, name: str) -> str:
    """How many there are of what: "1 peer", "2 peers"."""
    return f"{len(things)} {name}{'' if len(things) == 1 else 's'}"


def _port(found: Configuration, key: Key) -> str:
    protocol, port = key
    kinds = {listen.port: listen.kind for listen in found.listen} if protocol.name == "TCP" else {}
    cookie = ", session cookie" if kinds and port in found.session_cookies else ""
    return f"{protocol.name} {port}" + (f" ({kinds[port]}{cookie})" if kinds else "")


def _application(served: Served) -> str:
    where = f"application at {served.address}"
    if served.command is None:
        return f"{where}, which somebody else runs"
    if not served.on_demand:
        return f"{where}, started with the router"
    idle = "" if served.idle is None else f", ended after {served.idle:g} s without a client"
    return f"{where}, started on demand{idle}"


def _bounds(bounds: Bounds) -> dict[str, int]:
    return {name: getattr(bounds, name) for name in BoundsTable.model_fields}
