"""One short sentence for fields that every kind shares, for `kubectl explain`; the rest is in each kind's field help."""

from __future__ import annotations

from collections.abc import Mapping

COMMON: Mapping[str, str] = {
    "apiVersion": "The API group and version that this object is written in.",
    "kind": "The kind of this object, with its capital letters.",
    "metadata": "Name, labels and what else every object carries.",
    "spec": "What is wanted.",
    "status": "What is there now; the cluster fills it in.",
}
STRUCTS: Mapping[str, str] = {
    "meta.v1.ObjectMeta": "What every object carries: its name, labels, annotations and what the server notes.",
    "meta.v1.LabelSelector": "Labels that an object needs; all of the conditions must hold.",
    "meta.v1.OwnerReference": "The object that this one belongs to; when it is deleted, this one goes too.",
    "core.v1.PodTemplateSpec": "How each of the pods is made.",
    "core.v1.Container": "One program of a pod, with its image.",
    "core.v1.ServicePort": "One port of a Service.",
}
FIELDS: Mapping[tuple[str, str], str] = {
    ("meta.v1.ObjectMeta", "name"): "The object's name, unique for its kind in its namespace.",
    ("meta.v1.ObjectMeta", "namespace"): "The namespace that the object lives in.",
    ("meta.v1.ObjectMeta", "labels"): "Pairs that selectors find the object by.",
    ("meta.v1.ObjectMeta", "annotations"): "Notes for tools; no selector looks at them.",
    (
        "meta.v1.ObjectMeta",
        "uid",
    ): "The server's own identity of the object; a new object of the same name has another.",
    ("meta.v1.ObjectMeta", "resourceVersion"): "Changes with each write; sent back, it guards against overwriting.",
    ("meta.v1.ObjectMeta", "generation"): "Counts the changes of what is wanted.",
    ("meta.v1.ObjectMeta", "generateName"): "The beginning of a name that the server completes.",
    ("meta.v1.ObjectMeta", "creationTimestamp"): "When the object was made.",
    ("meta.v1.ObjectMeta", "deletionTimestamp"): "When the object is due to be gone; deletion has begun.",
    ("meta.v1.ObjectMeta", "deletionGracePeriodSeconds"): "How long the object may take to end.",
    ("meta.v1.ObjectMeta", "finalizers"): "Who must still clean up before the object may go.",
    ("meta.v1.ObjectMeta", "ownerReferences"): "The objects that this one belongs to.",
    ("meta.v1.ObjectMeta", "managedFields"): "Which tool last set which field.",
    ("meta.v1.LabelSelector", "matchLabels"): "Pairs that an object's labels must all hold.",
    ("meta.v1.LabelSelector", "matchExpressions"): "Further conditions on labels: In, NotIn, Exists, DoesNotExist.",
}
