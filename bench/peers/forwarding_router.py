"""The reference router with so many clients in Forward: its ports, its loop, and nothing behind it.

python forwarding_router.py tap|packet FIRST SECOND ENTRIES
"""

import selectors
import sys
import time
from random import Random

from forwarding_flow import FIRST_MAC, PEERS, SECOND_MAC, SERVER, client, onward
from ipos_reference.driver import Driver
from ipos_reference.numbers import Numbers
from ipos_reference.ports.packet import PacketPort
from ipos_reference.ports.tap import TapPort
from ipos_reference.request import RequestKind
from ipos_reference.router import Lan, Router
from ipos_reference.services import Services
from ipos_reference.settings import Bounds, Settings

MTU = 1500


def settings(entries: int) -> Settings:
    """The first server's router, with room for all clients."""
    return Settings(
        address=SERVER.ip,
        prefix=24,
        gateway=None,
        first_mac=FIRST_MAC,
        second_mac=SECOND_MAC,
        first_mtu=MTU,
        second_mtu=MTU,
        peers=PEERS,
        listeners={SERVER.port: RequestKind.HTTP},
        bounds=Bounds(forward=entries),
    )


def main(kind: str, first: str, second: str, entries: str) -> None:
    """Open both ports, enter the clients, say so, and run."""
    router = Router(settings(int(entries)), Random(1))  # noqa: S311 - nobody attacks it
    ports = {
        lan: TapPort(name, MTU) if kind == "tap" else PacketPort(name)
        for lan, name in zip(Lan, (first, second), strict=True)
    }
    for number in range(int(entries)):
        router.forward.enter(client(number), SERVER, onward(number), Numbers(1, 1, 1, 1), time.monotonic())
    with selectors.DefaultSelector() as selector:
        driver = Driver(router, ports, Services(router, {}, selector), selector)
        print("ready", flush=True)  # noqa: T201 - that is how a contestant says so
        driver.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
