/** Everything put together, and the loop that draws when something has changed. */

import { Barriers } from './barriers.js';
import { Budget, MIB } from './budget.js';
import { Comfort } from './comfort.js';
import { Diagnosis } from './diag.js';
import { find } from './dom.js';
import { Queue } from './fetching.js';
import { Furniture } from './furniture.js';
import { middle } from './ground.js';
import { Headset } from './headset.js';
import { Inspect } from './inspect.js';
import { readLink } from './links.js';
import { ration } from './ration.js';
import { Rig } from './rig.js';
import { Screens } from './screens.js';
import { Settings } from './settings.js';
import { Shell } from './shell.js';
import { inSight } from './sight.js';
import { Sounds } from './sounds.js';
import { Stage } from './stage.js';
import { Stroll } from './stroll.js';
import { viewpoint } from './viewpoint.js';
import { Visit } from './visit.js';
import { Walk } from './walk.js';
import { Works } from './works.js';

const TEXTURES = 256 * MIB;
const FIRST_WAIT = 900; // milliseconds that the first frame waits for its room's light
const NEAR_ENOUGH = 3; // metres: a visitor in a headset who is that close is left where they are

export class App {
  /** @param {import('./house.js').House} house */
  constructor(house) {
    this.house = house;
    this.settings = new Settings();
    this.rig = new Rig(house.data.hang?.eye ?? 1.6);
    this.canvas = /** @type {HTMLCanvasElement} */ (find('#view'));
    this.stage = new Stage(this.canvas, house.data.style, this.rig);
    this.barriers = new Barriers(house);
    this.budget = new Budget(TEXTURES);
    this.queue = new Queue();
    this.shell = new Shell(house, this.stage, this.budget);
    this.works = new Works(house, this.stage, this.budget, this.queue);
    this.screens = new Screens(house, this.stage, this.budget, this.works);
    this.sounds = new Sounds(house);
    this.comfort = new Comfort(this.rig, find('#fade'));
    this.stroll = new Stroll(this.rig, this.barriers, (dark) => this.comfort.fade(dark));
    this.visit = new Visit(house, this.works, (slot) => this.#goTo(slot));
    this.inspect = new Inspect(this.stage, this.rig, this.visit, this.works.bodies);
    this.seen = () => this.sight.keys();
    /** Rooms in sight. @type {Map<string, any>} */
    this.sight = new Map();
    this.walk = new Walk(this);
    this.headset = new Headset(this);
    this.furniture = new Furniture(this);
    /** Draws that what is in sight takes, at most. */
    this.draws = 0;
    /** Milliseconds from navigation to the first frame. */
    this.firstFrame = 0;
    this.diagnosis = null;
    this.last = 0;
    /** Turns of the loop, drawn or not. */
    this.frames = 0;
  }

  /** Load the building, then show it. @param {(share: number) => void} onProgress */
  async open(onProgress) {
    this.#begin();
    await this.shell.load(onProgress);
    const { room } = this.visit;
    const soon = new Promise((done) => setTimeout(done, FIRST_WAIT));
    await Promise.race([this.shell.light(room).catch(() => {}), soon]);
    this.stage.renderer.setAnimationLoop((now) => this.#frame(now));
    this.canvas.addEventListener('webglcontextlost', () => this.furniture.notice('lost', {}, true));
    this.canvas.addEventListener('webglcontextrestored', () => location.reload());
    this.queue.onFail = (key, error) => {
      console.warn(error.message);
      this.furniture.notice('file_failed', { file: key });
    };
    this.budget.onOver = (bytes) =>
      this.furniture.notice('over_budget', { mib: Math.ceil(bytes / MIB), limit: this.budget.limit / MIB });
  }

  /** Where the address says, else at the entrance. */
  #begin() {
    const spawn = this.house.data.spawns[0];
    this.rig.place(...spawn.position);
    this.rig.look((spawn.yaw * Math.PI) / 180, 0);
    const { work, room } = readLink();
    if (room && this.house.rooms.has(room)) this.#stand(room);
    const slot = work && this.house.slotOf.get(work);
    if (slot) {
      const { at, heading, pitch } = this.#before(slot);
      this.rig.place(...at);
      this.rig.look(heading, 0);
      this.visit.open(slot, { stay: true }).then(() => {
        this.visit.switchTo(this.house.entriesOf.get(slot).findIndex((entry) => entry.id === work));
      });
      this.inspect.rise = Math.tan(pitch);
    }
    const [x, , z] = this.rig.head;
    this.visit.enterRoom(this.barriers.room(x, z) ?? [...this.house.rooms.keys()][0]);
  }

  /** Jump into a room, facing its works. @param {string} room */
  async jump(room) {
    this.visit.close();
    this.stroll.stop();
    await this.comfort.blink(() => this.#stand(room));
  }

  /** At the edge of a room, where most of it is seen. */
  #stand(room) {
    const [x, z] = middle(this.house.rooms.get(room).outline);
    const far = ([px, pz]) => Math.hypot(px - x, pz - z);
    const stands = (this.house.slotsOf.get(room) ?? []).map((slot) => slot.stand);
    const at = stands.sort((a, b) => far(b) - far(a))[0] ?? [x, z];
    this.rig.place(...at);
    this.rig.face(Math.atan2(x - at[0], z - at[1]));
  }

  #before(slot) {
    const { camera } = this.rig;
    const [right, below] = this.furniture.covers;
    const half = Math.tan((camera.fov * Math.PI) / 360) * (1 - below);
    const aspect = (camera.aspect * (1 - right)) / (1 - below);
    const view = { eye: this.rig.eye, fov: 2 * Math.atan(half), aspect };
    return viewpoint(this.barriers, this.house.slots.get(slot), view);
  }

  async #goTo(slot) {
    const [x, , z] = this.rig.head;
    const { position, room } = this.house.slots.get(slot);
    const close = Math.hypot(position[0] - x, position[2] - z) < NEAR_ENOUGH;
    if (this.rig.presenting && close && room === this.visit.room) return;
    const { at, heading, pitch } = this.#before(slot);
    const stop = this.house.tour.find((one) => one.slot === slot);
    const near = stop?.path.length && Math.hypot(stop.path[0][0] - x, stop.path[0][1] - z) < 2.5;
    const straight = this.barriers.clear(x, z, ...at, 0.2);
    const path = !straight && near ? [...stop.path, at] : [at];
    this.inspect.rise = Math.tan(pitch);
    await this.stroll.go(at, { heading, path });
  }

  #frame(now) {
    const seconds = Math.min(0.1, Math.max(0, (now - this.last) / 1000));
    this.last = now;
    this.frames += 1;
    const { rig, stage } = this;
    this.budget.tick();
    let moved = false;
    if (rig.presenting) {
      this.headset.update(seconds);
      moved = true;
    } else {
      moved = this.walk.update(seconds) || moved;
      moved = this.stroll.update(seconds) || moved;
      moved = this.inspect.update(seconds) || moved;
    }
    moved = this.comfort.update(seconds) || moved;
    moved = this.works.bodies.animate(seconds, (slot) => this.works.hung.get(slot).group.visible) || moved;
    moved = this.screens.moving || moved;
    if (!moved && !stage.dirty && !this.diagnosis) {
      this.#listen(seconds);
      return;
    }
    stage.dirty = false;
    this.look();
    this.#listen(seconds);
    stage.draw();
    this.diagnosis?.update(seconds, now);
    if (!this.firstFrame) this.#first();
  }

  /** See what is in sight, and ask for what is missing. */
  look() {
    const { rig, barriers, visit } = this;
    const [x, , z] = rig.head;
    visit.enterRoom(barriers.room(x, z) ?? visit.room);
    const { heading } = rig;
    const all = inSight(this.house, visit.room, [x, z], heading, this.stage.half);
    const near = this.works.choose(all, visit.room, [x, z], heading);
    const { rooms, draws } = ration(this.house, all, visit.room, [x, z], near, (room, part) => this.#cost(room, part));
    this.draws = draws;
    this.shell.show(rooms);
    this.sight = new Map([...rooms].map(([room, { wedge }]) => [room, wedge]));
    for (const id of [...this.sight.keys(), ...this.house.neighbours(visit.room)]) {
      const rank = () => (id === visit.room ? 0 : this.sight.has(id) ? 1.5 : 4);
      if (!this.shell.lit(id)) this.queue.ask(`light ${id}`, () => this.shell.light(id), rank);
    }
    this.works.show(rooms, visit.room);
    this.screens.update(visit.room, [x, z]);
  }

  /** Draws of a part of a room. */
  #cost(room, part) {
    if (part === 'walls') return 1;
    return part === 'works' ? this.works.cost(room) : (this.shell.labels.get(room) ?? []).length;
  }

  #listen(seconds) {
    this.sounds.update(this.visit.room, seconds);
  }

  #first() {
    this.firstFrame = performance.now();
    performance.mark('vernissage-first-frame');
    document.body.classList.add('open');
    this.furniture.opened();
    if (new URLSearchParams(location.search).has('diag')) this.diagnosis = new Diagnosis(find('#diag'), this);
    // Soft mirrors take a moment to make, so they come once there is something to look at.
    setTimeout(() => this.stage.surround(), 400);
  }
}
