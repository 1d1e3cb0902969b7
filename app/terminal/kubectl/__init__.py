"""kubectl in process: its command line, its requests and its words, for the page's terminal.

Everything it reads and writes goes through the playground's Kubernetes API (`api.Api`), so validation, tables and warnings
are the server's own. Belongs here: what the program kubectl does by itself (flags, printers, describe, generators).
"""
