// The timeline: a tick for every change and request, the revision, and how fast the packets move.

import { h, hear, tell } from "./dom.js";
import { go } from "./moments.js";
import { moment as stand, seed } from "./page.js";
import { play, select, show } from "./panel.js";

const MOST = 80;
const SPEEDS = [1, 0.5, 0.25, 2];
const ticks = [...seed.ticks];
const place = /** @type {HTMLElement} */ (document.getElementById("ticks"));
const moment = /** @type {HTMLInputElement} */ (document.getElementById("moment"));
const name = /** @type {HTMLElement} */ (document.getElementById("tick-name"));
const pause = document.getElementById("pause");
const arrived = { now: seed.now, at: performance.now() };
let speed = 0;
let step = -1;

function draw() {
  const span = Math.max(1, ticks.length - 1);
  place.replaceChildren(
    ...ticks.map((tick, index) => {
      const mark = h("span", { class: `tick ${tick.mark}` });
      mark.style.left = `${(100 * index) / span}%`;
      return mark;
    }),
  );
  const last = moment.value === moment.max;
  moment.max = String(ticks.length - 1);
  if (last && !stand.at) moment.value = moment.max;
  say(false);
}

/** @param {boolean} aloud */
function say(aloud) {
  const index = Number(moment.value);
  const tick = ticks[index];
  moment.setAttribute("aria-valuetext", tick?.name ?? "");
  name.textContent = tick?.name ?? "";
  name.style.left = `${(100 * index) / Math.max(1, ticks.length - 1)}%`;
  name.hidden = !aloud || !tick;
}

moment.addEventListener("input", () => say(true));
moment.addEventListener("change", async () => {
  const tick = ticks[Number(moment.value)];
  if (!tick) return;
  step = -1;
  const was = stand.at;
  if (!(await go(momentOf(Number(moment.value))))) return;
  if (tick.request) {
    tell("select", { ref: null });
    await show({ request: tick.request, ref: "", tab: "main" });
    play(true);
  } else if (tick.ref) {
    select(tick.ref);
    if (was !== stand.at) void show({});
  }
});

/** The revision to which a tick came: a request's own, for a change all that followed from it; 0 at the last. @param {number} index */
function momentOf(index) {
  if (index >= ticks.length - 1) return 0;
  return ticks[index].request || ticks[index + 1].revision - 1;
}

hear("past", (snapshot) => {
  if (!snapshot) moment.value = moment.max;
});
moment.addEventListener("blur", () => say(false));
moment.addEventListener("pointerleave", () => say(false));

hear("entry", (delta) => {
  const revision = document.getElementById("revision");
  if (revision) revision.textContent = String(delta.revision);
  arrived.now = Math.max(arrived.now, delta.at);
  arrived.at = performance.now();
  if (delta.request) {
    step = -1;
    if (pause?.getAttribute("aria-pressed") === "true" && delta.actor === seed.actor) tell("pause", { paused: false });
  }
  if (!delta.tick) return;
  ticks.push(delta.tick);
  const dropped = ticks.splice(0, Math.max(0, ticks.length - MOST)).length;
  if (stand.at && dropped) moment.value = String(Number(moment.value) - dropped);
  draw();
});

pause?.addEventListener("click", () => {
  tell("pause", { paused: pause.getAttribute("aria-pressed") !== "true" });
});

hear("pause", ({ paused }) => showPaused(paused));
hear("hop", () => showPaused(true));

/** @param {boolean} paused */
function showPaused(paused) {
  pause?.setAttribute("aria-pressed", String(paused));
  pause?.querySelector("use")?.setAttribute("href", `/static/img/icons.svg#${paused ? "play" : "pause"}`);
}

document.getElementById("speed")?.addEventListener("click", () => {
  speed = (speed + 1) % SPEEDS.length;
  const text = document.getElementById("speed-text");
  if (text) text.textContent = `${{ 0.5: "½", 0.25: "¼" }[SPEEDS[speed]] ?? SPEEDS[speed]}×`;
  tell("speed", { speed: SPEEDS[speed] });
});

document.getElementById("next-hop")?.addEventListener("click", () => {
  const steps = [...document.querySelectorAll("#result .step[data-step]")].map((one) => Number(/** @type {HTMLElement} */ (one).dataset.step));
  if (!steps.length) return;
  step = steps.find((index) => index > step) ?? steps[0];
  tell("hop", { step, source: "timeline" });
});

function showAge() {
  const age = document.getElementById("age");
  if (!age) return;
  const seconds = Math.max(0, Math.floor(arrived.now + (performance.now() - arrived.at) / 1000 - seed.started));
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  age.textContent = hours ? `${hours} h ${minutes} m` : minutes ? `${minutes} m ${seconds % 60} s` : `${seconds} s`;
}

setInterval(showAge, 1000);
showAge();

draw();
