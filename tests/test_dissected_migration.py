"""A real migration as a person sees it: captured on both LANs, decoded by tshark with the exported dissector.

Once by a capture program that stands beside the router, and once by the router, which tells what it did.
"""

import json
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from bed import PEER_IP, ROUTER_IP, SECOND_LAN, Bed
from ipos_spec.control_block import ESTABLISHED
from ipos_spec.description import describe
from ipos_spec.encapsulation import PacketType
from ipos_spec.export.wireshark import wireshark
from namespace import Namespace
from origin_station import OriginStation

pytestmark = [
    pytest.mark.kernel,
    pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not there (Debian: tshark)"),
]
ANSWER = b"handed over" * 100


@contextmanager
def captured(namespace: Namespace, file: Path, *interfaces: str) -> Iterator[None]:
    """Capture on some interfaces until the block ends."""
    words = [word for interface in interfaces for word in ("-i", interface)]
    dumpcap = namespace.popen("dumpcap", "-q", *words, "-w", str(file), stderr=subprocess.PIPE)
    assert dumpcap.stderr is not None
    for line in dumpcap.stderr:  # it names its file when all interfaces are open
        if line.startswith(b"File: "):
            break
    yield
    give_up = time.monotonic() + 10
    size = -1
    while file.stat().st_size != size and time.monotonic() < give_up:  # dumpcap writes what it has every half second
        size = file.stat().st_size
        time.sleep(0.7)
    dumpcap.send_signal(signal.SIGINT)
    dumpcap.communicate(timeout=10)


def dissected(file: Path, directory: Path) -> list[dict[str, Any]]:
    """Tshark's layers of each frame."""
    script = directory / "ipos.lua"
    script.write_text(wireshark(describe()), encoding="utf-8")
    words = ["tshark", "-X", f"lua_script:{script}", "-r", str(file), "-T", "json", "--no-duplicate-keys"]
    done = subprocess.run(words, capture_output=True, check=True, timeout=60)
    assert b"Lua" not in done.stderr
    return [packet["_source"]["layers"] for packet in json.loads(done.stdout)]


def values_of(layer: Any) -> dict[str, str]:
    """All fields of a layer by name, however deep they stand."""
    values: dict[str, str] = {}
    for name, inside in layer.items():
        values |= values_of(inside) if isinstance(inside, dict) else {name: inside}
    return values


@contextmanager
def origin_beside(bed: Bed) -> Iterator[None]:
    """A router that hands its clients over to ours."""
    bed.lan.link_to(bed.lan, "to-origin", "origin-lan1")
    bed.lan.join("br-lan1", "to-origin")
    origin = OriginStation(bed.lan, "origin-lan1", SECOND_LAN)
    try:
        yield
    finally:
        origin.close()


def test_captured_migration_has_names(make_bed: Callable[..., Bed], tmp_path: Path) -> None:
    bed = make_bed(site={"file": ANSWER})
    with origin_beside(bed), captured(bed.lan, tmp_path / "migration.pcapng", "br-lan1", SECOND_LAN):
        assert bed.curl(f"http://{PEER_IP}/file").stdout == ANSWER
    frames = dissected(tmp_path / "migration.pcapng", tmp_path)
    assert not [layers for layers in frames if "llc" in layers or "_ws.malformed" in layers]
    assert not [layers for layers in frames if "_ws.expert" in json.dumps(layers.get("ip_os"))]
    named = [values_of(layers["ip_os"]) for layers in frames if "ip_os" in layers]
    kinds = [int(values["ip_os.header.type"], 0) for values in named]
    assert kinds[:2] == [PacketType.CONNECTION, PacketType.ACKNOWLEDGEMENT]
    assert set(kinds[2:]) == {PacketType.PACKET}
    assert named[0]["ip_os.connection.server_ip"] == PEER_IP
    assert int(named[0]["ip_os.connection.control_block.t_state"]) == ESTABLISHED
    clients = [layers for layers in frames if "ip_os" in layers and "tcp" in layers]
    assert len(clients) == kinds.count(PacketType.PACKET)  # Wireshark's own dissectors have the inner packets


def comments_of(layers: dict[str, Any]) -> list[str]:
    """What the router says of a frame."""
    comments = layers.get("pkt_comment", {}).get("frame.comment", [])
    return [comments] if isinstance(comments, str) else comments


def test_the_routers_own_capture_tells_what_it_did(make_bed: Callable[..., Bed], tmp_path: Path) -> None:
    file = tmp_path / "router.pcapng"
    bed = make_bed(site={"file": ANSWER}, options=["--capture", str(file)])
    with origin_beside(bed):
        assert bed.curl(f"http://{PEER_IP}/file").stdout == ANSWER
        assert bed.curl(f"http://{ROUTER_IP}/file").stdout == ANSWER
    bed.router.send_signal(signal.SIGTERM)
    assert bed.router.wait(10) == 0
    frames = dissected(file, tmp_path)
    lans = {layers["frame"]["frame.interface_id_tree"]["frame.interface_name"] for layers in frames}
    assert lans == {"first LAN", "second LAN"}
    assert not [layers for layers in frames if "llc" in layers or "_ws.malformed" in layers]
    assert not [layers for layers in frames if "_ws.expert" in json.dumps(layers.get("ip_os"))]
    assert all(comments_of(layers) for layers in frames)
    migration = [layers for layers in frames if "ip_os" in layers]
    number = migration[0]["frame"]["frame.number"]
    assert comments_of(migration[0])[-1] == "Acknowledged (TGT-1)."
    assert comments_of(migration[1]) == [f"Sent because of frame {number}."]
    story = " ".join(comment for layers in frames for comment in comments_of(layers))
    for told in ("is definite now (TGT-12).", "moves from Temporary to Local.", "the application, which writes."):
        assert told in story


def test_a_router_that_is_killed_leaves_whole_frames(make_bed: Callable[..., Bed], tmp_path: Path) -> None:
    file = tmp_path / "router.pcapng"
    bed = make_bed(site={"file": ANSWER}, options=["--capture", str(file)])
    assert bed.curl(f"http://{ROUTER_IP}/file").stdout == ANSWER
    bed.router.kill()
    bed.router.wait(10)
    frames = dissected(file, tmp_path)  # tshark ends with an error where a file breaks off
    carried = sum(int(layers["tcp"]["tcp.len"]) for layers in frames if "tcp" in layers)
    assert carried > len(ANSWER)
