// Who is isolated by NetworkPolicies, and for which way. Pure.

/** @typedef {import("./types").Element} Element */
/** @typedef {import("./types").Guard} Guard */

/**
 * Return the pods that policies isolate, each with the names of its policies.
 * @param {Element[]} pods @param {Element[]} policies
 * @returns {Map<string, Guard>}
 */
export function guarded(pods, policies) {
  /** @type {Map<string, Guard>} */
  const found = new Map();
  if (!policies.length) return found;
  for (const pod of pods) {
    const own = policies.filter((policy) => policy.ns === pod.ns && selects(policy.chosen ?? {}, pod.labels ?? {}));
    if (!own.length) continue;
    const named = (/** @type {string} */ way) => own.filter((policy) => policy.ways?.includes(way)).map((policy) => policy.name);
    found.set(pod.ref, { ways: { in: named("Ingress"), out: named("Egress") } });
  }
  return found;
}

/**
 * Say whether a label selector matches; an empty one matches everything.
 * @param {import("./types").LabelSelector} selector @param {import("./types").Labels} labels
 */
export function selects(selector, labels) {
  const equal = Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value);
  return equal && (selector.matchExpressions ?? []).every((wanted) => holds(wanted, labels));
}

/** @param {import("./types").Requirement} wanted @param {import("./types").Labels} labels */
function holds(wanted, labels) {
  const has = wanted.key in labels;
  switch (wanted.operator) {
    case "In": return has && (wanted.values ?? []).includes(labels[wanted.key]);
    case "NotIn": return !has || !(wanted.values ?? []).includes(labels[wanted.key]);
    case "Exists": return has;
    case "DoesNotExist": return !has;
    default: return false;
  }
}

/**
 * The words for a guard: which way, and by which policies; "" for a pod nobody guards.
 * @param {Guard | undefined} guard @param {(key: string, values?: Record<string, string | number>) => string} say
 */
export function words(guard, say) {
  if (!guard) return "";
  const told = [];
  if (guard.ways.in.length) told.push(say("guarded.in", { names: guard.ways.in.join(" ") }));
  if (guard.ways.out.length) told.push(say("guarded.out", { names: guard.ways.out.join(" ") }));
  return told.join(" ");
}
