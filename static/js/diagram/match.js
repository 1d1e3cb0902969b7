// Selectors against labels, while someone types. All pairs must be equal (AND); extra labels do not matter. Pure.

/** @typedef {import("./types").Labels} Labels */
/** @typedef {import("./types").Element} Element */
/** @typedef {import("./types").Verdict} Verdict */

/**
 * Judge one pod. `taken` says that another Service already selects it: a single differing key is then no near miss.
 * @param {Labels} selector @param {Labels} labels @param {boolean} [taken]
 * @returns {Verdict}
 */
export function verdict(selector, labels, taken = false) {
  const keys = Object.keys(selector);
  const wrong = keys.filter((key) => labels[key] !== selector[key]);
  const matches = keys.length > 0 && wrong.length === 0;
  return { matches, near: !matches && isNear(selector, labels, wrong, taken), wrong };
}

/** @param {Labels} selector @param {Labels} labels @param {string[]} wrong @param {boolean} taken */
function isNear(selector, labels, wrong, taken) {
  if (wrong.length !== 1) return false;
  const [key] = wrong;
  if (Object.keys(selector).length > 1) return true;
  if (!(key in labels)) return Object.values(labels).includes(selector[key]);
  return !taken || distance(labels[key], selector[key]) <= 2;
}

/**
 * Count the letters to change, add or drop to get from one word to the other; 3 stands for three or more.
 * @param {string} a @param {string} b
 */
export function distance(a, b) {
  if (Math.abs(a.length - b.length) > 2) return 3;
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return Math.min(3, row[b.length]);
}

/**
 * Judge all pods of a namespace; pods elsewhere get no verdict but fade with the rest.
 * @param {{namespace: string, selector: Labels}} asked
 * @param {Element[]} pods
 * @param {Set<string>} [taken] refs of the pods that other Services select
 * @returns {{verdicts: Map<string, Verdict>, count: number, total: number}}
 */
export function judge(asked, pods, taken = new Set()) {
  const verdicts = new Map();
  let [count, total] = [0, 0];
  for (const pod of pods) {
    if (pod.ns !== asked.namespace) continue;
    total += 1;
    const found = verdict(asked.selector, pod.labels ?? {}, pod.asks || taken.has(pod.ref));
    if (found.matches) count += 1;
    verdicts.set(pod.ref, found);
  }
  return { verdicts, count, total };
}
