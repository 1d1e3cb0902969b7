"""The imperative shell: one writer per cluster, live subscriptions, caches, the passing of time.

Threads, tasks and wall clocks live here and nowhere below. Losing what it holds loses nothing: the journal has it.
"""
