"""As many descriptors as this process may have: every endpoint takes one for its connection to the application."""

import resource

_LIMIT = resource.RLIMIT_NOFILE
_inherited = resource.getrlimit(_LIMIT)


def raise_limit() -> None:
    """Have as many as the system allows; the usual 1024 are kept for programs that use select(2)."""
    _, most = resource.getrlimit(_LIMIT)
    resource.setrlimit(_LIMIT, (most, most))


def restore_limit() -> None:
    """In a child: as many as it would have had without the router; it may be such a program."""
    resource.setrlimit(_LIMIT, _inherited)
