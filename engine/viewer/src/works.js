/**
 * The works: each at its slot, loaded by room and by distance. All pictures of a room in sight at
 * 256 px and all its bodies coarse, one draw each; the nearest pictures at 1024 px, the nearest bodies
 * as they are; 2048 px of the one that is looked at.
 */

import { Color, Group, Matrix4, Mesh, MeshBasicMaterial, PlaneGeometry, Quaternion, SRGBColorSpace, Texture, Vector3 } from 'three';
import { Bodies } from './bodies.js';
import { bytesOf } from './budget.js';
import { Crowd } from './crowd.js';
import { picture } from './fetching.js';
import { medium } from './house.js';
import { touches } from './sight.js';
import { kelvin } from './stage.js';
import { Thumbs } from './thumbs.js';

const NEAR = 7; // metres within which a work may be sharp
const SHARP = 6; // pictures of 1024 px at once
const BODIES = 8; // draws of bodies as they are
const TRIANGLES = 100_000; // of those
const FILMS = 2;
const MIDDLE = 1024;
const LARGE = 2048;
const CANVAS = 0.03; // metres from the wall to a picture, as the builder has it; frames stand out further
const UP = new Vector3(0, 1, 0);
const PLANE = new PlaneGeometry(1, 1);

/** @typedef {{slot: import('./house.js').Slot, group: Group, index: number, mesh: Mesh | null, size: number, has: string}} Hung */

export class Works {
  /**
   * @param {import('./house.js').House} house
   * @param {import('./stage.js').Stage} stage
   * @param {import('./budget.js').Budget} budget
   * @param {import('./fetching.js').Queue} queue
   */
  constructor(house, stage, budget, queue) {
    this.house = house;
    this.stage = stage;
    this.budget = budget;
    this.queue = queue;
    this.tint = kelvin(house.data.style.kelvin).lerp(new Color(0xffffff), 0.75).multiplyScalar(0.94);
    /** @type {Map<string, Hung>} */
    this.hung = new Map();
    /** What a room shows from afar. @type {{flat: Map<string, Thumbs>, solid: Map<string, Crowd>}} */
    this.afar = { flat: new Map(), solid: new Map() };
    /** What of a room no longer hangs or stands, as `kind room`. */
    this.stale = new Set();
    /** Slots whose bodies are near. */
    this.near = new Set();
    /** The slot that is looked at. @type {string | null} */
    this.open = null;
    this.bodies = new Bodies(house, stage, budget, queue);
    for (const slot of house.data.slots) {
      const group = new Group();
      group.position.set(...slot.position);
      group.rotation.y = (slot.yaw * Math.PI) / 180;
      group.name = slot.id;
      group.visible = false;
      stage.scene.add(group);
      this.hung.set(slot.id, { slot, group, index: 0, mesh: null, size: 0, has: '' });
    }
  }

  /** What a slot shows now. @returns {import('./house.js').Entry | undefined} */
  shown(slot) {
    return this.house.entriesOf.get(slot)?.[this.hung.get(slot).index];
  }

  /** Show another entry of a slot's playlist. */
  switchTo(slot, index) {
    const hung = this.hung.get(slot);
    const entries = this.house.entriesOf.get(slot);
    if (!hung || !entries.length) return;
    const before = medium(this.shown(slot)?.file ?? null);
    hung.index = (index + entries.length) % entries.length;
    // What hung here stays until the other is loaded, unless it is of another kind.
    hung.size = 0;
    if (medium(this.shown(slot)?.file ?? null) !== before) this.budget.drop(`work ${slot}`);
    for (const kind of ['flat', 'solid']) this.stale.add(`${kind} ${hung.slot.room}`);
    this.stage.invalidate();
  }

  /** How a slot's work is shown. */
  kind(slot) {
    return medium(this.shown(slot)?.file ?? null);
  }

  /** Draws of what a room shows from afar. */
  cost(room) {
    const kinds = new Set((this.house.slotsOf.get(room) ?? []).map((slot) => this.kind(slot.id)));
    return Number(kinds.has('flat')) + Number(kinds.has('solid'));
  }

  /**
   * Choose which works are in view and which of them are near enough to be sharp, and load these.
   * @param {Map<string, any>} seen rooms in sight
   * @param {string} room where the visitor is
   * @param {[number, number]} eye
   * @param {number} heading
   * @returns {number} draws that sharp works, and films, take
   */
  choose(seen, room, eye, heading) {
    for (const { group } of this.hung.values()) group.visible = false;
    const close = [];
    let films = 0;
    for (const id of new Set([room, ...seen.keys()])) {
      const wedge = seen.get(id);
      for (const slot of this.house.slotsOf.get(id) ?? []) {
        const hung = this.hung.get(slot.id);
        const [x, , z] = slot.position;
        const reach = Math.hypot(slot.size[0], slot.size[2] ?? 0) / 2;
        hung.group.visible = Boolean(wedge) && touches(wedge, eye, heading, [x, z], reach + 0.1);
        if (id === room && hung.group.visible && this.kind(slot.id) === 'film') films += 1;
        const far = distance(slot, eye);
        if (slot.id === this.open || (far < NEAR && (id === room || hung.group.visible))) close.push({ hung, far });
      }
    }
    close.sort((a, b) => a.far - b.far);
    const draws = this.#sharpen(close) + this.#approach(close, eye);
    return draws + Math.min(films, FILMS);
  }

  /**
   * Show what is in view of the rooms that are drawn.
   * @param {Map<string, {parts: Set<string>}>} rooms
   * @param {string} room where the visitor is
   */
  show(rooms, room) {
    for (const [kind, all] of Object.entries(this.afar)) {
      for (const [id, { mesh }] of all) if (mesh) mesh.visible = Boolean(rooms.get(id)?.parts.has('works'));
      for (const [id, { parts }] of rooms) {
        if (!parts.has('works')) continue;
        this.budget.use(`${kind} ${id}`);
        this.#wantAfar(kind, id, id === room);
      }
    }
    for (const [id, { slot, group }] of this.hung) {
      if (!rooms.get(slot.room)?.parts.has('works')) group.visible = false;
      if (group.visible) this.budget.use(`work ${id}`);
      if (rooms.has(slot.room) && this.bodies.tables.has(id)) {
        this.afar.solid.get(slot.room)?.cover(id, this.bodies.show(id, this.near.has(id)));
      }
    }
  }

  /** Have the nearest bodies fetched. @returns {number} draws of those in view */
  #approach(close, eye) {
    let [draws, triangles, visible] = [0, 0, 0];
    this.near.clear();
    for (const { hung } of close) {
      const id = hung.slot.id;
      if (this.kind(id) !== 'solid') continue;
      const cost = this.bodies.costs.get(this.shown(id).id) ?? { draws: 1, triangles: 0 };
      const fits = draws + cost.draws <= BODIES && triangles + cost.triangles <= TRIANGLES;
      if (!fits && id !== this.open) continue;
      draws += cost.draws;
      triangles += cost.triangles;
      if (hung.group.visible) visible += cost.draws;
      this.near.add(id);
      this.bodies.want(hung, this.shown(id), eye);
    }
    return visible;
  }

  /** Ask for the nearest pictures in better sizes, and let go those that were left behind. @returns {number} draws of those in view */
  #sharpen(close) {
    const flat = close.filter(({ hung }) => this.kind(hung.slot.id) === 'flat').slice(0, SHARP);
    const wanted = new Map(flat.map(({ hung }) => [hung.slot.id, MIDDLE]));
    if (this.open && this.kind(this.open) === 'flat') wanted.set(this.open, LARGE);
    for (const [id, hung] of this.hung) {
      const size = wanted.get(id) ?? 0;
      if (hung.mesh && !size) this.budget.drop(`work ${id}`);
      if (size && hung.size < size) this.#ask(hung, size);
      if (hung.size > MIDDLE && size === MIDDLE && this.budget.bytes > this.budget.limit * 0.8) {
        this.budget.drop(`work ${id}`);
      }
    }
    return flat.filter(({ hung }) => hung.group.visible).length;
  }

  #ask(hung, size) {
    const { slot, index } = hung;
    const entry = this.shown(slot.id);
    const current = () => hung.index === index;
    this.queue.ask(
      `${entry.id} ${size}`,
      async () => {
        const image = await picture(this.house.url(entry.file), size);
        if (!current()) return image.close();
        this.#hang(hung, image, size);
      },
      () => (current() ? (slot.id === this.open ? 0 : 2) : Infinity),
    );
  }

  /** Put a sharp picture over its small one. */
  #hang(hung, image, size) {
    const id = hung.slot.id;
    this.budget.drop(`work ${id}`);
    const map = new Texture(image);
    map.flipY = false;
    map.colorSpace = SRGBColorSpace;
    map.anisotropy = 8;
    map.needsUpdate = true;
    const material = new MeshBasicMaterial({ map, color: this.tint, toneMapped: false });
    const mesh = new Mesh(PLANE, material);
    mesh.applyMatrix4(within(hung.slot, image.width / image.height));
    this.stage.renderer.initTexture(map);
    hung.group.add(mesh);
    hung.mesh = mesh;
    hung.size = size;
    this.afar.flat.get(hung.slot.room)?.cover(id, true);
    this.budget.hold(`work ${id}`, bytesOf(image.width, image.height), () => {
      mesh.removeFromParent();
      material.dispose();
      map.dispose();
      image.close();
      hung.mesh = null;
      hung.size = 0;
      this.afar.flat.get(hung.slot.room)?.cover(id, false);
    });
    this.stage.invalidate();
  }

  /** Ask for what a room shows from afar, unless it is there and true. */
  #wantAfar(kind, room, here) {
    const key = `${kind} ${room}`;
    if (this.budget.held.has(key) && !this.stale.has(key)) return;
    const slots = (this.house.slotsOf.get(room) ?? []).filter((slot) => this.kind(slot.id) === kind);
    if (!slots.length) return;
    const mark = slots.map((slot) => this.shown(slot.id).id).join(' ');
    this.queue.ask(
      `${key} ${mark}`,
      async () => {
        const batch = kind === 'flat' ? new Thumbs(this.tint) : new Crowd();
        const bytes = await batch.load(
          slots.map((slot) => {
            const { file, size } = this.shown(slot.id);
            const url = this.house.url(kind === 'flat' ? small(file) : coarse(file));
            return { slot: slot.id, url, matrix: kind === 'flat' ? placed(slot).multiply(within(slot, size[0] / size[1])) : placed(slot) };
          }),
        );
        this.budget.drop(key);
        this.stale.delete(key);
        this.afar[kind].set(room, batch);
        this.stage.scene.add(batch.mesh);
        for (const slot of slots) if (this.hung.get(slot.id).mesh) batch.cover(slot.id, true);
        this.budget.hold(key, bytes, () => {
          batch.dispose();
          this.afar[kind].delete(room);
        });
        this.stage.invalidate();
      },
      () => (here ? 1 : 3),
    );
  }

}

/** World matrix of a slot. */
function placed(slot) {
  const turn = new Quaternion().setFromAxisAngle(UP, (slot.yaw * Math.PI) / 180);
  return new Matrix4().compose(new Vector3(...slot.position), turn, new Vector3(1, 1, 1));
}

/** The 256 px file that the builder writes beside a picture; own files have none. */
function small(file) {
  return /^works\/.*\.webp$/.test(file) ? file.replace(/\.webp$/, '.256.webp') : file;
}

/** The coarse body that the builder writes beside a body. */
function coarse(file) {
  return file.replace(/\.glb$/, '.far.glb');
}

/** Where a picture of this shape lies in the frame of its slot: as large as fits, a little proud. */
export function within(slot, aspect) {
  const [width, height] = slot.size;
  const near = Math.abs(aspect / (width / height) - 1) < 0.04;
  const w = near ? width : Math.min(width, height * aspect);
  const h = near ? height : Math.min(height, width / aspect);
  return new Matrix4().makeTranslation(0, 0, proud(slot)).scale(new Vector3(w, h, 1));
}

/** Metres from the face of the wall to the picture. */
export function proud(slot) {
  if (slot.kind === 'screen') return (slot.depth ?? 0.06) + 0.003;
  return Math.min(CANVAS, slot.frame?.depth ?? CANVAS) + 0.001;
}

/** Metres on the ground from the eye to a slot. */
export function distance(slot, [x, z]) {
  return Math.hypot(slot.position[0] - x, slot.position[2] - z);
}
