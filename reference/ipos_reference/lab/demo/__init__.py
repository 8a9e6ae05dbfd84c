"""The demonstration: real clients and servers, step by step, each step checked.

`steps` say what is done and what has to come of it, `stage` is what they do it with, `showing` prints it.
"""
