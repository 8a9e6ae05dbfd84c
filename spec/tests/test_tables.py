"""The tables against FIG. 12, typed from the drawing, and against what the requirements say of them."""

import re

import pytest
from ipos_spec.encapsulation import Protocol
from ipos_spec.fields import fields, rules_of
from ipos_spec.requirements import registry
from ipos_spec.rules import Within
from ipos_spec.tables import (
    APPLICATION_INFORMATION,
    COOKIE_MAP,
    FORWARD,
    FORWARD_CONNECT,
    LISTENING_SOCKETS,
    LOCAL,
    SERVER_STATE,
    TABLES,
    TEMPORARY,
    URL_MAP,
    Table,
    WhenFull,
)
from ipos_spec.tables.records import key_record
from ipos_spec.text import Text

ENDPOINTS = """
    Yes | Source IP Address             | source_ip            | 4
    Yes | Source Port                   | source_port          | 2
    Yes | Destination IP Address        | destination_ip       | 4
    Yes | Destination Port              | destination_port     | 2
    No  | Endpoint Reference            | endpoint_reference   | 4
"""
FIGURE_12 = {
    FORWARD: """
    Yes | Source IP Address             | source_ip            | 4
    Yes | Source TCP Port               | source_port          | 2
    No  | Destination IP Address        | destination_ip       | 4
    No  | Destination TCP Port          | destination_port     | 2
    """,
    LOCAL: ENDPOINTS,
    FORWARD_CONNECT: ENDPOINTS,
    TEMPORARY: ENDPOINTS,
    SERVER_STATE: """
    Yes | Server IP Address             | server_ip            | 4
    No  | Number TCP Connections        | tcp_connections      | 4
    No  | CPU utilization               | cpu_utilization      | 2
    No  | Available memory              | available_memory     | 8
    No  | Available Bandwidth           | available_bandwidth  | 8
    """,
    LISTENING_SOCKETS: """
    Yes | Server IP Address             | server_ip            | 4
    Yes | TCP Port                      | port                 | 2
    No  | Process                       | process              | 4
    """,
    APPLICATION_INFORMATION: """
    Yes | Process ID                    | process_id           | 4
    No  | Process memory requirements   | memory_requirements  | 8
    No  | Process CPU Utilization       | cpu_utilization      | 2
    """,
    URL_MAP: """
    Yes | URL                           | url                  | 2048
    Yes | Server IP Address             | server_ip            | 4
    """,
    COOKIE_MAP: """
    Yes | Cookie ID                     | cookie_id            | 255
    No  | Server IP Address             | server_ip            | 4
    """,
}
"""Key and field as the drawing has them; the schema's name, and the octets that ADV-1 gives it (texts: at most)."""

TIMES = {
    FORWARD: {
        ("idle", "TCP"): (900, "FWD-2"),
        ("closing", "TCP"): (600, "FWD-2"),
        ("stale", "TCP"): (60, "FWD-5"),
        ("idle", "UDP"): (60, "UDP-3"),
        ("refresh", "UDP"): (30, "UDP-4"),
    },
    TEMPORARY: {
        ("without-data", "TCP"): (30, "ORG-10"),
        ("unacknowledged", "TCP"): (1, "ORG-11"),
        ("incomplete", "TCP"): (5, "ORG-3"),
        ("idle", "UDP"): (90, "UDP-3"),
    },
    FORWARD_CONNECT: {
        ("provisional", "TCP"): (900, "TGT-12"),
        ("provisional", "UDP"): (90, "TGT-12"),
        ("makes-room", "all"): (30, "TAB-4"),
        ("idle", "UDP"): (90, "UDP-3"),
        ("probe", "TCP"): (300, "TGT-13"),
        ("probe-after-fin", "TCP"): (60, "TGT-13"),
        ("probe-answer", "TCP"): (75, "TGT-13"),
        ("remembered", "TCP"): (5, "TGT-4"),
    },
    SERVER_STATE: {("advertised", "all"): (1, "ADV-2"), ("heard", "all"): (3, "ADV-2")},
    LISTENING_SOCKETS: {("advertised", "all"): (10, "ADV-2")},
    APPLICATION_INFORMATION: {("advertised", "all"): (10, "ADV-2")},
    URL_MAP: {("advertised", "all"): (10, "ADV-2")},
    COOKIE_MAP: {("advertised", "all"): (10, "ADV-2")},
}
TIMES[LOCAL] = {key: time for key, time in TIMES[FORWARD_CONNECT].items() if key != ("makes-room", "all")}

EVERY_TABLE = pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)


def rows(drawing: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("|")] for line in drawing.strip().splitlines()]


def test_all_nine_are_there() -> None:
    assert len(TABLES) == 9
    assert set(TABLES.values()) == set(FIGURE_12)


@EVERY_TABLE
def test_keys_and_fields_are_the_figures_in_its_order(table: Table) -> None:
    drawn = rows(FIGURE_12[table])
    assert [name for name, _ in fields(table.record)] == [name for _, _, name, _ in drawn]
    assert list(table.key) == [name for key, _, name, _ in drawn if key == "Yes"]


@EVERY_TABLE
def test_names_are_the_figures_words(table: Table) -> None:
    for _, words, name, _ in rows(FIGURE_12[table]):
        assert set(name.split("_")) <= set(words.lower().split())
    assert table.title in re.split(r"/| Table", table.caption)
    assert table.name == table.title.lower().replace(" ", "-")


@EVERY_TABLE
def test_sizes_are_those_of_the_requirement(table: Table) -> None:
    formats = [wire.format for _, wire in fields(table.record)]
    sizes = [kind.maximum if isinstance(kind, Text) else kind.sizeof() for kind in formats]
    assert sizes == [int(size) for *_, size in rows(FIGURE_12[table])]


@EVERY_TABLE
def test_key_fields_come_first(table: Table) -> None:
    """As an advertisement needs it (ADV-1)."""
    assert tuple(name for name, _ in fields(table.record))[: len(table.key)] == table.key


@EVERY_TABLE
def test_a_key_is_a_record_of_its_own(table: Table) -> None:
    record = key_record(table.record)
    assert fields(record) == fields(table.record)[: len(table.key)]
    assert rules_of(record) == ()
    assert key_record(table.record) is record


@EVERY_TABLE
def test_tables_with_ports_in_their_key_stand_there_for_each_protocol(table: Table) -> None:
    """TAB-5."""
    has_ports = any(name.endswith("port") for name in table.key)
    assert table.instances == ((Protocol.TCP, Protocol.UDP) if has_ports else ())
    assert len(table.bound.when_full) == max(len(table.instances), 1)


@EVERY_TABLE
def test_times_are_those_of_the_requirements(table: Table) -> None:
    assert {
        (life.name, life.protocol.name if life.protocol else "all"): (life.seconds, life.requirement)
        for life in table.lifetimes
    } == TIMES[table]
    assert len(table.lifetimes) == len(TIMES[table])
    assert all(life.scaled for life in table.lifetimes)


@EVERY_TABLE
def test_a_time_stands_in_the_sentence_that_it_names(table: Table) -> None:
    for life in table.lifetimes:
        in_words = "every second|1 s" if life.seconds == 1 else f"{life.seconds} s"
        assert re.search(rf"\b({in_words})\b", registry()[life.requirement].sentence)


@EVERY_TABLE
def test_everything_it_refers_to_is_in_the_registry(table: Table) -> None:
    texts = [table.source, table.filled_by, table.read_by, table.bound.requirement]
    texts += [life.requirement for life in table.lifetimes]
    texts += [wire.source for _, wire in fields(table.record)]
    texts += [rule.requirement for _, wire in fields(table.record) for rule in wire.rules]
    named = {slug for text in texts for slug in re.findall(r"[A-Z]{3}-\d+", text)}
    assert named <= set(registry())
    assert "TAB-4" in named


@EVERY_TABLE
def test_every_text_is_a_sentence(table: Table) -> None:
    texts = [table.use, table.bound.explanation, table.filled_by, table.read_by]
    texts += [text for life in table.lifetimes for text in (life.since, life.then)]
    texts += [wire.documentation for _, wire in fields(table.record)]
    assert [text for text in texts if not (text.endswith(".") and text[0].isupper())] == []


def test_utilization_is_counted_in_hundredths_of_a_percent() -> None:
    for table in (SERVER_STATE, APPLICATION_INFORMATION):
        wire = dict(fields(table.record))["cpu_utilization"]
        assert wire.rules == (Within(0, 10_000, "ADV-1"),)
        assert wire.unit == "0.01 %"


def test_what_happens_when_a_table_is_full() -> None:
    """TAB-4, for TCP and for UDP; the last sentence of it for what the others do not name."""
    assert {table.name: table.bound.when_full for table in TABLES.values()} == {
        "temporary": (WhenFull.DROP, WhenFull.DROP),
        "local": (WhenFull.RESET, WhenFull.DROP),
        "forward": (WhenFull.STAY, WhenFull.STAY),
        "forward-connect": (WhenFull.SILENCE, WhenFull.SILENCE),
        "server-state": (WhenFull.REFUSE,),
        "listening-sockets": (WhenFull.REFUSE, WhenFull.REFUSE),
        "application-information": (WhenFull.REFUSE,),
        "url-map": (WhenFull.REFUSE,),
        "cookie-map": (WhenFull.REFUSE,),
    }
    assert all(table.bound.records > 0 for table in TABLES.values())


def test_a_lifetime_is_found_by_name_and_protocol() -> None:
    assert FORWARD.lifetime("idle", Protocol.TCP).seconds == 900
    assert FORWARD.lifetime("idle", Protocol.UDP).seconds == 60
    assert SERVER_STATE.lifetime("heard").seconds == 3
    assert FORWARD_CONNECT.lifetime("makes-room", Protocol.UDP).seconds == 30
    with pytest.raises(KeyError, match="Forward has no lifetime 'closing'"):
        FORWARD.lifetime("closing", Protocol.UDP)
