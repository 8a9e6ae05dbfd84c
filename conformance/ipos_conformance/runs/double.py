"""The packaged reference router in a target's place: the same addresses, MACs and ports, so the same octets fit it."""

import re
import shutil
from pathlib import Path

from ipos_spec.addresses import ipv4_text, mac_text

from ipos_conformance.target import DEFAULT_TARGET, Target, read_target

_FILES = (DEFAULT_TARGET.name, "reference-router.toml", "reference-router-quick.toml")


def double(target: Target, folder: Path) -> Target:
    """The double's target file, read. folder: where that and what it needs are written."""
    usual = read_target(DEFAULT_TARGET)
    place = folder / "reference"
    shutil.copytree(DEFAULT_TARGET.parent, place, dirs_exist_ok=True)
    texts, numbers = _texts(usual, target), _numbers(usual, target)
    for name in _FILES:
        lines = (place / name).read_text(encoding="utf-8").splitlines()
        (place / name).write_text("\n".join(_lines(lines, texts, numbers)) + "\n", encoding="utf-8")
    return read_target(place / DEFAULT_TARGET.name)


def _lines(lines: list[str], texts: dict[str, str], numbers: dict[tuple[str, str, str], str]) -> list[str]:
    found, table = [], ""
    for line in lines:
        table = line.strip("[] ") if line.startswith("[") else table
        changed = re.sub(r'"[^"]*"', lambda text: texts.get(text.group(), text.group()), line)
        key, separator, value = changed.partition(" = ")
        number, *rest = value.split("   #")
        if separator and (table, key, number) in numbers:
            changed = "   #".join([f"{key} = {numbers[table, key, number]}", *rest])
        found.append(changed)
    return found


def _texts(usual: Target, target: Target) -> dict[str, str]:
    """Addresses, MACs and networks by what stands in the packaged files, in quotes."""
    pairs = [
        (ipv4_text(usual.router.address), ipv4_text(target.router.address)),
        (ipv4_text(usual.router.gateway), ipv4_text(target.router.gateway)),
        (mac_text(usual.first_lan.router_mac), mac_text(target.first_lan.router_mac)),
        (mac_text(usual.second_lan.router_mac), mac_text(target.second_lan.router_mac)),
        (mac_text(usual.suite.gateway_mac), mac_text(target.suite.gateway_mac)),
        (str(usual.suite.client_network), str(target.suite.client_network)),
    ]
    for old, new in zip(usual.peer, target.peer, strict=False):
        pairs += [(ipv4_text(old.address), ipv4_text(new.address)), (mac_text(old.mac), mac_text(new.mac))]
    return {f'"{old}"': f'"{new}"' for old, new in pairs}


def _numbers(usual: Target, target: Target) -> dict[tuple[str, str, str], str]:
    """Numbers by table, key, and what stands in the packaged files."""
    http = (str(usual.pixit.http_port), str(target.pixit.http_port))
    return {
        ("router", "prefix", str(usual.router.prefix)): str(target.router.prefix),
        ("first_lan", "mtu", str(usual.first_lan.mtu)): str(target.first_lan.mtu),
        ("second_lan", "mtu", str(usual.second_lan.mtu)): str(target.second_lan.mtu),
        ("second_lan", "ether_type", f"0x{usual.second_lan.ether_type:04x}"): f"0x{target.second_lan.ether_type:04x}",
        ("pixit", "http_port", http[0]): http[1],
        ("pixit", "closed_port", str(usual.pixit.closed_port)): str(target.pixit.closed_port),
        ("listen", "port", http[0]): http[1],
        ("peer", "listens", f"[{http[0]}, 1007]"): f"[{http[1]}, 1007]",
    }
