"""``python -m ipos_reference`` is ``ipos-router``."""

from ipos_reference.cli import main

main()
