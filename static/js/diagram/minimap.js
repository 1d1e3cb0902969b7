// The whole diagram in its corner, shown only where it is larger than the glass; click or drag there to look elsewhere.
// For keyboards the zoom buttons and the tree go everywhere it goes.

import { h } from "../dom.js";
import * as chart from "./chart.js";

/** @typedef {import("./types").Camera} Camera */
/** @typedef {import("./types").Layout} Layout */
/** @typedef {import("./types").Size} Size */

export class Minimap {
  /** @param {string} title @param {(x: number, y: number) => void} aim looks at a point of the world */
  constructor(title, aim) {
    this.aim = aim;
    this.scale = { x: 1, y: 1 };
    this.canvas = h("canvas", {});
    this.element = h("div", { class: "diagram-map", "data-card": true, "aria-hidden": "true", title, hidden: true }, this.canvas);
    this.canvas.addEventListener("pointerdown", (pressed) => {
      this.canvas.setPointerCapture(pressed.pointerId);
      this.go(pressed);
    });
    this.canvas.addEventListener("mousedown", (pressed) => pressed.preventDefault()); // the focus stays where it was
    this.canvas.addEventListener("pointermove", (moved) => {
      if (this.canvas.hasPointerCapture(moved.pointerId)) this.go(moved);
    });
  }

  /** @param {PointerEvent} happened */
  go(happened) {
    const frame = this.canvas.getBoundingClientRect();
    this.aim((happened.clientX - frame.left) / this.scale.x, (happened.clientY - frame.top) / this.scale.y);
  }

  /** @param {Layout} layout @param {Camera} camera @param {Size} size @param {import("./theme").Theme} theme */
  show(layout, camera, size, theme) {
    const made = chart.fit(layout, camera, size);
    this.element.hidden = made === null;
    if (!made) return;
    this.scale = { x: made.kx, y: made.k };
    const { ratio, colours } = theme;
    const [w, height] = [Math.round(made.w * ratio), Math.round(made.h * ratio)];
    if (this.canvas.width !== w || this.canvas.height !== height) {
      Object.assign(this.canvas, { width: w, height });
      this.canvas.style.width = `${made.w}px`;
      this.canvas.style.height = `${made.h}px`;
    }
    const ctx = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    ctx.clearRect(0, 0, made.w, made.h);
    for (const mark of chart.marks(layout, made.kx, made.k)) {
      ctx.fillStyle = colours[mark.fill] ?? mark.fill;
      ctx.fillRect(mark.x, mark.y, mark.w, mark.h);
    }
    ctx.strokeStyle = colours.select;
    ctx.lineWidth = 1.5;
    const { x, y, w: seen, h: tall } = made.seen;
    ctx.strokeRect(x + 0.75, y + 0.75, Math.max(4, seen - 1.5), Math.max(4, tall - 1.5));
  }
}
