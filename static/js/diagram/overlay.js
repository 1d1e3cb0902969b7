// Real elements over the canvas: invitations in empty lanes, what a header was and is, why a packet stopped, a menu.

import { h, sync, tell } from "../dom.js";
import * as room from "./room.js";

/** @typedef {import("./types").Camera} Camera */
/** @typedef {import("./types").Plan} Plan */
/** @typedef {import("./types").Layout} Layout */
/** @typedef {(key: string, values?: Record<string, string | number>) => string} Say */
/** @typedef {{key: string, anchor: import("./types").Box, w: number, tone: string, lines: {text: string, kind: string}[], closes: boolean}} Note */

const EDGE = 8;

export class Overlay {
  /** @param {Say} say @param {() => void} dismiss */
  constructor(say, dismiss) {
    this.say = say;
    this.dismiss = dismiss;
    this.element = h("div", { class: "diagram-overlay" });
    this.invites = h("div", {});
    this.notes = h("div", {});
    this.menu = h("div", { role: "menu", class: "diagram-menu", "data-card": true, hidden: true });
    this.below = h("div", { class: "diagram-below", "aria-hidden": "true", hidden: true });
    this.element.append(this.invites, this.notes, this.below, this.menu);
    this.menu.addEventListener("keydown", (pressed) => this.pressMenu(pressed));
    this.menu.addEventListener("focusout", (happened) => {
      if (!this.menu.contains(/** @type {Node | null} */ (happened.relatedTarget))) this.menu.hidden = true;
    });
    /** @type {(() => void) | null} */
    this.returnFocus = null;
    this.told = "";
    /** @type {Layout | null} */
    this.layout = null;
  }

  /**
   * An invitation in each empty lane.
   * @param {{lane: import("./types").Lane, key: string, y: number, action: string}[]} empty @param {Camera} camera
   */
  invite(empty, camera) {
    sync(this.invites, empty, (row) => row.key, (row) => this.invitation(row), (element, row) => {
      element.style.transform = `translate(${camera.x + (row.lane.x + 6) * camera.k}px, ${camera.y + row.y * camera.k}px)`;
      element.style.width = `${(row.lane.w - 12) * camera.k}px`;
    });
  }

  /** @param {{key: string, action: string}} row */
  invitation(row) {
    const element = h("div", { class: "diagram-invite", "data-card": true }, h("p", {}, this.say(`empty.${row.key}`)));
    if (row.action) element.append(this.inviteButton(`add.${row.key}`, row.action));
    if (row.key === "pods" && row.action) element.append(this.inviteButton("paste", "paste"));
    return element;
  }

  /** @param {string} label @param {string} action */
  inviteButton(label, action) {
    const [verb, kind] = action.split(":");
    return h("button", { type: "button", onclick: () => tell("intent", { action: verb, ref: null, kind }) }, this.say(label));
  }

  /**
   * The notes of the request on show, beside their cards where there is room; they move only with the paper.
   * @param {Note[]} notes @param {Layout} layout @param {Camera} camera @param {import("./types").Size} size
   * @param {() => import("./types").Box[]} lit the ground of the way that is lit
   */
  show(notes, layout, camera, size, lit) {
    const told = JSON.stringify([notes.map((note) => note.key), camera, size]);
    if (told === this.told && layout === this.layout) return;
    [this.told, this.layout] = [told, layout];
    const taken = notes.length ? [...obstacles(layout, camera), ...lit().map((box) => onScreen(box, camera))] : [];
    sync(this.notes, notes, (note) => note.key, (note) => this.note(note), (element, note) => {
      const w = Math.min(note.w, size.width - 2 * EDGE);
      element.style.width = `${w}px`;
      const spot = { w, h: element.isConnected ? element.offsetHeight : this.heightOf(element) };
      const { x, y } = room.find(onScreen(note.anchor, camera), spot, taken, size, EDGE);
      taken.push({ x, y: y - 4, w, h: spot.h + 8 });
      element.style.transform = `translate(${x}px, ${y}px)`;
    });
  }

  /** @param {HTMLElement} element */
  heightOf(element) {
    this.notes.append(element);
    return element.offsetHeight;
  }

  /** @param {Note} note */
  note(note) {
    const element = h("div", { class: `diagram-note is-${note.tone}`, "data-card": true });
    for (const { text, kind } of note.lines) element.append(h(kind === "why" ? "p" : "span", { class: `note-${kind}` }, text));
    if (note.closes) {
      element.append(h("button", { type: "button", class: "note-close", "aria-label": this.say("dismiss"), onclick: () => this.dismiss() }, "×"));
    }
    return element;
  }

  /** Say that the paper goes on below the glass. @param {number} count */
  more(count) {
    this.below.hidden = count === 0;
    if (count) this.below.textContent = `↓ ${this.say("below", { n: count })}`;
  }

  /**
   * @param {string} name @param {{x: number, y: number}} spot @param {{action: string, label: string}[]} choices
   * @param {string} ref @param {import("./types").Size} size @param {() => void} returnFocus
   */
  open(name, spot, choices, ref, size, returnFocus) {
    this.returnFocus = returnFocus;
    this.menu.setAttribute("aria-label", this.say("menu", { name }));
    this.menu.replaceChildren(...choices.map(({ action, label }) => h("button", {
      type: "button", role: "menuitem", tabindex: -1, onclick: () => {
        this.close();
        tell("select", { ref });
        tell("intent", { action, ref });
      },
    }, label)));
    this.menu.hidden = false;
    const x = Math.min(spot.x, size.width - this.menu.offsetWidth - EDGE);
    const y = Math.min(spot.y, size.height - this.menu.offsetHeight - EDGE);
    this.menu.style.transform = `translate(${Math.max(EDGE, x)}px, ${Math.max(EDGE, y)}px)`;
    /** @type {HTMLElement | null} */ (this.menu.firstElementChild)?.focus();
  }

  close() {
    if (this.menu.hidden) return false;
    this.menu.hidden = true;
    this.returnFocus?.();
    return true;
  }

  /** @param {KeyboardEvent} pressed */
  pressMenu(pressed) {
    const choices = /** @type {HTMLElement[]} */ (Array.from(this.menu.children));
    const index = choices.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const next = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: choices.length - 1 }[pressed.key];
    if (next !== undefined) choices[(next + choices.length) % choices.length]?.focus();
    else if (pressed.key === "Escape" || pressed.key === "Tab") this.close();
    else return;
    pressed.preventDefault();
    pressed.stopPropagation();
  }
}

/** @param {import("./types").Box} box @param {Camera} camera */
function onScreen(box, camera) {
  return { x: camera.x + box.x * camera.k, y: camera.y + box.y * camera.k, w: box.w * camera.k, h: box.h * camera.k };
}

/** The cards that a note shall not cover; of a crowd only its box. @param {Layout} layout @param {Camera} camera */
function obstacles(layout, camera) {
  const boxes = [...layout.boxes.values()].filter((box) => box.lane !== "pods").map((box) => onScreen(box, camera));
  return [...boxes, ...layout.groups.map(({ box }) => onScreen(box, camera))];
}
