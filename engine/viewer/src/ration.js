/**
 * How much of what is in sight is drawn, so that a headset keeps its pace however many rooms lie in
 * a row: the visitor's room whole; then the walls of all others, what hangs and stands in them, and
 * their labels, each the nearest first, while draw calls last. `engine/gallery/ration.py` is the same.
 */

import { OUTSIDE } from './sight.js';

/** Draw calls for one eye in the scene: the budget of a Quest 3. */
export const DRAWS = 46;
const SKY = 1;

/**
 * @param {import('./house.js').House} house
 * @param {Map<string, any>} seen rooms in sight, from `inSight`
 * @param {string} room where the visitor is
 * @param {[number, number]} eye
 * @param {number} near draws of works that are shown sharp
 * @param {(room: string, part: string) => number} cost draws of a room's walls, works or labels
 * @returns {{rooms: Map<string, {wedge: any, parts: Set<string>}>, draws: number}}
 */
export function ration(house, seen, room, eye, near, cost) {
  const rooms = new Map();
  let draws = near;
  const take = (id, part, price) => {
    if (!rooms.has(id)) rooms.set(id, { wedge: seen.get(id), parts: new Set() });
    rooms.get(id).parts.add(part);
    draws += price;
  };
  for (const part of ['walls', 'works', 'labels']) take(room, part, cost(room, part));
  if (seen.has(OUTSIDE)) take(OUTSIDE, 'walls', SKY + cost(OUTSIDE, 'walls'));
  const far = new Map([...seen.keys()].filter((id) => id !== room && id !== OUTSIDE).map((id) => [id, away(house, id, eye)]));
  const next = new Set(house.neighbours(room));
  const others = [...far.keys()].sort((a, b) => next.has(b) - next.has(a) || far.get(a) - far.get(b));
  for (const part of ['walls', 'works', 'labels']) {
    for (const id of others) {
      const price = cost(id, part);
      if (rooms.has(id) === (part !== 'walls') && draws + price <= DRAWS) take(id, part, price);
    }
  }
  return { rooms, draws };
}

/** Metres to the nearest corner of a room. */
function away(house, id, eye) {
  return Math.min(...house.rooms.get(id).outline.map(([x, z]) => Math.hypot(x - eye[0], z - eye[1])));
}
