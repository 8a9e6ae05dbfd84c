"""A TCP service that keeps CPUs busy: ``calculation.py HOST PORT``. A client sends seconds and a line's end.

It calculates until they are over, or the client leaves, and then says "done".
Three of four CPUs are kept busy: enough that the server shows it beside whatever else the machine does.
"""

import hashlib
import math
import os
import select
import socket
import sys
import threading
import time

_LONGEST = 300.0
_CPUS = math.ceil((os.cpu_count() or 1) * 3 / 4)
_ROUNDS = 20_000
"""Of PBKDF2, some 10 ms; it runs beside other threads of this process."""


def calculate(client: socket.socket) -> None:
    """Serve one client."""
    with client, client.makefile("r", encoding="ascii", errors="replace") as lines:
        try:
            seconds = min(float(lines.readline()), _LONGEST)
        except ValueError:
            client.sendall(b"expected seconds\n")
            return
        over = threading.Event()
        threads = [threading.Thread(target=_keep_busy, args=(over,)) for _ in range(_CPUS)]
        for thread in threads:
            thread.start()
        has_left = bool(select.select([client], [], [], seconds)[0])
        over.set()
        for thread in threads:
            thread.join()
        if not has_left:
            client.sendall(b"done\n")


def _keep_busy(over: threading.Event) -> None:
    while not over.is_set():
        hashlib.pbkdf2_hmac("sha256", b"password", str(time.monotonic()).encode(), _ROUNDS)


def main() -> None:
    """Serve clients until somebody ends the process."""
    with socket.create_server((sys.argv[1], int(sys.argv[2]))) as service:
        while True:
            client, _ = service.accept()
            threading.Thread(target=calculate, args=(client,), daemon=True).start()


if __name__ == "__main__":
    main()
