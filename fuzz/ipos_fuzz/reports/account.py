"""All that a campaign's folder tells, as one value: what terminal and page are made of when it is over."""

from dataclasses import dataclass
from pathlib import Path

from ipos_fuzz.campaign.outcome import Outcome, distinct, outcome
from ipos_fuzz.campaign.record import FILE, Record
from ipos_fuzz.campaign.record import read as read_record
from ipos_fuzz.errors import FuzzError
from ipos_fuzz.findings.finding import Finding
from ipos_fuzz.findings.store import FINDINGS, Store

PAGE = "report.html"


@dataclass(frozen=True)
class Account:
    """A campaign's folder. findings: each once, in the order in which they were found."""

    folder: Path
    record: Record
    findings: tuple[Finding, ...]

    @property
    def outcome(self) -> Outcome:
        """What it comes to."""
        return outcome(self.record, self.findings)

    @property
    def rate(self) -> float:
        """Cases in a second, all in all."""
        return self.record.all_cases / max(self.record.seconds, 1e-6)


def account(folder: Path, record: Record) -> Account:
    """Of a campaign that is under way. Raises FuzzError if a finding in its folder is damaged."""
    return Account(folder, record, distinct(Store(folder / FINDINGS).read()))


def read(folder: Path) -> Account:
    """Of a folder. Raises FuzzError if there is no campaign in it."""
    record = read_record(folder)
    if record is None:
        raise FuzzError(f"{folder}: no {FILE} in it, expected a folder that `ipos-fuzz run --output {folder}` has made")
    return account(folder, record)
