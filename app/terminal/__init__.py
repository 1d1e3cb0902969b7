"""The browser's shell: the command lines that lessons use, parsed, run and printed as the real tools print them.

Speaks to `runtime` like any other dialect and has no privilege of its own.
"""
