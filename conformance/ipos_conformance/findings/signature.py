"""A failure in words that are the same in the next run: without clients, sequence numbers, checksums and times."""

import re
from collections.abc import Sequence

from ipos_conformance.findings.results import CaseResult

_BLANKS = (
    (re.compile(r"\b(seq|ack|TSval|TSecr|id) \d+"), r"\1 N"),
    (re.compile(r"\bTimestamp \(\d+, \d+\)"), "Timestamp (N, N)"),
    (re.compile(r"\bwindow \d+"), "window N"),
    (re.compile(r"\bchecksum (0x)?[0-9a-f]+"), "checksum N"),
    (re.compile(r"\b\d+\.\d{2,}( m?s)\b"), r"N\1"),
    (re.compile(r"\bDate: [^\\']*"), "Date: N"),
    # Clients' ports and everything that is drawn from 2^32; ports of servers and sizes are smaller.
    (re.compile(r"\b\d+\.\d+\.\d+\.\d+:[2-6]\d{4}\b"), "CLIENT"),
    (re.compile(r"\b\d{6,10}\b"), "N"),
)


def signature(case: CaseResult) -> tuple[str, ...]:
    """What was missed and what came instead, one text each, every text once."""
    missed = [f"expected {outcome}" for outcome in case.expected]
    came = [f"got {what}" for what in case.actual]
    return tuple(dict.fromkeys(_blank(text) for text in (*missed, *came)))


def differing(expected: Sequence[str], found: Sequence[str]) -> str:
    """The first text that is another, for people."""
    new = [text for text in found if text not in expected]
    gone = [text for text in expected if text not in found]
    return new[0] if new else f"not any more: {gone[0]}" if gone else "another order"


def _blank(text: str) -> str:
    for pattern, blank in _BLANKS:
        text = pattern.sub(blank, text)
    return text
