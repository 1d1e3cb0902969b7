// The words of the seed with their numbers put in, and names that are cut where it hurts least. Pure.

/**
 * @param {Record<string, string>} labels
 * @returns {(key: string, values?: Record<string, string | number>) => string}
 */
export function speaker(labels) {
  return (key, values = {}) =>
    (labels[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/**
 * Cut a text to a width, in the middle for names that differ at their end.
 * @param {string} text @param {number} width @param {(text: string) => number} measure @param {boolean} [middle]
 */
export function fit(text, width, measure, middle = false) {
  if (measure(text) <= width) return text;
  let [low, high] = [0, text.length];
  while (low < high) {
    const kept = (low + high + 1) >> 1;
    if (measure(cut(text, kept, middle)) <= width) low = kept;
    else high = kept - 1;
  }
  return low ? cut(text, low, middle) : "";
}

/** @param {string} text @param {number} kept @param {boolean} middle */
function cut(text, kept, middle) {
  if (!middle) return `${text.slice(0, kept)}…`;
  const head = Math.floor(kept / 3);
  return `${text.slice(0, head)}…${text.slice(text.length - (kept - head))}`;
}

/**
 * Shorten a pod's name by what its group says already: `web-5d4f9c7b8-x2k9p` is `…x2k9p` in the group of web.
 * @param {string} name @param {string} group
 */
export function short(name, group) {
  if (!group || !name.startsWith(`${group}-`)) return name;
  return `…${name.slice(name.lastIndexOf("-") + 1)}`;
}
