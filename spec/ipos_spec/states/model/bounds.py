"""How large the world is that the model explores."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """The limits within which every order of events is tried.

    connections  that the client opens from one port, one after the other
    requests     of one octet each, in each connection
    window       requests that may be unanswered at once
    routers      2 (A, B) or 3 (A, B, C)
    migrations   attempted, all together
    repetitions  of a connection packet that get onto the LAN (0-3); more are as if lost
    in_flight    frames at once on the second LAN; further ones are lost
    duplicates   frames delivered twice, all together
    stale_syns   SYNs of a forgotten connection that the first LAN brings
    aborts       whether the client may break off with an RST, which may be lost
    """

    connections: int = 1
    requests: int = 1
    window: int = 1
    routers: int = 3
    migrations: int = 1
    repetitions: int = 1
    in_flight: int = 3
    duplicates: int = 1
    stale_syns: int = 0
    aborts: bool = True
