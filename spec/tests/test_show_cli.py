"""`ipos-spec show`: diagrams and field tables in a terminal."""

import re

import pytest
from ipos_spec.cli import app
from ipos_spec.description import describe
from ipos_spec.wording import Described, everything, slug
from rich.console import Console
from typer.testing import CliRunner, Result

COLOUR = re.compile(r"\x1b\[[0-9;]*m")
MEANING_OF_MAXSEG = "Largest segment to send to the client, timestamps not subtracted."


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["show", *arguments])


def on_terminal(monkeypatch: pytest.MonkeyPatch, width: int, *arguments: str) -> str:
    """What a terminal of 256 colours gets."""
    terminal = Console(force_terminal=True, color_system="256", width=width, markup=False, highlight=False)
    with terminal.capture() as captured:
        monkeypatch.setattr("ipos_spec.cli.show.console", lambda: terminal)
        assert run(*arguments).exit_code == 0
    return captured.get()


def diagram(text: str) -> list[str]:
    """The lines of the diagram, without the colours, the rulers above and the blanks behind."""
    lines = [COLOUR.sub("", line).rstrip() for line in text.splitlines()]
    begin = next(number for number, line in enumerate(lines) if "┌" in line)
    return lines[begin : lines.index("", begin)]


def test_a_packet_is_drawn_with_32_bits_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """A field that crosses rows is one box; what varies in size has broken sides, and no offset behind its begin."""
    assert diagram(on_terminal(monkeypatch, 80, "tcp")) == [
        "      ┌───────────────────────────────────────────────────────────────┐",
        "    0 │                          destination                          │",
        "      │                               ┌───────────────────────────────┤",
        "    4 │                               │                               │",
        "      ├───────────────────────────────┘                               │",
        "    8 │                            source                             │",
        "      ├───────────────────────────────┬───────────────────────────────┤",
        "   12 │             type              │           source_ip           │",
        "      ├───────────────────────────────┼───────────────────────────────┤",
        "   16 │                               │          source_port          │",
        "      ├───────────────────────────────┴───────────────────────────────┤",
        "   20 │                        destination_ip                         │",
        "      ├───────────────────────────────┬───────────────┬───────────────┤",
        "   24 │       destination_port        │     type      │   protocol    │",
        "      ├───────────────────────────────┼───────────────┴───────────────┤",
        "   28 │           checksum            │                               │",
        "      ├───────────────────────────────┘                               │",
        "      ╎                      inner, size varies                       ╎",
        "      ├───────────────────────────────────────────────────────────────┤",
        "      ╎                     padding, size varies                      ╎",
        "      └───────────────────────────────────────────────────────────────┘",
    ]


def test_name_that_is_too_long_for_its_octet_takes_two_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = diagram(on_terminal(monkeypatch, 80, "control-block"))
    at = next(number for number, line in enumerate(lines) if line.startswith("  124 │"))
    assert lines[at : at + 2] == [
        "  124 │   snd_scale   │   rcv_scale   │request_r_scale│ requested_s_  │",
        "      │               │               │               │     scale     │",
    ]


def test_ruler_numbers_the_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    tens, units = on_terminal(monkeypatch, 80, "ethernet-header").splitlines()[1:3]
    assert COLOUR.sub("", tens).split() == ["0", "1", "2", "3"]
    assert "".join(COLOUR.sub("", units).split()) == "01234567890123456789012345678901"


@pytest.mark.parametrize("described", everything(describe()), ids=slug)
@pytest.mark.parametrize("width", [80, 140])
def test_diagram_fits_and_table_has_every_field(
    described: Described, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = COLOUR.sub("", on_terminal(monkeypatch, width, slug(described)))
    assert max(map(len, text.splitlines())) <= width
    rows = [line.split() for line in text.splitlines()]
    for field in described.fields:
        size = [] if field.size is None else [str(field.size)]
        assert sum(row[: len(size) + 2] == [str(field.offset), *size, field.name] for row in rows) == 1, field.path


def test_wide_terminal_gets_units_bounds_and_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    headings = ["Offset", "Size", "Field", "Unit", "Meaning", "May", "hold", "Source"]
    wide = COLOUR.sub("", on_terminal(monkeypatch, 320, "control-block"))
    assert headings in [line.split() for line in wide.splitlines()]
    assert re.search(rf"24 +2 +t_maxseg +octets +{MEANING_OF_MAXSEG} +64 to 65495 \(TCB-2\) +TCB-2", wide)
    assert "snd_una = snd_nxt = snd_max (TCB-2)" in wide


def test_numbers_have_their_names_and_flags_their_bits() -> None:
    text = " ".join(run("encapsulation-header").stdout.split())
    assert "0x01 TCP or 0x02 UDP (ENC-5)" in text
    assert "0x0004 NODELAY, 0x0020 REQ_SCALE" in " ".join(run("control-block").stdout.split())


def test_one_colour_for_each_group(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each name has the same colour in the diagram and in the table, which is that of its group in `decode`."""
    text = on_terminal(monkeypatch, 80, "udp-connection")
    colours = {
        name: set(re.findall(rf"\x1b\[[0-9;]*38;5;(\d+)m *{name} *\x1b", text))
        for name in ("destination", "checksum", "server_ip", "padding")
    }
    assert colours == {"destination": {"32"}, "checksum": {"28"}, "server_ip": {"163"}, "padding": {"244"}}


def test_no_color_is_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert "38;5" not in on_terminal(monkeypatch, 80, "tcp-connection")


def test_in_a_pipe_it_is_plain() -> None:
    assert "\x1b" not in run("tcp-connection").stdout


def test_an_extension_tells_its_records() -> None:
    lines = [line.split() for line in run("table-advertisement").stdout.splitlines()]
    assert ["URL_MAP", "DELETE", "url,", "server_ip"] in lines


def test_without_a_name_all_are_listed() -> None:
    listed = [line.split()[:2] for line in run().stdout.splitlines() if line.strip()]
    for described in everything(describe()):
        assert [slug(described), str(described.size)] in listed


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        ("tcp-conection", "perhaps tcp-connection"),
        ("ControlBlock", "perhaps control-block?"),
        ("url-map", "a table is: `ipos-spec tables url-map`"),
        ("frobnicate", "`ipos-spec show` lists all"),
    ],
)
def test_unknown_name_is_refused_with_a_suggestion(name: str, suggestion: str) -> None:
    result = run(name)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"ipos-spec: no packet or structure is called {name!r}; {suggestion}")
    assert result.stderr.count("\n") == 1
