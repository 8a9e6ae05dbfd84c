"""What crossed the LANs for one client."""

from collections.abc import Sequence

from ipos_spec.addresses import Mac
from ipos_spec.captures import CapturedFrame
from ipos_spec.exchanges.internet import Socket
from ipos_spec.sequence import Conversation, conversations, line, sequence

from ipos_reference.addresses import Address
from ipos_reference.lab import plan

_LONGEST = 24
"""Lines; of more, those in the middle are left out."""


def of_client(client: Address, frames: Sequence[CapturedFrame]) -> Conversation | None:
    """The last connection of a client from this port, if there is one."""
    return next((talk for talk in reversed(conversations(frames)) if talk.client == Socket(*client)), None)


def lines(talk: Conversation) -> list[str]:
    """A line for each frame, or for a run of like ones."""
    told = sequence(talk, plan.names(), most=_LONGEST)
    return [line(message, told) for message in told.messages]


def packets_to(client: Address, mac: Mac, talk: Conversation) -> int:
    """How many packets to a client were given to a station on the first LAN."""
    given = (one for one in talk.frames if one.ip is not None and one.packet is None and one.destination == mac)
    return sum(one.ip is not None and one.ip.destination == Socket(*client) for one in given)
