"""Rights given up: by whom, for whom, and that there is no way back. Each in a process of its own."""

import os
import subprocess
import sys

import pytest
from ipos_reference import privileges
from ipos_reference.privileges import PrivilegeError

_BECOME = """
import os
from ipos_reference import privileges
os.setgroups([0, 4])
privileges.become(privileges.account("nobody"))
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(*status["Uid"].split(), *status["Gid"].split())
print(status["Groups"].strip(), *(status[name].strip() for name in ("CapEff", "CapPrm", "CapInh", "CapAmb")))
print(status["NoNewPrivs"].strip())
try:
    os.setuid(0)
except PermissionError:
    print("no way back")
"""

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


def python(source: str, *before: str) -> "subprocess.CompletedProcess[str]":
    command = [*before, sys.executable, "-c", source]
    # Not measured by coverage, which could not write its file as another user.
    unmeasured = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False, env=unmeasured)


@needs_root
def test_nothing_of_root_is_left() -> None:
    finished = python(_BECOME)
    assert finished.stderr == ""
    identity, capabilities, no_new, back = finished.stdout.splitlines()
    assert len(set(identity.split())) <= 2
    assert "0" not in identity.split()
    assert capabilities.split() == ["0" * 16] * 4
    assert (no_new, back) == ("1", "no way back")


def test_a_user_that_is_not_there_is_said() -> None:
    with pytest.raises(PrivilegeError, match=r"run.user: found 'weather', but this host has no such user"):
        privileges.account("weather")


def test_root_is_no_user_to_become() -> None:
    with pytest.raises(PrivilegeError, match=r"run.user: found 'root', who has root's rights"):
        privileges.account("root")


def test_only_root_can_become_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(PrivilegeError, match=r"only root can become 'nobody'; start as root, or leave out run.user"):
        privileges.account("nobody")


def test_a_user_namespace_without_that_user_is_said() -> None:
    finished = python(
        "from ipos_reference import privileges\n"
        "try:\n"
        "    privileges.become(privileges.account('nobody'))\n"
        "except privileges.PrivilegeError as error:\n"
        "    print(error)",
        *("unshare", "--user", "--map-root-user"),
    )
    if "unshare" in finished.stderr:
        pytest.skip(f"no user namespaces: {finished.stderr.strip()}")
    assert finished.stdout.startswith("run.user: can't become 'nobody': ")
