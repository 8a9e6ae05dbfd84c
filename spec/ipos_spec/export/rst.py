r"""Field tables in reStructuredText: a section for each packet, structure and table of FIG. 12.

Sections have labels (`ipos-tcp-connection`), so that a page of Sphinx can link to them with `:ref:`. Requirements are
in the role `req` (see `ipos_spec.rst_text`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ipos_spec.description import (
    ExtensionDescription,
    FieldDescription,
    PacketDescription,
    Part,
    ProtocolDescription,
    StructureDescription,
    TableDescription,
)
from ipos_spec.diagram import members
from ipos_spec.export.banner import banner
from ipos_spec.rst_text import escaped, list_table, prose, requirement
from ipos_spec.wording import Bound, bounds, common_bounds, heading, hyphenated, slug, structures

_FIELD_HEADINGS = ("Offset", "Size", "Field", "Unit", "Meaning", "May hold", "Source")
_FIELD_WIDTHS = (6, 5, 14, 9, 30, 22, 14)
_PART_HEADINGS = ("Offset", "Size", "Part", "Meaning")
_PART_WIDTHS = (8, 8, 24, 60)


def rst(description: ProtocolDescription) -> str:
    """Render all sections, under headings of one level: whoever includes them has the title above."""
    return f".. {banner('rst')}\n" + "".join(sections(description).values())


def sections(description: ProtocolDescription) -> Mapping[str, str]:
    """Render each section by itself, by its label without `ipos-`: `control-block`, `table-forward`."""
    found: dict[str, Iterable[str]] = {packet.name: _packet(packet, description) for packet in description.packets}
    for extension in description.extensions:
        found[extension.packet.name] = (*_packet(extension.packet, description), *_records(extension))
    found |= {slug(structure): _structure(structure, description) for structure in structures(description)}
    found |= {f"table-{table.name}": _table(table) for table in description.tables}
    return {name: "\n".join(lines) + "\n" for name, lines in found.items()}


def _packet(packet: PacketDescription, description: ProtocolDescription) -> Iterator[str]:
    yield from _section(packet.name, heading(packet.record), packet.title)
    protocols = " or ".join(f"0x{protocol:02x}" for protocol in packet.protocols)
    yield from ("", f"Type 0x{packet.type:02x}, protocol {protocols}.", "")
    yield from list_table(_PART_HEADINGS, _PART_WIDTHS, _part_rows(packet, description))
    yield from _bullets(common_bounds(packet, description))


def _part_rows(packet: PacketDescription, description: ProtocolDescription) -> Iterator[Sequence[str]]:
    parts = {part.path: part for part in packet.parts}
    fields = {field.path: field for field in packet.fields}
    for box in members(packet, description):
        part = parts.get(box.path)
        what, said = (_link(part), part) if part else (f"``{box.path}``", fields[box.path])
        yield str(box.offset), _size(box.size), what, prose(said.documentation)


def _link(part: Part) -> str:
    return f":ref:`{heading(part.structure)} <ipos-{hyphenated(part.structure)}>`"


def _records(extension: ExtensionDescription) -> Iterator[str]:
    """What the records of an extension are, below its section."""
    selectors = [path.rpartition(".")[2] for path in extension.selected_by]
    rows = [
        (
            *(f"{number} {name}" for number, name in zip(variant.selectors, variant.names, strict=True)),
            ", ".join(f"``{field.name}``" for field in variant.record.fields),
            f":ref:`ipos-table-{variant.table}`",
        )
        for variant in extension.variants
    ]
    yield from ("", f"Its records ({requirement(extension.requirement)}):", "")
    yield from list_table((*selectors, "Fields", "Meaning"), (*(20 for _ in selectors), 40, 20), rows)


def _structure(structure: StructureDescription, description: ProtocolDescription) -> Iterator[str]:
    yield from _section(slug(structure), heading(structure.name), structure.title)
    yield ""
    yield from list_table(_FIELD_HEADINGS, _FIELD_WIDTHS, _structure_rows(structure, description))
    yield from _bullets(common_bounds(structure, description))


def _structure_rows(structure: StructureDescription, description: ProtocolDescription) -> Iterator[Sequence[str]]:
    """A row for each field; of a nested structure one that leads to its section."""
    parts = {part.path: part for part in structure.parts}
    fields = {field.path: field for field in structure.fields}
    for box in members(structure, description):
        if box.path in fields:
            yield _field_row(box.path, fields[box.path])
        else:
            part = parts[box.path]
            yield str(box.offset), _size(box.size), _link(part), "", prose(part.documentation), "", ""


def _table(table: TableDescription) -> Iterator[str]:
    yield from _section(f"table-{table.name}", f"{table.title} table", table.use)
    record = table.record
    fields = [(f"{field.name} (key)" if field.name in record.key else field.name, field) for field in record.fields]
    yield ""
    yield from list_table(_FIELD_HEADINGS, _FIELD_WIDTHS, (_field_row(*named) for named in fields))
    instances = " and ".join(protocol.name for protocol in table.instances)
    bound = f"{table.bound.records} records ({requirement(table.bound.requirement)})"
    yield from (
        "",
        f":Source: {prose(table.source)}",
        f":Instances: {f'one for {instances} each' if instances else 'one'}",
        f":Filled by: {prose(table.filled_by)}",
        f":Read by: {prose(table.read_by)}",
        f":Bound: {bound}. {prose(table.bound.explanation)}",
    )
    yield from _lifetimes(table)


def _lifetimes(table: TableDescription) -> Iterator[str]:
    if not table.lifetimes:
        return
    rows = [
        (
            f"{lifetime.seconds} s",
            lifetime.protocol.name if lifetime.protocol else "",
            prose(lifetime.since),
            prose(lifetime.then),
            requirement(lifetime.requirement),
        )
        for lifetime in table.lifetimes
    ]
    yield ""
    yield from list_table(("Time", "Of", "Since", "Then", "Source"), (8, 6, 38, 38, 10), rows)


def _section(name: str, title: str, sentence: str) -> Iterator[str]:
    yield from ("", f".. _ipos-{name}:", "", title, "-" * len(title), "", prose(sentence))


def _bullets(found: Sequence[Bound]) -> Iterator[str]:
    for bound in found:
        yield from ("", f"- {_bound(bound)}")


def _field_row(name: str, field: FieldDescription) -> Sequence[str]:
    held = "; ".join(_bound(bound) for bound in bounds(field))
    code, _, remark = name.partition(" ")
    return (
        str(field.offset),
        _size(field.size),
        f"``{code}`` {remark}".rstrip(),
        prose(field.unit),
        prose(field.documentation),
        held,
        prose(field.source),
    )


def _size(size: int | None) -> str:
    return "varies" if size is None else str(size)


def _bound(bound: Bound) -> str:
    return f"{escaped(bound.text)} ({requirement(bound.requirement)})" if bound.requirement else escaped(bound.text)
