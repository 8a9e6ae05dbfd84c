"""`ipos-spec codec`: the source that is generated to read and write a record."""

from typing import Annotated

import typer

from ipos_spec.cli.common import app, meant, refuse
from ipos_spec.fields import nested_records
from ipos_spec.packets import PACKETS
from ipos_spec.struct_source import source

_RECORDS = {
    record.__name__: record
    for packet in dict.fromkeys(PACKETS.values())
    for record in (packet, *nested_records(packet))
}


@app.command(epilog="Examples:\n\nipos-spec codec EncapsulationHeader\n\nipos-spec codec TcpConnectionPacket")
def codec(
    record: Annotated[str | None, typer.Argument(metavar="RECORD", help="Which structure or packet.")] = None,
) -> None:
    """Print the Python source that reads and writes a record, generated from its schema.

    Without RECORD, the names of all records.
    """
    if record is None:
        typer.echo("\n".join(_RECORDS))
    else:
        name = meant(_RECORDS, record) or refuse(f"no record is called {record!r}; there are {', '.join(_RECORDS)}")
        typer.echo(source(_RECORDS[name]), nl=False)
