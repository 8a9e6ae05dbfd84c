"""The suite beside pytest: its cases as items, and one's own cases with the fixture `dut`.

    pytest --ipos-target my-router.toml --ipos-select ENC-7 --ipos-select 'control-block/*'

pytest loads this wherever the suite is installed, so everything else is imported only once it is asked for.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from ipos_conformance.dut import Dut

_OPTIONS = {
    "--ipos-target": ("FILE", "Collect the conformance cases and run them against this target."),
    "--ipos-launch": ("COMMAND", "Command in place of the target file's."),
    "--ipos-seed": ("NUMBER", "Of all random numbers."),
    "--ipos-baseline": ("FILE", "Expected failures."),
    "--ipos-output": ("FOLDER", "For the results and all that is made of them."),
}
_SELECT = "--ipos-select"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options, all of which say ipos."""
    group = parser.getgroup("ipos", "ipOS conformance")
    for name, (metavar, text) in _OPTIONS.items():
        group.addoption(name, metavar=metavar, help=text, default="")
    text = "Of the cases only those: as for `ipos-conformance run`; may be said several times."
    group.addoption(_SELECT, metavar="SELECTION", help=text, action="append", default=[])


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Add the suite's cases, so that -k and --deselect see them too."""
    if config.getoption("--ipos-target"):
        from ipos_conformance.pytest_plugin.items import collected

        items.extend(collected(session))
        return
    alone = next((name for name in (*_OPTIONS, _SELECT) if config.getoption(name)), None)
    if alone is not None:
        raise pytest.UsageError(f"{alone}: no target, expected --ipos-target FILE beside it")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One's own cases may say @parameters, too."""
    if hasattr(metafunc.function, "requirement"):
        for axis, values in getattr(metafunc.function, "parameters", {}).items():
            metafunc.parametrize(axis, list(values.values()), ids=list(values))


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> object:
    """A function with @requirement that takes `dut` is a case: the engine runs it and says what its end means."""
    if not hasattr(pyfuncitem.function, "requirement") or "dut" not in pyfuncitem.funcargs:
        return None
    from ipos_conformance.pytest_plugin.own import run_own

    run_own(pyfuncitem)
    return True


@pytest.fixture(scope="session")
def dut(request: pytest.FixtureRequest) -> "Iterator[Dut]":
    """The device under test of --ipos-target, set up once; for functions that say @requirement.

    Unless its interfaces are "existing", this process stands in a private network namespace as long as it is there.
    """
    from ipos_conformance.pytest_plugin.own import set_up

    yield from set_up(request.config)


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Which target it is."""
    file: Any = config.getoption("--ipos-target")
    return [f"ipOS target: {file}"] if file else []
