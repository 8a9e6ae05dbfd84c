"""Addresses: text and number, and which of them can be one host's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ipos_spec.addresses import BROADCAST_MAC, ipv4, ipv4_text, is_group_mac, is_unicast_ipv4, mac, mac_text
from ipos_spec.encapsulation import Reference


@given(st.integers(0, 2**32 - 1))
def test_ipv4_text_and_number(address: int) -> None:
    assert ipv4(ipv4_text(address)) == address


@given(st.binary(min_size=6, max_size=6))
def test_mac_text_and_octets(address: bytes) -> None:
    assert mac(mac_text(address)) == address


def test_examples() -> None:
    assert ipv4("192.0.2.1") == 0xC0000201
    assert mac("02-00-5e-00-53-FF") == bytes.fromhex("02005e0053ff")
    assert str(Reference(ipv4("198.51.100.7"), 49152, ipv4("192.0.2.1"), 80)) == "198.51.100.7:49152 at 192.0.2.1:80"


@pytest.mark.parametrize("text", ["", "192.0.2", "192.0.2.256", "192.0.2.1/24", "::1", "192.0.2.01", "host"])
def test_no_ipv4_address(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        ipv4(text)


@pytest.mark.parametrize("text", ["", "02:00:00:00:00", "02:00:00:00:00:0g", "020000000001", "02:00:00:00:00:01:02"])
def test_no_mac_address(text: str) -> None:
    with pytest.raises(ValueError, match="not a MAC address"):
        mac(text)


@pytest.mark.parametrize(
    ("address", "unicast"),
    [
        ("0.0.0.0", False),  # noqa: S104 - nothing is bound
        ("0.0.0.1", True),
        ("223.255.255.255", True),
        ("224.0.0.0", False),
        ("239.255.255.255", False),
        ("240.0.0.0", True),
        ("255.255.255.254", True),
        ("255.255.255.255", False),
    ],
)
def test_unicast_ipv4(address: str, unicast: bool) -> None:
    assert is_unicast_ipv4(ipv4(address)) is unicast


@pytest.mark.parametrize(
    ("address", "group"), [("02:00:00:00:00:01", False), ("01:00:5e:00:00:01", True), ("fe:ff:ff:ff:ff:ff", False)]
)
def test_group_mac(address: str, group: bool) -> None:
    assert is_group_mac(mac(address)) is group
    assert is_group_mac(BROADCAST_MAC)
