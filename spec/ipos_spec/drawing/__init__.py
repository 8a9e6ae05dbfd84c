"""Diagrams as SVG, whatever they show: one look, light and dark in the same file.

They follow the reader's `prefers-color-scheme`; where they are inlined in a page whose body has `data-theme` (as Furo's
has), they follow that. Nothing of the protocol is known here.
"""
