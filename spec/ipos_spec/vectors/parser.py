"""A parser as `ipos-spec vectors check` asks it, made of the codec: `python -m ipos_spec.vectors.parser`."""

import json
import operator
import sys

from ipos_spec.codec import decode
from ipos_spec.description import describe
from ipos_spec.errors import DecodeError
from ipos_spec.vectors.values import plain


def answer(line: str) -> str:
    """What a frame in hexadecimal is, as JSON: packet and fields, or the requirement for which it is refused."""
    try:
        packet = decode(bytes.fromhex(line))
    except DecodeError as error:
        return json.dumps({"error": error.requirement})
    paths = [field.path for field in describe().packet(packet.NAME).fields]
    values = {path: operator.attrgetter(path)(packet) for path in paths}
    return json.dumps({"packet": packet.NAME, "fields": {path: plain(value) for path, value in values.items()}})


def main() -> None:
    """Answer every line of standard input, each at once."""
    for line in sys.stdin:
        sys.stdout.write(f"{answer(line)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
