/**
 * Which rooms are seen from a place: a room behind a door only within the angle that the door
 * leaves. So what is drawn stays the same however many rooms a museum has.
 */

import { ahead } from './house.js';
import { corners, turnTo } from './ground.js';

const DEEP = 8; // doors in a row
const CLOSE = 0.6; // metres from the middle of a door at which all behind it counts as seen
export const OUTSIDE = 'outside';

/** @typedef {{low: number, high: number}} Wedge Angles in radians, relative to the heading. */

/**
 * @param {import('./house.js').House} house
 * @param {string} room id of the room of the eye
 * @param {[number, number]} eye
 * @param {number} heading radians, 0 looks along +Z, π/2 along +X
 * @param {number} half half of the horizontal angle of view, radians
 * @returns {Map<string, Wedge>} rooms in sight; also OUTSIDE
 */
export function inSight(house, room, eye, heading, half) {
  /** @type {Map<string, Wedge>} */
  const seen = new Map();
  look(room, { low: -half, high: half }, new Set(), 0);
  return seen;

  function look(id, wedge, passed, depth) {
    const known = seen.get(id);
    if (known) {
      known.low = Math.min(known.low, wedge.low);
      known.high = Math.max(known.high, wedge.high);
    } else {
      seen.set(id, { ...wedge });
    }
    if (house.rooms.get(id)?.open_to_sky) seen.set(OUTSIDE, { low: -half, high: half });
    if (depth >= DEEP || id === OUTSIDE) return;
    for (const door of house.doorsOf.get(id) ?? []) {
      if (passed.has(door.id)) continue;
      const through = opening(door, id, wedge);
      if (!through) continue;
      const next = (door.rooms[0] === id ? door.rooms[1] : door.rooms[0]) ?? OUTSIDE;
      look(next, through, new Set([...passed, door.id]), depth + 1);
    }
  }

  /** What of a wedge passes a door seen from one of its rooms. */
  function opening(door, from, wedge) {
    const [nx, nz] = ahead(door.yaw);
    const side = door.rooms[0] === from ? 1 : -1;
    const [dx, dz] = [door.center[0] - eye[0], door.center[1] - eye[1]];
    const away = (dx * nx + dz * nz) * side;
    const across = Math.abs(dx * nz - dz * nx);
    if (Math.abs(away) < CLOSE + door.depth / 2 && across < door.width / 2 + 0.3) return wedge;
    if (away < 0) return null;
    const [a, b, c, d] = corners(door.center, door.width, door.depth, door.yaw);
    let { low, high } = wedge;
    for (const [left, right] of [[a, b], [d, c]]) {
      const [i, j] = [left, right].map(([x, z]) => turnTo(heading, Math.atan2(x - eye[0], z - eye[1])));
      if (Math.abs(i - j) > Math.PI) {
        // Straight behind: only a view all around reaches it.
        if (high < Math.max(i, j) && low > Math.min(i, j)) return null;
        continue;
      }
      low = Math.max(low, Math.min(i, j));
      high = Math.min(high, Math.max(i, j));
    }
    return low < high ? { low, high } : null;
  }
}

/** Whether a disc of this radius around a place reaches into a wedge. */
export function touches(wedge, eye, heading, [x, z], radius) {
  const distance = Math.hypot(x - eye[0], z - eye[1]);
  if (distance <= radius + 0.3) return true;
  const angle = turnTo(heading, Math.atan2(x - eye[0], z - eye[1]));
  const margin = Math.asin(Math.min(1, radius / distance));
  return angle + margin >= wedge.low && angle - margin <= wedge.high;
}
