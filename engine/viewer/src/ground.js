/** Plane geometry on the floor: [x, z] in metres. */

/** @typedef {[number, number]} Ground */

/** @param {number} x @param {number} z @param {Ground[]} outline */
export function inside(x, z, outline) {
  let within = false;
  for (let i = 0, j = outline.length - 1; i < outline.length; j = i++) {
    const [ax, az] = outline[i];
    const [bx, bz] = outline[j];
    if (az > z !== bz > z && x < ax + ((z - az) / (bz - az)) * (bx - ax)) within = !within;
  }
  return within;
}

/** Nearest point of a segment. @returns {Ground} */
export function nearest(x, z, ax, az, bx, bz) {
  const dx = bx - ax;
  const dz = bz - az;
  const share = ((x - ax) * dx + (z - az) * dz) / Math.max(dx * dx + dz * dz, 1e-12);
  const t = Math.min(1, Math.max(0, share));
  return [ax + t * dx, az + t * dz];
}

/** Share of the way from p to q at which the segment a-b is crossed, or null. */
export function crossing(px, pz, qx, qz, ax, az, bx, bz) {
  const rx = qx - px;
  const rz = qz - pz;
  const sx = bx - ax;
  const sz = bz - az;
  const turn = rx * sz - rz * sx;
  if (Math.abs(turn) < 1e-12) return null;
  const t = ((ax - px) * sz - (az - pz) * sx) / turn;
  const u = ((ax - px) * rz - (az - pz) * rx) / turn;
  return t >= 0 && t <= 1 && u >= 0 && u <= 1 ? t : null;
}

/** Corners of an upright box seen from above. @returns {Ground[]} */
export function corners([x, z], width, depth, yaw) {
  const angle = (yaw * Math.PI) / 180;
  const [ax, az] = [Math.sin(angle), Math.cos(angle)];
  const signs = [[-1, -1], [1, -1], [1, 1], [-1, 1]];
  return signs.map(([i, j]) => [
    x + (i * width * az) / 2 + (j * depth * ax) / 2,
    z - (i * width * ax) / 2 + (j * depth * az) / 2,
  ]);
}

/** Signed turn in radians that brings one heading to another, the short way. */
export function turnTo(from, to) {
  const turn = (to - from) % (2 * Math.PI);
  if (turn > Math.PI) return turn - 2 * Math.PI;
  return turn <= -Math.PI ? turn + 2 * Math.PI : turn;
}

/** Middle of an outline's corners. @param {Ground[]} outline @returns {Ground} */
export function middle(outline) {
  const sum = outline.reduce(([x, z], [a, b]) => [x + a, z + b], [0, 0]);
  return [sum[0] / outline.length, sum[1] / outline.length];
}
