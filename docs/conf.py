"""How Sphinx builds these pages: `nox -s docs`. What is generated in them comes from `ipos_sphinx` in `extension`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "extension"))

project = "ipOS"
html_title = "ipOS"
html_theme = "furo"
html_favicon = "_static/favicon.svg"
html_search_scorer = str(Path(__file__).parent / "scorer.js")
html_static_path = ["_static"]
html_css_files = ["ipos.css"]
html_copy_source = False
html_show_copyright = False
html_show_sphinx = False
pygments_dark_style = "github-dark"
extensions = ["ipos_sphinx"]
primary_domain = "ipos"
exclude_patterns = ["extension"]
highlight_language = "none"
nitpicky = True
smartquotes = False  # options have two hyphens, and what is quoted can be copied
ipos_cases = str(Path(__file__).parent / "cases.txt")
ipos_fields = str(Path(__file__).parent / "fields.txt")
ipos_verdicts = str(Path(__file__).parent / "verdicts.toml")
