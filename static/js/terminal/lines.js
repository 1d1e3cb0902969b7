// What can be said of a line without a page: whether it is complete, and which earlier line is meant. Pure.

const HERE = /<<(-?)\s*(?:'([^'\n]+)'|"([^"\n]+)"|\\?([A-Za-z_][\w.]*))/g;
const MOST = 500;

/** Say whether Enter may run the text: every here-document has its end, no quote is open, no backslash waits. @param {string} text */
export function isComplete(text) {
  const lines = text.split("\n");
  let here = false;
  for (let at = 0; at < lines.length; at++) {
    for (const found of lines[at].matchAll(HERE)) {
      const word = found[2] ?? found[3] ?? found[4];
      const end = lines.findIndex((line, place) => place > at && (found[1] ? line.replace(/^\t+/, "") : line).trimEnd() === word);
      if (end < 0) return false;
      at = end;
      here = true;
    }
  }
  return here || !isOpen(text);
}

/** @param {string} text */
function isOpen(text) {
  let quote = "";
  for (let at = 0; at < text.length; at++) {
    const sign = text[at];
    if (quote) {
      if (sign === "\\" && quote === '"') at++;
      else if (sign === quote) quote = "";
    } else if (sign === "\\") {
      if (at === text.length - 1) return true;
      at++;
    } else if (sign === "'" || sign === '"') quote = sign;
  }
  return quote !== "";
}

/** A pasted manifest becomes the line that applies it. @param {string} text */
export function asLine(text) {
  const trimmed = text.replace(/\r\n?/g, "\n").trimEnd();
  const isManifest = /^(?:---\n|#[^\n]*\n)*\s*(?:apiVersion|kind):/.test(trimmed) && trimmed.includes("\n");
  return isManifest ? `kubectl apply -f - <<'EOF'\n${trimmed}\nEOF` : trimmed;
}

/** What several words begin with. @param {string[]} words */
export function common(words) {
  let found = words[0] ?? "";
  for (const word of words) while (!word.startsWith(found)) found = found.slice(0, -1);
  return found;
}

/** Earlier lines, newest last, and where one stands among them. */
export class History {
  /** @param {string[]} lines */
  constructor(lines) {
    this.lines = lines.slice(-MOST);
    this.at = this.lines.length;
    this.draft = "";
  }

  /** @param {string} line */
  add(line) {
    if (line.trim() && this.lines.at(-1) !== line) this.lines.push(line);
    this.lines.splice(0, this.lines.length - MOST);
    this.at = this.lines.length;
    this.draft = "";
  }

  /** Go one back or forth; the line being typed waits at the end. @param {number} step @param {string} now @returns {string | null} */
  move(step, now) {
    const next = this.at + step;
    if (next < 0 || next > this.lines.length) return null;
    if (this.at === this.lines.length) this.draft = now;
    this.at = next;
    return next === this.lines.length ? this.draft : this.lines[next];
  }

  /** The newest line before `before` that holds the text. @param {string} text @param {number} before */
  search(text, before) {
    for (let at = Math.min(before, this.lines.length) - 1; at >= 0; at--) if (text && this.lines[at].includes(text)) return at;
    return -1;
  }
}
