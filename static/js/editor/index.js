// The YAML editor: CodeMirror in a shadow root over the form's textarea, which stays the truth; marks come from the server.

import {
  EditorState, EditorView, HighlightStyle, basicSetup, indentUnit, keymap, lintGutter, setDiagnostics, syntaxHighlighting, tags, yaml,
} from "../../vendor/editor.js";

const COLOURS = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--select)" },
  { tag: [tags.string, tags.content], color: "var(--text)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--dns)" },
  { tag: tags.comment, color: "var(--muted)", fontStyle: "italic" },
  { tag: [tags.separator, tags.punctuation, tags.meta], color: "var(--muted)" },
]);

const LOOK = EditorView.theme({
  "&": { color: "var(--text)", backgroundColor: "var(--page)", fontSize: "12px", maxHeight: "56vh" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.6", overflow: "auto", minHeight: "220px" },
  ".cm-content": { caretColor: "var(--text)" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  ".cm-gutters": { backgroundColor: "var(--ground)", color: "var(--muted)", borderRight: "1px solid var(--line)" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--hover)" },
  "&.cm-focused": { outline: "none" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground, ::selection": { backgroundColor: "var(--select-soft) !important" },
  ".cm-tooltip": { backgroundColor: "var(--raised)", color: "var(--text)", border: "1px solid var(--line)", maxWidth: "420px" },
  ".cm-diagnostic-error": { borderLeftColor: "var(--fail)" },
  ".cm-diagnostic-info": { borderLeftColor: "var(--stroke)" },
  ".cm-lintRange-info": { backgroundImage: "none", textDecoration: "underline dotted var(--stroke)" },
  ".cm-lintRange-error": { backgroundImage: "none", textDecoration: "underline wavy var(--fail)" },
});

/** @param {HTMLElement} place */
export function mount(place) {
  const form = place.closest("form");
  const area = form?.querySelector("textarea.yaml");
  if (!(form instanceof HTMLFormElement) || !(area instanceof HTMLTextAreaElement)) return;
  const root = place.attachShadow({ mode: "open" });
  const changed = EditorView.updateListener.of((/** @type {any} */ update) => {
    if (!update.docChanged) return;
    area.value = update.state.doc.toString();
    area.dispatchEvent(new Event("input", { bubbles: true }));
  });
  const submit = { key: "Mod-Enter", run: () => (form.requestSubmit(), true) };
  const view = new EditorView({
    parent: root,
    root,
    state: EditorState.create({
      doc: area.value,
      extensions: [
        basicSetup, yaml(), indentUnit.of("  "), lintGutter(), LOOK, syntaxHighlighting(COLOURS), changed, keymap.of([submit]),
        EditorState.readOnly.of(area.readOnly),
        EditorView.contentAttributes.of({ "aria-label": form.querySelector("label")?.textContent ?? "YAML", tabindex: "0" }),
      ],
    }),
  });
  place.classList.add("mounted");
  area.addEventListener("podlane:text", () => write(view, area.value));
  form.addEventListener("podlane:line", (happened) => goTo(view, /** @type {CustomEvent} */ (happened).detail));
  const watch = new MutationObserver(() => {
    if (!place.isConnected) return watch.disconnect();
    mark(view, form);
  });
  watch.observe(form, { childList: true, subtree: true });
  mark(view, form);
  if (place.closest("dialog")) view.focus();
}

/** @param {any} view @param {string} text */
function write(view, text) {
  if (text === view.state.doc.toString()) return;
  view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
}

/** @param {any} view @param {number} number */
function goTo(view, number) {
  const line = view.state.doc.line(Math.min(Math.max(1, number), view.state.doc.lines));
  view.dispatch({ selection: { anchor: line.from, head: line.to }, scrollIntoView: true });
  view.focus();
}

/** Mark the lines that the server found fault with, and those of fields that are only stored. @param {any} view @param {HTMLFormElement} form */
function mark(view, form) {
  const doc = view.state.doc;
  const found = [...form.querySelectorAll(".fault[data-line], .kept-field[data-line]")].flatMap((told) => {
    const { line: number = "0", message = "" } = /** @type {HTMLElement} */ (told).dataset;
    if (!Number(number)) return [];
    const line = doc.line(Math.min(Number(number), doc.lines));
    const from = line.from + (line.text.length - line.text.trimStart().length);
    const severity = /** @type {"error" | "info"} */ (told.classList.contains("fault") ? "error" : "info");
    return [{ from: severity === "info" ? from : line.from, to: Math.max(line.to, from), severity, message }];
  });
  view.dispatch(setDiagnostics(view.state, found));
}

document.addEventListener("click", (happened) => {
  if (!(happened.target instanceof Element)) return;
  const use = happened.target.closest("[data-use-text]");
  const line = happened.target.closest("[data-go-line]");
  const form = happened.target.closest("form");
  const area = form?.querySelector("textarea.yaml");
  if (!(area instanceof HTMLTextAreaElement)) return;
  if (use instanceof HTMLElement) {
    const text = form?.querySelector(use.dataset.useText ?? "");
    const version = form?.querySelector("[name=version]");
    if (text instanceof HTMLTextAreaElement) area.value = text.value;
    if (version instanceof HTMLInputElement && use.dataset.version) version.value = use.dataset.version;
    use.closest(".theirs")?.remove();
    area.dispatchEvent(new CustomEvent("podlane:text"));
    area.dispatchEvent(new Event("input", { bubbles: true }));
  } else if (line instanceof HTMLElement) {
    form?.dispatchEvent(new CustomEvent("podlane:line", { detail: Number(line.dataset.goLine) }));
  }
});
