"""Defects in what a router lets in: more than its tables hold, and frames from strangers (SEC-1, TAB-4, TGT-2)."""

from ipos_defects.defect import defect
from ipos_defects.lan_variations import takes_frames_from_anybody


@defect("SEC-1")
def strangers_heard() -> None:
    """Has no allow-list of peers, though its operator has claimed one."""
    takes_frames_from_anybody()
