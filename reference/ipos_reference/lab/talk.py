"""A client that is no browser: ``talk.py tcp|udp ADDRESS PORT TEXT``.

tcp: sends a line and reads until the other side ends the stream. udp: sends a datagram, up to three times, and takes
the first that comes back. Prints JSON: ``octets`` that came, as text, whom they came ``from``, and the own ``port``.
"""

import json
import socket
import sys

_PATIENCE = 2.0
_TRIES = 3
_LARGEST = 65535


def main() -> int:
    """Talk, and print what came."""
    protocol, address, port, text = sys.argv[1:]
    talk = _stream if protocol == "tcp" else _datagram
    try:
        found = talk((address, int(port)), text.encode())
    except OSError as error:
        sys.stderr.write(f"{address}:{port}: {error}\n")
        return 1
    sys.stdout.write(json.dumps(found))
    return 0


def _stream(server: tuple[str, int], text: bytes) -> dict[str, object]:
    with socket.create_connection(server) as connection, connection.makefile("rb") as octets:
        connection.sendall(text + b"\n")
        port = connection.getsockname()[1]
        return {"octets": octets.read().decode(errors="replace"), "from": list(server), "port": port}


def _datagram(server: tuple[str, int], text: bytes) -> dict[str, object]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(_PATIENCE)
        for _ in range(_TRIES):
            client.sendto(text, server)
            try:
                octets, sender = client.recvfrom(_LARGEST)
            except TimeoutError:
                continue
            port = client.getsockname()[1]
            return {"octets": octets.decode(errors="replace"), "from": list(sender), "port": port}
    raise TimeoutError(f"no answer to {_TRIES} datagrams")


if __name__ == "__main__":
    sys.exit(main())
