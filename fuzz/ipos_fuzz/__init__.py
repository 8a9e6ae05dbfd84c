"""Attacks on any ipOS router from outside. So far: single frames, mutated."""

from ipos_fuzz.mutate import Mutant, mutants

__all__ = ["Mutant", "mutants"]
