"""FIG. 12: the nine tables, in the figure's order."""

from collections.abc import Mapping
from types import MappingProxyType

from ipos_spec.encapsulation import Protocol
from ipos_spec.tables.records import (
    ApplicationInformation,
    CookieEntry,
    EndpointEntry,
    ForwardEntry,
    ListeningSocket,
    ServerState,
    UrlEntry,
)
from ipos_spec.tables.table import Bound, Lifetime, Table, WhenFull

_TCP, _UDP = Protocol.TCP, Protocol.UDP
_EACH_PROTOCOL = (_TCP, _UDP)
_ENDPOINTS_CAPTION = "Local/Forward-Connect/Temporary Table"
_ADVERTISED = (
    "The router itself for its own server; advertisements of the others for theirs, and of them alone (ADV-3)."
)

_ENDPOINT_WITHOUT_DATAGRAM = Lifetime(
    name="idle",
    seconds=90,
    protocol=_UDP,
    since="The last datagram.",
    then="The endpoint ends.",
    requirement="UDP-3",
)
_PROVISIONAL = (
    Lifetime(
        name="provisional",
        seconds=900,
        protocol=_TCP,
        since="The connection packet that made the endpoint.",
        then="If no packet has made it definite, it is removed silently, but not before a Forward entry beside it.",
        requirement="TGT-12",
    ),
    Lifetime(
        name="provisional",
        seconds=90,
        protocol=_UDP,
        since="The connection packet that made the endpoint.",
        then="If no datagram has made it definite, it is removed silently, but not before a Forward entry beside it.",
        requirement="TGT-12",
    ),
)
_PROBED = (
    Lifetime(
        name="probe",
        seconds=300,
        protocol=_TCP,
        since="The client's last segment to a definite migrated endpoint that has nothing of its own outstanding.",
        then="The client is probed.",
        requirement="TGT-13",
    ),
    Lifetime(
        name="probe-after-fin",
        seconds=60,
        protocol=_TCP,
        since="The same, once the client has sent its FIN.",
        then="The client is probed.",
        requirement="TGT-13",
    ),
    Lifetime(
        name="probe-answer",
        seconds=75,
        protocol=_TCP,
        since="A probe.",
        then="The client is probed again; the endpoint is removed silently behind the third.",
        requirement="TGT-13",
    ),
    Lifetime(
        name="remembered",
        seconds=5,
        protocol=_TCP,
        since="The end of a migrated endpoint.",
        then="Its numbers, by which late connection packets are known, are forgotten.",
        requirement="TGT-4",
    ),
)


def _advertised_bound(records: int, instances: int) -> Bound:
    return Bound(
        records=records,
        when_full=(WhenFull.REFUSE,) * instances,
        explanation="New records are not taken, those that are there may still change.",
    )


def _advertised_again(seconds: int) -> Lifetime:
    return Lifetime(
        name="advertised",
        seconds=seconds,
        since="The last advertisement.",
        then="The server's own router advertises its records again.",
        requirement="ADV-2",
    )


FORWARD = Table(
    name="forward",
    title="Forward",
    caption="Forward Table",
    record=ForwardEntry,
    use="Clients whose packets are passed on to a target.",
    source="fig 12; TAB-1, TAB-3",
    instances=_EACH_PROTOCOL,
    bound=Bound(
        records=65536,
        when_full=(WhenFull.STAY, WhenFull.STAY),
        explanation="Nothing more is migrated; migrations in progress are counted as records.",
    ),
    lifetimes=(
        Lifetime(
            name="idle",
            seconds=900,
            protocol=_TCP,
            since="The last packet that was forwarded by it.",
            then="The entry ends.",
            requirement="FWD-2",
        ),
        Lifetime(
            name="idle",
            seconds=60,
            protocol=_UDP,
            since="The last datagram that was forwarded by it.",
            then="The entry ends.",
            requirement="UDP-3",
        ),
        Lifetime(
            name="closing",
            seconds=600,
            protocol=_TCP,
            since="A FIN or an RST from the client, and each packet behind it.",
            then="The entry ends.",
            requirement="FWD-2",
        ),
        Lifetime(
            name="stale",
            seconds=60,
            protocol=_TCP,
            since="The last packet that was forwarded by it.",
            then="The client's next SYN opens a half-open endpoint at once, not only its repetition.",
            requirement="FWD-5",
        ),
        Lifetime(
            name="refresh",
            seconds=30,
            protocol=_UDP,
            since="The last connection packet, while the entry is in use.",
            then="The connection packet is repeated; without an acknowledgement the entry ends.",
            requirement="UDP-4",
        ),
    ),
    filled_by="The origin, by the acknowledgement of a connection packet (ORG-6); a later stay ends it (FWD-4, FWD-5).",
    read_by="The way of a packet from the client (FWD-1) and of a type 2 packet for an endpoint that moved on (FWD-3).",
)

TEMPORARY = Table(
    name="temporary",
    title="Temporary",
    caption=_ENDPOINTS_CAPTION,
    record=EndpointEntry,
    use="Endpoints that are not yet attached to an application.",
    source="fig 12; claim 7546369; TAB-2",
    instances=_EACH_PROTOCOL,
    bound=Bound(
        records=4096,
        when_full=(WhenFull.DROP, WhenFull.DROP),
        explanation="SYNs and datagrams of new clients are dropped.",
    ),
    lifetimes=(
        Lifetime(
            name="without-data",
            seconds=30,
            protocol=_TCP,
            since="The SYN that opened the endpoint.",
            then="If it has no data yet, it is reset.",
            requirement="ORG-10",
        ),
        Lifetime(
            name="unacknowledged",
            seconds=1,
            protocol=_TCP,
            since="The first octet of the request.",
            then="Octets of the request may be acknowledged, and the endpoint then stays at this server.",
            requirement="ORG-11",
        ),
        Lifetime(
            name="incomplete",
            seconds=5,
            protocol=_TCP,
            since="The first octet of the request.",
            then="A server is chosen without URL and cookie.",
            requirement="ORG-3",
        ),
        _ENDPOINT_WITHOUT_DATAGRAM,
    ),
    filled_by="The origin, by a client's SYN (ORG-1) or first datagram (UDP-1).",
    read_by="The origin: it holds the request and migrates the endpoint, or moves it to Local (ORG-4, ORG-6).",
)

LOCAL = Table(
    name="local",
    title="Local",
    caption=_ENDPOINTS_CAPTION,
    record=EndpointEntry,
    use="Endpoints that are attached to this server's applications.",
    source="fig 12; claim 7512686; TAB-2",
    instances=_EACH_PROTOCOL,
    bound=Bound(
        records=4096,
        when_full=(WhenFull.RESET, WhenFull.DROP),
        explanation="The connection is reset, the datagram is dropped.",
    ),
    lifetimes=(*_PROVISIONAL, _ENDPOINT_WITHOUT_DATAGRAM, *_PROBED),
    filled_by="The origin, when the server itself is chosen (ORG-4); the target, when an endpoint comes home (TGT-1).",
    read_by="The way of a packet from the client (TAB-1), and of a type 2 packet once the endpoint came home.",
)

FORWARD_CONNECT = Table(
    name="forward-connect",
    title="Forward-Connect",
    caption=_ENDPOINTS_CAPTION,
    record=EndpointEntry,
    use="Endpoints that came in by migration.",
    source="fig 12; TAB-2, TGT-1",
    instances=_EACH_PROTOCOL,
    bound=Bound(
        records=4096,
        when_full=(WhenFull.SILENCE, WhenFull.SILENCE),
        explanation="Connection packets are not acknowledged; provisional endpoints may make room.",
    ),
    lifetimes=(
        *_PROVISIONAL,
        Lifetime(
            name="makes-room",
            seconds=30,
            since="The connection packet that made a provisional endpoint with no Forward entry beside it.",
            then="It may make room for another one.",
            requirement="TAB-4",
        ),
        _ENDPOINT_WITHOUT_DATAGRAM,
        *_PROBED,
    ),
    filled_by="The target, by a connection packet (TGT-1, TGT-4).",
    read_by="The target, by the reference in the header of a type 2 packet (TGT-5).",
)

SERVER_STATE = Table(
    name="server-state",
    title="Server State",
    caption="Server State Table",
    record=ServerState,
    use="How busy the servers are, for choosing one.",
    source="fig 12; claim 7506063; ADV-1",
    instances=(),
    bound=_advertised_bound(1024, instances=1),
    lifetimes=(
        _advertised_again(1),
        Lifetime(
            name="heard",
            seconds=3,
            since="The server's last advertisement.",
            then="The server is not chosen; Forward entries to it stay.",
            requirement="ADV-2",
        ),
    ),
    filled_by=_ADVERTISED,
    read_by="The origin, to choose a server.",
)

LISTENING_SOCKETS = Table(
    name="listening-sockets",
    title="Listening Sockets",
    caption="Listening Sockets Table",
    record=ListeningSocket,
    use="Who serves a port.",
    source="fig 12; ADV-1",
    instances=_EACH_PROTOCOL,
    bound=_advertised_bound(4096, instances=2),
    lifetimes=(_advertised_again(10),),
    filled_by=_ADVERTISED,
    read_by="The origin, for a SYN or a first datagram (ORG-1, UDP-1) and to choose a server; the target (TGT-1).",
)

APPLICATION_INFORMATION = Table(
    name="application-information",
    title="Application Information",
    caption="Application Information Table",
    record=ApplicationInformation,
    use="What an application needs, to tell whether a server has room.",
    source="fig 12; ADV-1",
    instances=(),
    bound=_advertised_bound(4096, instances=1),
    lifetimes=(_advertised_again(10),),
    filled_by=_ADVERTISED,
    read_by="The origin, to choose a server.",
)

URL_MAP = Table(
    name="url-map",
    title="URL Map",
    caption="URL Map Table",
    record=UrlEntry,
    use="Which servers may serve a URL.",
    source="fig 12; ADV-1",
    instances=(),
    bound=_advertised_bound(4096, instances=1),
    lifetimes=(_advertised_again(10),),
    filled_by=_ADVERTISED,
    read_by="The origin, to choose a server.",
)

COOKIE_MAP = Table(
    name="cookie-map",
    title="Cookie Map",
    caption="Cookie Map Table",
    record=CookieEntry,
    use="Which server keeps a session.",
    source="fig 12; claim 8341290; ADV-1",
    instances=(),
    bound=_advertised_bound(65536, instances=1),
    lifetimes=(_advertised_again(10),),
    filled_by="The router of the server that a session began at; advertisements of any server (ADV-3).",
    read_by="The origin, to choose a server.",
)

TABLES: Mapping[str, Table] = MappingProxyType(
    {
        table.name: table
        for table in (
            FORWARD,
            TEMPORARY,
            LOCAL,
            FORWARD_CONNECT,
            SERVER_STATE,
            LISTENING_SOCKETS,
            APPLICATION_INFORMATION,
            URL_MAP,
            COOKIE_MAP,
        )
    }
)
"""All of them by name."""
