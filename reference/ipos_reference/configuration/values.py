"""What a value of a configuration file may be, and what is said of one that may not."""

import re
from ipaddress import IPv4Address
from typing import Annotated

from ipos_spec.addresses import is_group_mac, is_unicast_ipv4, mac
from ipos_spec.ethernet import ALTERNATIVE_ETHER_TYPE, ETHER_TYPE
from ipos_spec.fields import fields
from ipos_spec.tables.records import CookieEntry
from pydantic import AfterValidator, Field

from ipos_reference import url_prefix
from ipos_reference.control.place import LONGEST_PATH


def _host_address(text: str) -> str:
    try:
        address = int(IPv4Address(text))
    except ValueError:
        address = 0
    if not is_unicast_ipv4(address):
        raise ValueError("expected the IPv4 address of one host, such as 192.0.2.1")
    return text


def _station_mac(text: str) -> str:
    try:
        address = mac(text)
    except ValueError:
        raise ValueError("expected a MAC address, such as 02:00:00:00:00:01") from None
    if is_group_mac(address) or not any(address):
        raise ValueError(
            "expected the MAC address of one station: not all zero, and the lowest bit of its first octet must be 0"
        )
    return text


def _interface_name(text: str) -> str:
    if not re.fullmatch(r"[!-~]{1,15}", text) or text in (".", "..") or set(text) & set("/:%"):
        raise ValueError("expected an interface's name: 1 to 15 characters without blank, '/', ':' and '%'")
    return text


def _ether_type(number: int) -> int:
    if number not in (ETHER_TYPE, ALTERNATIVE_ETHER_TYPE):
        raise ValueError(f"expected 0x{ETHER_TYPE:04x} or 0x{ALTERNATIVE_ETHER_TYPE:04x} (ENC-2)")
    return number


def _local_address(text: str) -> str:
    if text.startswith("unix:/"):
        if "\0" in text or len(text.removeprefix("unix:").encode()) > LONGEST_PATH:
            raise ValueError(f"expected a path of at most {LONGEST_PATH} octets, such as unix:/run/web")
        return text
    host, _, port = text.rpartition(":")
    if re.fullmatch(r"[A-Za-z0-9._-]+", host) and re.fullmatch(r"[0-9]{1,5}", port) and 0 < int(port) < 65536:
        return text
    raise ValueError("expected HOST:PORT (IPv4) or unix:/PATH, such as 127.0.0.1:8080")


def _url_prefix(text: str) -> str:
    if not re.fullmatch(r"(?=.)[A-Za-z0-9.-]*(/[!-~]*)?", text) or set(text) & set("?#"):
        raise ValueError('expected how a URL\'s path begins, with a host or not, such as "/images" or "www.a/images"')
    return text


def _cookie_id(text: str) -> str:
    if not re.fullmatch(r"[!-~]+", text) or set(text) & set('",;\\'):
        raise ValueError(
            "expected a cookie's value: ASCII without blank, quote, comma, semicolon and backslash (RFC 6265)"
        )
    return text


def _socket_path(text: str) -> str:
    if not text.startswith("/") or "\0" in text or len(text.encode()) > LONGEST_PATH:
        raise ValueError(f"expected an absolute path of at most {LONGEST_PATH} octets, such as /run/ipos/control.sock")
    return text


def _command(words: list[str]) -> list[str]:
    if not words or not words[0] or any("\0" in word for word in words):
        raise ValueError('expected a program and its arguments, without NUL, such as ["nginx", "-g", "daemon off;"]')
    return words


HostAddress = Annotated[str, AfterValidator(_host_address)]
StationMac = Annotated[str, AfterValidator(_station_mac)]
InterfaceName = Annotated[str, AfterValidator(_interface_name)]
PortNumber = Annotated[int, Field(ge=1, le=65535)]
Probability = Annotated[float, Field(ge=0, le=1)]
Octets = Annotated[int, Field(ge=0, lt=2**63)]
Records = Annotated[int, Field(ge=1, lt=2**31)]
LocalAddressText = Annotated[str, AfterValidator(_local_address)]
SocketPath = Annotated[str, AfterValidator(_socket_path)]
EtherType = Annotated[int, AfterValidator(_ether_type)]
Command = Annotated[list[str], AfterValidator(_command)]
UrlPrefix = Annotated[str, Field(max_length=url_prefix.MAXIMUM), AfterValidator(_url_prefix)]
_COOKIE_MAXIMUM: int = dict(fields(CookieEntry))["cookie_id"].format.maximum
CookieId = Annotated[str, Field(max_length=_COOKIE_MAXIMUM), AfterValidator(_cookie_id)]
