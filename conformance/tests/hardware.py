"""A router behind two virtual cables, in a namespace of its own: what a device on eth1 and eth2 is to the suite."""

import json
import os
import subprocess
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from ipos_conformance import cli
from ipos_conformance.bench.ethtool import Offload, switch
from ipos_conformance.target import DEFAULT_TARGET
from namespace import Namespace

TARGETS = DEFAULT_TARGET.parent


class Hardware:
    """Until ``close``: the device runs, and `command` is what a person types on the machine that it is plugged into."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.machine, self.device = Namespace(), Namespace()
        self.machine.link_to(self.device, "eth1", "ipos-lan1")
        self.machine.link_to(self.device, "eth2", "ipos-lan2")
        self._log = (folder / "device.log").open("wb")
        self.router = self._started()
        self.environment = {**os.environ, "XDG_STATE_HOME": str(folder / "state")}

    def restart(self) -> None:
        """Switch the device off and on: it has forgotten everybody."""
        self.router.terminate()
        self.router.wait()
        self.router = self._started()

    def command(self, *words: str) -> list[str]:
        return self.machine.command(sys.executable, "-m", "ipos_conformance", *words)

    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """In a fork of ours instead of a new process: what takes long is to import everything once more."""
        files = [self.folder / name for name in ("stdout", "stderr")]
        child = os.fork()
        if child == 0:
            status = 255
            try:
                status = self._within(files, words)
            finally:
                os._exit(status)  # whatever happens, there must not be two of us who go on with the tests
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        output, errors = (file.read_text() for file in files)
        assert "Traceback" not in errors, errors
        return subprocess.CompletedProcess(words, status, output, errors)

    def await_device(self, file: str) -> None:
        """Until it is up and serves."""
        deadline = time.monotonic() + 30
        while self.doctor(file)["exit_code"]:
            assert self.router.poll() is None, (self.folder / "device.log").read_text()
            assert time.monotonic() < deadline

    def doctor(self, *words: str) -> dict[str, Any]:
        done = self.run("doctor", "--json", *words)
        assert done.stdout, done.stderr
        document: dict[str, Any] = json.loads(done.stdout)
        assert document["exit_code"] == done.returncode
        return document

    def change(self, *words: str, on_the_device: bool = False) -> None:
        """What a person does by `ip`, and by `ethtool INTERFACE OFFLOAD on`, which need not be installed."""
        place = self.device if on_the_device else self.machine
        if words[0] == "ethtool":
            interface, offload, state = words[1:]
            place.within(lambda: switch(interface, Offload(offload), on=state == "on"))
        else:
            place.run(*words)

    def _within(self, files: list[Path], words: tuple[str, ...]) -> int:
        for descriptor, file in enumerate(files, 1):
            os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), descriptor)
        sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w")
        os.environ.update(self.environment)
        os.chdir(self.folder)
        sys.argv = ["ipos-conformance", *words]
        try:
            self.machine.enter()
            cli.main()
        except SystemExit as end:
            return end.code if isinstance(end.code, int) else 254
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
        return 255

    def _started(self) -> "subprocess.Popen[bytes]":
        router = [sys.executable, "-m", "ipos_reference", "run", str(TARGETS / "reference-router-veth.toml")]
        return self.device.popen(*router, stderr=self._log)

    def close(self) -> None:
        self.router.terminate()
        self.router.wait()
        self._log.close()
        self.machine.close()
        self.device.close()
