"""The project's checks, each a session: `nox` runs all of them, `nox -s tests -- spec -k checksum` a part of one.

Environments are kept: only the first run installs. `lint` needs no more than ruff.
"""

import shutil
from pathlib import Path

import nox

nox.needs_version = ">=2025.5.1"
nox.options.default_venv_backend = "virtualenv"
nox.options.reuse_venv = "yes"
nox.options.sessions = ["lint", "types", "tests"]

PROJECT = nox.project.load_toml("pyproject.toml")
LOCKED = ("--quiet", "--constraint", "constraints.txt")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
BENCHMARKS = ("codec", "tables", "forwarding", "migrations", "flood", "migration", "proxy", "goodput", "suite", "fuzz")
BUILD = {"PIP_BUILD_CONSTRAINT": "constraints.txt"}


@nox.session
def lint(session: nox.Session) -> None:
    """Style: ruff's rules and its formatter."""
    session.install(*LOCKED, "ruff")
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")


@nox.session
def types(session: nox.Session) -> None:
    """Types: mypy, strict, over all packages."""
    session.install(*LOCKED, "--editable", ".", *nox.project.dependency_groups(PROJECT, "lint"), env=BUILD)
    session.run("mypy")


@nox.session
def tests(session: nox.Session) -> None:
    """Tests of all rooms, with branch coverage, two files at a time. What follows `--` goes to pytest."""
    session.install(*LOCKED, "--editable", ".", *nox.project.dependency_groups(PROJECT, "test"), env=BUILD)
    # In the order of testpaths: else xdist begins with the files that have most tests, which are not the longest.
    two_files_at_a_time = ("--numprocesses=2", "--dist=loadfile", "--no-loadscope-reorder")
    session.run(
        "pytest",
        *two_files_at_a_time,
        "--cov",
        "--cov-report=term",
        "--durations=30",
        "--ignore=tests/test_acquittal.py",
        *session.posargs,
    )


@nox.session(default=False)
def docs(session: nox.Session) -> None:
    """The pages, in docs/build/html and, all in one for printing, in docs/build/print; a warning is an error.

    Where there is Chromium, docs/build/print/ipos.pdf is made of the latter. `nox -s docs -- -D ipos_results=FILE` has
    the entries tell how their cases ended in the run of a results.json, in place of docs/verdicts.toml.
    """
    session.install(*LOCKED, "--editable", ".", *nox.project.dependency_groups(PROJECT, "docs"), env=BUILD)
    for builder, folder in (("html", "html"), ("singlehtml", "print")):
        # Always from scratch: Sphinx does not see the schemas and cases change that pages are made of.
        strict = ("--fail-on-warning", "--keep-going", "--fresh-env", "--quiet")
        session.run("sphinx-build", *strict, "--builder", builder, *session.posargs, "docs", f"docs/build/{folder}")
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        session.log(f"docs/build/print/ipos.pdf is not made: found none of {', '.join(BROWSERS)}")
        return
    page = Path("docs/build/print/index.html").resolve().as_uri()
    options = ("--headless", "--no-sandbox", "--no-pdf-header-footer", "--print-to-pdf=docs/build/print/ipos.pdf")
    session.run(browser, *options, page, external=True, silent=True)


@nox.session(default=False)
def looks(session: nox.Session) -> None:
    """The pages built anew and opened in Chromium: how they look in three widths, light and dark; the search."""
    session.install(*LOCKED, "--editable", ".", *nox.project.dependency_groups(PROJECT, "test"), env=BUILD)
    session.run("sphinx-build", "--fail-on-warning", "--fresh-env", "--quiet", "docs", "docs/build/html")
    session.run("pytest", "tests/docs_looks.py", *session.posargs)


@nox.session(default=False, name="docs-run")
def docs_run(session: nox.Session) -> None:
    """Every command of the pages typed as it stands, in namespaces of its own; some ten minutes, so by hand."""
    session.install(*LOCKED, "--editable", ".", *nox.project.dependency_groups(PROJECT, "test"), env=BUILD)
    session.run("pytest", "tests/docs_run.py", *session.posargs)


@nox.session(default=False)
def acquittal(session: nox.Session) -> None:
    """The whole suite against right routers of another make; minutes long, so by hand (`nox -s acquittal`)."""
    session.install(*LOCKED, "--editable", ".", *nox.project.dependency_groups(PROJECT, "test"), env=BUILD)
    session.run("pytest", "tests/test_acquittal.py", *session.posargs)


@nox.session(default=False)
def model(session: nox.Session) -> None:
    """The model's large scenarios, minutes each, so by hand; `nox -s model -- single` explores one of any size."""
    session.install(*LOCKED, "--editable", ".", env=BUILD)
    session.run("ipos-spec", "model", *(session.posargs or ("--large",)))


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Measurements against peers; `nox -s bench -- codec` makes one of them. Results go to bench/results."""
    session.install(*LOCKED, "--editable", ".", *nox.project.dependency_groups(PROJECT, "bench"), env=BUILD)
    failed = []
    for subject in session.posargs or BENCHMARKS:
        try:
            session.run("python", f"bench/{subject}.py", "--output", f"bench/results/{subject}.json")
        except nox.command.CommandFailed:
            failed.append(subject)  # it has said why: often that it needs root
    if failed:
        session.error(f"not measured: {', '.join(failed)}")


@nox.session(default=False)
def soak(session: nox.Session) -> None:
    """Ten minutes of clients that come and go, by hand: whether memory or tables grow. Results go to bench/results."""
    session.install(*LOCKED, "--editable", ".", env=BUILD)
    session.run("python", "bench/soak.py", "--output", "bench/results/soak.json", *session.posargs)


@nox.session(default=False, name="kill-matrix")
def kill_matrix(session: nox.Session) -> None:
    """Who is caught by which case: the whole suite against every defect, by hand. The table goes to kill-matrix/."""
    session.install(*LOCKED, "--editable", ".", *nox.project.dependency_groups(PROJECT, "test"), env=BUILD)
    session.run("python", "tests/kill_matrix.py", *session.posargs)


@nox.session(default=False, name="model-matrix")
def model_matrix(session: nox.Session) -> None:
    """The fuzz harness's protocol model on all variations and defects, by hand; the table goes to model-matrix/."""
    session.install(*LOCKED, "--editable", ".", *nox.project.dependency_groups(PROJECT, "test"), env=BUILD)
    session.run("python", "tests/model_matrix.py", *session.posargs)


@nox.session(default=False, name="bug-hunt")
def bug_hunt(session: nox.Session) -> None:
    """The fuzz harness against every planted bug, by hand: how soon it is found, how small the proof is."""
    session.install(*LOCKED, "--editable", ".", *nox.project.dependency_groups(PROJECT, "test"), env=BUILD)
    session.run("python", "tests/bug_hunt.py", *session.posargs)


@nox.session(default=False)
def stability(session: nox.Session) -> None:
    """The right router twenty times on TAP and over veth beside a busy core, by hand: whether any verdict flickers."""
    session.install(*LOCKED, "--editable", ".", *nox.project.dependency_groups(PROJECT, "test"), env=BUILD)
    session.run("python", "tests/stability.py", *session.posargs)
