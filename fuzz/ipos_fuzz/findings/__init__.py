"""Findings: what was seen, made small, proved on a fresh target, and written down at once."""
