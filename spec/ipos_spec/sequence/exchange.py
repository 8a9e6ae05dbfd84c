"""A whole exchange of `ipos_spec.exchanges` as one sequence diagram."""

from dataclasses import replace

from ipos_spec.captures import CapturedFrame
from ipos_spec.exchanges.values import Exchange
from ipos_spec.sequence.conversations import conversations
from ipos_spec.sequence.making import sequence
from ipos_spec.sequence.picture import svg


def exchange_svg(exchange: Exchange) -> str:
    """Draw it, with all connections of the client where a port is used again: they are one story."""
    frames = [
        CapturedFrame(
            octets=frame.octets,
            original_length=len(frame.octets),
            time_ns=frame.time_ns,
            interface=frame.lan,
            comments=(frame.comment,),
        )
        for frame in exchange.frames
    ]
    talks = conversations(frames)
    everything = sorted((frame for talk in talks for frame in talk.frames), key=lambda frame: frame.number)
    return svg(sequence(replace(talks[0], frames=tuple(everything))), exchange.title, name=exchange.name)
