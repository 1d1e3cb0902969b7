"""The steps of a walk: one file per family, each step one function `(world, flow) -> Move | Stop | None`.

A step writes down what it decided, or says None without a word when the packet is not its business.
Where a step runs, and after which other, is said in `pipeline` only.
"""
