/** What a ray meets: a work, or the floor. By boxes from museum.json; walls hide what is behind. */

import { ahead } from './house.js';

/** @typedef {{slot: string | null, floor: [number, number] | null, distance: number}} Hit */

/**
 * @param {import('./barriers.js').Barriers} barriers
 * @param {Iterable<string>} rooms ids of rooms in sight
 * @param {[number, number, number]} from
 * @param {[number, number, number]} along unit vector
 * @param {number} [far] metres
 * @returns {Hit | null}
 */
export function pick(barriers, rooms, from, along, far = 30) {
  const { house } = barriers;
  let best = null;
  for (const room of rooms) {
    for (const slot of house.slotsOf.get(room) ?? []) {
      const t = enters(slot, from, along);
      if (t !== null && t <= far && (!best || t < best.distance)) {
        best = { slot: slot.id, floor: null, distance: t };
      }
    }
  }
  const down = along[1] < -1e-3 ? -from[1] / along[1] : Infinity;
  if (down <= far && (!best || down < best.distance)) {
    const floor = [from[0] + down * along[0], from[2] + down * along[2]];
    if (barriers.room(floor[0], floor[1]) !== null) best = { slot: null, floor, distance: down };
  }
  if (!best) return null;
  const reach = best.distance - (best.slot ? margin(house.slots.get(best.slot)) : 0.02);
  const to = from.map((part, i) => part + Math.max(reach, 0) * along[i]);
  return barriers.blocked(from, to) === null ? best : null;
}

/** A work on a plinth stands inside of what blocks; a picture a little before its wall. */
function margin(slot) {
  if (slot.kind === 'wall' || slot.kind === 'screen') return 0.1;
  return Math.hypot(slot.plinth?.size[0] ?? 0, slot.plinth?.size[2] ?? 0) / 2 + 0.3;
}

/** Distance at which the ray enters the box of a slot, its plinth included, or null. */
function enters(slot, from, along) {
  const foot = slot.plinth?.size ?? [0, 0, 0];
  const width = Math.max(slot.size[0], foot[0]);
  const height = slot.size[1] + foot[1];
  const depth = Math.max(slot.size[2] ?? 0.08, foot[2]);
  const flat = slot.kind === 'wall' || slot.kind === 'screen';
  const [nx, nz] = ahead(slot.yaw);
  const [px, py, pz] = slot.position;
  const [rx, ry, rz] = [from[0] - px, from[1] - py, from[2] - pz];
  const origin = [rx * nz - rz * nx, ry - (flat ? 0 : height / 2 - foot[1]), rx * nx + rz * nz - (flat ? depth / 2 : 0)];
  const way = [along[0] * nz - along[2] * nx, along[1], along[0] * nx + along[2] * nz];
  const half = [width / 2, height / 2, depth / 2];
  let [near, far] = [0, Infinity];
  for (let i = 0; i < 3; i++) {
    if (Math.abs(way[i]) < 1e-9) {
      if (Math.abs(origin[i]) > half[i]) return null;
      continue;
    }
    const [a, b] = [(-half[i] - origin[i]) / way[i], (half[i] - origin[i]) / way[i]];
    near = Math.max(near, Math.min(a, b));
    far = Math.min(far, Math.max(a, b));
  }
  return near <= far ? near : null;
}
