// Which lines of a node's rules a packet has matched. Pure.

/**
 * The numbers of the lines that say one of these rules; a rule of several lines is all of its lines.
 * @param {string} text @param {string[]} rules
 * @returns {Set<number>}
 */
export function lines(text, rules) {
  const wanted = new Set(rules.flatMap((rule) => rule.split("\n").map(bare)).filter(Boolean));
  const found = new Set();
  text.split("\n").forEach((line, index) => {
    if (wanted.has(bare(line))) found.add(index);
  });
  return found;
}

/** Indents and counters differ between one printed rule and a whole table; words do not. @param {string} line */
function bare(line) {
  return line.trim().replace(/\s+/g, " ").replace(/^\[\d+:\d+\] /, "");
}
