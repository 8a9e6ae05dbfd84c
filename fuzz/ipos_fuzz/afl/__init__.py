"""For implementers in C: a folder with all that AFL++ needs to fuzz their parser.

`files/` holds what is the same for everybody: the custom mutator, a harness, an example, a Makefile. `seeds`,
`dictionary` and `layout` make the rest from the schemas.
"""

from pathlib import Path

from ipos_spec.description import describe
from ipos_spec.errors import SpecError
from ipos_spec.export.c_header import c_header

from ipos_fuzz.afl.dictionary import dictionary
from ipos_fuzz.afl.layout import layout
from ipos_fuzz.afl.seeds import seeds

FILES = Path(__file__).with_name("files")
_HIDDEN = "__pycache__"


class AflError(SpecError):
    """The folder can't be written; the text is one line that says what was found and what to do."""


def write(folder: Path) -> list[Path]:
    """Write seeds, dictionary, mutator, harness, header and README into a folder, and tell what was written.

    What is there already must be what would be written, or have another name: nobody's harness is overwritten.
    Raises AflError.
    """
    contents = _contents()
    try:
        for name, octets in contents.items():
            path = folder / name
            if path.exists() and path.read_bytes() != octets:
                raise AflError(
                    f"{path}: found a file with other content, expected none: name another folder, or move it"
                )
        for name, octets in contents.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(octets)
    except OSError as error:
        raise AflError(f"{error.filename or folder}: {error.strerror}; name a folder that can be written") from error
    return [folder / name for name in contents]


def _contents() -> dict[str, bytes]:
    """What stands in the folder: from names to octets."""
    fixed = {path.name: path.read_bytes() for path in sorted(FILES.iterdir()) if path.name != _HIDDEN}
    made = {
        "ipos.h": c_header(describe()).encode(),
        "ipos.dict": dictionary(describe()).encode(),
        "ipos_fields.json": layout(describe()).encode(),
    }
    return {**fixed, **made, **{f"seeds/{name}": octets for name, octets in seeds().items()}}
