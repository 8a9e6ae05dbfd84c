"""The processes behind the router: ready before it is, gone when it is, and what is said when one can't be had."""

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from ipos_reference.applications import Application, ApplicationError, LocalAddress

SERVER = """
import socket, sys
listener = socket.socket(socket.AF_UNIX); listener.bind(sys.argv[1]); listener.listen()
while True: listener.accept()
"""
ROUTER = """
import sys
from ipos_reference.applications import Application, LocalAddress
application = Application([sys.executable, "-c", sys.argv[2], sys.argv[1]], LocalAddress(path=sys.argv[1]))
application.wait_until_ready()
print(application._process.pid, flush=True)
input()
"""


def started(path: Path) -> Application:
    application = Application([sys.executable, "-c", SERVER, str(path)], LocalAddress(path=str(path)))
    application.wait_until_ready()
    return application


def test_an_application_is_ready_when_it_accepts_and_gone_when_stopped(tmp_path: Path) -> None:
    application = started(tmp_path / "socket")
    address = LocalAddress(path=str(tmp_path / "socket"))
    assert address.answers()
    application.stop()
    assert not address.answers()


def test_an_application_ends_with_a_router_that_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", ROUTER, str(tmp_path / "socket"), SERVER]
    router = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert router.stdout is not None
    application = int(router.stdout.readline())
    ended = os.pidfd_open(application)
    router.send_signal(signal.SIGKILL)
    router.communicate()
    assert select.select([ended], [], [], 10.0)[0]
    os.close(ended)


def test_what_listens_already_is_not_started_again(tmp_path: Path) -> None:
    application = started(tmp_path / "socket")
    with pytest.raises(ApplicationError, match="something already listens on unix:"):
        started(tmp_path / "socket")
    application.stop()


def test_a_command_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(ApplicationError, match=r"/no/such/server: No such file or directory; is it installed"):
        Application(["/no/such/server"], LocalAddress(path=str(tmp_path / "socket")))


def test_a_command_that_ends_at_once_is_named(tmp_path: Path) -> None:
    application = Application(["/bin/sh", "-c", "exit 3"], LocalAddress(path=str(tmp_path / "socket")))
    with pytest.raises(ApplicationError, match=r"/bin/sh ended at once with status 3"):
        application.wait_until_ready()
