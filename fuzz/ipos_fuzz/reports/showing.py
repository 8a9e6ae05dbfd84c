"""A finding in the terminal: what was sent and changed, what came, in which order, and how to see it again."""

from ipos_conformance.reports.showing import heading, line, stimulus, timeline
from rich.console import Console
from rich.text import Text

from ipos_fuzz.reports.finding_view import FindingView
from ipos_fuzz.reports.summary import say
from ipos_fuzz.reports.words import clock, proved, told


def show(view: FindingView, console: Console) -> None:
    """Everything that a finding's file holds."""
    finding = view.finding
    say(console, Text(finding.signature, "bold red"))
    line(console, f"requires  {finding.requirement}{': ' if finding.requirement else ''}{finding.sentence}")
    if view.case.matters:
        line(console, f"matters   {view.case.matters}")
    line(console, f"seen      {finding.what}")
    line(console, f"proof     {proved(finding)}")
    if finding.proof.restored:
        line(console, f"          fields that need not be changed: {', '.join(finding.proof.restored)}")
    if finding.story:
        line(console, f"story     {finding.source}: {told(finding.story)}")
    line(console, f"found     {finding.found}, {clock(finding.after_seconds)} into the run, seed {finding.seed}")
    for one in view.case.stimuli:
        stimulus(one, console)
    if view.case.more_stimuli:
        line(console, f"... and {view.case.more_stimuli} more changed frames, all in the capture")
    if view.case.moments:
        timeline(view.case, console)
    heading(console, "see it again")
    for label, command in view.again:
        line(console, f"{label + ':':<19} {command}")
    if finding.script:
        line(console, f"the script sends the frames, but can't tell by itself: {finding.script}")
