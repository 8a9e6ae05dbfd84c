"""Sets up the bench of a target file: namespace, interfaces, the target's process; and takes it all down again."""

import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ipos_conformance.bench import namespaces
from ipos_conformance.bench.wire import Port
from ipos_conformance.errors import BenchError
from ipos_conformance.frames import Lan
from ipos_conformance.target import FirstLan, Target

OpenPort = Callable[[Lan, str, int, float], Port]
"""From LAN, interface, EtherType of ipOS and frames a second."""

_PATIENCE = 5.0
_POLL = 0.005


@dataclass
class Process:
    """The target's process, under its warden. log: where its output goes."""

    warden: "subprocess.Popen[bytes]"
    log: Path

    def end(self) -> str | None:
        """How it ended, with its last words; None while it runs."""
        status = self.warden.poll()
        if status is None:
            return None
        last = f": {self.last_words()}" if self.last_words() else ""
        how = (
            f"by signal {256 - status if status > 128 else -status}"
            if status < 0 or status > 128
            else f"with status {status}"
        )
        return f"its process ended {how}{last}"

    def last_words(self) -> str:
        """The last line that it printed."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1][:200] if lines else ""

    def stop(self) -> None:
        """End the process and all its children."""
        self.warden.terminate()
        try:
            self.warden.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self.warden.kill()
            self.warden.wait()


@dataclass(frozen=True)
class Bench:
    """What a run stands on. process is None if nobody launched one; no ports if the target never made any."""

    ports: Mapping[Lan, Port]
    process: Process | None

    def target_end(self) -> str | None:
        """How the target's process ended, or None."""
        return None if self.process is None else self.process.end()


@contextlib.contextmanager
def bench(
    target: Target, command: Sequence[str], log: Path, *, force: bool = False, port: OpenPort = Port
) -> Iterator[Bench]:
    """Set everything up, and take it down in the end. Raises BenchError.

    command   launches the target; empty if it runs already
    force     stand on an interface even if it carries the default route
    port      opens the suite's port on a LAN
    """
    kind = target.target.interfaces
    if kind == "existing":
        _check_existing(target, force=force)
    else:
        namespaces.enter_private_namespace()
    if kind == "target":
        namespaces.check_tun()
    with contextlib.ExitStack() as stack:
        process = None
        if command:
            process = stack.enter_context(_launched(target, command, log))
        made = process is None or kind != "target" or _await_interfaces(target, process)
        yield Bench(_open_ports(target, stack, port) if made else {}, process)


@contextlib.contextmanager
def _launched(target: Target, command: Sequence[str], log: Path) -> Iterator[Process]:
    prefix = [sys.executable, "-m", "ipos_conformance.bench.warden"]
    own = target.target.interfaces == "veth"
    if own:
        lans = (target.first_lan, target.second_lan)
        prefix += ["--own-namespace", ",".join(f"{lan.target_interface}={lan.mtu}" for lan in lans)]
    try:
        output = log.open("ab")
    except OSError as error:
        raise BenchError(f"{log}: {error.strerror}, expected a place for what the target prints") from error
    with output:
        try:
            warden = subprocess.Popen(  # noqa: S603 - the command is the operator's own
                [*prefix, *command],
                stdin=subprocess.PIPE if own else subprocess.DEVNULL,
                stdout=subprocess.PIPE if own else output,
                stderr=output,
            )
        except OSError as error:
            raise BenchError(f"{prefix[0]} can't be started in the namespace: {error.strerror}") from error
        process = Process(warden, log)
        try:
            if own:
                _lay_cables(target, warden)
            yield process
        finally:
            process.stop()


def _lay_cables(target: Target, warden: "subprocess.Popen[bytes]") -> None:
    if warden.stdin is None or warden.stdout is None or warden.stdout.readline() != b"ready\n":
        raise BenchError("the target's namespace can't be made: see target.log")
    for lan in (target.first_lan, target.second_lan):
        namespaces.make_cable(lan.interface, str(lan.target_interface), warden.pid, lan.mtu)
    warden.stdin.write(b"go\n")
    warden.stdin.close()


def _await_interfaces(target: Target, process: Process) -> bool:
    """A target that makes its interfaces may take a while. False if it ends before; the suite sets up what is down."""
    deadline = time.monotonic() + target.timing.start
    for lan in (target.first_lan, target.second_lan):
        while not _exists(lan.interface):
            if process.end() is not None:
                return False
            if time.monotonic() > deadline:
                said = f"it said: {process.last_words()}" if process.last_words() else "it said nothing"
                problem = f"the target made no interface {lan.interface} within {target.timing.start} s"
                raise BenchError(f"{problem}; {said}; see target.log")
            time.sleep(_POLL)
        namespaces.bring_up(lan.interface)
    return True


def _open_ports(target: Target, stack: contextlib.ExitStack, port: OpenPort) -> dict[Lan, Port]:
    ports = {}
    lans: dict[Lan, FirstLan] = {Lan.FIRST: target.first_lan, Lan.SECOND: target.second_lan}
    for lan, place in lans.items():
        ports[lan] = port(lan, place.interface, target.second_lan.ether_type, target.suite.rate)
        stack.callback(ports[lan].close)
    return ports


def _check_existing(target: Target, *, force: bool) -> None:
    for interface in (target.first_lan.interface, target.second_lan.interface):
        if not _exists(interface):
            raise BenchError(f"interface {interface}: there is none of this name")
        if not force and namespaces.carries_default_route(interface):
            raise BenchError(
                f"interface {interface} carries this machine's default route: "
                "stand on another one, or say --force if you mean it"
            )


def _exists(interface: str) -> bool:
    return any(name == interface for _, name in socket.if_nameindex())
