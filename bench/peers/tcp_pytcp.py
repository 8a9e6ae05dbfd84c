"""PyTCP on a TAP device, with the benchmark's application: python tcp_pytcp.py INTERFACE ADDRESS/PREFIX PORT.

A process of its own: PyTCP is GPL-3.0-or-later, and nothing of ours is in it but the benchmark's application. The stack
runs in-process, which is faster than its daemon. Its send buffer takes whatever it is given at once.
"""

import asyncio
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from pmd_net_addr import Ip4IfAddr
from pmd_pytcp import stack
from pmd_pytcp.socket import AddressFamily, SocketType, socket
from tcp_pattern import stretch
from tcp_server import CHUNK, Answering


async def _serve(tcp: socket) -> None:
    answering = Answering()
    while octets := await tcp.recv(CHUNK):
        answer = answering.take(octets)
        if answer is None:
            continue
        head, length = answer
        await tcp.send(head)
        for position in range(0, length, CHUNK):
            await tcp.send(bytes(stretch(position, min(CHUNK, length - position))))
    tcp.close()


async def main(interface: str, address: str, port: str) -> None:
    """Serve until the end."""
    stack.init()
    device = stack.initialize_interface__tap(interface_name=interface)
    stack.add_interface(**device, ip4_host=Ip4IfAddr(address), ip6_support=False)
    await stack.start()
    listener = socket(AddressFamily.INET4, SocketType.STREAM)
    listener.bind(("0.0.0.0", int(port)))  # noqa: S104 - its address is its own only once nobody has objected (RFC 5227)
    listener.listen(backlog=512)
    clients = set()
    while True:
        tcp, _ = await listener.accept()
        client = asyncio.create_task(_serve(tcp))
        clients.add(client)
        client.add_done_callback(clients.discard)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
