"""kubectl describe: one describer a kind (staging/src/k8s.io/kubectl/pkg/describe/describe.go, release 1.36).

Each returns tab-terminated cells; `words.FLUSH` ends a block whose columns are set by themselves.
"""
