"""A UDP service that sends back what it gets, and says which server it is: ``echo.py NAME HOST PORT``.

b"hello" -> b"server-2: hello"
"""

import socket
import sys

_LARGEST = 65535


def main() -> None:
    """Answer datagrams until somebody ends the process."""
    name, host, port = sys.argv[1:]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as service:
        service.bind((host, int(port)))
        while True:
            octets, client = service.recvfrom(_LARGEST)
            service.sendto(f"{name}: ".encode() + octets, client)


if __name__ == "__main__":
    main()
