"""`python -m ipos_conformance`."""

from ipos_conformance.cli import main

main()
