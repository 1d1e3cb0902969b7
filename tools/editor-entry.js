// What the YAML editor island needs of CodeMirror, bundled into static/vendor/editor.js.
export {basicSetup} from "codemirror";
export {EditorState, EditorSelection, Compartment, StateEffect, StateField, Prec} from "@codemirror/state";
export {EditorView, Decoration, keymap, lineNumbers, placeholder, highlightActiveLine} from "@codemirror/view";
export {defaultKeymap, history, historyKeymap, indentWithTab, indentLess, indentMore} from "@codemirror/commands";
export {yaml} from "@codemirror/lang-yaml";
export {HighlightStyle, indentUnit, syntaxHighlighting} from "@codemirror/language";
export {lintGutter, lintKeymap, forceLinting, setDiagnostics} from "@codemirror/lint";
export {tags} from "@lezer/highlight";
