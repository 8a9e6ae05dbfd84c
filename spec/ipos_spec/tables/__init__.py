"""FIG. 12: nine tables; `records` says what stands in them, `table` what can be said about one, `figure_12` says it."""

from ipos_spec.tables.figure_12 import (
    APPLICATION_INFORMATION,
    COOKIE_MAP,
    FORWARD,
    FORWARD_CONNECT,
    LISTENING_SOCKETS,
    LOCAL,
    SERVER_STATE,
    TABLES,
    TEMPORARY,
    URL_MAP,
)
from ipos_spec.tables.table import Bound, Lifetime, Table, WhenFull

__all__ = [
    "APPLICATION_INFORMATION",
    "COOKIE_MAP",
    "FORWARD",
    "FORWARD_CONNECT",
    "LISTENING_SOCKETS",
    "LOCAL",
    "SERVER_STATE",
    "TABLES",
    "TEMPORARY",
    "URL_MAP",
    "Bound",
    "Lifetime",
    "Table",
    "WhenFull",
]
