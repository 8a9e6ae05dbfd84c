"""FIG. 12's records: a line for each line of the figure, key fields first."""

import functools
from dataclasses import dataclass
from typing import Annotated, get_type_hints

from construct import Int16ub, Int32ub, Int64ub

from ipos_spec.addresses import IPv4
from ipos_spec.encapsulation import Reference
from ipos_spec.fields import Wire, fields
from ipos_spec.record import record
from ipos_spec.rules import Unicast, Within
from ipos_spec.text import Text


@dataclass(frozen=True, slots=True)
class Key(Wire):
    """The wire side of a field that FIG. 12 marks as key."""


# A record is about packets of types 1-3, so its addresses and ports are such as they may carry.
_HOST = (Unicast("ENC-13"),)
_PORT = (Within(1, 0xFFFF, "ENC-13"),)
_PER_TEN_THOUSAND = (Within(0, 10_000, "ADV-1"),)


@record
class ForwardEntry:
    """Where a client's packets go."""

    source_ip: Annotated[IPv4, Key(Int32ub, "IP address of the client.", "fig 12", rules=_HOST)]
    source_port: Annotated[int, Key(Int16ub, "Port of the client.", "fig 12; TAB-5", rules=_PORT)]
    destination_ip: Annotated[
        IPv4, Wire(Int32ub, "IP address to forward to: the target's endpoint.", "fig 12; FWD-1", rules=_HOST)
    ]
    destination_port: Annotated[
        int, Wire(Int16ub, "Port to forward to: the target's endpoint.", "fig 12; FWD-1", rules=_PORT)
    ]


@record
class EndpointEntry:
    """One endpoint, under the reference that packets for it carry in their header."""

    source_ip: Annotated[IPv4, Key(Int32ub, "IP address of the client.", "fig 12; ENC-3", rules=_HOST)]
    source_port: Annotated[int, Key(Int16ub, "Port of the client.", "fig 12; ENC-3, TAB-5", rules=_PORT)]
    destination_ip: Annotated[IPv4, Key(Int32ub, "IP address of the endpoint.", "fig 12; ENC-3", rules=_HOST)]
    destination_port: Annotated[int, Key(Int16ub, "Port of the endpoint.", "fig 12; ENC-3, TAB-5", rules=_PORT)]
    endpoint_reference: Annotated[int, Wire(Int32ub, "Which endpoint it is, within its router.", "fig 12")]

    @classmethod
    def of(cls, reference: Reference, endpoint_reference: int) -> "EndpointEntry":
        """The record of an endpoint under a header's reference."""
        return cls(
            source_ip=reference.client_ip,
            source_port=reference.client_port,
            destination_ip=reference.target_ip,
            destination_port=reference.target_port,
            endpoint_reference=endpoint_reference,
        )


@record
class ServerState:
    """How busy a server is."""

    server_ip: Annotated[IPv4, Key(Int32ub, "IP address of the server.", "fig 12", rules=_HOST)]
    tcp_connections: Annotated[
        int, Wire(Int32ub, "Number of established TCP connections.", "fig 12; ADV-1", "connections")
    ]
    cpu_utilization: Annotated[
        int, Wire(Int16ub, "CPU utilization of the server.", "fig 12; ADV-1", "0.01 %", rules=_PER_TEN_THOUSAND)
    ]
    available_memory: Annotated[int, Wire(Int64ub, "Unused memory of the server.", "fig 12; ADV-1", "octets")]
    available_bandwidth: Annotated[int, Wire(Int64ub, "Unused bandwidth of the server.", "fig 12; ADV-1", "bit/s")]


@record
class ListeningSocket:
    """Who serves a port."""

    server_ip: Annotated[IPv4, Key(Int32ub, "IP address of the server.", "fig 12", rules=_HOST)]
    port: Annotated[int, Key(Int16ub, "The advertised port.", "fig 12; TAB-5", rules=_PORT)]
    process: Annotated[
        int,
        Wire(
            Int32ub,
            "Id of the process that serves it, as that server counts; 0: not running, started on demand.",
            "fig 12; ADV-1",
        ),
    ]


@record
class ApplicationInformation:
    """What an application needs."""

    process_id: Annotated[int, Key(Int32ub, "Id of the process, as its server counts.", "fig 12; ADV-1")]
    memory_requirements: Annotated[
        int, Wire(Int64ub, "Memory that the application needs to run.", "fig 12; ADV-1", "octets")
    ]
    cpu_utilization: Annotated[
        int, Wire(Int16ub, "CPU utilization of the application.", "fig 12; ADV-1", "0.01 %", rules=_PER_TEN_THOUSAND)
    ]


@record
class UrlEntry:
    """One of the servers that may serve a URL."""

    url: Annotated[
        str,
        Key(Text(2048), "URL, or how it begins: up to the end of a path segment, with a host or not.", "fig 12; ADV-1"),
    ]
    server_ip: Annotated[IPv4, Key(Int32ub, "IP address of a server that may serve it.", "fig 12", rules=_HOST)]


@record
class CookieEntry:
    """The server that keeps a session."""

    cookie_id: Annotated[str, Key(Text(255), "What the session's cookie says.", "fig 12; ADV-1")]
    server_ip: Annotated[IPv4, Wire(Int32ub, "IP address of the server that keeps it.", "fig 12", rules=_HOST)]


def key_fields(record_class: type) -> tuple[str, ...]:
    """Names of the fields that are a record's key, in wire order."""
    return tuple(name for name, wire in fields(record_class) if isinstance(wire, Key))


@functools.cache
def key_record(record_class: type) -> type:
    """The record class of the key alone, as a delete carries it (ADV-1); the class itself where all of it is key."""
    names = key_fields(record_class)
    if len(names) == len(fields(record_class)):
        return record_class
    hints = get_type_hints(record_class, include_extras=True)
    body = {"__doc__": f"Key of {record_class.__name__}.", "__annotations__": {name: hints[name] for name in names}}
    return record(type(f"{record_class.__name__}Key", (), body))
