"""From a draft to a vector: what is to be made of its frame follows from the rules that its values break."""

from typing import NamedTuple

from ipos_spec.addresses import ipv4_text, mac_text
from ipos_spec.description import FieldDescription, Kind
from ipos_spec.rules import Broadcast, FieldRule, Individual, OneOf, Same, Stage, Unicast, Within, Zero
from ipos_spec.vectors.draft import ETHER_TYPE, Draft
from ipos_spec.vectors.flags import Flag
from ipos_spec.vectors.values import Discard, Result, Value, Vector
from ipos_spec.wording import number_text

_BROKEN: dict[type[FieldRule | Same], Flag] = {
    Within: Flag.OUT_OF_RANGE,
    OneOf: Flag.OUT_OF_RANGE,
    Zero: Flag.RESERVED_NOT_ZERO,
    Unicast: Flag.NOT_UNICAST,
    Individual: Flag.GROUP_ADDRESS,
    Broadcast: Flag.GROUP_ADDRESS,
    Same: Flag.UNEQUAL,
}
_BROKEN_CHOICE = {"ENC-2": Flag.OTHER_ETHER_TYPE, "ENC-4": Flag.UNKNOWN_TYPE, "ENC-5": Flag.UNKNOWN_PROTOCOL}
_FIRST_EXTENSION = 0x80
_RESULTS = {Stage.FRAME: Result.INVALID, Stage.PACKET: Result.ACCEPTABLE}


class Outcome(NamedTuple):
    """What is to be made of a frame, and why."""

    result: Result
    discard: Discard | None = None


class Point(NamedTuple):
    """What a vector is for.

    group    kind of question
    slug     the rest of its slug, behind the packet's name
    comment  what is special about the frame
    flags    bugs that it finds; those for broken rules of fields are added
    about    paths of the fields that it is about
    """

    group: str
    slug: str
    comment: str
    flags: tuple[Flag, ...]
    about: tuple[str, ...]


def vector(draft: Draft, point: Point, outcome: Outcome | None = None, acknowledges: bytes | None = None) -> Vector:
    """The vector of a draft as it stands.

    outcome       if not only the rules of single fields are broken
    acknowledges  if it is another packet than the one that the acknowledgement is right for
    """
    flags = [*point.flags, *(_flag(rule, draft.values[field.path]) for rule, field in draft.broken_rules())]
    if _is_alternative(draft):
        flags.append(Flag.ALTERNATIVE_ETHER_TYPE)
    result, discard = outcome or outcome_of(draft)
    if draft.packet.covered is None and result is not Result.INVALID and acknowledges is None:
        acknowledges = draft.acknowledged().frame()
    return Vector(
        slug=f"{draft.packet.name}/{point.slug}",
        group=point.group,
        packet=draft.packet.name,
        comment=point.comment,
        frame=draft.frame(),
        result=result,
        flags=tuple(dict.fromkeys(flags)),
        about=point.about,
        values=draft.values,
        discard=discard,
        acknowledges=acknowledges,
    )


def cut(draft: Draft, point: Point, frame: bytes, discard: Discard) -> Vector:
    """A vector whose frame was made of the draft, but is not made of fields any more."""
    return Vector(
        slug=f"{draft.packet.name}/{point.slug}",
        group=point.group,
        packet=draft.packet.name,
        comment=point.comment,
        frame=frame,
        result=Result.INVALID,
        flags=point.flags,
        about=point.about,
        values={},
        discard=discard,
    )


def outcome_of(draft: Draft) -> Outcome:
    """Valid, or what the first broken rule makes of it; what a single frame shows comes before what a router knows."""
    if _is_alternative(draft):
        return Outcome(Result.ACCEPTABLE, Discard("ENC-2", ETHER_TYPE, draft.field(ETHER_TYPE).offset))
    for stage, result in _RESULTS.items():
        for rule, field in draft.broken_rules():
            if rule.stage is stage:
                return Outcome(result, Discard(rule.requirement, field.path, field.offset))
    return Outcome(Result.VALID)


def text_of(field: FieldDescription, value: Value) -> str:
    """The value as a person writes it."""
    if isinstance(value, bytes):
        return mac_text(value) if field.kind is Kind.MAC else value.hex()
    if field.kind is Kind.IPV4:
        return ipv4_text(value)
    return number_text(field, value)


def _is_alternative(draft: Draft) -> bool:
    """Whether it is ipOS only where the operator configured the other EtherType (ENC-2)."""
    return draft[ETHER_TYPE] == draft.protocol.alternative_ether_type


def _flag(rule: FieldRule | Same, value: Value) -> Flag:
    if not isinstance(rule, OneOf):
        return _BROKEN[type(rule)]
    flag = _BROKEN_CHOICE.get(rule.requirement, Flag.OUT_OF_RANGE)
    extension = flag is Flag.UNKNOWN_TYPE and isinstance(value, int) and value >= _FIRST_EXTENSION
    return Flag.EXTENSION_TYPE if extension else flag
