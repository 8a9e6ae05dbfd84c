"""Looks the bench and a target file over, and says of each finding in a sentence what to do.

facts (the kernel's) -> machine, interfaces (pure) -> findings
exam (the target's answers)                        -> findings;  repairs do what can be done, and take it back
"""
