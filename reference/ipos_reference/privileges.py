"""Root's rights are given up for good, once everything that needs them is open."""

import ctypes
import os
import pwd
import struct
from dataclasses import dataclass

_LIBC = ctypes.CDLL(None, use_errno=True)
_PR_SET_NO_NEW_PRIVS = 38  # <linux/prctl.h>
_CAPABILITY_VERSION_3 = 0x20080522  # <linux/capability.h>


class PrivilegeError(Exception):
    """Rights can't be given up as the operator wants it; the text is one line that says why and what to do."""


@dataclass(frozen=True, slots=True)
class Account:
    """Who the router becomes, and who its applications are from the start."""

    name: str
    user: int
    group: int


def account(name: str) -> Account:
    """The account of this name, if this process can become it. Raises PrivilegeError."""
    try:
        found = pwd.getpwnam(name)
    except KeyError as error:
        raise PrivilegeError(f"run.user: found {name!r}, but this host has no such user") from error
    if found.pw_uid == 0:
        raise PrivilegeError(f"run.user: found {name!r}, who has root's rights; expected a user without")
    if os.geteuid() not in (0, found.pw_uid):
        raise PrivilegeError(f"run.user: only root can become {name!r}; start as root, or leave out run.user")
    return Account(name, found.pw_uid, found.pw_gid)


def become(chosen: Account) -> None:
    """Be this user, with no other group and no capability, and never more than that again. Raises PrivilegeError."""
    try:
        if os.geteuid() != chosen.user:
            os.setgroups([])
            os.setresgid(chosen.group, chosen.group, chosen.group)
            os.setresuid(chosen.user, chosen.user, chosen.user)
        _give_up_capabilities()
    except OSError as error:
        raise PrivilegeError(
            f"run.user: can't become {chosen.name!r}: {error.strerror}; in a user namespace only its own users exist: "
            "leave out run.user there"
        ) from error


def _give_up_capabilities() -> None:
    """A change of user from root takes them too, but not those that a service manager gave to another user."""
    header = struct.pack("Ii", _CAPABILITY_VERSION_3, 0)
    none = bytes(2 * 3 * 4)  # effective, permitted, inheritable, each in two words; ambient ones follow
    if _LIBC.capset(header, none) or _LIBC.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
