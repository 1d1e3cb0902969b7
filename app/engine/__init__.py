"""Command in, entries out: the one place that brings kinds, controllers and dataplane together.

Pure: it gets the state and an Env and returns entries. It knows no database, no clock on the wall and no reader.
"""
