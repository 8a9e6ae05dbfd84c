"""What the options of the SYN and the SYN/ACK agree on."""

from dataclasses import dataclass

from ipos_reference.tcp.options import Options
from ipos_reference.tcp.settings import Settings

DEFAULT_MSS = 536
"""Taken where the client sends no MSS option (RFC 9293 3.7.1, MUST-15)."""
MAXIMUM_MSS = 65495
"""What fits into an IPv4 packet; a larger value is taken as this (ORG-9)."""
MAXIMUM_SCALE = 14
"""RFC 7323 2.3: a larger shift count is taken as 14."""
LARGEST_WINDOW_FIELD = 65535


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Properties of a connection that stay fixed once it is open."""

    peer_mss: int
    """As in the client's MSS option: options are not subtracted."""
    scaling: bool
    snd_scale: int
    """For windows that the client sends; 0 without scaling."""
    rcv_scale: int
    """For windows sent to the client; 0 without scaling."""
    timestamps: bool
    sack: bool


def agree(offer: Options, settings: Settings) -> Agreement:
    """Use what the client offered and the settings allow, and nothing else (RFC 7323 1.3, RFC 2018 2)."""
    scaling = settings.window_scaling and offer.window_scale is not None
    return Agreement(
        peer_mss=min(DEFAULT_MSS if offer.mss is None else offer.mss, MAXIMUM_MSS),
        scaling=scaling,
        snd_scale=min(offer.window_scale or 0, MAXIMUM_SCALE) if scaling else 0,
        rcv_scale=_scale_for(settings.receive_buffer) if scaling else 0,
        timestamps=settings.timestamps and offer.timestamps is not None,
        sack=settings.sack and offer.sack_permitted,
    )


def answer(agreement: Agreement, settings: Settings, timestamps: tuple[int, int] | None) -> Options:
    """The options of the SYN/ACK."""
    return Options(
        mss=settings.mss,
        window_scale=agreement.rcv_scale if agreement.scaling else None,
        sack_permitted=agreement.sack,
        timestamps=timestamps,
    )


def _scale_for(buffer: int) -> int:
    """Smallest shift count with which the window field can express the whole buffer (RFC 7323 2.3)."""
    return next((n for n in range(MAXIMUM_SCALE) if LARGEST_WINDOW_FIELD << n >= buffer), MAXIMUM_SCALE)
