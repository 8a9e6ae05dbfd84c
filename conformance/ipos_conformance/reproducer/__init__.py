"""Failures that can be seen again without the suite: scripts of the standard library alone, captures, smaller ones."""
