"""``ipos-router lab ...``: one module a command or two, which register with `app`."""

from ipos_reference.lab.commands import capture, demo, diagram, life, status, view
from ipos_reference.lab.commands.common import app

__all__ = ["app", "capture", "demo", "diagram", "life", "status", "view"]
