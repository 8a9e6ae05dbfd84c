"""What this package raises on purpose, beside what the conformance suite does."""

from ipos_conformance.errors import SuiteError


class FuzzError(SuiteError):
    """Base. The text is one line for the user: what was found, what was expected, what to do."""
