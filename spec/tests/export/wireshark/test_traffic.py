"""Which frames the dissector takes, and that all others look as they do without it."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from ipos_spec.ethernet import ALTERNATIVE_ETHER_TYPE
from ipos_spec.vectors import FRAMES, all_vectors

Show = Callable[..., list[Any]]
Run = Callable[..., str]

TO, FROM = "020000000201", "020000000202"
IP = FRAMES["tcp"][30:]
ALTERNATIVE = ALTERNATIVE_ETHER_TYPE.to_bytes(2, "big")

OTHER_TRAFFIC = {
    "TCP": bytes.fromhex(f"{TO}{FROM}0800") + IP,
    "UDP": bytes.fromhex(f"{TO}{FROM}0800") + FRAMES["udp"][30:],
    "padded": bytes.fromhex(f"{TO}{FROM}0800") + FRAMES["udp"][30:] + bytes(14),
    "with trailer": bytes.fromhex(f"{TO}{FROM}0800") + IP + b"\x12\x34\x56\x78",
    "ARP": bytes.fromhex(f"ffffffffffff{FROM}0806 0001080006040001 {FROM}c0000202 000000000000c0000201"),
    "IPv6": bytes.fromhex(f"{TO}{FROM}86dd 6000000000003b40") + bytes(15) + b"\1" + bytes(15) + b"\2",
    "tagged": bytes.fromhex(f"{TO}{FROM}8100 0064 0800") + IP,
    "tagged LLC": bytes.fromhex(f"{TO}{FROM}8100 0064 0007 4242030000") + bytes(40),
    "spanning tree": bytes.fromhex(f"0180c2000000{FROM}0026 424203 0000000000") + bytes(55),
    "SNAP": bytes.fromhex(f"{TO}{FROM}004e aaaa03 000000 0800") + IP,
    "raw IPX": bytes.fromhex(f"{TO}{FROM}001e ffff 001e 0011") + bytes(40),
    "length 6": bytes.fromhex(f"{TO}{FROM}0006 aabb03 000000") + bytes(40),
    "length 8": bytes.fromhex(f"{TO}{FROM}0008 aabb03 0000000000") + bytes(40),
    "unknown type": bytes.fromhex(f"{TO}{FROM}9999") + bytes(46),
    "runt": bytes.fromhex(TO),
    "one octet": b"\0",
} | {
    vector.slug: vector.frame
    for vector in all_vectors()
    if "ether" in vector.slug and vector.frame[12:14] not in (b"\0\7", ALTERNATIVE)
}


@pytest.mark.parametrize("output", ["text", "json", "psml"])
def test_other_traffic_looks_as_without_the_dissector(plain: Run, dissected: Run, output: str) -> None:
    """But for an empty, hidden item that Wireshark itself adds for every heuristic dissector in Lua."""
    options = ("-V", "-T", output) if output == "text" else ("-T", output)
    hidden = r'\n\s*"_ws.lua.fake": "",'
    frames = OTHER_TRAFFIC.values()
    assert re.sub(hidden, "", dissected(frames, *options)) == plain(frames, *options)


def test_an_ipos_frame_without_the_dissector_is_none(plain: Run) -> None:
    """Why there is one: a type below 0x0600 is a length to Wireshark (ENC-2)."""
    assert "llc" in plain([FRAMES["tcp"]], "-T", "fields", "-e", "frame.protocols")


def test_the_addresses_of_ethernet_are_found_by_their_usual_names(dissected: Run) -> None:
    for name in ("eth", "eth.dst == 02:00:00:00:02:01", "eth.addr == 02:00:00:00:02:02", "eth.type == 7", "ip_os"):
        found = dissected([FRAMES["tcp-connection"]], "-Y", name, "-T", "fields", "-e", "eth.src")
        assert found.strip() == "02:00:00:00:02:02"


@pytest.mark.parametrize(
    ("ether_type", "options", "layers"),
    [
        ("0007", (), "eth:ip_os:ip:tcp:http"),
        ("88b5", (), "eth:ethertype:ip_os:ip:tcp:http"),
        ("8100 0064 88b5", (), "eth:ethertype:vlan:ethertype:ip_os:ip:tcp:http"),
        ("88b6", ("-o", f"ip_os.ether_type:{0x88B6}"), "eth:ethertype:ip_os:ip:tcp:http"),
        ("0008", ("-o", "ip_os.ether_type:8"), "eth:ip_os:ip:tcp:http"),
        ("0007", ("-o", "ip_os.ether_type:8"), "eth:ip_os:ip:tcp:http"),
        ("88b5", ("-o", f"ip_os.ether_type:{0x88B5}"), "eth:ethertype:ip_os:ip:tcp:http"),
    ],
)
def test_ether_types(show: Show, ether_type: str, options: tuple[str, ...], layers: str) -> None:
    """Two by themselves, a third by preference; Wireshark's own Ethernet dissector stands before those it knows."""
    frame = FRAMES["tcp"][:12] + bytes.fromhex(ether_type) + FRAMES["tcp"][14:]
    (shown,) = show([frame], *options)
    assert shown.protocols == layers
    assert shown.broken == {}
    assert shown.fields["ip_os.header.checksum"][0].offset == len(frame) - len(FRAMES["tcp"]) + 28


def test_addresses_are_judged_behind_wiresharks_own_ethernet_dissector(show: Show) -> None:
    """A broadcast (ENC-12) from a group (ENC-13), tagged: the buffer begins behind both."""
    frame = b"\xff" * 6 + b"\1" * 6 + bytes.fromhex("8100 0064 88b5") + FRAMES["tcp-connection"][14:]
    (shown,) = show([frame])
    assert set(shown.broken) == {"ENC-12", "ENC-13"}


def test_frames_that_end_early_behind_wiresharks_own_ethernet_dissector(show: Show) -> None:
    frames = [frame[:12] + ALTERNATIVE + frame[14:] for frame in FRAMES.values()]
    cut = [frame[:length] for frame in frames for length in range(15, len(frame))]
    assert [set(shown.broken) for shown in show(cut)] == [{"ENC-8"}] * len(cut)
