"""The reference router with one planted defect: what a conformance suite must convict.

Nothing imports this package. The suite starts ``python -m ipos_defects NAME run FILE.toml`` like any other target; the
reference itself holds no test code, each defect is patched in from outside.
"""
