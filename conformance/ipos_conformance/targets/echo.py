"""A server that sends back what it gets, over TCP and UDP: python echo.py PORT (on 127.0.0.1)."""

import asyncio
import socket
import sys


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Serve one connection until the client's end of it."""
    try:
        while octets := await reader.read(65536):
            writer.write(octets)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


def echo_datagrams(server: socket.socket) -> None:
    """Serve the datagrams that wait: by hand, since asyncio's transport sends none of 0 octets."""
    while True:
        try:
            data, client = server.recvfrom(65536)
            server.sendto(data, client)
        except BlockingIOError:
            return


async def main(port: int) -> None:
    """Serve both until the end."""
    datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    datagrams.bind(("127.0.0.1", port))
    datagrams.setblocking(False)
    asyncio.get_running_loop().add_reader(datagrams, echo_datagrams, datagrams)
    server = await asyncio.start_server(echo, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
