// The design tokens as the canvas needs them: read from CSS once per change of theme, never per frame.

/**
 * @typedef {object} Theme
 * @property {Record<string, string>} colours
 * @property {Record<string, string>} fonts
 * @property {string} shadow   "" for none
 * @property {number} ratio    device pixels per CSS pixel, at most 2
 */

const TOKENS = [
  "page", "ground", "lane", "card", "group", "well", "text", "muted", "on-accent", "line", "line-strong", "stroke", "wire",
  "ok", "ok-soft", "warn", "warn-soft", "fail", "fail-soft", "select", "select-soft", "dns", "dns-soft",
];
const LARGEST_RATIO = 2;

/**
 * @param {HTMLElement} host an element that inherits the tokens
 * @returns {Theme}
 */
export function read(host) {
  const probe = document.createElement("span");
  probe.hidden = true;
  host.append(probe);
  const style = getComputedStyle(probe);
  /** @type {Record<string, string>} */
  const colours = {};
  for (const token of TOKENS) {
    probe.style.color = `var(--${token})`;
    colours[token] = style.color;
  }
  const family = style.getPropertyValue("--font").trim() || "system-ui";
  const mono = style.getPropertyValue("--mono").trim() || "monospace";
  probe.remove();
  return { colours, fonts: fonts(family, mono), shadow: isForced() ? "" : "rgba(15, 23, 42, 0.10)", ratio: ratio() };
}

/** @param {string} family @param {string} mono */
function fonts(family, mono) {
  return {
    name: `600 12px ${family}`,
    tag: `450 10.5px ${family}`,
    head: `600 11.5px ${family}`,
    far: `600 30px ${family}`,
    mid: `600 20px ${family}`,
    mono: `400 10.5px ${mono}`,
    chip: `450 9.7px ${mono}`,
  };
}

function isForced() {
  return matchMedia("(forced-colors: active)").matches;
}

export function ratio() {
  return Math.min(LARGEST_RATIO, devicePixelRatio || 1);
}

/**
 * Call back when the tokens may have changed: another theme, forced colours, other contrast, another screen.
 * @param {() => void} changed
 * @returns {() => void} stops watching
 */
export function watch(changed) {
  const queries = ["(prefers-color-scheme: dark)", "(forced-colors: active)", "(resolution: 1dppx)"].map((query) => matchMedia(query));
  for (const query of queries) query.addEventListener("change", changed);
  const observer = new MutationObserver(changed);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme", "data-motion", "class"] });
  return () => {
    for (const query of queries) query.removeEventListener("change", changed);
    observer.disconnect();
  };
}

/** Say whether packets shall not travel: the page's own switch wins over the system's setting. */
export function isStill() {
  const chosen = document.documentElement.dataset.motion;
  if (chosen) return chosen === "reduced";
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
