"""A counterexample told: who sends what, by which requirements, and what changes in whose tables."""

from collections.abc import Iterator

from ipos_spec.states.model.exploration import Exploration
from ipos_spec.states.model.moves import Move, spelled
from ipos_spec.states.model.world import NOWHERE, ROUTERS, Client, Phase, Router, World


def told(exploration: Exploration) -> list[str]:
    """The story, one line each: a numbered line for each move, indented ones for what it changes, last what broke."""
    if exploration.violation is None:
        return []
    lines, before = [], exploration.first
    for number, move in enumerate(exploration.story, start=1):
        lines.append(f"{number:2}. {_headline(move)}")
        lines.extend(f"      {change}" for change in _changes(before, move.world))
        before = move.world
    lines.append(f"Broken: {exploration.violation}.")
    return lines


def _headline(move: Move) -> str:
    ids = dict.fromkeys(slug for row in move.rows for slug in row.ids)
    return f"{move.text} [{', '.join(ids)}]" if ids else move.text


def _changes(before: World, after: World) -> Iterator[str]:
    for name, old, new in zip(ROUTERS, before.routers, after.routers, strict=False):
        shown = zip(_tables(old), _tables(new), strict=True)
        yield from (f"{name}: {was} -> {now}" for was, now in shown if was != now)
    for connection, (was, now) in enumerate(zip(before.consumed, after.consumed, strict=True)):
        if was != now:
            yield f"an application reads request octet {now - 1} of connection {connection}"
    if before.client != after.client:
        yield f"client: {_client(before.client)} -> {_client(after.client)}"
    yield from (f"on the second LAN: {spelled(frame)}" for frame in after.lan if frame not in before.lan)


def _tables(router: Router) -> tuple[str, str, str]:
    endpoint, entry = router.endpoint, router.entry
    first = "no endpoint"
    if endpoint is not None:
        first = f"{endpoint.state.name} (connection {endpoint.connection}, rcv_nxt {endpoint.rcv})"
    second = "no Forward entry"
    if entry is not None:
        beside = f", SYN of connection {entry.beside}" if entry.beside != NOWHERE else ""
        second = f"Forward {entry.state.name} (connection {entry.connection}, to {ROUTERS[entry.target]}{beside})"
    remembered = ", ".join(f"connection {ended.connection} at {ended.numbers[0]}" for ended in router.ended)
    return first, second, f"remembers {remembered or 'nothing'}"


def _client(client: Client) -> str:
    if client.phase in (Phase.CLOSED, Phase.SYN_SENT):
        return client.phase.name.replace("_", "-")
    return f"{client.phase.name.replace('_', '-')}, {client.una} acknowledged, {client.got} answered"
