"""Writes the list of all cases anew; `listed` says what it is for."""

import sys
from pathlib import Path

from ipos_sphinx.listed import COMMAND, text
from ipos_sphinx.sources import sources

if len(sys.argv) != 2:
    sys.exit(f"usage: {COMMAND}")
Path(sys.argv[1]).write_text(text(sources()), encoding="utf-8")
