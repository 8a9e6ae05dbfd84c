"""What a run stood on, so that its verdict can be defended: suite, specification, machine, interfaces."""

import hashlib
import os
import platform
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from importlib.resources.abc import Traversable

import ipos_spec

import ipos_conformance
from ipos_conformance.bench.interfaces import interface_state
from ipos_conformance.errors import BenchError
from ipos_conformance.findings.record import Record
from ipos_conformance.frames import Lan

_DISTRIBUTION = "ipos"
_LIBRARIES = ("scapy", "pydantic", "construct", "pyroute2")
"""Whose versions may matter to a verdict."""
_SOURCES = (".py", ".toml", ".json", ".j2", ".css", ".js")


class Suite(Record):
    """Which suite judged, by which specification."""

    version: str
    """Of the distribution that was installed; "unknown" if the suite ran from its sources alone."""
    sources_sha256: str
    """SHA-256 over the suite's and the specification's own files, names and contents, in the order of their names."""
    registry_sha256: str
    """SHA-256 of the registry of requirements, `requirements.toml`."""
    requirements: int
    """How many requirements that registry has."""


class Interface(Record):
    """One of the suite's own interfaces, as the kernel told it when the run began."""

    lan: str
    """Which of the two LANs it stands on: "first LAN" or "second LAN"."""
    name: str
    """Its name."""
    kind: str
    """Of a virtual one, such as "tun" or "veth"; empty for hardware."""
    driver: str
    """The driver, its version, and where it sits on the bus, as far as it tells."""
    mac: str
    """Its own MAC address. The stations that the suite plays have others."""
    mtu: int
    """In octets."""
    has_link: bool
    """Whether its carrier was there."""
    offloads: tuple[str, ...]
    """Those that were switched on. They can hide from the suite what is on the wire."""


class Environment(Record):
    """The machine that the suite ran on."""

    python: str
    """Implementation and version."""
    libraries: Mapping[str, str]
    """Versions of the libraries that the suite builds and reads frames with."""
    kernel: str
    """Of the operating system: name, release, machine."""
    processors: int
    """How many this process may run on."""
    interfaces: tuple[Interface, ...] = ()
    """Those that the suite stood on."""


def suite() -> Suite:
    """This suite, and the registry that it judges by."""
    registry = files(ipos_spec).joinpath("requirements.toml").read_bytes()
    return Suite(
        version=_version(_DISTRIBUTION),
        sources_sha256=_hash_of_sources(),
        registry_sha256=hashlib.sha256(registry).hexdigest(),
        requirements=registry.count(b"[[requirement]]"),
    )


def environment(interfaces: Mapping[Lan, str]) -> Environment:
    """This machine now. interfaces: the names of the suite's own, as far as they are there."""
    return Environment(
        python=f"{platform.python_implementation()} {platform.python_version()}",
        libraries={name: _version(name) for name in _LIBRARIES},
        kernel=f"{platform.system()} {platform.release()} {platform.machine()}",
        processors=len(os.sched_getaffinity(0)),
        interfaces=tuple(_present(interfaces)),
    )


def _present(interfaces: Mapping[Lan, str]) -> Iterable[Interface]:
    for lan, name in interfaces.items():
        try:
            state = interface_state(name)
        except BenchError:
            continue  # a target that is lost takes the interfaces that it made with it
        yield Interface(
            lan=lan,
            name=state.name,
            kind=state.kind,
            driver=state.driver,
            mac=state.mac,
            mtu=state.mtu,
            has_link=state.has_link,
            offloads=state.offloads,
        )


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "unknown"


def _hash_of_sources() -> str:
    digest = hashlib.sha256()
    for package in (ipos_spec, ipos_conformance):
        for name, file in sorted(_files_under(files(package), package.__name__)):
            digest.update(f"{name}\0".encode())
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _files_under(folder: Traversable, name: str) -> Iterable[tuple[str, Traversable]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _files_under(entry, f"{name}/{entry.name}")
        elif entry.name.endswith(_SOURCES):
            yield f"{name}/{entry.name}", entry
