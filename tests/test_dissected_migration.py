"""A real migration as a person sees it: captured on both LANs, decoded by tshark with the exported dissector."""

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
from bed import PEER_IP, SECOND_LAN, Bed
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


def test_captured_migration_has_names(make_bed: Callable[..., Bed], tmp_path: Path) -> None:
    bed = make_bed(site={"file": ANSWER})
    bed.lan.link_to(bed.lan, "to-origin", "origin-lan1")
    bed.lan.join("br-lan1", "to-origin")
    origin = OriginStation(bed.lan, "origin-lan1", SECOND_LAN)
    try:
        with captured(bed.lan, tmp_path / "migration.pcapng", "br-lan1", SECOND_LAN):
            assert bed.curl(f"http://{PEER_IP}/file").stdout == ANSWER
    finally:
        origin.close()
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
