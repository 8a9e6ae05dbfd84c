"""The Kaitai description, judged by its consumer: the compiler takes it, and the Python that it makes reads all frames.

The compiler comes from npm; the environment says where it was installed:

    npm install --prefix FOLDER kaitai-struct-compiler js-yaml
    IPOS_KAITAI_COMPILER=FOLDER pytest spec/tests/export/test_kaitai.py
"""

import importlib.util
import operator
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ipos_spec.description import PacketDescription, describe
from ipos_spec.ethernet import ALTERNATIVE_ETHER_TYPE
from ipos_spec.export.kaitai import kaitai
from ipos_spec.export.yaml_text import yaml_text
from ipos_spec.vectors import FRAMES, Vector
from kaitaistruct import ValidationFailedError

COMPILER = os.environ.get("IPOS_KAITAI_COMPILER", "")
NOT_SAID = {("ENC-7", "header.checksum"), ("ENC-10", "inner.header_checksum")}
"""What the language can't say: it has no loops, so no sums."""

Read = Callable[[bytes], Any]


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Read:
    """Parse a frame by the compiled description."""
    if shutil.which("node") is None or not COMPILER:
        pytest.skip("needs node, and the Kaitai compiler from npm in the folder that IPOS_KAITAI_COMPILER names")
    folder = tmp_path_factory.mktemp("kaitai")
    (folder / "ipos.ksy").write_text(kaitai(describe()), encoding="utf-8")
    subprocess.run(
        ["node", Path(__file__).with_name("compile_kaitai.js"), folder / "ipos.ksy", folder],
        check=True,
        env=os.environ | {"NODE_PATH": str(Path(COMPILER).resolve() / "node_modules")},
    )
    spec = importlib.util.spec_from_file_location("ipos_by_kaitai", folder / "ipos.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Ipos.from_bytes  # type: ignore[no-any-return]


def test_reads_every_field_as_we_do(read: Read, readable: dict[bytes, Any]) -> None:
    for frame, answer in readable.items():
        parsed = read(frame)
        packet = describe().packet(answer["packet"])
        assert {path: _held(parsed, packet, path) for path in answer["fields"]} == answer["fields"], frame.hex()


def test_refuses_what_its_language_can_tell(read: Read, unreadable: list[Vector]) -> None:
    said = [vector for vector in unreadable if _violated(vector) not in NOT_SAID]
    assert {requirement for requirement, _ in map(_violated, said)} == {"ENC-2", "ENC-4", "ENC-5", "ENC-8", "ENC-10"}
    for vector in said:
        with pytest.raises((ValidationFailedError, EOFError)):
            read(vector.frame)


def test_reads_what_its_language_cannot_tell(read: Read, unreadable: list[Vector]) -> None:
    """Whoever relies on the compiled parser has to know: it is a stated limit, so it is shown."""
    unsaid = [vector for vector in unreadable if _violated(vector) in NOT_SAID]
    assert set(map(_violated, unsaid)) == NOT_SAID
    for vector in unsaid:
        assert read(vector.frame).header.checksum == int.from_bytes(vector.frame[28:30], "big")


def test_both_ether_types_are_taken(read: Read) -> None:
    """Which one it is, the operator of the LAN knows (ENC-2)."""
    frame = FRAMES["udp"]
    other = frame[:12] + ALTERNATIVE_ETHER_TYPE.to_bytes(2, "big") + frame[14:]
    assert read(other).ethernet.type == ALTERNATIVE_ETHER_TYPE


def test_flags_have_names(read: Read) -> None:
    block = read(FRAMES["tcp-connection"]).body.connection.control_block
    assert (block.t_flags_nodelay, block.t_flags_req_tstmp, block.t_flags_sack_permit) == (False, True, True)


def test_documentation_stays_a_text() -> None:
    """Quotes, colons, line ends: nothing that a schema says breaks the document."""
    (packet, *others) = describe().packets
    odd = replace(packet, title='a "b": - c\n# d')
    assert r'doc: "a \"b\": - c\n# d"' in kaitai(replace(describe(), packets=(odd, *others)))


def test_yaml_of_each_shape() -> None:
    assert yaml_text({"a": [{"b": 1, "c": ["true", "x"]}, "y: z"], 2: {"d": False}}) == (
        'a:\n  - b: 1\n    c:\n      - "true"\n      - x\n  - "y: z"\n2:\n  d: false\n'
    )


def _held(parsed: Any, packet: PacketDescription, path: str) -> int | str:
    """The value that Kaitai has for a field; all but the headers stand in the body."""
    top = parsed if path.split(".")[0] in ("ethernet", "header") else parsed.body
    raw = packet.carries_client_packet and path == "inner"
    value = operator.attrgetter("_raw_inner" if raw else path)(top)
    return value.hex() if isinstance(value, bytes) else int(value)


def _violated(vector: Vector) -> tuple[str, str]:
    """Requirement, and path of the field, that a reader refuses the frame for."""
    assert vector.discard is not None
    return vector.discard.requirement, vector.discard.path
