"""Operators keep what they promise, and say what they have changed."""

import pytest
from frames_of import FRAMES
from ipos_fuzz import Mutant, mutants
from ipos_fuzz.mutate import OPERATORS, UnknownOperatorError
from ipos_fuzz.subject import Subject
from ipos_spec import DecodeError, vectors
from ipos_spec.requirements import registry
from judging import reason_for_stranger, reason_to_discard

APPLICABLE = [
    pytest.param(name, operator, id=f"{name} {operator}")
    for name, frame in FRAMES.items()
    for operator in OPERATORS
    if OPERATORS[operator].applies(Subject.of(frame, others=tuple(vectors.FRAMES.values())))
]
EXAMPLES = 100
HARMLESS = ("padding", "frame-size", "reserved-octets", "other-zero-checksum", "inner-flags", "inner-time-to-live")


@pytest.mark.parametrize("name", FRAMES)
def test_original_is_nothing_to_discard(name: str) -> None:
    """Holds the judges to account."""
    assert reason_for_stranger(FRAMES[name], FRAMES[name]) is None


@pytest.mark.parametrize(("name", "operator"), APPLICABLE)
def test_promise_is_kept(name: str, operator: str) -> None:
    original, promises = FRAMES[name], OPERATORS[operator]
    for mutant in mutants(original, EXAMPLES, 1, [operator]):
        assert mutant.operator == operator
        assert mutant.must_be_discarded == promises.must_be_discarded
        if mutant.must_be_discarded:
            assert reason_to_discard(mutant.frame, original) is not None, mutant.frame.hex()
        if promises.discarded_for_stranger:
            assert reason_for_stranger(mutant.frame, original) is not None, mutant.frame.hex()
        if operator in HARMLESS:
            assert reason_to_discard(mutant.frame, original) is None, mutant.frame.hex()


@pytest.mark.parametrize(
    ("operator", "requirement"),
    [
        ("truncation", "ENC-8"),
        ("one-octet-less", "ENC-8"),
        ("wrong-checksum", "ENC-7"),
        ("stale-checksum", "ENC-7"),
        ("partial-checksum", "ENC-7"),
        ("unknown-type", "ENC-4"),
        ("unknown-protocol", "ENC-5"),
        ("other-ether-type", "ENC-2"),
        ("other-station", "ENC-12"),
        ("unusable-address", "ENC-13"),
        ("port-zero", "ENC-13"),
        ("foreign-destination", "ENC-13"),
        ("router-as-client", "ENC-13"),
        ("reversed-reference", "ENC-13"),
        ("refused-control-block", "TCB-2"),
        ("unquiet-control-block", "TCB-2"),
    ],
)
def test_operator_violates_what_it_names_and_nothing_before_it(operator: str, requirement: str) -> None:
    """The repaired checksum lets a mutant through to the check that it is meant for."""
    original = FRAMES["tcp-connection"]
    made = mutants(original, EXAMPLES, 2, [operator])
    assert {reason_to_discard(mutant.frame, original) for mutant in made} == {requirement}


@pytest.mark.parametrize("operator", [name for name in OPERATORS if name.startswith("inner-")])
@pytest.mark.parametrize("name", ["tcp", "udp"])
def test_inner_operators_violate_enc_10_or_8_or_neither(name: str, operator: str) -> None:
    """Those that promise nothing get past the ipOS checksum, to where the client's packet is looked at."""
    original, promises = FRAMES[name], OPERATORS[operator]
    if not promises.applies(Subject.of(original)):
        return
    reasons = {reason_to_discard(mutant.frame, original) for mutant in mutants(original, EXAMPLES, 3, [operator])}
    if promises.must_be_discarded:
        assert reasons == {promises.requirement}
    else:
        assert reasons <= {None, "ENC-10", "ENC-8"}


@pytest.mark.parametrize("operator", ["tcp-options", "tcp-flags", "tcp-number", "tcp-urgent", "tcp-data", "tcp-window"])
@pytest.mark.parametrize(("name", "prefix"), [("segment", ""), ("tcp", "inner-")])
def test_tcp_attacks_have_right_checksums(name: str, prefix: str, operator: str) -> None:
    """So that a router looks at what is odd in them."""
    original = FRAMES[name]
    made = list(mutants(original, EXAMPLES, 4, [prefix + operator]))
    assert {reason_for_stranger(mutant.frame, original) for mutant in made} == {None}
    assert len({mutant.frame for mutant in made}) > 4


@pytest.mark.parametrize("operator", ["truncation", "one-octet-less"])
def test_a_link_that_pads_does_not_put_back_what_was_cut_off(operator: str) -> None:
    original = Subject.of(FRAMES["udp-connection"]).put_field("connection.server_port", 0x0700)
    made = list(mutants(original, EXAMPLES, 11, [operator]))
    assert all(mutant.frame.ljust(60, b"\0") != original.ljust(60, b"\0") for mutant in made)
    assert any(len(mutant.frame) == len(original) - 2 for mutant in made)


def test_boundary_mutants_get_past_the_checksum() -> None:
    """Most of them: those that change type, protocol or checksum themselves don't."""
    original = FRAMES["tcp-connection"]
    made = [reason_to_discard(mutant.frame, original) for mutant in mutants(original, 300, 4, ["boundary"])]
    assert made.count("ENC-7") < 20
    assert made.count(None) > 100


@pytest.mark.parametrize("name", FRAMES)
def test_same_seed_gives_the_same_mutants_and_another_seed_others(name: str) -> None:
    frame = FRAMES[name]
    assert list(mutants(frame, 30, 7)) == list(mutants(frame, 30, 7))
    assert list(mutants(frame, 30, 7)) != list(mutants(frame, 30, 8))


def test_all_applicable_operators_are_used() -> None:
    used = {mutant.operator for frame in FRAMES.values() for mutant in mutants(frame, 600, 5)}
    assert used == set(OPERATORS)


def test_every_mutant_that_must_be_discarded_differs_from_its_original() -> None:
    for name, frame in FRAMES.items():
        for mutant in mutants(frame, 300, 6):
            assert mutant.frame != frame or not mutant.must_be_discarded, (name, mutant)


def test_first_lan_mutants_lead_nobody_out_of_the_lan() -> None:
    """A router that forwards IP would send somebody else what is for neither it nor a client."""
    inside = {FRAMES["syn"][30:34], FRAMES["syn"][26:30]}
    for name in ("syn", "segment", "datagram", "echo"):
        for mutant in mutants(FRAMES[name], 3000, 8):
            if mutant.operator in ("vlan-tag", "padded-truncation", "ip-cut", "ip-field-swap"):
                continue
            destination = mutant.frame[30:34]
            assert destination in inside or destination[0] in (0, 127, 255) or destination[0] >> 4 == 0xE, mutant


@pytest.mark.parametrize(
    ("name", "operator", "fields"),
    [
        ("tcp-connection", "wrong-checksum", {"header.checksum"}),
        ("udp", "port-zero", {"header.source_port", "header.checksum", "header.destination_port"}),
        ("tcp", "inner-time-to-live", {"inner.ip.time_to_live", "inner.ip.header_checksum"}),
        ("tcp", "inner-version", {"inner.ip.version", "inner.ip.header_checksum"}),
        ("segment", "tcp-data-offset", {"tcp.data_offset", "tcp.checksum"}),
        ("segment", "tcp-flags", {"tcp.control_bits", "tcp.checksum"}),
        ("udp-connection", "truncation", {"length"}),
        ("arp", "arp-operation", {"arp.operation"}),
        ("syn", "vlan-tag", {"ethernet.type"}),
        ("tcp", "inner-options", {"inner.ip.ihl", "inner.ip.total_length"}),
    ],
)
def test_mutants_say_which_fields_they_change(name: str, operator: str, fields: set[str]) -> None:
    made = list(mutants(FRAMES[name], EXAMPLES, 9, [operator]))
    assert {field for mutant in made for field in mutant.fields} == fields


def test_all_fields_of_the_packets_are_reached() -> None:
    for name, frame in FRAMES.items():
        changed = {field for mutant in mutants(frame, 3000, 10) for field in mutant.fields}
        assert changed >= set(Subject.of(frame).shape.by_path) - {"ethernet.source"}, name


def test_operators_name_requirements_that_exist() -> None:
    assert {operator.requirement for operator in OPERATORS.values()} <= set(registry())


@pytest.mark.parametrize(
    "frame",
    [
        b"\0" * 60,
        FRAMES["arp"][:-1],
        FRAMES["arp"].replace(b"\x06\x04", b"\x06\x06"),
        FRAMES["syn"][:-1],
        FRAMES["datagram"][:-1] + b"?",
        FRAMES["segment"].replace(b"\x45", b"\x46", 1),
    ],
)
def test_invalid_original_is_refused(frame: bytes) -> None:
    with pytest.raises(DecodeError):
        next(mutants(frame, 1, 0))


@pytest.mark.parametrize("operators", [["explode"], ["inner-version"]])
def test_operator_that_is_not_there_or_does_not_apply(operators: list[str]) -> None:
    with pytest.raises(UnknownOperatorError, match=operators[0]):
        next(mutants(vectors.FRAMES["acknowledgement"], 1, 0, operators))


def test_another_ether_type_is_followed() -> None:
    frame = vectors.FRAMES["udp"][:12] + b"\x88\xb5" + vectors.FRAMES["udp"][14:]
    made = list(mutants(frame, 50, 0, ["port-zero", "other-ether-type"], ether_type=0x88B5))
    assert {mutant.frame[12:14] == b"\x88\xb5" for mutant in made if mutant.operator == "port-zero"} == {True}
    assert {mutant.frame[12:14] == b"\x88\xb5" for mutant in made if mutant.operator == "other-ether-type"} == {False}


def test_mutants_are_values() -> None:
    (mutant,) = mutants(vectors.FRAMES["udp"], 1, 0)
    assert mutant == Mutant(*mutant)
