"""Makes the plan of network namespaces, bridges, cables and routes, and changes what of it is to fail."""

from collections.abc import Iterable, Mapping

from pyroute2 import Ethtool, IPRoute, NetlinkError

from ipos_reference.lab import plan
from ipos_reference.lab.namespaces import Namespace
from ipos_reference.lab.plan import Interface, Link, Route

_FORWARDS = ("isp-1", "isp-2", "edge-router-a", "edge-router-b")


def build() -> dict[str, Namespace]:
    """All namespaces of the plan by name, with everything in them but what the servers' routers bring."""
    namespaces = {name: Namespace.new() for name in plan.NAMESPACES}
    for name in _FORWARDS:
        # A packet for a client behind the other ISP goes back to the LAN that it came from: no redirects for that, and
        # no objection to one that comes in where its answer would not go out (asymmetric ways are the rule here).
        namespaces[name].set(
            ipv4__ip_forward=1,
            ipv4__conf__all__send_redirects=0,
            ipv4__conf__default__send_redirects=0,
            ipv4__conf__all__rp_filter=0,
            ipv4__conf__default__rp_filter=0,
        )
    for name, mtu in plan.BRIDGES.items():
        with namespaces[name].routes() as ip:
            ip.link("add", ifname=name, kind="bridge")
            ip.link("set", index=_index(ip, name), mtu=mtu, state="up")
    for link in plan.LINKS:
        connect(namespaces, link)
    add_routes(namespaces, plan.ROUTES)
    return namespaces


def connect(namespaces: Mapping[str, Namespace], link: Link) -> None:
    """Lay a cable, both ends up, with their addresses; an end that leads to a bridge's namespace becomes its port."""
    one, other = link.one, link.other
    with namespaces[one.namespace].routes() as ip:
        peer = {"ifname": other.name, "net_ns_fd": namespaces[other.namespace].path}
        ip.link("add", ifname=one.name, kind="veth", peer=peer)
    for end in (one, other):
        namespaces[end.namespace].within(lambda end=end: _offloads_off(end.name))  # type: ignore[misc]
        with namespaces[end.namespace].routes() as ip:
            _set_up(ip, end, link.mtu)


def adopt(namespaces: Mapping[str, Namespace], server: str, lan: str) -> None:
    """Take the TAP device that a server's router has made for a LAN out of its namespace: a port of the LAN's bridge.

    Its name there is the server's.
    """
    with namespaces[server].routes() as ip:
        ip.link("set", index=_index(ip, lan), net_ns_fd=namespaces[lan].path, ifname=server)
    with namespaces[lan].routes() as ip:
        ip.link("set", index=_index(ip, server), master=_index(ip, lan), mtu=plan.BRIDGES[lan], state="up")


def has(namespace: Namespace, interface: str) -> bool:
    """Whether there is an interface of this name."""
    with namespace.routes() as ip:
        return bool(ip.link_lookup(ifname=interface))


def add_routes(namespaces: Mapping[str, Namespace], routes: Iterable[Route]) -> None:
    """Enter routes; those that are there already stay."""
    for route in routes:
        with namespaces[route.namespace].routes() as ip:
            words = {"dst": route.destination, "gateway": route.gateway, "priority": route.metric}
            ip.route("replace", **words)


def cut(namespaces: Mapping[str, Namespace], link: Link) -> None:
    """Have a line fail: both ends go down, and the routes over it with them."""
    _set_state(namespaces, link, "down")


def mend(namespaces: Mapping[str, Namespace], link: Link) -> None:
    """Have a line work again, with its routes."""
    _set_state(namespaces, link, "up")
    ends = {link.one.namespace, link.other.namespace}
    add_routes(namespaces, (route for route in plan.ROUTES if route.namespace in ends))


def is_up(namespaces: Mapping[str, Namespace], link: Link) -> bool:
    """Whether both ends of a line are up."""
    for end in (link.one, link.other):
        with namespaces[end.namespace].routes() as ip:
            (found,) = ip.get_links(_index(ip, end.name))
            if found["state"] != "up":
                return False
    return True


def _set_state(namespaces: Mapping[str, Namespace], link: Link, state: str) -> None:
    for end in (link.one, link.other):
        with namespaces[end.namespace].routes() as ip:
            ip.link("set", index=_index(ip, end.name), state=state)


def _set_up(ip: IPRoute, end: Interface, mtu: int) -> None:
    index = _index(ip, end.name)
    if end.mac:
        ip.link("set", index=index, address=end.mac)
    if end.namespace in plan.BRIDGES:
        ip.link("set", index=index, master=_index(ip, end.namespace))
    if end.address:
        address, _, length = end.address.partition("/")
        ip.addr("add", index=index, address=address, prefixlen=int(length))
    ip.link("set", index=index, mtu=mtu, state="up")


def _index(ip: IPRoute, name: str) -> int:
    found = ip.link_lookup(ifname=name)
    if not found:
        raise NetlinkError(19, f"no interface {name}")  # ENODEV
    return int(found[0])


def _offloads_off(interface: str) -> None:
    """Frames would otherwise carry unfinished checksums and be larger than the MTU, and the routers read frames."""
    with Ethtool() as tool:
        features = tool.get_features(interface)
        for name, feature in features.features.items():
            if name.startswith("tx-checksum-ip") or name in _OFFLOADS:
                feature.enable = False
        tool.set_features(interface, features)


_OFFLOADS = ("tx-generic-segmentation", "tx-tcp-segmentation", "rx-gro", "tx-udp-segmentation")
