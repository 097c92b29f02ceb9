/**
 * The works: each at its slot, loaded by room and by distance, in three sizes. 256 px of all that
 * is in sight, 1024 px of the nearest, 2048 px of the one that is looked at.
 */

import { Color, Group, Matrix4, Mesh, MeshBasicMaterial, PlaneGeometry, Quaternion, SRGBColorSpace, Texture, Vector3 } from 'three';
import { Bodies } from './bodies.js';
import { bytesOf } from './budget.js';
import { picture } from './fetching.js';
import { medium } from './house.js';
import { touches } from './sight.js';
import { kelvin } from './stage.js';
import { Thumbs } from './thumbs.js';

const NEAR = 7; // metres within which a picture may be sharp
const SHARP = 6; // pictures of 1024 px at once
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
    /** @type {Map<string, Thumbs>} */
    this.thumbs = new Map();
    /** Rooms whose small pictures show what no longer hangs. */
    this.stale = new Set();
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

  /** Pictures that hang as meshes of their own, in sight or not. */
  get sharp() {
    let count = 0;
    for (const { mesh, group } of this.hung.values()) if (mesh && group.visible) count += 1;
    return count;
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
    this.stale.add(hung.slot.room);
    this.stage.invalidate();
  }

  /**
   * Show and load what is in sight.
   * @param {Map<string, any>} seen rooms in sight
   * @param {string} room where the visitor is
   * @param {[number, number]} eye
   * @param {number} heading
   */
  update(seen, room, eye, heading) {
    const rooms = [...new Set([room, ...seen.keys(), ...this.house.neighbours(room)])];
    for (const [id, thumbs] of this.thumbs) {
      if (thumbs.mesh) thumbs.mesh.visible = seen.has(id);
    }
    for (const { group } of this.hung.values()) group.visible = false;
    for (const id of rooms) {
      const wedge = seen.get(id);
      const here = id === room;
      for (const slot of this.house.slotsOf.get(id) ?? []) {
        const hung = this.hung.get(slot.id);
        const [x, , z] = slot.position;
        const reach = Math.hypot(slot.size[0], slot.size[2] ?? 0) / 2;
        hung.group.visible = Boolean(wedge) && touches(wedge, eye, heading, [x, z], reach + 0.1);
        const kind = medium(this.shown(slot.id)?.file ?? null);
        if (kind === 'solid') this.bodies.want(hung, this.shown(slot.id), here || hung.group.visible, eye);
        if (hung.group.visible) this.budget.use(`work ${slot.id}`);
      }
      if (here || wedge) this.#wantThumbs(id, here);
      if (wedge) this.budget.use(`thumbs ${id}`);
    }
    this.#sharpen(room, eye);
  }

  /** Ask for the nearest pictures in better sizes, and let go those that were left behind. */
  #sharpen(room, eye) {
    const flat = [...this.hung.values()].filter(({ slot }) => medium(this.shown(slot.id)?.file ?? null) === 'flat');
    const near = flat
      .map((hung) => ({ hung, far: distance(hung.slot, eye) }))
      .filter(({ hung, far }) => hung.slot.id === this.open || (far < NEAR && (hung.slot.room === room || hung.group.visible)))
      .sort((a, b) => a.far - b.far);
    const wanted = new Map(near.slice(0, SHARP).map(({ hung }) => [hung.slot.id, MIDDLE]));
    if (this.open && medium(this.shown(this.open)?.file ?? null) === 'flat') wanted.set(this.open, LARGE);
    for (const hung of flat) {
      const id = hung.slot.id;
      const size = wanted.get(id) ?? 0;
      if (hung.mesh && !size) this.budget.drop(`work ${id}`);
      if (size && hung.size < size) this.#ask(hung, size);
      if (hung.size > MIDDLE && size === MIDDLE && this.budget.bytes > this.budget.limit * 0.8) {
        this.budget.drop(`work ${id}`);
      }
    }
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
    const thumbs = this.thumbs.get(hung.slot.room);
    thumbs?.cover(id, true);
    this.budget.hold(`work ${id}`, bytesOf(image.width, image.height), () => {
      mesh.removeFromParent();
      material.dispose();
      map.dispose();
      image.close();
      hung.mesh = null;
      hung.size = 0;
      this.thumbs.get(hung.slot.room)?.cover(id, false);
    });
    this.stage.invalidate();
  }

  #wantThumbs(room, here) {
    const key = `thumbs ${room}`;
    if (this.budget.held.has(key) && !this.stale.has(room)) return;
    const slots = (this.house.slotsOf.get(room) ?? []).filter((s) => medium(this.shown(s.id)?.file ?? null) === 'flat');
    if (!slots.length) return;
    const mark = slots.map((slot) => this.shown(slot.id).id).join(' ');
    this.queue.ask(
      `${key} ${mark}`,
      async () => {
        const thumbs = new Thumbs(this.tint);
        const bytes = await thumbs.load(
          slots.map((slot) => {
            const { file, size } = this.shown(slot.id);
            return { slot: slot.id, ...small(this.house, file), matrix: this.#matrix(slot, size[0] / size[1]) };
          }),
        );
        this.budget.drop(key);
        this.stale.delete(room);
        this.thumbs.set(room, thumbs);
        this.stage.scene.add(thumbs.mesh);
        for (const slot of slots) if (this.hung.get(slot.id).mesh) thumbs.cover(slot.id, true);
        this.budget.hold(key, bytes, () => {
          thumbs.dispose();
          this.thumbs.delete(room);
        });
        this.stage.invalidate();
      },
      () => (here ? 1 : 3),
    );
  }

  /** World matrix of a picture in its slot. */
  #matrix(slot, aspect) {
    const turn = new Quaternion().setFromAxisAngle(UP, (slot.yaw * Math.PI) / 180);
    const place = new Matrix4().compose(new Vector3(...slot.position), turn, new Vector3(1, 1, 1));
    return place.multiply(within(slot, aspect));
  }
}

/** The 256 px file that the builder writes beside a picture; own files have none. */
function small(house, file) {
  const beside = /^works\/.*\.webp$/.test(file);
  return { url: house.url(beside ? file.replace(/\.webp$/, '.256.webp') : file), small: beside };
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
