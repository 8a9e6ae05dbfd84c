"""Whom the suite plays: clients, the edge router before them, and other servers' routers."""
