/** Works that stand, as they are: GLB files loaded when one comes near, turned by hand, dropped by age. */

import { AnimationMixer, Group, Mesh } from 'three';
import { GLTFLoader } from 'three/addons/loaders/GLTFLoader.js';
import { bytesOf } from './budget.js';

const LOADER = new GLTFLoader();

export class Bodies {
  constructor(house, stage, budget, queue) {
    this.house = house;
    this.stage = stage;
    this.budget = budget;
    this.queue = queue;
    /** Turntable of each slot. @type {Map<string, Group>} */
    this.tables = new Map();
    /** @type {Map<string, AnimationMixer>} */
    this.mixers = new Map();
    /** What a file takes to draw, once it was loaded. @type {Map<string, {draws: number, triangles: number}>} */
    this.costs = new Map();
    this.still = window.matchMedia('(prefers-reduced-motion: reduce)').matches;
  }

  /**
   * Keep a body, or fetch it.
   * @param {import('./works.js').Hung} hung
   * @param {import('./house.js').Entry} entry
   */
  want(hung, entry, eye) {
    if (this.budget.use(`work ${hung.slot.id}`) && hung.has === entry.id) return;
    const { index } = hung;
    const current = () => hung.index === index;
    const far = Math.hypot(hung.slot.position[0] - eye[0], hung.slot.position[2] - eye[1]);
    this.queue.ask(
      `body ${entry.id}`,
      async () => {
        const { scene, animations } = await LOADER.loadAsync(this.house.url(entry.file));
        if (current()) this.#stand(hung, entry, scene, animations);
      },
      () => (current() ? 2 + far / 100 : Infinity),
    );
  }

  #stand(hung, entry, scene, animations) {
    const id = hung.slot.id;
    this.budget.drop(`work ${id}`);
    hung.has = entry.id;
    const table = new Group();
    table.add(scene);
    hung.group.add(table);
    this.tables.set(id, table);
    if (animations.length && !this.still) {
      const mixer = new AnimationMixer(scene);
      mixer.clipAction(animations[0]).play();
      this.mixers.set(id, mixer);
    }
    const parts = [];
    let [bytes, triangles] = [0, 0];
    scene.traverse((part) => {
      if (!(part instanceof Mesh)) return;
      parts.push(part);
      triangles += (part.geometry.index ?? part.geometry.attributes.position).count / 3;
      for (const { image } of textures(part.material)) bytes += bytesOf(image?.width ?? 0, image?.height ?? 0);
    });
    this.costs.set(entry.id, { draws: parts.length, triangles });
    this.budget.hold(`work ${id}`, bytes, () => {
      table.removeFromParent();
      this.tables.delete(id);
      this.mixers.delete(id);
      for (const part of parts) {
        part.geometry.dispose();
        for (const texture of textures(part.material)) texture.dispose();
        part.material.dispose();
      }
    });
    this.stage.invalidate();
  }

  /** Show a body, if it is there. @returns {boolean} whether it is */
  show(slot, shown) {
    const table = this.tables.get(slot);
    if (table) table.visible = shown;
    return Boolean(table) && shown;
  }

  /** Turn a work on its plinth. @param {number} angle radians */
  turn(slot, angle) {
    const table = this.tables.get(slot);
    if (!table) return;
    table.rotation.y += angle;
    this.stage.invalidate();
  }

  /** Move what moves, where it is seen. @returns {boolean} whether anything did */
  animate(seconds, visible) {
    let moved = false;
    for (const [slot, mixer] of this.mixers) {
      if (!visible(slot) || !this.tables.get(slot).visible) continue;
      mixer.update(seconds);
      moved = true;
    }
    return moved;
  }
}

function textures(material) {
  return ['map', 'normalMap', 'roughnessMap', 'metalnessMap', 'emissiveMap', 'aoMap']
    .map((name) => material[name])
    .filter((texture, i, all) => texture && all.indexOf(texture) === i);
}
