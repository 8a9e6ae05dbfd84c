r"""Sequence diagrams made from captures: who sent what to whom, for one client's connection.

    talk = conversations(captures.read(file))[-1]
    told = sequence(talk, names={mac("02:00:00:00:01:0a"): "edge router A"})
    print("\n".join(line(message, told) for message in told.messages))
    path.write_text(svg(told, "A request that server 2 answers"))

`frames` says what a captured frame is, `conversations` which of them belong together, `stations` who stands where,
`making` what a diagram shows of it, and `picture` draws it; `exchange` draws a whole exchange.
"""

from ipos_spec.sequence.conversations import Conversation, conversations
from ipos_spec.sequence.exchange import exchange_svg
from ipos_spec.sequence.making import line, sequence
from ipos_spec.sequence.picture import svg
from ipos_spec.sequence.values import Kind, Message, Participant, Role, Sequence

__all__ = [
    "Conversation",
    "Kind",
    "Message",
    "Participant",
    "Role",
    "Sequence",
    "conversations",
    "exchange_svg",
    "line",
    "sequence",
    "svg",
]
