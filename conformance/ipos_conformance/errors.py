"""Everything that this package raises on purpose."""


class SuiteError(Exception):
    """Base. The text is one line for the user."""


class TargetFileError(SuiteError):
    """The target file is wrong: which key, what was found, what was expected."""


class BenchError(SuiteError):
    """This machine or its wiring can't carry the run; the text says what to do."""


class OutputError(SuiteError):
    """What a run has found can't be written down, so nobody can rely on it."""


class SelectionError(SuiteError):
    """A selection matches no case."""


class ResultsError(SuiteError):
    """A results file, or a bundle of them, that is none or not what it claims to be."""


class CaseEnd(SuiteError):  # noqa: N818 - it ends a case, and need be nobody's error
    """Base of what ends a case before its last line (see `verdicts`)."""
