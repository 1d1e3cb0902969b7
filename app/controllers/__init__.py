"""What happens by itself after a write: level-triggered reconcilers that turn a view of the state into writes.

Each is `reconcile(view, key, env)` and knows no other controller; they meet only in objects. Their order is one tuple.
What happens to a packet belongs to `dataplane`.
"""
