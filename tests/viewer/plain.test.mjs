/**
 * What the page reckons without a browser: walls, sight, arcs, rays, viewing points, memory.
 * Run by test_modules.py with museums from the planner: MUSEUMS names a folder of museum.json files.
 */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { throwArc } from '../../engine/viewer/src/arc.js';
import { Barriers } from '../../engine/viewer/src/barriers.js';
import { Budget, bytesOf } from '../../engine/viewer/src/budget.js';
import { Queue } from '../../engine/viewer/src/fetching.js';
import { crossing, inside, nearest, turnTo } from '../../engine/viewer/src/ground.js';
import { House, medium } from '../../engine/viewer/src/house.js';
import { pick } from '../../engine/viewer/src/pick.js';
import { DRAWS, ration } from '../../engine/viewer/src/ration.js';
import { OUTSIDE, inSight, touches } from '../../engine/viewer/src/sight.js';
import { viewpoint } from '../../engine/viewer/src/viewpoint.js';

const FOLDER = process.env.MUSEUMS;
const HOUSES = readdirSync(FOLDER).map((name) => {
  const house = new House(JSON.parse(readFileSync(`${FOLDER}/${name}`, 'utf8')), 'museum/');
  return { name, house, barriers: new Barriers(house) };
});

/** Numbers from 0 to 1 that are the same each time (mulberry32). */
function chance(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Places on the floor where one can stand. */
function* places(barriers, count, draw) {
  const rooms = [...barriers.house.rooms.values()];
  while (count > 0) {
    const { outline } = rooms[Math.floor(draw() * rooms.length)];
    const [a, b, c] = [0, 1, 2].map(() => outline[Math.floor(draw() * outline.length)]);
    const [u, v] = [draw(), draw()];
    const w = u + v > 1 ? [1 - u, 1 - v] : [u, v];
    const x = a[0] + w[0] * (b[0] - a[0]) + w[1] * (c[0] - a[0]);
    const z = a[1] + w[0] * (b[1] - a[1]) + w[1] * (c[1] - a[1]);
    if (!barriers.standable(x, z)) continue;
    count -= 1;
    yield [x, z];
  }
}

test('the planes of geometry', () => {
  const square = [[0, 0], [2, 0], [2, 2], [0, 2]];
  assert.ok(inside(1, 1, square) && !inside(3, 1, square) && !inside(1, -0.1, square));
  assert.deepEqual(nearest(1, 5, 0, 0, 2, 0), [1, 0]);
  assert.deepEqual(nearest(-4, 1, 0, 0, 2, 0), [0, 0]);
  assert.equal(crossing(1, -1, 1, 1, 0, 0, 2, 0), 0.5);
  assert.equal(crossing(3, -1, 3, 1, 0, 0, 2, 0), null);
  assert.ok(Math.abs(turnTo(3, -3) - (2 * Math.PI - 6)) < 1e-12);
});

for (const { name, house, barriers } of HOUSES) {
  test(`${name}: visitors stand where the planner proved it, and are in the right room`, () => {
    for (const slot of house.slots.values()) {
      assert.ok(barriers.standable(...slot.stand, 0.2), slot.id);
      assert.equal(barriers.room(...slot.stand), slot.room);
    }
    for (const { position } of house.data.spawns) assert.ok(barriers.standable(...position));
  });

  test(`${name}: whoever walks anywhere ends on the floor and out of the walls`, () => {
    const draw = chance(1);
    for (let [x, z] of places(barriers, 60, draw)) {
      for (let i = 0; i < 12; i++) {
        [x, z] = barriers.slide(x, z, x + 6 * draw() - 3, z + 6 * draw() - 3);
        assert.notEqual(barriers.room(x, z), null);
        assert.ok(barriers.standable(x, z, 0.18), `${x} ${z}`);
      }
    }
  });

  test(`${name}: no arc lands behind a wall`, () => {
    const draw = chance(2);
    let landed = 0;
    for (const [x, z] of places(barriers, 150, draw)) {
      const head = [x, 1.6, z];
      const yaw = draw() * 2 * Math.PI;
      const pitch = draw() * 1.6 - 0.8;
      const along = [Math.sin(yaw) * Math.cos(pitch), Math.sin(pitch), Math.cos(yaw) * Math.cos(pitch)];
      const { target, points } = throwArc(barriers, [x, 1.3, z], along, head);
      if (!target) continue;
      landed += 1;
      assert.ok(barriers.standable(...target));
      // Walked in small steps from room to room, the arc leaves a room by a door alone.
      let room = barriers.room(x, z);
      for (const [px, , pz] of points.slice(1)) {
        const next = barriers.room(px, pz);
        if (next === room) continue;
        assert.ok(house.doorsOf.get(room).some((door) => door.rooms.includes(next)), `${room} to ${next}`);
        const through = house.doorsOf.get(room).some(
          (door) => Math.hypot(door.center[0] - px, door.center[1] - pz) < door.width / 2 + door.depth + 0.3,
        );
        assert.ok(through, `${room} to ${next} beside a door`);
        room = next;
      }
    }
    assert.ok(landed > 20, `${landed} landed`);
  });

  test(`${name}: what a straight line reaches is in sight`, () => {
    const draw = chance(3);
    const all = [...places(barriers, 60, draw)];
    for (const eye of all.slice(0, 20)) {
      const heading = draw() * 2 * Math.PI;
      const half = 0.9;
      const seen = inSight(house, barriers.room(...eye), eye, heading, half);
      for (const to of all) {
        const angle = turnTo(heading, Math.atan2(to[0] - eye[0], to[1] - eye[1]));
        if (Math.abs(angle) > half - 0.01) continue;
        // At knee height between door and lintel: only walls and furniture stop this line.
        if (barriers.blocked([eye[0], 1.2, eye[1]], [to[0], 1.2, to[1]]) !== null) continue;
        const room = barriers.room(...to);
        assert.ok(seen.has(room), `${room} from ${eye}`);
        assert.ok(touches(seen.get(room), eye, heading, to, 0.05));
      }
    }
  });

  test(`${name}: a wall behind the back hides its door`, () => {
    const [spawn] = house.data.spawns;
    const room = barriers.room(...spawn.position);
    const seen = inSight(house, room, spawn.position, (spawn.yaw * Math.PI) / 180, 0.6);
    assert.ok(seen.has(room));
    assert.ok(!seen.has(OUTSIDE) || [...seen.keys()].some((id) => house.rooms.get(id)?.open_to_sky));
  });

  test(`${name}: what is drawn is rationed: the visitor's own room never, walls before what they carry`, () => {
    const cost = (id, part) => (part === 'works' && id !== OUTSIDE ? 2 : 1);
    for (const near of [10, 40]) {
      for (const { stand, room } of house.slots.values()) {
        for (let i = 0; i < 8; i++) {
          const seen = inSight(house, room, stand, (i * Math.PI) / 4, 0.84);
          const { rooms, draws } = ration(house, seen, room, stand, near, cost);
          assert.deepEqual([...rooms.get(room).parts], ['walls', 'works', 'labels']);
          for (const id of rooms.keys()) assert.ok(seen.has(id));
          assert.ok(draws <= Math.max(DRAWS, near + 4 + 2), `${draws} in ${room}`);
          const bare = [...rooms.values()].some(({ parts }) => !parts.has('works'));
          if (near === 10) assert.equal(rooms.size, seen.size);
          else if (rooms.size < seen.size) assert.ok(bare || rooms.size === 1);
        }
      }
    }
  });

  test(`${name}: a ray at a work from its viewing point meets that work`, () => {
    for (const slot of house.slots.values()) {
      const flat = slot.kind === 'wall' || slot.kind === 'screen';
      const middle = [slot.position[0], slot.position[1] + (flat ? 0 : slot.size[1] / 2), slot.position[2]];
      const from = [slot.stand[0], 1.6, slot.stand[1]];
      const way = middle.map((part, i) => part - from[i]);
      const length = Math.hypot(...way);
      const hit = pick(barriers, [slot.room], from, way.map((part) => part / length));
      assert.equal(hit?.slot, slot.id);
    }
  });

  test(`${name}: one is brought before a work, where one can stand and see it`, () => {
    for (const slot of house.slots.values()) {
      const { at, heading } = viewpoint(barriers, slot, { eye: 1.6, fov: 1, aspect: 1.5 });
      assert.ok(barriers.standable(...at, 0.2));
      assert.equal(barriers.room(...at), slot.room);
      const to = Math.atan2(slot.position[0] - at[0], slot.position[2] - at[1]);
      assert.ok(Math.abs(turnTo(heading, to)) < 1e-9);
    }
  });
}

test('files are shown by what they are', () => {
  assert.deepEqual(['a.webp', 'b.MP4', 'c.glb', null].map(medium), ['flat', 'film', 'solid', 'none']);
});

test('a museum of another kind or version is refused', () => {
  assert.throws(() => new House({}, ''), /no museum/);
  assert.throws(() => new House({ format: 'vernissage-museum', version: 9 }, ''), /version 9/);
});

test('the store drops what was used longest ago, never what is used now', () => {
  const budget = new Budget(100);
  const freed = [];
  let over = 0;
  budget.onOver = () => (over += 1);
  for (const name of ['a', 'b', 'c']) {
    budget.tick();
    budget.hold(name, 40, () => freed.push(name));
  }
  assert.deepEqual([freed, budget.bytes], [['a'], 80]);
  budget.tick();
  budget.use('b');
  budget.hold('d', 40, () => freed.push('d'));
  assert.deepEqual([freed, over], [['a', 'c'], 0]);
  budget.hold('e', 90, () => freed.push('e'));
  assert.deepEqual([budget.bytes, over], [170, 1]); // all three are used in this moment
  assert.equal(bytesOf(1024, 1024), Math.ceil((1024 * 1024 * 16) / 3));
});

test('the queue runs the nearest first, each once, and forgets what is not wanted any more', async () => {
  const queue = new Queue();
  const ran = [];
  let release;
  const gate = new Promise((done) => (release = done));
  for (let i = 0; i < 4; i++) queue.ask(`busy ${i}`, () => gate, () => 0);
  const run = (name) => async () => void ran.push(name);
  queue.ask('far', run('far'), () => 9);
  queue.ask('near', run('near'), () => 1);
  queue.ask('near', run('twice'), () => 2);
  queue.ask('gone', run('gone'), () => Infinity);
  const failed = [];
  queue.onFail = (key) => failed.push(key);
  queue.ask('bad', async () => { throw new Error('no'); }, () => 5);
  release();
  while (!queue.idle) await new Promise((done) => setTimeout(done, 1));
  assert.deepEqual(ran.sort(), ['far', 'twice']);
  assert.deepEqual(failed, ['bad']);
});
