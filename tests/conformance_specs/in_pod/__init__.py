"""The in-pod Conformance specs of [sig-network], release 1.36: a test for each, named after it."""
