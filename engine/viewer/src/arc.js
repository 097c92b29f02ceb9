/** The teleport arc: a thrown point that walls, furniture and closed doors stop. */

const SPEED = 6.2; // metres a second at the hand
const GRAVITY = 9.8;
const STEP = 1 / 40; // seconds
const STEPS = 80;
const REACH = 9; // metres on the ground

/** @typedef {{points: [number, number, number][], target: [number, number] | null}} Arc */

/**
 * @param {import('./barriers.js').Barriers} barriers
 * @param {[number, number, number]} from hand
 * @param {[number, number, number]} along unit vector out of the hand
 * @param {[number, number, number]} head where the visitor is: a hand through a wall reaches nothing
 * @returns {Arc} target is null where one cannot stand
 */
export function throwArc(barriers, from, along, head) {
  const points = [from];
  if (barriers.blocked(head, from) !== null) return { points, target: null };
  let [x, y, z] = from;
  let [vx, vy, vz] = along.map((part) => part * SPEED);
  for (let i = 0; i < STEPS; i++) {
    const next = [x + vx * STEP, y + vy * STEP, z + vz * STEP];
    const hit = barriers.blocked([x, y, z], next);
    if (hit !== null) {
      points.push([x + hit * (next[0] - x), y + hit * (next[1] - y), z + hit * (next[2] - z)]);
      return { points, target: null };
    }
    if (next[1] <= 0) {
      const t = y / Math.max(y - next[1], 1e-9);
      const landed = [x + t * (next[0] - x), 0, z + t * (next[2] - z)];
      points.push(landed);
      const far = Math.hypot(landed[0] - head[0], landed[2] - head[2]) > REACH;
      const free = !far && barriers.standable(landed[0], landed[2]);
      return { points, target: free ? [landed[0], landed[2]] : null };
    }
    [x, y, z] = next;
    vy -= GRAVITY * STEP;
    points.push([x, y, z]);
  }
  return { points, target: null };
}
