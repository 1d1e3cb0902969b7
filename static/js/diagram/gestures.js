// Pointer, wheel and touch on the stage become calls: choose, open a menu, pan, zoom.

/**
 * @typedef {object} Hands
 * @property {(x: number, y: number) => void} choose
 * @property {(x: number, y: number) => void} open
 * @property {(x: number, y: number) => void} menu
 * @property {(x: number, y: number) => void} hover
 * @property {() => void} away
 * @property {(dx: number, dy: number) => void} pan
 * @property {(x: number, y: number, factor: number) => void} zoom
 */

const SLOP = 5;

/**
 * @param {HTMLElement} stage @param {Hands} hands
 * @returns {() => void} stops listening
 */
export function listen(stage, hands) {
  /** @type {Map<number, {x: number, y: number}>} */
  const fingers = new Map();
  let dragged = false;
  let down = { x: 0, y: 0 };
  const stop = new AbortController();
  const how = { signal: stop.signal };

  /** @param {MouseEvent} happened */
  const spot = (happened) => {
    const frame = stage.getBoundingClientRect();
    return { x: happened.clientX - frame.left, y: happened.clientY - frame.top };
  };

  /** @param {Event} happened */
  const isControl = (happened) => happened.target instanceof Element && happened.target.closest("button, a, [data-card]") !== null;

  stage.addEventListener("pointerdown", (happened) => {
    if (isControl(happened) || happened.button > 1) return;
    down = spot(happened);
    fingers.set(happened.pointerId, down);
    dragged = false;
  }, how);

  stage.addEventListener("pointermove", (happened) => {
    const now = spot(happened);
    const before = fingers.get(happened.pointerId);
    if (!before) {
      if (!isControl(happened)) hands.hover(now.x, now.y);
      return;
    }
    if (!dragged && Math.hypot(now.x - down.x, now.y - down.y) < SLOP) return;
    if (!dragged) stage.setPointerCapture(happened.pointerId);
    dragged = true;
    stage.classList.add("is-held");
    if (fingers.size === 2) pinch(happened.pointerId, now);
    else hands.pan(now.x - before.x, now.y - before.y);
    fingers.set(happened.pointerId, now);
  }, how);

  /** @param {number} id @param {{x: number, y: number}} now */
  const pinch = (id, now) => {
    const before = /** @type {{x: number, y: number}} */ (fingers.get(id));
    const other = [...fingers].find(([finger]) => finger !== id)?.[1];
    if (!other) return;
    const was = Math.hypot(before.x - other.x, before.y - other.y);
    const is = Math.hypot(now.x - other.x, now.y - other.y);
    if (was > 0) hands.zoom((now.x + other.x) / 2, (now.y + other.y) / 2, is / was);
    hands.pan((now.x - before.x) / 2, (now.y - before.y) / 2);
  };

  /** @param {PointerEvent} happened */
  const up = (happened) => {
    const held = fingers.delete(happened.pointerId);
    stage.classList.remove("is-held");
    if (held && !dragged && happened.type === "pointerup" && happened.button === 0) hands.choose(...pair(spot(happened)));
  };
  stage.addEventListener("pointerup", up, how);
  stage.addEventListener("pointercancel", up, how);
  stage.addEventListener("pointerleave", () => hands.away(), how);
  stage.addEventListener("dblclick", (happened) => {
    if (!isControl(happened)) hands.open(...pair(spot(happened)));
  }, how);
  stage.addEventListener("contextmenu", (happened) => {
    if (isControl(happened)) return;
    happened.preventDefault();
    hands.menu(...pair(spot(happened)));
  }, how);
  stage.addEventListener("wheel", (happened) => {
    happened.preventDefault();
    const { x, y } = spot(happened);
    const step = happened.deltaMode === 1 ? 16 : 1;
    if (happened.ctrlKey || happened.metaKey) hands.zoom(x, y, Math.exp(-happened.deltaY * step * 0.01));
    else if (happened.shiftKey && !happened.deltaX) hands.pan(-happened.deltaY * step, 0);
    else hands.pan(-happened.deltaX * step, -happened.deltaY * step);
  }, { signal: stop.signal, passive: false });
  return () => stop.abort();
}

/** @param {{x: number, y: number}} spot @returns {[number, number]} */
function pair(spot) {
  return [spot.x, spot.y];
}
