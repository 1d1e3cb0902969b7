// The diagram for keyboards and screen readers: one ARIA tree, one tab stop, each row lying over its glyph.

import { h, isField, set, sync, tell } from "../dom.js";
import * as outline from "./outline.js";

/** @typedef {import("./outline").Row} Row */
/** @typedef {import("./types").Box} Box */

const ALL = 120;
const AROUND = 20;

/**
 * @typedef {object} Ground what the tree needs of the diagram
 * @property {() => Row[]} rows
 * @property {() => import("./types").Arranged} arranged
 * @property {(row: Row) => Box | null} place      where a row's glyph is, in screen coordinates
 * @property {(ref: string) => void} reveal
 * @property {(ref: string, at?: {x: number, y: number}) => void} menu
 * @property {(factor: number) => void} zoom       0 fits the screen
 * @property {(direction: 1 | -1) => void} hop
 * @property {() => boolean} escape                puts away one thing; false when there was nothing
 */

export class Tree {
  /** @param {Ground} ground @param {string} label */
  constructor(ground, label) {
    this.ground = ground;
    this.element = h("div", { role: "tree", class: "diagram-tree", "aria-label": label });
    /** @type {Set<string>} */
    this.closed = new Set();
    this.active = "";
    /** @type {Row[]} */
    this.rows = [];
    this.typed = "";
    this.typedAt = 0;
    this.element.addEventListener("keydown", (pressed) => this.press(pressed));
    this.element.addEventListener("focusin", (happened) => {
      const key = /** @type {HTMLElement} */ (happened.target).dataset?.key;
      if (key) this.active = key;
    });
  }

  /** Say the rows anew after a change; the focus stays on its row, or goes to the nearest one left. */
  refresh() {
    const before = this.rows.findIndex((row) => row.key === this.active);
    this.rows = this.ground.rows();
    const held = this.element.contains(document.activeElement);
    if (!this.rows.some((row) => row.key === this.active)) {
      this.active = this.rows[Math.min(Math.max(0, before), this.rows.length - 1)]?.key ?? "";
    }
    this.render();
    if (held && !this.element.contains(document.activeElement)) this.focus();
  }

  /** Lay the rows over their glyphs. */
  render() {
    const index = Math.max(0, this.rows.findIndex((row) => row.key === this.active));
    const shown = this.rows.length <= ALL ? this.rows : this.rows.slice(Math.max(0, index - AROUND), index + AROUND + 1);
    sync(this.element, shown, (row) => row.key, () => h("div", { role: "treeitem" }), (element, row) => this.update(element, row));
  }

  /** @param {HTMLElement} element @param {Row} row */
  update(element, row) {
    set(element, {
      tabindex: row.key === this.active ? 0 : -1,
      "aria-label": row.label,
      "aria-level": row.level,
      "aria-setsize": row.size,
      "aria-posinset": row.position,
      "aria-expanded": row.open === null ? false : String(row.open),
      "data-ref": row.ref || false,
    });
    const box = this.ground.place(row);
    element.classList.toggle("is-away", box === null);
    if (!box) return;
    element.style.transform = `translate(${box.x}px, ${box.y}px)`;
    element.style.width = `${box.w}px`;
    element.style.height = `${box.h}px`;
  }

  /** Make a ref the row that Tab comes to. @param {string} ref */
  activate(ref) {
    const row = this.rows.find((found) => found.ref === ref);
    if (!row || row.key === this.active) return;
    this.active = row.key;
    this.render();
  }

  focus() {
    const element = Array.from(this.element.children).find((child) => /** @type {HTMLElement} */ (child).dataset.key === this.active);
    if (element instanceof HTMLElement) element.focus({ preventScroll: true });
  }

  /** @param {KeyboardEvent} pressed */
  press(pressed) {
    if (pressed.ctrlKey || pressed.metaKey || pressed.altKey || isField(pressed.target)) return;
    const row = this.rows.find((found) => found.key === this.active);
    if (!row) return;
    const typed = this.typed;
    const acted = this.act(pressed, row);
    if (this.typed === typed) this.typed = "";
    if (acted) {
      pressed.preventDefault();
      pressed.stopPropagation();
    }
  }

  /** @param {KeyboardEvent} pressed @param {Row} row @returns {boolean} */
  act(pressed, row) {
    const index = this.rows.indexOf(row);
    switch (pressed.key) {
      case "ArrowDown": return this.go(index + 1);
      case "ArrowUp": return this.go(index - 1);
      case "Home": return this.go(0);
      case "End": return this.go(this.rows.length - 1);
      case "ArrowRight": return this.enter(row, index);
      case "ArrowLeft": return this.leave(row, index);
      case "Enter": return this.choose(row);
      case "ContextMenu": case "m": return this.withRef(row, (ref) => this.ground.menu(ref));
      case "e": return this.intend("edit-labels", row);
      case "t": return this.intend("send-from", row);
      case "Delete": return this.intend("delete", row);
      case "[": return this.did(() => this.ground.hop(-1));
      case "]": case ".": return this.did(() => this.ground.hop(1));
      case "+": case "=": return this.did(() => this.ground.zoom(1.2));
      case "-": return this.did(() => this.ground.zoom(1 / 1.2));
      case "0": return this.did(() => this.ground.zoom(0));
      case "Escape": return this.ground.escape();
      default: return this.typeAhead(pressed, index);
    }
  }

  /** @param {() => void} done */
  did(done) {
    done();
    return true;
  }

  /** @param {number} index */
  go(index) {
    const row = this.rows[Math.min(Math.max(0, index), this.rows.length - 1)];
    if (!row) return false;
    this.active = row.key;
    if (row.ref) this.ground.reveal(row.ref);
    this.render();
    this.focus();
    return true;
  }

  /** @param {string} ref */
  goTo(ref) {
    const index = this.rows.findIndex((row) => row.ref === ref);
    return index >= 0 && this.go(index);
  }

  /** @param {Row} row @param {number} index */
  enter(row, index) {
    if (row.open === false) return this.fold(row, false);
    if (row.open) return this.go(index + 1);
    const next = outline.along(this.ground.arranged(), row.ref, 1);
    return next ? this.goTo(next) : true;
  }

  /** @param {Row} row @param {number} index */
  leave(row, index) {
    if (row.open) return this.fold(row, true);
    const back = row.ref ? outline.along(this.ground.arranged(), row.ref, -1) : "";
    if (back && this.goTo(back)) return true;
    const above = this.rows.slice(0, index).reverse().find((found) => found.level < row.level);
    return above ? this.go(this.rows.indexOf(above)) : true;
  }

  /** @param {Row} row @param {boolean} closed */
  fold(row, closed) {
    if (closed) this.closed.add(row.key);
    else this.closed.delete(row.key);
    this.refresh();
    this.focus();
    return true;
  }

  /** @param {Row} row */
  choose(row) {
    if (!row.ref) return this.fold(row, Boolean(row.open));
    tell("select", { ref: row.ref });
    tell("intent", { action: "inspect", ref: row.ref });
    return true;
  }

  /** @param {Row} row @param {(ref: string) => void} done */
  withRef(row, done) {
    if (row.ref) done(row.ref);
    return true;
  }

  /** @param {string} action @param {Row} row */
  intend(action, row) {
    return this.withRef(row, (ref) => {
      tell("select", { ref });
      tell("intent", { action, ref });
    });
  }

  /** @param {KeyboardEvent} pressed @param {number} index */
  typeAhead(pressed, index) {
    if (pressed.key.length !== 1 || pressed.key === " " || pressed.key === "?" || pressed.key === "/") return false;
    this.typed = pressed.timeStamp - this.typedAt < 700 ? this.typed + pressed.key : pressed.key;
    this.typedAt = pressed.timeStamp;
    const order = [...this.rows.slice(index + 1), ...this.rows.slice(0, index + 1)];
    const found = order.find((row) => row.name.toLowerCase().startsWith(this.typed.toLowerCase()));
    return found ? this.go(this.rows.indexOf(found)) : true;
  }
}
