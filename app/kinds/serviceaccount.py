"""ServiceAccount: who a pod is when it talks to the API server. Each namespace has one called default."""

from __future__ import annotations

from app.kinds import columns
from app.kinds.kind import Kind

KIND = Kind(
    group="",
    version="v1",
    kind="ServiceAccount",
    resource="serviceaccounts",
    singular="serviceaccount",
    short_names=("sa",),
    columns=(columns.NAME, columns.AGE),
    help="Who a pod is when it talks to the API server.",
    field_help={"automountServiceAccountToken": "Whether its pods get its token as files."},
)
