"""What a bystander is owed, and what a right router may do instead."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

from exchange import CLIENT, FACTS, of_target
from ipos_conformance.dut import Dut
from ipos_conformance.frames import Direction, Frame, Lan
from ipos_conformance.verdicts import Violation as Broken
from ipos_fuzz.oracles.bystanders import REQUEST, Bystanders, _Bystander
from ipos_spec.codec import encode
from ipos_spec.packets import Packet


def asked(*came: Packet) -> list[str]:
    """Kinds of violations where a new client's request is not answered, and these frames come instead."""

    def not_answered(_: object) -> None:
        raise Broken(("an answer",), ("nothing",))

    frames = [Frame(Lan.SECOND, Direction.RECEIVED, 1.0, encode(packet), FACTS.ether_type) for packet in came]
    traffic = SimpleNamespace(inbox=None, unclaimed=lambda: frames)
    client = SimpleNamespace(client=CLIENT)
    dut = SimpleNamespace(traffic=traffic, connect=lambda: client, expect_exchange=not_answered, turn_to=lambda _: None)
    bystanders = Bystanders.__new__(Bystanders)
    bystanders._dut = cast("Dut", cast("Any", dut))
    bystanders.inbox = cast("Any", SimpleNamespace(open=[]))
    bystanders._served = [_Bystander("ORG-4", REQUEST, bystanders._ask_here)]
    return [violation.kind for violation in bystanders.ask_all()]


def test_a_client_who_is_not_answered_is_told_of() -> None:
    assert asked() == [REQUEST]


def test_a_client_who_is_handed_over_is_served_by_whom_advertisements_name() -> None:
    assert asked(of_target()) == []


def test_what_is_said_of_another_client_excuses_nothing() -> None:
    packet = of_target()
    other = replace(packet, header=replace(packet.header, source_port=CLIENT.port + 1))
    assert asked(other) == [REQUEST]
