"""What happens to a request: name lookup, proxy rules and the walk of a packet, explained step by step.

Reads the state and never writes it. The order of steps is one visible list.
Every sentence about a cause is in `reasons`.
"""
