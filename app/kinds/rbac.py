"""RBAC kinds: kept and shown, not asked; the playground's keys say who may do what.

Mirrors pkg/apis/rbac/{v1/defaults.go,validation/validation.go} (release 1.36).
"""

from __future__ import annotations

from app.kinds import columns
from app.kinds.kind import KEPT, Kind
from app.kinds.serviceaddresses import path_segment
from app.machinery import objects, validation
from app.machinery.objects import Draft, Object
from app.machinery.validation import FieldError

GROUP = "rbac.authorization.k8s.io"
_SUBJECTS = ("Group", "ServiceAccount", "User")


def binding_defaults(draft: Draft) -> None:
    """Fill in the groups of the role and the subjects (SetDefaults_RoleBinding, SetDefaults_Subject)."""
    if isinstance(draft.get("roleRef"), dict):
        draft["roleRef"] = {**draft["roleRef"], "apiGroup": draft["roleRef"].get("apiGroup") or GROUP}
    if draft.get("subjects"):
        draft["subjects"] = [
            {**one, "apiGroup": GROUP} if one.get("kind") in ("User", "Group") and not one.get("apiGroup") else one
            for one in draft["subjects"]
        ]


def validate_rules(obj: Object) -> list[FieldError]:
    """Check that each rule says verbs and what they are about (ValidatePolicyRule)."""
    found: list[FieldError] = []
    for position, rule in enumerate(obj.get("rules") or ()):
        path = f"rules[{position}]"
        if not rule.get("verbs"):
            found.append(validation.required(f"{path}.verbs", "verbs must contain at least one value"))
        if rule.get("nonResourceURLs"):
            continue
        if not rule.get("apiGroups"):
            found.append(validation.required(f"{path}.apiGroups", "resource rules must supply at least one api group"))
        if not rule.get("resources"):
            found.append(validation.required(f"{path}.resources", "resource rules must supply at least one resource"))
    return found


def validate_binding(obj: Object) -> list[FieldError]:
    """Check what a binding binds, and whom to (ValidateRoleBinding)."""
    role, found = obj.get("roleRef") or {}, list[FieldError]()
    if role.get("apiGroup") != GROUP:
        found.append(validation.not_supported("roleRef.apiGroup", role.get("apiGroup") or "", (GROUP,)))
    kinds = ("ClusterRole",) if obj.get("kind") == "ClusterRoleBinding" else ("ClusterRole", "Role")
    if role.get("kind") not in kinds:
        found.append(validation.not_supported("roleRef.kind", role.get("kind") or "", kinds))
    if not role.get("name"):
        found.append(validation.required("roleRef.name"))
    for position, subject in enumerate(obj.get("subjects") or ()):
        path = f"subjects[{position}]"
        if not subject.get("name"):
            found.append(validation.required(f"{path}.name"))
        if subject.get("kind") not in _SUBJECTS:
            kind = subject.get("kind") or ""
            found.append(validation.not_supported(f"{path}.kind", kind, ("ServiceAccount", "User", "Group")))
        elif subject["kind"] == "ServiceAccount" and not subject.get("namespace"):
            if obj.get("kind") == "ClusterRoleBinding":
                found.append(validation.required(f"{path}.namespace"))
    return found


def validate_binding_update(obj: Object, old: Object) -> list[FieldError]:
    """Refuse another role."""
    if obj.get("roleRef") == old.get("roleRef"):
        return []
    return [validation.invalid("roleRef", obj.get("roleRef"), "cannot change roleRef")]


def _role(obj: Object, now: float) -> str:
    return f"{objects.dig(obj, 'roleRef', 'kind')}/{objects.dig(obj, 'roleRef', 'name')}"


def _subjects(kind: str) -> columns.Cell:
    def cell(obj: Object, now: float) -> str:
        found = [one for one in obj.get("subjects") or () if one.get("kind") == kind]
        if kind == "ServiceAccount":
            return ", ".join(f"{one.get('namespace', '')}/{one.get('name', '')}" for one in found)
        return ", ".join(str(one.get("name", "")) for one in found)

    return cell


def _role_kind(kind: str, *, namespaced: bool) -> Kind:
    return Kind(
        group=GROUP,
        version="v1",
        kind=kind,
        resource=f"{kind.lower()}s",
        singular=kind.lower(),
        namespaced=namespaced,
        stored=True,
        name_rule=path_segment,
        validate=validate_rules,
        columns=(columns.NAME, columns.text("Created At", columns.created)),
        help=f"Permissions {'inside one namespace' if namespaced else 'in the whole cluster'}. {KEPT}",
    )


def _binding_kind(kind: str, *, namespaced: bool) -> Kind:
    return Kind(
        group=GROUP,
        version="v1",
        kind=kind,
        resource=f"{kind.lower()}s",
        singular=kind.lower(),
        namespaced=namespaced,
        stored=True,
        name_rule=path_segment,
        default=binding_defaults,
        validate=validate_binding,
        validate_update=validate_binding_update,
        columns=(
            columns.NAME,
            columns.text("Role", _role),
            columns.AGE,
            columns.text("Users", _subjects("User"), priority=1),
            columns.text("Groups", _subjects("Group"), priority=1),
            columns.text("ServiceAccounts", _subjects("ServiceAccount"), priority=1),
        ),
        help=f"Gives a {kind.removesuffix('Binding')} to users or service accounts. {KEPT}",
    )


KINDS: tuple[Kind, ...] = (
    _role_kind("Role", namespaced=True),
    _role_kind("ClusterRole", namespaced=False),
    _binding_kind("RoleBinding", namespaced=True),
    _binding_kind("ClusterRoleBinding", namespaced=False),
)
