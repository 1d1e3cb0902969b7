// The terminal: a form that posts a line; what the server streams back is shown as text, never as HTML.

import htmx from "../htmx-trusted.js";
import { copy } from "../copying.js";
import { h, hear } from "../dom.js";
import { seed as page } from "../page.js";
import { select } from "../panel.js";
import { History, asLine, common, isComplete } from "./lines.js";

const MOST_BLOCKS = 200;
const MOST_TEXT = 400_000;
const LEAST = 96;
const KEPT = `podlane:terminal:${page.base}`;
const SHAPE = "podlane:terminal";

/** @typedef {{namespace: string, files: Record<string, string>, variables: Record<string, string>, code: number}} Desk */
/** @typedef {{block: HTMLElement, out: HTMLPreElement | null, kind: string, size: number}} Running */

/** @param {Storage} store @param {string} key @param {any} fallback */
function recall(store, key, fallback) {
  try {
    return JSON.parse(store.getItem(key) ?? "null") ?? fallback;
  } catch {
    return fallback;
  }
}

/** @param {Storage} store @param {string} key @param {unknown} value */
function keep(store, key, value) {
  try {
    store.setItem(key, JSON.stringify(value));
  } catch {
    // A browser that keeps nothing still has a terminal.
  }
}

/** @param {HTMLElement} place @param {{words: Record<string, string>}} seed */
export function mount(place, seed) {
  const find = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
  const [log, scroll, toggle, edge] = ["terminal-log", "terminal-scroll", "terminal-toggle", "terminal-edge"].map(find);
  const form = /** @type {HTMLFormElement} */ (find("terminal-form"));
  const field = /** @type {HTMLTextAreaElement} */ (find("terminal-line"));
  const kept = /** @type {HTMLInputElement} */ (find("terminal-desk"));
  const { words } = seed;
  const named = find("terminal-title").textContent ?? "";
  const history = new History(recall(localStorage, KEPT, []));
  /** @type {Desk} */
  let desk = recall(sessionStorage, KEPT, { namespace: "default", files: {}, variables: {}, code: 0 });
  /** @type {Running | null} */
  let running = null;
  let searching = { text: "", at: 0 };
  let nothingFor = "";

  // --- what it shows -------------------------------------------------------------------------

  function showPrompt() {
    const title = document.getElementById("title");
    const name = title instanceof HTMLInputElement ? title.value : named;
    find("terminal-title").textContent = desk.namespace === "default" ? name : `${name}:${desk.namespace}`;
  }

  function toEnd() {
    scroll.scrollTop = scroll.scrollHeight;
  }

  /** @param {() => string} text @param {string} label */
  function copyButton(text, label) {
    const icon = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    icon.setAttribute("class", "icon");
    icon.setAttribute("aria-hidden", "true");
    const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
    use.setAttribute("href", "/static/img/icons.svg#copy");
    icon.append(use);
    const button = h("button", { type: "button", class: "ran-copy", "aria-label": label, title: label }, icon);
    button.addEventListener("click", () => copy(button, text()));
    return button;
  }

  /** @param {HTMLElement} block */
  function put(block) {
    find("terminal-welcome")?.remove();
    log.append(block);
    while (log.childElementCount > MOST_BLOCKS) log.firstElementChild?.remove();
    toEnd();
  }

  /** @param {string} line */
  function begin(line) {
    const mark = h("span", { class: "terminal-prompt" }, `${find("terminal-title").textContent} $`);
    const block = h("div", { class: "ran" }, h("p", { class: "ran-line" }, mark, h("code", {}, line)));
    block.append(copyButton(() => `$ ${line}\n${[...block.querySelectorAll("pre")].map((one) => one.textContent).join("")}`, words.copy_output));
    put(block);
    return { block, out: null, kind: "", size: 0 };
  }

  /** @param {{kind: string, parts: string[][]}} told */
  function print({ kind, parts }) {
    if (!running) return;
    if (!running.out || running.kind !== kind) {
      running.out = h("pre", { class: kind });
      running.kind = kind;
      running.block.append(running.out);
    }
    for (const [text, ref] of parts) {
      const page_ = text.lastIndexOf("\f");
      if (page_ >= 0) running.out.replaceChildren();
      const shown = page_ >= 0 ? text.slice(page_ + 1) : text;
      if (ref) running.out.append(h("a", { href: `${page.base}?ref=${encodeURIComponent(ref)}`, "data-ref": ref, class: "named" }, shown));
      else running.out.append(shown);
      running.size += shown.length;
    }
    while (running.size > MOST_TEXT && running.out.firstChild) {
      running.size -= running.out.firstChild.textContent?.length ?? 0;
      running.out.firstChild.remove();
    }
    toEnd();
  }

  /** @param {number} code */
  function end(code) {
    if (!running) return;
    running.block.classList.toggle("failed", code !== 0);
    running = null;
    form.classList.remove("busy");
    toEnd();
  }

  function clear() {
    log.replaceChildren();
    find("terminal-choices").replaceChildren();
  }

  // --- running a line ------------------------------------------------------------------------

  function submit() {
    const line = field.value.replace(/\n+$/, "");
    find("terminal-choices").replaceChildren();
    if (running) return;
    history.add(line);
    keep(localStorage, KEPT, history.lines);
    if (line.trim() === "clear" || line.trim() === "reset") {
      clear();
      write("");
      return;
    }
    running = begin(line);
    if (line.trim() === "history") {
      print({ kind: "out", parts: [[history.lines.map((one, at) => `${String(at + 1).padStart(5)}  ${one}\n`).join("")]] });
      write("");
      end(0);
      return;
    }
    if (!line.trim()) {
      write("");
      end(0);
      return;
    }
    kept.value = JSON.stringify(desk);
    form.classList.add("busy");
    form.requestSubmit();
    write("");
  }

  function cancel() {
    if (running) {
      htmx.trigger(form, "htmx:abort", {});
      print({ kind: "note", parts: [["^C\n"]] });
      end(130);
    } else if (field.value) {
      running = begin(`${field.value}^C`);
      write("");
      end(0);
    }
  }

  form.addEventListener("told", (happened) => print(JSON.parse(/** @type {CustomEvent} */ (happened).detail.data)));
  form.addEventListener("ended", (happened) => {
    const told = JSON.parse(/** @type {CustomEvent} */ (happened).detail.data);
    desk = told.desk;
    keep(sessionStorage, KEPT, desk);
    showPrompt();
    end(told.code);
    if (told.edit) select(told.edit, "yaml");
  });
  const lost = () => {
    if (!running) return;
    print({ kind: "err", parts: [[words.lost]] });
    end(1);
  };
  document.addEventListener("htmx:sse:close", (happened) => {
    if (happened.target === form) lost();
  });
  for (const name of ["htmx:error", "htmx:response:error", "htmx:sse:error"]) {
    document.addEventListener(name, (happened) => {
      if (/** @type {CustomEvent} */ (happened).detail?.ctx?.sourceElement === form || happened.target === form) lost();
    });
  }

  // --- the line being typed ------------------------------------------------------------------

  /** @param {string} text */
  function write(text) {
    field.value = text;
    grow();
    field.setSelectionRange(text.length, text.length);
  }

  function grow() {
    field.style.height = "auto";
    field.style.height = `${field.scrollHeight}px`;
    toEnd();
  }

  async function complete() {
    const line = field.value;
    const query = new URLSearchParams({ line, namespace: desk.namespace });
    await htmx.ajax("GET", `${page.base}/terminal/choices?${query}`, { source: "#terminal-choices", target: "#terminal-choices", swap: "outerMorph" });
    const list = find("terminal-choices");
    const found = [...list.children].map((one) => /** @type {HTMLElement} */ (one).dataset.word ?? "");
    if (field.value !== line) return;
    const typed = Number(list.dataset.typed ?? 0);
    nothingFor = found.length ? "" : line;
    const more = common(found);
    if (more.length > typed) write(line.slice(0, line.length - typed) + more);
    if (found.length < 2) list.replaceChildren();
    if (!found.length) tellAloud(words.nothing_fits);
    toEnd();
  }

  /** @param {string} text */
  function tellAloud(text) {
    const said = document.getElementById("said");
    if (said) said.textContent = text;
  }

  find("terminal-scroll").addEventListener("click", (happened) => {
    const chosen = happened.target instanceof Element ? happened.target.closest("[data-word]") : null;
    if (chosen instanceof HTMLElement) {
      const typed = Number(find("terminal-choices").dataset.typed ?? 0);
      write(field.value.slice(0, field.value.length - typed) + (chosen.dataset.word ?? ""));
      find("terminal-choices").replaceChildren();
    }
    if (happened.target instanceof Element && happened.target.closest("a, button, .terminal-log")) return;
    if (!getSelection()?.toString()) field.focus();
  });

  /** @param {number} step */
  function recallLine(step) {
    const found = history.move(step, field.value);
    if (found !== null) write(found);
  }

  function search() {
    if (!searching.text) searching = { text: field.value, at: history.lines.length };
    const at = history.search(searching.text, searching.at);
    if (at < 0) return;
    searching.at = at;
    write(history.lines[at]);
  }

  field.addEventListener("input", () => {
    searching = { text: "", at: 0 };
    find("terminal-choices").replaceChildren();
    grow();
  });

  field.addEventListener("paste", (happened) => {
    const text = happened.clipboardData?.getData("text/plain") ?? "";
    if (!text.includes("\n") || field.value.includes("<<")) return;
    happened.preventDefault();
    field.setRangeText(field.value ? text.replace(/\r\n?/g, "\n").trimEnd() : asLine(text), field.selectionStart, field.selectionEnd, "end");
    grow();
  });

  field.addEventListener("keydown", (happened) => {
    const { key } = happened;
    const control = happened.ctrlKey && !happened.altKey && !happened.metaKey;
    const first = !field.value.slice(0, field.selectionStart).includes("\n");
    const last = !field.value.slice(field.selectionEnd).includes("\n");
    if (happened.isComposing) return;
    if (key === "Enter" && !happened.shiftKey) {
      if (!isComplete(field.value)) return;
      submit();
    } else if (key === "ArrowUp" && first) recallLine(-1);
    else if (key === "ArrowDown" && last) recallLine(1);
    else if (key === "Tab" && !happened.shiftKey && field.value.trim() && nothingFor !== field.value && !running) void complete();
    else if (control && key === "l") clear();
    else if (control && key === "c" && field.selectionStart === field.selectionEnd) cancel();
    else if (control && key === "r") search();
    else if (control && key === "u") write("");
    else if (key === "Escape") {
      find("terminal-choices").replaceChildren();
      nothingFor = field.value;
      happened.stopPropagation();
      return;
    } else return;
    happened.preventDefault();
    happened.stopPropagation();
  });

  // --- what a click did ----------------------------------------------------------------------

  hear("command", ({ line }) => {
    const [begins, ...more] = line.split("\n");
    const shown = h("p", { class: "shown", title: line }, h("span", { class: "visually-hidden" }, words.shown), h("code", {}, `# ${begins}${more.length ? " …" : ""}`));
    shown.append(copyButton(() => line, words.copy_line));
    put(shown);
  });

  // --- its shape -----------------------------------------------------------------------------

  const narrow = matchMedia("(max-width: 719px)");
  const shape = { open: true, height: 0, ...recall(localStorage, SHAPE, {}) };

  function most() {
    const centre = find("centre");
    return Math.max(LEAST, centre.clientHeight - 260);
  }

  /** @param {number} height @param {boolean} [saves] */
  function setHeight(height, saves = true) {
    const now = Math.round(Math.min(most(), Math.max(LEAST, height)));
    place.style.setProperty("--terminal-height", `${now}px`);
    edge.setAttribute("aria-valuenow", String(now));
    edge.setAttribute("aria-valuemax", String(most()));
    if (saves) {
      shape.height = now;
      keep(localStorage, SHAPE, shape);
    }
  }

  /** @param {boolean} open @param {boolean} [focuses] */
  function setOpen(open, focuses = true) {
    document.body.classList.toggle("terminal-folded", !open);
    toggle.setAttribute("aria-expanded", String(open));
    toggle.setAttribute("aria-pressed", String(open));
    if (!narrow.matches) {
      shape.open = open;
      keep(localStorage, SHAPE, shape);
    }
    if (!focuses) return;
    if (open) {
      field.focus({ preventScroll: true });
      toEnd();
    } else toggle.focus();
  }

  toggle.addEventListener("click", () => setOpen(document.body.classList.contains("terminal-folded")));
  find("terminal-fold").addEventListener("click", () => setOpen(false));
  find("terminal-clear").addEventListener("click", () => {
    clear();
    field.focus();
  });
  document.addEventListener("keydown", (happened) => {
    if (happened.key !== "`" || !happened.ctrlKey) return;
    happened.preventDefault();
    const folded = document.body.classList.contains("terminal-folded");
    setOpen(folded || document.activeElement !== field);
  });

  edge.addEventListener("pointerdown", (happened) => {
    edge.setPointerCapture(happened.pointerId);
    const [from, height] = [happened.clientY, place.offsetHeight];
    const move = (/** @type {PointerEvent} */ moved) => setHeight(height + from - moved.clientY);
    edge.addEventListener("pointermove", move);
    edge.addEventListener("lostpointercapture", () => edge.removeEventListener("pointermove", move), { once: true });
  });
  edge.addEventListener("keydown", (happened) => {
    const step = { ArrowUp: 24, ArrowDown: -24, PageUp: 120, PageDown: -120 }[happened.key];
    if (!step) return;
    happened.preventDefault();
    setHeight(place.offsetHeight + step);
  });

  if (shape.height) setHeight(shape.height, false);
  setOpen(narrow.matches ? false : shape.open, false);
  narrow.addEventListener("change", () => setOpen(narrow.matches ? false : shape.open, false));
  document.getElementById("title")?.addEventListener("change", showPrompt);
  showPrompt();
  log.append(h("p", { class: "welcome", id: "terminal-welcome" }, words.welcome));
}
