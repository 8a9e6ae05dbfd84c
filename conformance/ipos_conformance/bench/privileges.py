"""Rights that a run needs no more once its sockets are open (capabilities(7))."""

import ctypes
import struct

_LIBC = ctypes.CDLL(None, use_errno=True)
_PR_SET_NO_NEW_PRIVS = 38
_VERSION_3 = 0x20080522
_CHOWN, _DAC_OVERRIDE, _DAC_READ_SEARCH, _FOWNER = 0, 1, 2, 3
_KEPT = 1 << _CHOWN | 1 << _DAC_OVERRIDE | 1 << _DAC_READ_SEARCH | 1 << _FOWNER
"""For the results: root writes into folders of others by these alone."""


def let_go() -> None:
    """Keep of root's rights those about files, for good; without them, nothing happens.

    What is on the wire comes from strangers: an error in how it is read must not be one of root's.
    """
    _LIBC.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    header = ctypes.create_string_buffer(struct.pack("Ii", _VERSION_3, 0), 8)
    before = ctypes.create_string_buffer(24)
    if _LIBC.capget(header, before) != 0:
        return
    effective, permitted, _, *_ = struct.unpack("6I", before.raw)
    after = struct.pack("6I", effective & _KEPT, permitted & _KEPT, 0, 0, 0, 0)
    _LIBC.capset(header, ctypes.create_string_buffer(after, 24))
