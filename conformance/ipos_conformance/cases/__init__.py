"""The cases, one module per subject. See `ipos_conformance.case` for what a case is."""
