"""What each API kind is: names, defaults, validation, preparation on create and update, columns, field help.

One file per kind, gathered in one tuple. What happens by itself after a write belongs to `controllers`.
"""
