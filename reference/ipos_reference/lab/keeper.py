"""The process that holds a lab: ``keeper.py DIRECTORY [NGINX]``, the first one of a PID namespace.

Whatever ends it, the kernel ends everything that it has started, and the network goes with the last of them: nothing
can be left behind. What goes wrong is its last line, on standard error.

Standard input is a pipe from whoever makes the lab. It goes with its maker, files included, unless that has written
an octet: from then on the lab stays until somebody takes it down.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

from pyroute2 import NetlinkError

from ipos_reference.lab import network, plan, servers
from ipos_reference.lab.namespaces import Namespace
from ipos_reference.lab.place import SAID, LabError, Place, remove_files, write_json
from ipos_reference.lab.plan import Server

_READY_WITHIN = 30.0
_ENDS_WITHIN = 8.0
_LOOK_AGAIN = 0.02
_ENDINGS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

Process = subprocess.Popen[bytes]


def main() -> int:
    """Build, hold, and take down."""
    for number in _ENDINGS:
        signal.signal(number, _leave)
    place, web_server = Place(Path(sys.argv[1])), (sys.argv[2] if len(sys.argv) > 2 else None)
    processes: dict[int, tuple[str, Process]] = {}
    maker_has_gone = threading.Event()
    threading.Thread(target=_watch_maker, args=(maker_has_gone,), daemon=True).start()
    try:
        _build(place, web_server, processes)
        _hold(processes)
    except (LabError, NetlinkError, OSError) as error:
        _say(str(error))
        return 1
    finally:
        _end([process for _, process in processes.values()])
        if maker_has_gone.is_set():
            remove_files(place)


def _build(place: Place, web_server: str | None, processes: dict[int, tuple[str, Process]]) -> None:
    namespaces = network.build()
    lans = [namespaces[lan].path for lan in (plan.FIRST_LAN, plan.SECOND_LAN)]
    sniffer = _python("ipos_reference.lab.sniffer", str(place.capture), *lans)
    processes[sniffer.pid] = "the sniffer", sniffer
    routers = {server: _start(server, place, namespaces[server.name], web_server) for server in plan.SERVERS}
    processes.update({router.pid: (f"{server.name}'s router", router) for server, router in routers.items()})
    for server, router in routers.items():
        _wait_for(server, router, namespaces, place)
        for lan in (plan.FIRST_LAN, plan.SECOND_LAN):
            network.adopt(namespaces, server.name, lan)
    descriptors = {name: namespace.descriptor for name, namespace in namespaces.items()}
    web = "nginx" if web_server is not None else "Python's http.server"
    write_json(place.network, {"namespaces": descriptors, "web_server": web})


def _start(server: Server, place: Place, namespace: Namespace, web_server: str | None) -> Process:
    file = servers.write(server, place.of_server(server.name), web_server)
    words = [sys.executable, "-m", "ipos_reference", "run", "--log-format", "json", str(file)]
    with place.router_log(server.name).open("wb") as log:
        return subprocess.Popen(  # noqa: S603 - our own
            namespace.command(*words), stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )


def _wait_for(server: Server, router: Process, namespaces: Mapping[str, Namespace], place: Place) -> None:
    """Until the router's devices and its control socket are there. Raises LabError with what the router said."""
    give_up = time.monotonic() + _READY_WITHIN
    while not (
        place.control(server.name).exists()
        and all(network.has(namespaces[server.name], lan) for lan in (plan.FIRST_LAN, plan.SECOND_LAN))
    ):
        if router.poll() is not None or time.monotonic() > give_up:
            said = place.router_log(server.name).read_text(encoding="utf-8", errors="replace").strip()
            what = said.splitlines()[-1] if said else "it said nothing"
            raise LabError(f"{server.name}'s router did not start: {what}")
        time.sleep(_LOOK_AGAIN)  # another process's doing: there is nothing to wait on


def _hold(processes: Mapping[int, tuple[str, Process]]) -> NoReturn:
    """Wait for the end, and for processes whose parents have ended, as the first process of a PID namespace has to."""
    while True:
        process_id, status = os.waitpid(-1, 0)
        if process_id in processes:
            name, process = processes[process_id]
            process.returncode = os.waitstatus_to_exitcode(status)
            _say(f"{name} has ended with status {process.returncode}")


def _say(line: str) -> None:
    with contextlib.suppress(OSError):  # on a disk that is full by now; what there is works on
        os.write(sys.stderr.fileno(), f"{SAID}{line}\n".encode())


def _python(module: str, *words: str) -> Process:
    return subprocess.Popen([sys.executable, "-m", module, *words], stdin=subprocess.DEVNULL)  # noqa: S603 - our own


def _end(processes: list[Process]) -> None:
    """In order, as long as that goes quickly; the kernel ends what is left."""
    for process in processes:
        process.terminate()
    give_up = time.monotonic() + _ENDS_WITHIN
    for process in processes:
        try:
            process.wait(max(0.0, give_up - time.monotonic()))
        except subprocess.TimeoutExpired:
            return


def _watch_maker(has_gone: threading.Event) -> None:
    if not os.read(sys.stdin.fileno(), 1):
        has_gone.set()
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)


def _leave(number: int, _frame: object) -> NoReturn:
    for each in _ENDINGS:  # once is enough: the end may take its time
        signal.signal(each, signal.SIG_IGN)
    sys.exit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
