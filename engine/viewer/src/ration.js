/**
 * How much of what is in sight is drawn, so that a headset keeps its pace however many rooms lie in
 * a row: the visitor's room whole, rooms behind its doors without their lamps and labels, rooms
 * further on while there is room for them, the nearest first. Beyond lies the half-dark.
 */

import { OUTSIDE, touches } from './sight.js';

/** Draw calls for one eye in the scene: the budget of a Quest 3. */
export const DRAWS = 46;
const FIXED = 2; // sky, and the pictures of one room more
const PLAIN = ['architecture', 'furniture'];

/**
 * @param {import('./house.js').House} house
 * @param {Map<string, any>} seen rooms in sight, from `inSight`
 * @param {string} room where the visitor is
 * @param {[number, number]} eye
 * @param {number} heading
 * @param {(room: string, roles: string[] | null) => number} cost draws of a room's meshes; null is all
 * @param {number} sharp pictures that hang as meshes of their own
 * @returns {{rooms: Map<string, {wedge: any, roles: string[] | null}>, draws: number}}
 *     rooms to draw, and what they take; more than DRAWS only where the nearest take it alone
 */
export function ration(house, seen, room, eye, heading, cost, sharp) {
  const rooms = new Map();
  let draws = FIXED + sharp;
  const take = (id, roles) => {
    rooms.set(id, { wedge: seen.get(id), roles });
    draws += price(id, roles);
  };
  const price = (id, roles) => cost(id, roles) + (id === OUTSIDE ? 0 : standing(house, id, seen.get(id), eye, heading));
  take(room, null);
  const next = new Set(house.neighbours(room));
  const others = [...seen.keys()].filter((id) => id !== room);
  if (others.includes(OUTSIDE)) take(OUTSIDE, null);
  const far = (id) => Math.min(...house.rooms.get(id).outline.map(([x, z]) => Math.hypot(x - eye[0], z - eye[1])));
  const inside = others.filter((id) => id !== OUTSIDE).sort((a, b) => next.has(b) - next.has(a) || far(a) - far(b));
  for (const id of inside) {
    if (next.has(id) || draws + price(id, PLAIN) <= DRAWS) take(id, PLAIN);
  }
  return { rooms, draws };
}

/** Works of a room that are draws of their own, and one for all its pictures. */
function standing(house, id, wedge, eye, heading) {
  let bodies = 0;
  let pictures = 0;
  for (const { kind, position, size } of house.slotsOf.get(id) ?? []) {
    if (kind === 'wall') pictures = 1;
    else if (touches(wedge, eye, heading, [position[0], position[2]], Math.hypot(size[0], size[2] ?? 0) / 2 + 0.1)) bodies += 1;
  }
  return bodies + pictures;
}
