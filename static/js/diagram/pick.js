// What lies under a point: the smallest glyph that covers it. Pure.

/**
 * @param {Map<string, import("./types").Placed>} boxes @param {number} x @param {number} y @param {number} [slack]
 * @returns {string} a ref, "" for the bare paper
 */
export function pick(boxes, x, y, slack = 0) {
  let found = "";
  let least = Infinity;
  for (const [ref, box] of boxes) {
    if (box.form === "none") continue;
    const room = box.form === "dot" ? slack : 0;
    if (x < box.x - room || y < box.y - room || x > box.x + box.w + room || y > box.y + box.h + room) continue;
    const area = box.w * box.h;
    if (area < least) [found, least] = [ref, area];
  }
  return found;
}
