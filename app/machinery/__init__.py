"""What every API object shares: keys, metadata, label and field selectors, patches, validation, manifests, errors.

Knows no kind and no cluster. What only one kind needs belongs to that kind's file in `kinds`.
"""
