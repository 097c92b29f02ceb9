/**
 * Screens: at most two films play, those nearest in the visitor's own room. Silent until a gesture;
 * after it, the one that is looked at is heard.
 */

import { Mesh, MeshBasicMaterial, PlaneGeometry, SRGBColorSpace, VideoTexture } from 'three';
import { medium } from './house.js';
import { distance, within } from './works.js';

const AT_ONCE = 2;
const PLANE = new PlaneGeometry(1, 1);

/** @typedef {{slot: import('./house.js').Slot, entry: string, film: HTMLVideoElement, mesh: Mesh, free: () => void}} Screen */

export class Screens {
  constructor(house, stage, budget, works) {
    this.house = house;
    this.stage = stage;
    this.budget = budget;
    this.works = works;
    /** @type {Map<string, Screen>} */
    this.lit = new Map();
    /** Those that the visitor stopped. */
    this.paused = new Set();
    this.sound = false;
    this.volume = 0.7;
    /** @type {(slot: string) => void} */
    this.onChange = () => {};
  }

  /** Light the nearest screens of a room, and put out all others. */
  update(room, eye) {
    const near = (this.house.slotsOf.get(room) ?? [])
      .filter((slot) => medium(this.works.shown(slot.id)?.file ?? null) === 'film')
      .sort((a, b) => distance(a, eye) - distance(b, eye))
      .sort((a, b) => Number(b.id === this.works.open) - Number(a.id === this.works.open))
      .slice(0, AT_ONCE);
    const wanted = new Set(near.map((slot) => slot.id));
    for (const [id, screen] of this.lit) {
      const stale = this.works.shown(id)?.id !== screen.entry;
      if (!wanted.has(id) || stale) this.#putOut(id);
    }
    for (const slot of near) {
      if (!this.lit.has(slot.id)) this.#light(slot);
      this.budget.use(`film ${slot.id}`);
      this.#hear(slot.id);
    }
  }

  /** Play or stop a screen. */
  toggle(slot) {
    const screen = this.lit.get(slot);
    if (!screen) return;
    if (this.playing(slot)) this.paused.add(slot);
    else this.paused.delete(slot);
    this.#run(slot);
  }

  playing(slot) {
    const screen = this.lit.get(slot);
    return Boolean(screen) && !screen.film.paused;
  }

  /** Whether any film moves. */
  get moving() {
    return [...this.lit.values()].some(({ film }) => !film.paused);
  }

  #run(slot) {
    const { film } = this.lit.get(slot);
    if (this.paused.has(slot)) film.pause();
    else film.play().catch(() => {}); // refused before a gesture: the first frame stays
    this.onChange(slot);
  }

  #hear(slot) {
    const { film } = this.lit.get(slot);
    film.muted = !(this.sound && this.works.open === slot);
    film.volume = this.volume;
  }

  #light(slot) {
    const entry = this.works.shown(slot.id);
    const film = document.createElement('video');
    Object.assign(film, { muted: true, loop: true, playsInline: true, preload: 'auto', src: this.house.url(entry.file) });
    const map = new VideoTexture(film);
    map.colorSpace = SRGBColorSpace;
    const material = new MeshBasicMaterial({ map, color: 0x050505, toneMapped: false });
    const mesh = new Mesh(PLANE, material);
    mesh.applyMatrix4(within(slot, slot.size[0] / slot.size[1]));
    this.works.hung.get(slot.id).group.add(mesh);
    film.addEventListener('loadeddata', () => {
      material.color.set(0xffffff);
      mesh.matrix.identity();
      mesh.position.set(0, 0, 0);
      mesh.scale.set(1, 1, 1);
      mesh.applyMatrix4(within(slot, film.videoWidth / film.videoHeight));
      this.budget.hold(`film ${slot.id}`, film.videoWidth * film.videoHeight * 4, () => {});
      this.stage.invalidate();
    });
    for (const event of ['play', 'pause']) film.addEventListener(event, () => this.onChange(slot.id));
    const free = () => {
      film.pause();
      film.removeAttribute('src');
      film.load();
      mesh.removeFromParent();
      material.dispose();
      map.dispose();
      this.budget.drop(`film ${slot.id}`);
    };
    this.lit.set(slot.id, { slot, entry: entry.id, film, mesh, free });
    this.#run(slot.id);
    this.stage.invalidate();
  }

  #putOut(slot) {
    this.lit.get(slot)?.free();
    this.lit.delete(slot);
    this.stage.invalidate();
  }
}
