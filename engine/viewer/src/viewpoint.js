/** Where to stand before a work: straight on and as far as it needs, else at its proven place. */

import { ahead } from './house.js';

const MARGIN = 1.5; // of the view that a work leaves free

/**
 * @param {import('./barriers.js').Barriers} barriers
 * @param {import('./house.js').Slot} slot
 * @param {{eye: number, fov: number, aspect: number}} view vertical angle of view in radians
 * @returns {{at: [number, number], heading: number, pitch: number}}
 */
export function viewpoint(barriers, slot, { eye, fov, aspect }) {
  const [width, height, depth] = slot.size;
  const flat = slot.kind === 'wall' || slot.kind === 'screen';
  const [x, y, z] = slot.position;
  const middle = [x, flat ? y : y + height / 2, z];
  const half = Math.tan(fov / 2);
  const wide = flat ? width : Math.hypot(width, depth);
  const fit = (Math.max(height / half, wide / (half * aspect)) / 2) * MARGIN + (flat ? 0 : wide / 2);
  const far = Math.min(6, Math.max(flat ? 0.9 : 1.2, fit));
  const [nx, nz] = ahead(slot.yaw);
  for (const share of [1, 0.85, 1.2, 0.7, 1.45]) {
    const at = [x + nx * far * share, z + nz * far * share];
    if (barriers.standable(at[0], at[1]) && sees(at)) return facing(at);
  }
  return facing(slot.stand);

  function sees(at) {
    const before = flat ? 0.12 : wide / 2 + 0.35;
    const to = [x + nx * before, middle[1], z + nz * before];
    return barriers.room(...at) === slot.room && barriers.blocked([at[0], eye, at[1]], to) === null;
  }

  function facing(at) {
    const [dx, dz] = [x - at[0], z - at[1]];
    return {
      at: [at[0], at[1]],
      heading: Math.atan2(dx, dz),
      pitch: Math.atan2(middle[1] - eye, Math.max(Math.hypot(dx, dz), 0.2)),
    };
  }
}
