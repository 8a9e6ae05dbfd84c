"""A server that takes what it gets, says nothing, and waits on behind its client's end: python patient.py PORT."""

import asyncio
import sys

_PATIENCE = 3600
"""Seconds; longer than a client that has sent its FIN and answers nothing is kept, unscaled."""


async def wait_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Serve one connection until it breaks, or much later."""
    try:
        while await reader.read(65536):
            pass
        await asyncio.sleep(_PATIENCE)
    except ConnectionError:
        pass
    finally:
        writer.close()


async def main(port: int) -> None:
    """Serve until the end."""
    server = await asyncio.start_server(wait_on, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
