"""Writes the lists of all cases and of all fields anew; `listed` and `listed_fields` say what they are for."""

import sys
from pathlib import Path

from ipos_sphinx import listed, listed_fields
from ipos_sphinx.sources import sources

if len(sys.argv) != 3:
    sys.exit(f"usage: {listed.COMMAND}")
for file, kind in zip(sys.argv[1:], (listed, listed_fields), strict=True):
    Path(file).write_text(kind.text(sources()), encoding="utf-8")
