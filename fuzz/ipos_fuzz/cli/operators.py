"""`ipos-fuzz mutate` and `ipos-fuzz operators`: single frames, without sending any."""

import json
from typing import Annotated, NoReturn

import typer
from ipos_spec import vectors
from ipos_spec.requirements import requirement

from ipos_fuzz.mutate import OPERATORS, UnknownOperatorError, mutants

USAGE = 2

commands = typer.Typer()
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for another program to read.")]


@commands.command(
    epilog="Examples:\n\nipos-fuzz mutate tcp-connection --count 10 --seed 1\n\n"
    "ipos-fuzz mutate udp --operator inner-fragment --json"
)
def mutate(
    packet: Annotated[
        str, typer.Argument(metavar="PACKET", help=f"Which worked example to mutate: {', '.join(vectors.FRAMES)}.")
    ],
    count: Annotated[int, typer.Option(min=1, help="How many mutants.")] = 10,
    seed: Annotated[int, typer.Option(help="The same seed gives the same mutants.")] = 0,
    operator: Annotated[list[str] | None, typer.Option(help="Only this operator; may be given more than once.")] = None,
    as_json: Json = False,
) -> None:
    """Make mutants of a frame: operator, whether a router must discard the mutant, and its octets in hexadecimal."""
    if packet not in vectors.FRAMES:
        _refuse(f"no packet {packet!r}; there are {', '.join(vectors.FRAMES)}")
    try:
        made = list(mutants(vectors.FRAMES[packet], count, seed, operator or ()))
    except UnknownOperatorError as error:
        _refuse(f"{error}; `ipos-fuzz operators` tells all")
    for mutant in made:
        if as_json:
            typer.echo(json.dumps({**mutant._asdict(), "frame": mutant.frame.hex(), "packet": packet, "seed": seed}))
        else:
            verdict = "discard" if mutant.must_be_discarded else "any"
            typer.echo(f"{mutant.operator:<22} {verdict:<8} {mutant.frame.hex()}")


@commands.command(epilog="Examples:\n\nipos-fuzz operators\n\nipos-fuzz operators --json")
def operators(as_json: Json = False) -> None:
    """Tell the mutation operators: what each violates or probes, and whether its mutants must be discarded."""
    if as_json:
        told = {
            name: {"requirement": operator.requirement, "must_be_discarded": operator.must_be_discarded}
            for name, operator in OPERATORS.items()
        }
        typer.echo(json.dumps(told, indent=2))
        return
    for name, operator in OPERATORS.items():
        verdict = "discard" if operator.must_be_discarded else "any"
        typer.echo(f"{name:<22} {verdict:<8} {operator.requirement:<7} {requirement(operator.requirement).sentence}")


def _refuse(problem: str) -> NoReturn:
    typer.echo(f"ipos-fuzz: {problem}", err=True)
    raise typer.Exit(USAGE)
