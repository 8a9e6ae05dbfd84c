"""The reference in another target's place: its target file and configuration say what that target's say."""

import tomllib

from ipos_conformance.runs.double import double
from ipos_conformance.target import DEFAULT_TARGET, read_target


def another_target(folder):
    changes = {
        '"192.0.2.': '"203.0.113.',
        '"02:00:00:00:01:01"': '"02:aa:00:00:01:01"',
        "198.51.100.0/24": "198.18.0.0/22",
        "prefix = 24": "prefix = 25",
        "203.0.113.254": "203.0.113.126",
        "http_port = 80": "http_port = 8080",
        "0x0007": "0x88b5",
        '"site/': f'"{DEFAULT_TARGET.parent}/site/',
    }
    text = DEFAULT_TARGET.read_text(encoding="utf-8")
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    file = folder / "another.toml"
    file.write_text(text, encoding="utf-8")
    return read_target(file)


def test_double_has_the_target_s_addresses_and_ports(tmp_path):
    target = another_target(tmp_path)
    found = double(target, tmp_path)
    assert (found.router, found.suite, found.peer) == (target.router, target.suite, target.peer)
    assert (found.first_lan, found.second_lan) == (target.first_lan, target.second_lan)
    assert (found.pixit.http_port, found.pixit.closed_port) == (8080, 9)


def test_double_s_router_is_set_up_alike(tmp_path):
    double(another_target(tmp_path), tmp_path)
    configuration = tomllib.loads((tmp_path / "reference" / "reference-router.toml").read_text(encoding="utf-8"))
    assert configuration["router"]["address"] == "203.0.113.1"
    assert configuration["second_lan"]["ether_type"] == 0x88B5
    assert configuration["listen"][0]["port"] == configuration["peer"][0]["listens"][0] == 8080


def test_double_of_the_packaged_target_is_the_packaged_target(tmp_path):
    target = read_target(DEFAULT_TARGET)
    found = double(target, tmp_path)
    assert found.model_dump() == target.model_dump()
