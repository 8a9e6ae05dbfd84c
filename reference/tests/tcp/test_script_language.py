"""The scripts' language itself: errors name the line, and a script that the endpoint does not follow fails clearly."""

from pathlib import Path

import pytest
from ipos_reference.tcp.send_buffer import SendBuffer

from .script_parser import ScriptError, parse
from .script_player import LOW, DeviationError, play

FILE = Path("a.script")
HEAD = "script Title\nchecks RFC 9293 3.4\ngiven established\n"


def run(steps: str) -> None:
    for script in parse(HEAD + steps, FILE):
        play(script, LOW)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("0.0 < . 1:5(3) ack 1", "1:5(3); expected 1:4(3)"),
        ("0.0 < . 1:1(0)", '"." and "ack N" together'),
        ("0.0 < P 1:1(0) ack 1", '"." and "ack N" together'),
        ("0.0 < X. 1:1(0) ack 1", "flag X; expected some of FSRP.U"),
        ("0.0 < . 1:1 ack 1", "expected FLAGS FIRST:END(LENGTH)"),
        ("0.0 < . 1:1(0) ack 1 in 10", "nothing to divide; expected a length above 0"),
        ("0.0 < . 1:1(0) ack 1 <msss 3>", "option msss 3; expected mss N"),
        ("0.0 app eat 3", "expected write N"),
        ("0.0 app write", "expected write N"),
        ("0.0 app close 3", "expected write N"),
        ("0.0 wait", "wait; expected <, >, app or nothing"),
        ("> . 1:1(0) ack 1", "no time, and nothing to observe"),
        ("closed for ever", "no time, and nothing to observe"),
        ("block color 3", "fields color; expected fields of the control block"),
        ("settings color 3", "no setting color; expected one of mss"),
        ("settings mss many", "mss many; expected a number"),
        ("settings sack maybe", "sack maybe; expected on or off"),
        ("given opened", "expected established|restored"),
        ("given established with snd_wnd 3", "fields snd_wnd; expected fields of the control block, after restored"),
        ("given restored with size 3", "fields size; expected fields of the control block"),
        ("numbers iss 3", "expected iss NUMBER, irs NUMBER"),
    ],
)
def test_errors_name_file_line_and_what_was_expected(line, message):
    with pytest.raises(ScriptError) as error:
        parse(HEAD + line, FILE)
    assert str(error.value).startswith(f"a.script:4: {line}: ")
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0.0 nothing", "a.script:1: 0.0 nothing: a line before the first script"),
        ("script A\n0.0 nothing", "a.script:1: A: needs a checks line and at least one step"),
        ("script A\nchecks RFC 9293 3.4", "a.script:1: A: needs a checks line and at least one step"),
        (HEAD + "0.0 nothing\nsettings mss 1000", "a.script:5: settings mss 1000: settings after the first step"),
    ],
)
def test_a_script_has_its_order(text, message):
    with pytest.raises(ScriptError) as error:
        parse(text, FILE)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("steps", "line", "message"),
    [
        ("0.0 app write 1\n0.1 nothing", 5, "expected  nothing before this step"),
        ("0.0 app write 1", 4, "expected  nothing more"),
        ("0.0 > . 1:1(0) ack 1", 4, "got       nothing"),
        ("0.0 app write 1\n+0.1 > P. 1:2(1) ack 1", 5, "(other: time)"),
        ("0.0 app write 1\n+0 > P. 1:2(1) ack 2", 5, "(other: ack)"),
        ("0.0 app write 1\n+0 > F. 1:2(1) ack 1", 5, "(other: flags)"),
        ("0.0 app write 2\n+0 > P. 2:3(1) ack 1", 5, "(other: seq, length)"),
        ("0.0 app write 1\n+0 > P. 1:2(1) ack 1 win 1", 5, "(other: win)"),
        ("0.0 app write 1\n+0 > P. 1:2(1) ack 1 <TS>", 5, "(other: options)"),
        ("0.0 < P. 1:2(1) ack 1\n+0 app read 2", 5, "octets"),
        ("state LAST-ACK", 4, "expected  LAST-ACK"),
        ("readable 1", 4, "got       0"),
        ("closed", 4, "got       (False, None)"),
        ("block snd_wnd 1", 4, "expected  1 snd_wnd"),
        ("0.0 app write 1 takes 0", 4, "expected  0 octets taken"),
        ("0.0 < P. 1:2(1) ack 1\n+0 app migrate", 5, "expected  True (quiescent)"),
    ],
)
def test_what_deviates_fails_with_its_line(steps, line, message):
    with pytest.raises(DeviationError) as error:
        run(steps)
    assert str(error.value).startswith(f"a.script:{line}: ")
    assert message in str(error.value)


def test_a_failure_shows_the_trace_in_the_language_of_scripts():
    with pytest.raises(DeviationError) as error:
        run("0.0 app write 100\n+0 > P. 1:101(100) ack 1\n0.2 nothing\n0.4 nothing")
    trace = str(error.value).partition("trace\n")[2].splitlines()
    assert [line.strip() for line in trace] == [
        "-0.100 < S 0:0(0) win 65535 <mss 1460>",
        "-0.100 > S. 0:0(0) ack 1 win 65535 <mss 1460>",
        "0.000 < . 1:1(0) ack 1 win 65535",
        "0.000 app write 100",
        "0.000 > P. 1:101(100) ack 1 win 65535",
        "0.300 > P. 1:101(100) ack 1 win 65535   <- not expected so far",
    ]


def test_octets_are_compared_with_their_numbers(monkeypatch):
    """Right numbers over the wrong text: the planted fault turns the text of every segment around."""
    right = SendBuffer.octets
    monkeypatch.setattr(SendBuffer, "octets", lambda self, seq, length: right(self, seq, length)[::-1])
    with pytest.raises(DeviationError, match=r"\(other: text\)"):
        run("0.0 app write 100\n+0 > P. 1:101(100) ack 1")
