"""The processes behind the router: gone with all that they started, also when the router is killed."""

import os
import resource
import select
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from ipos_reference.applications import Application, ApplicationError, end_all

FOR_EVER = [sys.executable, "-c", "import time; print(flush=True); time.sleep(3600)"]
DEAF = "trap '' TERM; touch $0; sleep 3600 & wait; wait"
ROUTER = """
import sys
from ipos_reference.applications import Application
application = Application([sys.executable, "-c", "import time; time.sleep(3600)"])
print(application.process, flush=True)
input()
"""


def exists(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_one_that_runs_has_not_ended() -> None:
    application = Application(FOR_EVER)
    assert not application.has_ended()
    assert exists(application.process)
    application.ask_to_end()
    assert application.has_ended(10.0)
    assert application.close() == -signal.SIGTERM
    assert not exists(application.process)


def test_its_exit_status_is_told() -> None:
    application = Application(["/bin/sh", "-c", "exit 3"])
    assert application.has_ended(10.0)
    assert application.close() == 3


def test_what_it_started_does_not_outlive_it(tmp_path: Path) -> None:
    application = Application(["/bin/sh", "-c", f"sleep 3600 & echo $! > {tmp_path}/child; exit 0"])
    assert application.has_ended(10.0)
    child = os.pidfd_open(int((tmp_path / "child").read_text(encoding="ascii")))
    application.close()
    assert select.select([child], [], [], 10.0)[0]
    os.close(child)


def test_several_end_together_and_those_that_do_not_listen_firmly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ipos_reference.applications.END_WITHIN", 0.5)
    marks = [tmp_path / "one", tmp_path / "two"]
    applications = [Application(FOR_EVER), *(Application(["/bin/sh", "-c", DEAF, str(mark)]) for mark in marks)]
    while not all(mark.exists() for mark in marks):
        time.sleep(0.01)  # a process has nothing else to be waited on
    began = time.monotonic()
    end_all(applications)
    assert time.monotonic() - began < 10
    assert not any(exists(application.process) for application in applications)


def test_the_router_takes_all_descriptors_and_leaves_its_applications_what_is_usual(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    few = min(soft, 500)
    source = """
import sys
from ipos_reference.applications import Application
from ipos_reference.descriptors import raise_limit
raise_limit()
application = Application(["/bin/sh", "-c", f"ulimit -n > {sys.argv[1]}"])
application.has_ended(10.0)
application.close()
import resource
print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""
    limited = f"ulimit -S -n {few}; exec {shlex.join([sys.executable, '-c', source, str(tmp_path / 'limit')])}"
    finished = subprocess.run(["/bin/sh", "-c", limited], capture_output=True, text=True, check=True, timeout=30)
    assert int(finished.stdout) == hard
    assert int((tmp_path / "limit").read_text(encoding="ascii")) == few


def test_an_application_ends_with_a_router_that_is_killed() -> None:
    router = subprocess.Popen([sys.executable, "-c", ROUTER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert router.stdout is not None
    ended = os.pidfd_open(int(router.stdout.readline()))
    router.send_signal(signal.SIGKILL)
    router.communicate()
    assert select.select([ended], [], [], 10.0)[0]
    os.close(ended)


def test_a_command_that_may_not_be_run_is_said(tmp_path: Path) -> None:
    with pytest.raises(ApplicationError, match=r"Permission denied; may this user run it"):
        Application([str(tmp_path)])


def test_a_command_that_does_not_exist_is_named() -> None:
    with pytest.raises(ApplicationError, match=r"/no/such/server: No such file or directory; is it installed"):
        Application(["/no/such/server"])
