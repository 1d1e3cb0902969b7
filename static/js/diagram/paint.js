// Draw commands onto a canvas. The only file that knows how a command becomes pixels.

import { fit } from "./words.js";

/** @typedef {import("./types").Command} Command */
/** @typedef {import("./types").Camera} Camera */
/** @typedef {import("./theme").Theme} Theme */

/**
 * @param {CanvasRenderingContext2D} ctx @param {Command[]} commands @param {Theme} theme
 */
export function paint(ctx, commands, theme) {
  for (const command of commands) {
    ctx.globalAlpha = command.alpha ?? 1;
    (BRUSHES[command.op] ?? BRUSHES.box)(ctx, command, theme);
  }
  ctx.globalAlpha = 1;
}

/** @typedef {(ctx: CanvasRenderingContext2D, command: any, theme: Theme) => void} Brush */

/** @type {Record<string, Brush>} */
const BRUSHES = { box, card, text, path, trail, dots, disc, ring, diamond, clock, square, halo, stop, silence };

/** @type {Brush} */
function box(ctx, c, theme) {
  if (c.w <= 0) return;
  ctx.beginPath();
  ctx.roundRect(c.x, c.y, c.w, c.h, Math.min(c.r ?? 0, c.w / 2, c.h / 2));
  if (c.fill) {
    ctx.fillStyle = theme.colours[c.fill] ?? c.fill;
    ctx.fill();
  }
  outline(ctx, c, theme);
}

/** @type {Brush} */
function card(ctx, c, theme) {
  if (theme.shadow && ctx.globalAlpha > 0.9) {
    ctx.shadowColor = theme.shadow;
    ctx.shadowBlur = 3 * theme.ratio;
    ctx.shadowOffsetY = 1 * theme.ratio;
  }
  ctx.beginPath();
  ctx.roundRect(c.x, c.y, c.w, c.h, c.r);
  ctx.fillStyle = theme.colours[c.fill];
  ctx.fill();
  ctx.shadowColor = "transparent";
  ctx.shadowBlur = 0;
  ctx.shadowOffsetY = 0;
  outline(ctx, c, theme);
}

/** @type {Brush} */
function outline(ctx, c, theme) {
  if (!c.stroke) return;
  ctx.strokeStyle = theme.colours[c.stroke] ?? c.stroke;
  ctx.lineWidth = c.width ?? 1;
  ctx.setLineDash(c.dash ?? []);
  ctx.stroke();
  if (c.dash) ctx.setLineDash([]);
}

/** @type {Brush} */
function text(ctx, c, theme) {
  ctx.font = theme.fonts[c.font] ?? theme.fonts.name;
  ctx.fillStyle = theme.colours[c.fill] ?? c.fill;
  ctx.textAlign = c.align ?? "left";
  ctx.textBaseline = "alphabetic";
  ctx.fillText(plain(c.text), c.x, c.y);
}

/** The UI font draws the x of 2x4 as a multiplication sign; in a pod's name it is a letter. @param {string} written */
function plain(written) {
  return written.replace(/(\d)x(?=\d)/g, "$1\u200cx");
}

/** @type {Brush} */
function path(ctx, c, theme) {
  const p = c.points;
  ctx.beginPath();
  ctx.moveTo(p[0], p[1]);
  if (p.length === 4) ctx.lineTo(p[2], p[3]);
  else for (let i = 2; i < p.length; i += 6) ctx.bezierCurveTo(p[i], p[i + 1], p[i + 2], p[i + 3], p[i + 4], p[i + 5]);
  ctx.lineCap = c.dash ? "butt" : "round";
  outline(ctx, c, theme);
}

/** @type {Brush} */
function trail(ctx, c, theme) {
  const p = c.points;
  ctx.beginPath();
  ctx.moveTo(p[0], p[1]);
  for (let i = 2; i < p.length; i += 2) ctx.lineTo(p[i], p[i + 1]);
  ctx.lineCap = "round";
  ctx.lineJoin = "round";
  outline(ctx, c, theme);
}

/** @type {Brush} */
function dots(ctx, c, theme) {
  const p = c.points;
  ctx.fillStyle = theme.colours[c.fill];
  ctx.beginPath();
  for (let i = 0; i < p.length; i += 3) {
    ctx.moveTo(p[i] + p[i + 2], p[i + 1]);
    ctx.arc(p[i], p[i + 1], p[i + 2], 0, 7);
  }
  ctx.fill();
}

/** @type {Brush} */
function disc(ctx, c, theme) {
  ctx.beginPath();
  ctx.arc(c.x, c.y, c.r, 0, 7);
  ctx.fillStyle = theme.colours[c.fill];
  ctx.fill();
}

/** @type {Brush} */
function ring(ctx, c, theme) {
  ctx.beginPath();
  ctx.arc(c.x, c.y, Math.max(0.5, c.r - 0.9), 0, 7);
  ctx.strokeStyle = theme.colours[c.fill];
  ctx.lineWidth = Math.min(2, c.r * 0.6);
  ctx.stroke();
}

/** @type {Brush} */
function halo(ctx, c, theme) {
  ctx.beginPath();
  ctx.arc(c.x, c.y, c.r, 0, 7);
  outline(ctx, c, theme);
}

/** @type {Brush} */
function diamond(ctx, c, theme) {
  const r = c.r * 1.25;
  ctx.beginPath();
  ctx.moveTo(c.x, c.y - r);
  ctx.lineTo(c.x + r, c.y);
  ctx.lineTo(c.x, c.y + r);
  ctx.lineTo(c.x - r, c.y);
  ctx.closePath();
  ctx.fillStyle = theme.colours[c.fill];
  ctx.fill();
}

/** @type {Brush} */
function clock(ctx, c, theme) {
  ctx.strokeStyle = theme.colours[c.fill];
  ctx.lineWidth = 1.3;
  ctx.beginPath();
  ctx.arc(c.x, c.y, Math.max(0.5, c.r - 0.6), 0, 7);
  ctx.stroke();
  ctx.beginPath();
  ctx.moveTo(c.x, c.y - c.r + 1.2);
  ctx.lineTo(c.x, c.y);
  ctx.lineTo(c.x + c.r - 1.6, c.y);
  ctx.stroke();
}

/** @type {Brush} */
function square(ctx, c, theme) {
  ctx.fillStyle = theme.colours[c.fill];
  ctx.fillRect(c.x - c.r, c.y - c.r, 2 * c.r, 2 * c.r);
}

/** Refused: a diamond with a cross in it. @type {Brush} */
function stop(ctx, c, theme) {
  ctx.strokeStyle = theme.colours.card;
  ctx.lineWidth = 3;
  diamond(ctx, { ...c, r: c.r + 1.2, fill: "card" }, theme);
  diamond(ctx, c, theme);
  const arm = c.r * 0.42;
  ctx.strokeStyle = theme.colours["on-accent"];
  ctx.lineWidth = 1.8;
  ctx.beginPath();
  ctx.moveTo(c.x - arm, c.y - arm);
  ctx.lineTo(c.x + arm, c.y + arm);
  ctx.moveTo(c.x + arm, c.y - arm);
  ctx.lineTo(c.x - arm, c.y + arm);
  ctx.stroke();
}

/** Silence: a hollow ring; `turn` from 0 to 1 is the waiting client's clock running out. @type {Brush} */
function silence(ctx, c, theme) {
  ctx.beginPath();
  ctx.arc(c.x, c.y, c.r + 2, 0, 7);
  ctx.fillStyle = theme.colours.card;
  ctx.fill();
  const running = c.turn > 0;
  ctx.strokeStyle = theme.colours[running ? "line-strong" : c.fill];
  ctx.lineWidth = 2.5;
  ctx.beginPath();
  ctx.arc(c.x, c.y, c.r, 0, 7);
  ctx.stroke();
  if (!running) return;
  ctx.strokeStyle = theme.colours[c.fill];
  ctx.beginPath();
  ctx.arc(c.x, c.y, c.r, -Math.PI / 2, -Math.PI / 2 + 2 * Math.PI * c.turn);
  ctx.stroke();
}

/**
 * The bands of the lanes and their headings, in screen coordinates: they stay while the paper moves.
 * @param {CanvasRenderingContext2D} ctx @param {import("./types").Lane[]} lanes @param {Camera} camera
 * @param {{width: number, height: number}} size @param {Theme} theme
 */
export function paintLanes(ctx, lanes, camera, size, theme) {
  ctx.fillStyle = theme.colours.lane;
  for (const lane of lanes) ctx.fillRect(camera.x + lane.x * camera.k, 0, lane.w * camera.k, size.height);
}

/**
 * @param {CanvasRenderingContext2D} ctx @param {{lane: import("./types").Lane, title: string}[]} headings
 * @param {Camera} camera @param {number} depth @param {Theme} theme
 */
export function paintHeadings(ctx, headings, camera, depth, theme) {
  ctx.font = theme.fonts.head;
  ctx.textAlign = "left";
  ctx.textBaseline = "alphabetic";
  for (const { lane, title } of headings) {
    const x = camera.x + lane.x * camera.k;
    const w = lane.w * camera.k;
    ctx.fillStyle = theme.colours.lane;
    ctx.fillRect(x, 0, w, depth);
    ctx.fillStyle = theme.colours.muted;
    const inset = Math.min(8, w * 0.08);
    const forms = [title, title.split(" · ")[0]];
    const fitting = forms.find((form) => ctx.measureText(form).width <= w - inset);
    const [last] = forms.slice(-1);
    ctx.fillText(fitting ?? fit(last, w - inset, (part) => ctx.measureText(part).width), x + inset, 22);
  }
}
