"""A run in one file that can be handed on: results, reports, captures, target file, logs; a manifest with their hashes.

The hashes show that nothing was changed on the way by accident, and name the run exactly; they are no signature.
"""

import hashlib
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from ipos_conformance.errors import ResultsError
from ipos_conformance.findings.record import Record
from ipos_conformance.findings.results import Results, parse, to_json
from ipos_conformance.reports import captures, html, junit
from ipos_conformance.reports.output import CAPTURES, EVENTS, HTML, JUNIT, LOG, REPRODUCERS, RESULTS, TARGET
from ipos_conformance.reproducer.export import scripts

FORMAT: Literal["ipos-bundle"] = "ipos-bundle"
VERSION: Literal[1] = 1
_MANIFEST = "manifest.json"
_LARGEST = 256 << 20
"""Octets of one file in a bundle: more is refused before it is unpacked."""
_BEGINNING = (1980, 1, 1, 0, 0, 0)
"""Of all files, so that the same run gives the same bundle, octet for octet."""


class Entry(Record):
    """One file of a bundle."""

    name: str
    """Its path in the bundle."""
    size: Annotated[int, Field(ge=0, le=_LARGEST)]
    """In octets."""
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    """Of its octets."""


class Manifest(Record):
    """What a bundle holds, besides this."""

    format: Literal["ipos-bundle"] = FORMAT
    version: Literal[1] = VERSION
    files: tuple[Entry, ...]


def write(results: Results, beside: Path, path: Path) -> Manifest:
    """Write a bundle. beside: the output folder, for what is not made of the results. Raises OSError."""
    files = dict(_files(results, beside))
    manifest = Manifest(files=tuple(_entry(name, octets) for name, octets in files.items()))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, octets in ((_MANIFEST, _text(manifest)), *files.items()):
            bundle.writestr(zipfile.ZipInfo(name, _BEGINNING), octets, zipfile.ZIP_DEFLATED)
    return manifest


def verify(path: Path) -> tuple[Manifest, Results]:
    """Check that a bundle holds what its manifest says, and results that can be read. Raises ResultsError."""
    try:
        with zipfile.ZipFile(path) as bundle:
            manifest = _manifest(bundle, path)
            files = dict(_verified(bundle, manifest, path))
    except OSError as error:
        raise ResultsError(f"{path}: {error.strerror}, expected a bundle") from error
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as error:
        raise ResultsError(f"{path}: no bundle, or a damaged one: {error}") from error
    if RESULTS not in files:
        raise ResultsError(f"{path}: found no {RESULTS}, expected one in every bundle")
    return manifest, parse(files[RESULTS], f"{path}: {RESULTS}")


def _files(results: Results, beside: Path) -> Iterator[tuple[str, bytes]]:
    yield RESULTS, to_json(results).encode()
    yield JUNIT, junit.document(results)
    yield HTML, html.render(results).encode()
    for name in (TARGET, LOG, EVENTS):
        if (beside / name).is_file():
            yield name, (beside / name).read_bytes()
    for case in results.cases:
        if case.frames:
            yield f"{CAPTURES}/{captures.file_name(case.id)}", captures.capture(case)
    for name, text in scripts(results):
        yield f"{REPRODUCERS}/{name}", text.encode()


def _entry(name: str, octets: bytes) -> Entry:
    return Entry(name=name, size=len(octets), sha256=hashlib.sha256(octets).hexdigest())


def _text(manifest: Manifest) -> bytes:
    return (manifest.model_dump_json(indent=1) + "\n").encode()


def _manifest(bundle: zipfile.ZipFile, path: Path) -> Manifest:
    if _MANIFEST not in bundle.namelist():
        raise ResultsError(f"{path}: found no {_MANIFEST}, expected one in every bundle")
    try:
        return Manifest.model_validate_json(_read(bundle, _MANIFEST, path))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise ResultsError(f"{path}: {_MANIFEST}: {where}: {first['msg']}") from error


def _verified(bundle: zipfile.ZipFile, manifest: Manifest, path: Path) -> Iterator[tuple[str, bytes]]:
    listed: Mapping[str, Entry] = {entry.name: entry for entry in manifest.files}
    names = bundle.namelist()
    for name in names:
        if name != _MANIFEST and (name not in listed or names.count(name) > 1):
            raise ResultsError(f"{path}: {name}: found in the bundle, expected what the manifest lists, once")
    for name, entry in listed.items():
        if name not in names:
            raise ResultsError(f"{path}: {name}: missing, expected what the manifest lists")
        octets = _read(bundle, name, path)
        found = hashlib.sha256(octets).hexdigest()
        if found != entry.sha256:
            raise ResultsError(f"{path}: {name}: SHA-256 {found}, expected {entry.sha256}: it was changed")
        yield name, octets


def _read(bundle: zipfile.ZipFile, name: str, path: Path) -> bytes:
    if bundle.getinfo(name).file_size > _LARGEST:
        raise ResultsError(f"{path}: {name}: larger than {_LARGEST} octets")
    return bundle.read(name)
