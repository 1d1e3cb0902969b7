"""One cluster as a value: its objects with their indexes, its journal entries, its clock.

Applies changes and answers lookups; decides nothing. Rules of a kind live in `kinds`, behaviour in `controllers`.
"""
