"""The Kubernetes dialect of HTTP: discovery, objects, tables, watches and Status bodies, as kubectl expects them.

Renders what `runtime` answers; rules of kinds are not repeated here. Shares nothing with `web`.
"""
