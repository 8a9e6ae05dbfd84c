"""A C11 header (C++17 takes it too): layout, values in host order, and the checks that a frame has to pass.

Octets are read and written one by one, so neither alignment nor byte order of the machine matters; the layout is held
by static assertions. `templates` shows what the header looks like, `members` how a field comes into it.
"""

from collections.abc import Iterable, Iterator

from ipos_spec.description import Kind, PacketDescription, ProtocolDescription, StructureDescription
from ipos_spec.export.banner import banner
from ipos_spec.export.c_header import templates
from ipos_spec.export.c_header.checks import checks, inner_checks
from ipos_spec.export.c_header.members import enumeration, field_list, limits, members, spans
from ipos_spec.export.c_header.names import comment, name_of, refused, tag, union_member
from ipos_spec.requirements import requirement
from ipos_spec.rules import Stage
from ipos_spec.wording import Described, explained

__all__ = ["c_header"]

_DECODING = ("ENC-2", "ENC-4", "ENC-5", "ENC-7", "ENC-8", "ENC-10")
"""What `ipos_decode` names; what `ipos_check` names stands in the rules."""


def c_header(description: ProtocolDescription) -> str:
    """Render `ipos.h`."""
    packets, slugs = description.packets, list(dict.fromkeys((*_DECODING, *_of_rules(description))))
    return templates.FILE.substitute(
        banner=banner("c"),
        ether_type=f"{description.ether_type:#06x}u",
        alternative_ether_type=f"{description.alternative_ether_type:#06x}u",
        minimum_frame=f"{description.minimum_frame}u",
        refusals="\n".join(
            f"{comment(f'{slug}: {requirement(slug).sentence}', 4)}\n    {refused(slug)}," for slug in slugs
        ),
        refusal_texts=_cases((refused(slug), f'"{slug}"') for slug in slugs),
        structures="\n\n".join(_structure(structure) for structure in _inner_first(description.structures)),
        packets="\n\n".join(_packet(packet) for packet in packets),
        names="\n".join(f"    {name_of(packet)}, /**< FIG. {packet.figure} */" for packet in packets),
        name_texts=_cases((name_of(packet), f'"{packet.name}"') for packet in packets),
        union="\n".join(f"        struct {tag(packet)} {union_member(packet)};" for packet in packets),
        covered=_cases(
            (announcement, f"{packet.covered[1]}u")
            for packet in packets
            if packet.covered
            for announcement in _announcements(packet)
        ),
        acknowledgements="\n\n".join(
            templates.ACKNOWLEDGEMENT.substitute(tag=tag(packet), type=f"{packet.type}u")
            for packet in packets
            if not packet.covered
        ),
        transports="\n".join(
            templates.TRANSPORT.substitute(
                protocol=f"{transport.protocol:d}u", iana=f"{transport.iana}u", header=f"{transport.header}u"
            )
            for transport in description.transports
        ),
        **inner_checks(description.inner_rules),
        decoders="\n\n".join(_decoder(packet) for packet in packets),
        dispatch="\n".join(_dispatch(packet) for packet in packets),
        known_types=" || ".join(dict.fromkeys(f"header.type == {packet.type}u" for packet in packets)),
        checks=_cases(
            (name_of(packet), f"{tag(packet)}_check(&packet->as.{union_member(packet)})") for packet in packets
        ),
    )


def _structure(structure: StructureDescription) -> str:
    named = [field for field in structure.fields if field.names and not field.group]
    sections = (
        *(enumeration(structure, field) for field in named),
        "\n".join(limits(structure)),
        templates.STRUCTURE.substitute(_layout(structure)),
    )
    return "\n\n".join(section for section in sections if section)


def _packet(packet: PacketDescription) -> str:
    layout, variable = _layout(packet), spans(packet)
    layout["host"] += "".join(
        f"\n{comment(explained(field), 4)}\n    struct ipos_span {field.path};" for field in variable
    )
    return templates.PACKET.substitute(
        layout,
        fields=field_list(packet),
        spans_length="".join(f" + value->{field.path}.length" for field in variable),
        spans="\n".join(f"    rest = ipos_put(rest, value->{field.path});" for field in variable),
    )


def _layout(described: Described) -> dict[str, str]:
    """What the templates of structures and packets share."""
    own, where = members(described), tag(described)
    return {
        "tag": where,
        "title": comment(described.title),
        "size": f"{described.size}",
        "wire": "\n".join(f"    {member.wire};" for member in own),
        "offsets": "\n".join(f"IPOS_OFFSET({where}, {member.name}, {member.offset});" for member in own),
        "host": "\n".join(f"{member.comment}\n    {member.host};" for member in own),
        "parse": "\n".join(f"    {member.parse}" for member in own),
        "build": "\n".join(f"    {member.build}" for member in own),
        "checks": checks(described),
    }


def _decoder(packet: PacketDescription) -> str:
    inner = (templates.INNER.substitute(inner=field.path) for field in packet.fields if field.kind is Kind.IPV4_PACKET)
    start, end = packet.covered or (0, 0)
    checksum = templates.CHECKSUM.substitute(start=start, length=end - start) if packet.covered else ""
    return templates.DECODER.substitute(tag=tag(packet), inner="".join(inner), checksum=checksum)


def _dispatch(packet: PacketDescription) -> str:
    labels = "\n".join(f"    case {announcement}:" for announcement in _announcements(packet))
    return templates.DISPATCH.substitute(
        labels=labels, name=name_of(packet), tag=tag(packet), member=union_member(packet)
    )


def _announcements(packet: PacketDescription) -> Iterator[str]:
    """Type and protocol as one number."""
    return (f"{packet.type << 8 | protocol:#06x}" for protocol in packet.protocols)


def _cases(results: Iterable[tuple[str, str]]) -> str:
    return "\n".join(f"    case {value}:\n        return {result};" for value, result in results)


def _of_rules(description: ProtocolDescription) -> Iterator[str]:
    """Requirements that a value alone can violate."""
    for structure in description.structures:
        for rule in (*(rule for field in structure.fields for rule in field.rules), *structure.rules):
            if rule.stage is Stage.PACKET:
                yield rule.requirement


def _inner_first(structures: Iterable[StructureDescription]) -> list[StructureDescription]:
    """C wants a structure declared before one that holds it; a holder has more parts in it."""
    return sorted(structures, key=lambda structure: len(structure.parts))
