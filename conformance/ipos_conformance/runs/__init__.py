"""From cases to results: one run in phases, several at once, the same again, and what a target is asked before."""
