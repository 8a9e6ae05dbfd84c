"""Files of the harness's own formats: read whole, or told in one line what is wrong with them."""

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from ipos_fuzz.errors import FuzzError

Document = TypeVar("Document", bound=BaseModel)


class NoSuchFileError(FuzzError):
    """There is none."""


def read(file: Path, kind: type[Document], expected: str) -> Document:
    """A file of this kind. expected: what should be there, in words. Raises FuzzError that names file and key.

    Where there is no file, that is NoSuchFileError.
    """
    try:
        return kind.model_validate_json(file.read_bytes())
    except FileNotFoundError as error:
        raise NoSuchFileError(f"{file}: {error.strerror}, expected {expected}") from error
    except OSError as error:
        raise FuzzError(f"{file}: {error.strerror}, expected {expected}") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise FuzzError(f"{file}: {where}: {first['msg']}, expected {expected}") from error
