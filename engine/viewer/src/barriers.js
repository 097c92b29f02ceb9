/**
 * What nobody walks or reaches through: walls with their doors, free-standing walls, plinths,
 * figures, benches. Upright faces, found by a grid; computed from museum.json alone.
 */

import { ahead } from './house.js';
import { corners, crossing, inside, nearest } from './ground.js';

const CELL = 2; // metres
export const BODY = 0.25; // metres around a visitor

/** @typedef {{ax: number, az: number, bx: number, bz: number, low: number, high: number}} Face */

export class Barriers {
  /** @param {import('./house.js').House} house */
  constructor(house) {
    this.house = house;
    /** @type {Map<string, Face[]>} */
    this.cells = new Map();
    this.last = null;
    /** @type {{door: any, corners: [number, number][]}[]} */
    this.doorways = (house.data.doors ?? []).map((door) => ({
      door,
      corners: corners(door.center, door.width, door.depth + 0.04, door.yaw),
    }));
    for (const room of house.rooms.values()) this.#walls(room);
    for (const { door } of this.doorways) this.#jambs(door);
    this.#furniture();
  }

  /**
   * Where a visitor ends who walks from a place to another and slides along what is in the way.
   * @returns {[number, number]}
   */
  slide(x, z, toX, toZ, radius = BODY) {
    const steps = Math.max(1, Math.ceil(Math.hypot(toX - x, toZ - z) / (radius / 2)));
    const [dx, dz] = [(toX - x) / steps, (toZ - z) / steps];
    for (let i = 0; i < steps; i++) {
      const [nx, nz] = this.#pushed(x + dx, z + dz, radius);
      if (this.room(nx, nz) === null) break;
      [x, z] = [nx, nz];
    }
    return [x, z];
  }

  /** Whether a visitor can stand here: on a floor, and nothing within reach of the body. */
  standable(x, z, radius = BODY) {
    if (this.room(x, z) === null) return false;
    return this.#near(x - radius, z - radius, x + radius, z + radius).every((face) => {
      if (face.low > 1.9) return true;
      const [nx, nz] = nearest(x, z, face.ax, face.az, face.bx, face.bz);
      return Math.hypot(x - nx, z - nz) >= radius - 1e-6;
    });
  }

  /** Share of the way from p to q, both [x, y, z], at which something stands; null if it is free. */
  blocked(p, q) {
    let first = null;
    const box = [Math.min(p[0], q[0]), Math.min(p[2], q[2]), Math.max(p[0], q[0]), Math.max(p[2], q[2])];
    for (const face of this.#near(...box)) {
      const t = crossing(p[0], p[2], q[0], q[2], face.ax, face.az, face.bx, face.bz);
      if (t === null || (first !== null && t >= first)) continue;
      const y = p[1] + t * (q[1] - p[1]);
      if (y >= face.low && y <= face.high) first = t;
    }
    return first;
  }

  /** Whether one can walk straight from a place to another. */
  clear(x, z, toX, toZ, radius = BODY) {
    const steps = Math.max(1, Math.ceil(Math.hypot(toX - x, toZ - z) / 0.15));
    for (let i = 1; i <= steps; i++) {
      const t = i / steps;
      if (!this.standable(x + t * (toX - x), z + t * (toZ - z), radius)) return false;
    }
    return true;
  }

  /** Id of the room at a place; in a doorway that of its nearer room; null outside. */
  room(x, z) {
    if (this.last && inside(x, z, this.house.rooms.get(this.last).outline)) return this.last;
    for (const room of this.house.rooms.values()) {
      if (inside(x, z, room.outline)) return (this.last = room.id);
    }
    for (const { door, corners: outline } of this.doorways) {
      if (!inside(x, z, outline)) continue;
      const [nx, nz] = ahead(door.yaw);
      const beyond = (x - door.center[0]) * nx + (z - door.center[1]) * nz > 0;
      return (beyond && door.rooms[1]) || door.rooms[0];
    }
    return null;
  }

  #pushed(x, z, radius) {
    const faces = this.#near(x - radius, z - radius, x + radius, z + radius);
    for (let round = 0; round < 3; round++) {
      let moved = false;
      for (const face of faces) {
        if (face.low > 1.9) continue;
        const [nx, nz] = nearest(x, z, face.ax, face.az, face.bx, face.bz);
        const gap = Math.hypot(x - nx, z - nz);
        if (gap >= radius || gap < 1e-9) continue;
        [x, z] = [nx + ((x - nx) / gap) * radius, nz + ((z - nz) / gap) * radius];
        moved = true;
      }
      if (!moved) break;
    }
    return [x, z];
  }

  /** Walls of a room, left out where a door is; above the door they go on. */
  #walls(room) {
    const { outline, height } = room;
    outline.forEach(([ax, az], i) => {
      const [bx, bz] = outline[(i + 1) % outline.length];
      const length = Math.hypot(bx - ax, bz - az);
      const [dx, dz] = [(bx - ax) / length, (bz - az) / length];
      const holes = this.house.doorsOf
        .get(room.id)
        .map((door) => ({ door, along: (door.center[0] - ax) * dx + (door.center[1] - az) * dz }))
        .filter(({ door, along }) => {
          const off = Math.abs((door.center[0] - ax) * dz - (door.center[1] - az) * dx);
          return along > 0 && along < length && off <= door.depth / 2 + 0.05;
        })
        .sort((a, b) => a.along - b.along);
      const at = (s) => [ax + s * dx, az + s * dz];
      let from = 0;
      for (const { door, along } of holes) {
        this.#face(at(from), at(along - door.width / 2), 0, height);
        this.#face(at(along - door.width / 2), at(along + door.width / 2), door.height, height);
        from = along + door.width / 2;
      }
      this.#face(at(from), [bx, bz], 0, height);
    });
  }

  /** Sides of a doorway; the entrance stays shut. */
  #jambs(door) {
    const [a, b, c, d] = corners(door.center, door.width, door.depth, door.yaw);
    this.#face(a, d, 0, door.height);
    this.#face(b, c, 0, door.height);
    if (door.rooms[1] === null) this.#face(d, c, 0, door.height);
  }

  #furniture() {
    const { data } = this.house;
    for (const p of data.partitions ?? []) {
      this.#box(corners(p.center, p.length, p.thickness, p.yaw), p.height);
    }
    for (const bench of data.benches ?? []) {
      this.#box(corners(bench.position, bench.size[0], bench.size[2], bench.yaw), bench.size[1]);
    }
    for (const slot of data.slots) {
      if (slot.kind !== 'plinth' && slot.kind !== 'floor') continue;
      const base = slot.plinth?.size ?? slot.size;
      const width = Math.max(slot.size[0], base[0]);
      const depth = Math.max(slot.size[2], base[2]);
      const [x, y, z] = slot.position;
      this.#box(corners([x, z], width, depth, slot.yaw), y + slot.size[1] * 0.6);
    }
  }

  #box(outline, high) {
    outline.forEach((corner, i) => this.#face(corner, outline[(i + 1) % 4], 0, high));
  }

  #face([ax, az], [bx, bz], low, high) {
    if (Math.hypot(bx - ax, bz - az) < 1e-6) return;
    const face = { ax, az, bx, bz, low, high };
    for (const key of keys(Math.min(ax, bx), Math.min(az, bz), Math.max(ax, bx), Math.max(az, bz))) {
      if (!this.cells.has(key)) this.cells.set(key, []);
      this.cells.get(key).push(face);
    }
  }

  /** @returns {Face[]} */
  #near(x0, z0, x1, z1) {
    const found = new Set();
    for (const key of keys(x0, z0, x1, z1)) for (const face of this.cells.get(key) ?? []) found.add(face);
    return [...found];
  }
}

function* keys(x0, z0, x1, z1) {
  for (let i = Math.floor(x0 / CELL); i <= Math.floor(x1 / CELL); i++) {
    for (let j = Math.floor(z0 / CELL); j <= Math.floor(z1 / CELL); j++) yield `${i},${j}`;
  }
}
