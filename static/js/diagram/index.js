// The diagram island: wiring only. Deltas, gestures and requests come in; the canvases and real elements follow.

import { h, hear, isField, tell } from "../dom.js";
import * as streams from "../stream.js";
import * as cameras from "./camera.js";
import * as chosen from "./chosen.js";
import * as flight from "./flight.js";
import { Flow } from "./flow.js";
import * as gestures from "./gestures.js";
import * as guide from "./guide.js";
import * as layouts from "./layout.js";
import * as levels from "./levels.js";
import { Minimap } from "./minimap.js";
import * as models from "./model.js";
import { notes } from "./notes.js";
import * as outline from "./outline.js";
import { Overlay } from "./overlay.js";
import * as past from "./past.js";
import * as painter from "./paint.js";
import * as physical from "./physical.js";
import { pick } from "./pick.js";
import * as scene from "./scene.js";
import { defaults } from "./state.js";
import * as themes from "./theme.js";
import { offerTest } from "./testing.js";
import { Tree } from "./tree.js";
import * as tween from "./tween.js";
import { speaker } from "./words.js";

/** @typedef {import("./types").Asked} Asked */
/** @typedef {import("./types").Delta} Delta */
/** @typedef {{snapshot: import("./types").Snapshot, stream?: string, labels: Record<string, string>, view?: {can_edit?: boolean, inside?: boolean}}} Seed */

const ECHO = 3000;
const SLOWEST = 64;
const FADE = 150;

/**
 * Make an element the diagram of a playground.
 * @param {HTMLElement} el @param {Seed} seed
 */
export function mount(el, seed) {
  const diagram = new Diagram(el, seed);
  diagram.start(seed);
  return diagram;
}

export class Diagram {
  /** @param {HTMLElement} el @param {Seed} seed */
  constructor(el, seed) {
    this.el = el;
    this.say = speaker(seed.labels ?? {});
    this.state = defaults();
    this.model = models.fromSnapshot(seed.snapshot);
    this.slots = layouts.noSlots();
    this.inside = seed.view?.inside === true;
    this.flow = new Flow();
    this.motion = tween.still();
    this.level = "";
    /** @type {Delta[]} */
    this.queue = [];
    /** @type {Map<string, import("./types").Element>} */
    this.gone = new Map();
    /** @type {Map<string, number>} */
    this.widths = new Map();
    this.size = { width: 0, height: 0 };
    this.requests = new Map();
    /** @type {Asked | null} the request on show */
    this.asked = null;
    /** @type {number | null} the step that someone went to */
    this.step = null;
    this.canEdit = seed.view?.can_edit !== false;
    this.live = /** @type {past.Waiting | null} */ (null);
    this.frozen = /** @type {number | null} */ (null);
    this.last = 0;
    this.waiting = 0;
    this.sceneDirty = true;
    this.spreadShown = "";
    this.toldMatched = "";
    this.drawnLevel = "";
    this.faded = { level: "", since: -FADE };
    this.fades = false;
    this.stage = h("div", { class: "diagram-stage" });
    this.ground = h("canvas", { "aria-hidden": "true" });
    this.air = h("canvas", { "aria-hidden": "true" });
    this.voice = h("p", { class: "diagram-voice", "aria-live": "polite" });
    this.overlay = new Overlay(this.say, () => this.putAway());
    this.tree = new Tree(this.groundOfTree(), this.say("cluster"));
    this.map = new Minimap(this.say("map"), (x, y) => this.centre(x, y));
    this.furnish();
    this.theme = themes.read(el);
    this.arranged = models.arrange(this.model);
    this.layout = layouts.place(this.arranged, this.slots, 848);
    this.taken = chosen.taken(this.arranged);
  }

  /** @returns {import("./tree").Ground} */
  groundOfTree() {
    return {
      rows: () => outline.rows(this.arranged, this.tree.closed, this.say, this.model.outside, this.inside),
      arranged: () => this.arranged,
      place: (row) => this.placeOf(row),
      reveal: (ref) => this.reveal(ref),
      menu: (ref) => this.openMenu(ref),
      zoom: (factor) => this.zoomBy(factor),
      hop: (direction) => this.hop(direction),
      escape: () => this.putAway(),
    };
  }

  furnish() {
    const tools = h("div", { class: "diagram-tools", role: "group", "data-card": true },
      this.tool("zoom.out", "−", () => this.zoomBy(1 / 1.2)), this.tool("zoom.fit", "⤢", () => this.zoomBy(0)), this.tool("zoom.in", "+", () => this.zoomBy(1.2)));
    this.stage.append(this.ground, this.air, this.tree.element, this.overlay.element, this.map.element, tools, this.voice);
    this.el.replaceChildren(this.stage);
    this.el.classList.add("diagram");
    this.el.dir = "ltr";
  }

  /** @param {string} label @param {string} sign @param {() => void} act */
  tool(label, sign, act) {
    return h("button", { type: "button", "aria-label": this.say(label), title: this.say(label), onclick: act }, sign);
  }

  /** @param {Seed} seed */
  start(seed) {
    this.undo = [
      themes.watch(() => this.retheme()),
      gestures.listen(this.stage, this.hands()),
      hear("entry", (delta) => this.receive(delta)),
      hear("past", (snapshot) => past.move(this, snapshot)),
      hear("select", ({ ref }) => this.select(ref ?? "")),
      hear("match", (asked) => this.mark(asked)),
      hear("play", (request) => this.play(request)),
      hear("view", ({ inside }) => this.look(inside)),
      hear("hop", (detail) => this.seek(detail)),
      hear("spread", (spread) => this.change({ spread })),
      hear("speed", (detail) => this.change({ speed: Number(detail?.speed ?? detail) || 1 })),
      hear("pause", (detail) => this.change({ paused: typeof detail?.paused === "boolean" ? detail.paused : !this.state.paused })),
    ];
    document.addEventListener("keydown", (pressed) => this.pauseKey(pressed));
    const watcher = new ResizeObserver(() => this.resize());
    watcher.observe(this.stage);
    this.undo.push(() => watcher.disconnect());
    document.fonts?.load(this.theme.fonts.name).then(() => this.retheme());
    document.fonts?.load(this.theme.fonts.mono).then(() => this.retheme());
    this.resize();
    if (seed.stream) this.undo.push(streams.follow(seed.stream, this.model.revision).close);
    if (new URLSearchParams(location.search).has("test")) offerTest(this);
  }

  destroy() {
    for (const stop of this.undo ?? []) stop();
    cancelAnimationFrame(this.waiting);
  }

  // --- what comes in ---------------------------------------------------------------------------

  /** @param {Delta} delta */
  receive(delta) {
    (this.live?.missed ?? this.queue).push(delta);
    this.wake();
  }

  takeIn() {
    const deltas = this.queue;
    this.queue = [];
    const before = this.model.elements;
    this.model = models.apply(this.model, deltas);
    for (const delta of deltas) {
      for (const ref of delta.remove ?? []) {
        const element = before.get(ref);
        if (element) this.gone.set(ref, element);
      }
    }
    this.relay(false);
    for (const delta of deltas) {
      if (!delta.request) continue;
      this.voice.textContent = delta.say ?? "";
      this.play({ ...delta.request, revision: delta.revision });
    }
  }

  /** Lay everything out anew; what has a slot stays. @param {boolean} cut */
  relay(cut) {
    this.arranged = models.arrange(this.model);
    const frame = layouts.frame(this.size.width ? this.size : { width: 848, height: 640 });
    const size = { width: frame.width, height: (this.size.height || 640) / frame.k };
    this.slots = layouts.assign(this.arranged, this.slots, size);
    if (this.inside) this.slots = physical.assign(this.arranged, this.slots);
    this.layout = (this.inside ? physical : layouts).place(this.arranged, this.slots, frame.width);
    this.motion = tween.head(this.motion, this.layout.boxes, this.now(), cut || this.flow.still);
    this.natural = frame.k;
    this.taken = chosen.taken(this.arranged);
    this.refit();
    this.tree.refresh();
    this.repaint();
  }

  /** Change between the logical and the physical view: the same glyphs glide to their other places. @param {boolean} inside */
  look(inside) {
    if (inside === this.inside) return;
    this.inside = inside;
    this.state.moved = false;
    this.flow.known.clear();
    this.relay(themes.isStill());
    if (this.asked) this.flow.replan(this.asked, (ref) => this.layout.boxes.has(ref), this.insideOf());
    this.reveal(this.state.selected);
  }

  /** The node that a pod stands inside; null in the logical view. */
  insideOf() {
    return this.inside ? (/** @type {string} */ ref) => `Node//${this.model.elements.get(ref)?.node ?? ""}` : null;
  }

  refit() {
    if (!this.state.moved) this.state.camera = cameras.fit(this.layout, this.size, this.natural ?? 1);
  }

  /** @param {string} ref */
  select(ref) {
    if (ref === this.state.selected) return;
    this.state.selected = ref;
    if (ref) {
      this.tree.activate(ref);
      this.reveal(ref);
    }
    this.repaint();
  }

  /** @param {{namespace: string, selector: import("./types").Labels} | null} asked */
  mark(asked) {
    this.change({ match: asked });
  }

  /** @param {Partial<import("./state").ViewState>} part */
  change(part) {
    Object.assign(this.state, part);
    this.repaint();
  }

  /** Show a request; the same one told twice, by the stream and by the form, is shown once. @param {Asked} request */
  play(request) {
    const name = JSON.stringify([request.asked, request.summary, request.results?.[0]?.served_by]);
    const now = performance.now();
    const before = this.requests.get(name);
    const echoed = before && now - before.at < ECHO && before.revision !== request.revision;
    this.requests.clear();
    this.requests.set(name, { at: now, revision: request.revision });
    if (echoed) return;
    this.state.spread = null;
    this.state.dns = null;
    this.flow.still = themes.isStill();
    this.flow.play(request, (ref) => this.layout.boxes.has(ref), name, this.insideOf());
    this.asked = request;
    this.step = null;
    this.repaint();
  }

  /** @param {{step?: number, index?: number, source?: string}} detail */
  seek(detail) {
    if (detail?.source === "diagram") return;
    const step = Number(detail?.step ?? detail?.index);
    if (!Number.isFinite(step)) return;
    this.step = step;
    this.flow.seek(step);
    this.state.paused = true;
    this.repaint();
  }

  /** @param {1 | -1} direction */
  hop(direction) {
    const run = this.flow.run;
    if (!run) return;
    const { moments } = run.plan;
    const now = this.step ?? moments.filter((moment) => moment <= run.t + 1).length - 1;
    const step = Math.min(moments.length - 1, Math.max(0, now + direction));
    this.step = step;
    this.flow.seek(step);
    this.state.paused = true;
    tell("hop", { step, source: "diagram" });
    this.repaint();
  }

  /** Put away the topmost thing: the menu, the request on show, the selection. */
  putAway() {
    if (this.overlay.close()) return true;
    if (this.flow.run || this.flow.shares || this.state.spread) {
      this.flow.clear();
      this.change({ dns: null, fault: null, spread: null });
      return true;
    }
    if (!this.state.selected) return false;
    tell("select", { ref: null });
    return true;
  }

  /** @param {KeyboardEvent} pressed */
  pauseKey(pressed) {
    if (pressed.key !== " " || isField(pressed.target) || pressed.defaultPrevented) return;
    if (pressed.target instanceof Element && pressed.target.closest("button, a, summary, [role=tab], [role=menuitem]")) return;
    pressed.preventDefault();
    tell("pause", { paused: !this.state.paused });
  }

  // --- hands -----------------------------------------------------------------------------------

  /** @returns {gestures.Hands} */
  hands() {
    return {
      choose: (x, y) => {
        this.overlay.menu.hidden = true;
        tell("select", { ref: this.under(x, y) || null });
        this.tree.focus();
      },
      open: (x, y) => this.withUnder(x, y, (ref) => tell("intent", { action: "inspect", ref })),
      menu: (x, y) => this.withUnder(x, y, (ref) => this.openMenu(ref, { x, y })),
      hover: (x, y) => this.hover(this.under(x, y)),
      away: () => this.hover(""),
      pan: (dx, dy) => this.aim(cameras.pan(this.state.camera, dx, dy)),
      zoom: (x, y, factor) => this.aim(cameras.zoom(this.state.camera, x, y, factor)),
    };
  }

  /** @param {number} x @param {number} y */
  under(x, y) {
    const spot = cameras.toWorld(this.state.camera, x, y);
    return pick(this.layout.boxes, spot.x, spot.y, 3 / this.state.camera.k);
  }

  /** @param {number} x @param {number} y @param {(ref: string) => void} act */
  withUnder(x, y, act) {
    const ref = this.under(x, y);
    if (ref) act(ref);
  }

  /** @param {string} ref */
  hover(ref) {
    if (ref === this.state.hovered) return;
    this.stage.classList.toggle("is-over", ref !== "");
    this.change({ hovered: ref });
  }

  /** @param {import("./types").Camera} camera */
  aim(camera) {
    this.change({ camera: cameras.hold(camera, this.layout, this.size), moved: true });
    this.tree.render();
  }

  /** Look at a point of the world. @param {number} x @param {number} y */
  centre(x, y) {
    const { k } = this.state.camera;
    this.aim({ k, x: this.size.width / 2 - x * k, y: this.size.height / 2 - y * k });
  }

  /** @param {number} factor 0 fits everything */
  zoomBy(factor) {
    if (factor) return this.aim(cameras.zoom(this.state.camera, this.size.width / 2, this.size.height / 2, factor));
    this.change({ camera: cameras.fit(this.layout, this.size, this.natural ?? 1, true), moved: false });
    this.tree.render();
  }

  /** @param {string} ref */
  reveal(ref) {
    const box = this.layout.boxes.get(ref);
    if (!box) return;
    const camera = cameras.reveal(this.state.camera, box, this.size);
    if (camera.x !== this.state.camera.x || camera.y !== this.state.camera.y) this.aim(camera);
  }

  /** @param {string} ref @param {{x: number, y: number}} [spot] */
  openMenu(ref, spot) {
    const kind = ref.split("/")[0];
    const box = this.layout.boxes.get(ref);
    if (!box) return;
    const { camera } = this.state;
    const at = spot ?? { x: camera.x + (box.x + 12) * camera.k, y: camera.y + (box.y + box.h) * camera.k };
    this.overlay.open(ref.split("/")[2] || this.say("you"), at, guide.choices(kind, this.say, this.canEdit && !this.live), ref, this.size, () => this.tree.focus());
  }

  /** @param {{ref: string, lane: string}} row */
  placeOf(row) {
    const { camera } = this.state;
    const lane = row.ref ? null : this.layout.lanes.find((found) => found.key === row.lane);
    if (lane) return { x: camera.x + lane.x * camera.k, y: 2, w: lane.w * camera.k, h: 32 };
    const box = this.layout.boxes.get(row.ref);
    return box ? { x: camera.x + box.x * camera.k, y: camera.y + box.y * camera.k, w: box.w * camera.k, h: box.h * camera.k } : null;
  }

  // --- size and theme --------------------------------------------------------------------------

  resize() {
    const { clientWidth: width, clientHeight: height } = this.stage;
    if (!width || !height || (width === this.size.width && height === this.size.height)) return;
    const first = !this.size.width;
    this.size = { width, height };
    if (!this.state.moved) this.slots = { ...this.slots, gap: 0 };
    this.fitCanvases();
    this.relay(true);
    if (first) this.el.classList.add("is-ready");
  }

  fitCanvases() {
    const { ratio } = this.theme;
    for (const canvas of [this.ground, this.air]) {
      canvas.width = Math.round(this.size.width * ratio);
      canvas.height = Math.round(this.size.height * ratio);
    }
  }

  retheme() {
    this.theme = themes.read(this.el);
    this.widths.clear();
    this.fitCanvases();
    this.repaint();
  }

  // --- frames ----------------------------------------------------------------------------------

  now() {
    return this.frozen ?? performance.now();
  }

  repaint() {
    this.sceneDirty = true;
    this.wake();
  }

  wake() {
    if (!this.waiting) this.waiting = requestAnimationFrame((time) => this.frame(time));
  }

  /** @param {number} time */
  frame(time) {
    this.waiting = 0;
    if (this.queue.length) this.takeIn();
    const passed = this.last ? Math.min(SLOWEST, time - this.last) : 16;
    this.last = time;
    if (this.frozen === null && !this.state.paused) this.flow.tick(passed * this.state.speed);
    this.follow();
    const looked = tween.look(this.motion, this.now());
    const draws = this.sceneDirty || looked.moving || this.wasMoving;
    this.fades = false;
    if (draws) this.drawScene(looked);
    this.wasMoving = looked.moving || this.fades;
    this.drawFlow();
    if (this.wasMoving || (this.flow.moving && !this.state.paused && this.frozen === null)) this.wake();
    else this.last = 0;
  }

  /** What the request on show has taught so far: the DNS answer, the shares, whom to blame. */
  follow() {
    const run = this.flow.run;
    const dns = run?.plan.dns && run.t >= run.plan.dns.t ? run.plan.dns : null;
    const fault = run && run.t >= run.plan.end.t ? run.plan.fault : null;
    const spread = this.flow.spread();
    this.tellMatched();
    const told = JSON.stringify(spread?.by_pod ?? null);
    if (dns === this.state.dns && fault === this.state.fault && told === this.spreadShown) return;
    this.spreadShown = told;
    Object.assign(this.state, { dns, fault });
    if (spread) this.state.spread = spread;
    this.sceneDirty = true;
  }

  /** Tell which rules have matched so far, when another has. */
  tellMatched() {
    const run = this.flow.run;
    const matched = run ? run.plan.rules.filter((found) => found.t <= run.t + 1) : [];
    const key = run ? `${run.name} ${matched.length}` : "";
    if (key === this.toldMatched) return;
    this.toldMatched = key;
    tell("matched", matched);
  }

  /** @param {ReturnType<typeof tween.look>} looked */
  drawScene(looked) {
    this.sceneDirty = false;
    const ctx = this.paper(this.ground);
    const { camera } = this.state;
    painter.paintLanes(ctx, this.layout.lanes, camera, this.size, this.theme);
    this.worldly(ctx);
    const fading = this.picture(this.frameNow(looked));
    painter.paint(ctx, fading, this.theme);
    ctx.setTransform(this.theme.ratio, 0, 0, this.theme.ratio, 0, 0);
    const headings = guide.headings(this.layout.lanes, this.say, this.counted, this.flow.shares ?? this.state.spread);
    painter.paintHeadings(ctx, headings, camera, camera.y < -4 || camera.k < 1 ? 34 : 30, this.theme);
    this.overlay.invite(camera.k > 0.6 ? guide.invitations(this.arranged, this.layout, this.canEdit) : [], camera);
    this.overlay.more(guide.beneath(this.arranged, this.layout, (this.size.height - camera.y) / camera.k));
    this.map.show(this.layout, camera, this.size, this.theme);
    if (looked.moving) this.tree.render();
  }

  /** The draw list, cross-faded with the level before for a moment. @param {scene.Frame} frame */
  picture(frame) {
    this.list = scene.compose(frame);
    if (frame.level !== this.drawnLevel) {
      this.faded = { level: this.drawnLevel, since: this.drawnLevel && !themes.isStill() ? this.now() : -FADE };
      this.drawnLevel = frame.level;
    }
    const part = (this.now() - this.faded.since) / FADE;
    if (part >= 1) return this.list;
    this.fades = true;
    return levels.fade(scene.compose({ ...frame, level: this.faded.level }), this.list, part);
  }

  /** @param {ReturnType<typeof tween.look>} looked @returns {scene.Frame} */
  frameNow(looked) {
    const { camera, match: asked } = this.state;
    this.level = levels.level(camera.k, this.level);
    const from = cameras.toWorld(camera, 0, 0);
    const ghosts = new Map();
    for (const [ref, box] of looked.leaving) {
      const element = this.gone.get(ref);
      if (element) ghosts.set(ref, { element, box });
    }
    const { selected, fault, spread } = this.state;
    this.counted = asked && chosen.typed(asked, selected, this.arranged, this.taken);
    const judged = this.counted ?? chosen.blamed(fault, this.arranged, this.taken);
    return {
      model: this.model, arranged: this.arranged, layout: this.layout, shown: looked.shown, ghosts, level: this.level,
      seen: { ...from, w: this.size.width / camera.k, h: this.size.height / camera.k },
      selected, hovered: this.state.hovered,
      matching: asked !== null, verdicts: judged?.verdicts ?? null, spread,
      most: spread ? Math.max(1, spread.ideal, ...Object.values(this.flow.shares?.by_pod ?? spread.by_pod)) * 1.05 : 1,
      fault, blame: this.flow.run?.plan.fault?.blame ?? "", dns: this.state.dns,
      crowded: this.arranged.namespaces.length > 1 && new Set([...this.arranged.fronts, ...this.arranged.groups].map((found) => found.ns)).size > 1,
      say: this.say, measure: (text, font) => this.measure(text, font),
    };
  }

  drawFlow() {
    const ctx = this.paper(this.air);
    this.worldly(ctx);
    this.flow.draw(ctx, this.layout, this.theme);
    const run = this.flow.run;
    const where = this.flow.where(this.layout);
    const shown = run ? notes(run.plan, run.t, this.layout, where, this.say) : [];
    this.overlay.show(shown, this.layout, this.state.camera, this.size, () => (run ? flight.ground(run.plan, this.layout, where) : []));
  }

  /** @param {HTMLCanvasElement} canvas */
  paper(canvas) {
    const ctx = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    const { ratio } = this.theme;
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    ctx.clearRect(0, 0, this.size.width, this.size.height);
    return ctx;
  }

  /** @param {CanvasRenderingContext2D} ctx */
  worldly(ctx) {
    const { ratio } = this.theme;
    const { x, y, k } = this.state.camera;
    ctx.setTransform(ratio * k, 0, 0, ratio * k, ratio * x, ratio * y);
  }

  /** @param {string} text @param {string} font */
  measure(text, font) {
    const key = `${font} ${text}`;
    let width = this.widths.get(key);
    if (width === undefined) {
      const ctx = /** @type {CanvasRenderingContext2D} */ (this.air.getContext("2d"));
      ctx.font = this.theme.fonts[font] ?? this.theme.fonts.name;
      width = ctx.measureText(text).width;
      if (this.widths.size > 20000) this.widths.clear();
      this.widths.set(key, width);
    }
    return width;
  }
}
