"""Ports: where a router's frames come from and go to. Each is a thin driver of one kind of device."""

from ipos_reference.ports.port import Port, PortError

__all__ = ["Port", "PortError"]
