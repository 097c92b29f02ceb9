/** The building: shell.glb, one set of meshes for each room, and its lightmaps, loaded by room. */

import { LinearMipmapLinearFilter, Mesh, SRGBColorSpace, Texture } from 'three';
import { GLTFLoader } from 'three/addons/loaders/GLTFLoader.js';
import { bytesOf } from './budget.js';
import { picture } from './fetching.js';
import { OUTSIDE } from './sight.js';
import { RoomLight, surface, texturesOf } from './surface.js';

const LARGEST = 2048;

export class Shell {
  /**
   * @param {import('./house.js').House} house
   * @param {import('./stage.js').Stage} stage
   * @param {import('./budget.js').Budget} budget
   */
  constructor(house, stage, budget) {
    this.house = house;
    this.stage = stage;
    this.budget = budget;
    /** Nodes of a room, and those of OUTSIDE, with their roles. @type {Map<string, {node: import('three').Object3D, role: string, draws: number}[]>} */
    this.parts = new Map();
    /** @type {Map<string, RoomLight>} */
    this.lights = new Map();
    this.textures = new Set();
    this.baked = new Map((house.data.bundle?.lightmaps ?? []).map((map) => [map.room, map]));
    for (const room of house.rooms.values()) {
      this.lights.set(room.id, new RoomLight(room, house.lightsOf.get(room.id)));
    }
    this.lights.set(OUTSIDE, new RoomLight(null, []));
  }

  /** Load the building. @param {(share: number) => void} onProgress */
  async load(onProgress) {
    const file = this.house.data.bundle?.shell ?? 'shell.glb';
    const loader = new GLTFLoader();
    const { scene } = await loader.loadAsync(this.house.url(file), (event) => {
      if (event.total) onProgress(event.loaded / event.total);
    });
    scene.updateMatrixWorld(true);
    for (const node of [...scene.children]) this.#take(node);
    this.stage.scene.add(scene);
    // Tiles are shared by all rooms and stay.
    const bytes = [...this.textures].reduce((sum, { image }) => sum + bytesOf(image.width, image.height), 0);
    this.budget.hold('shell', bytes, () => {});
  }

  /** @param {import('three').Object3D} node */
  #take(node) {
    const { id, role } = node.userData;
    if (['slot', 'spawn', 'door', 'walkable'].includes(role)) {
      node.visible = false;
      return;
    }
    const room = this.house.rooms.has(id) ? id : OUTSIDE;
    const light = this.lights.get(room);
    const made = new Map();
    node.traverse((part) => {
      if (!(part instanceof Mesh)) return;
      const baked = Boolean(part.geometry.getAttribute('uv1')) && room !== OUTSIDE;
      for (const texture of texturesOf(part.material)) this.textures.add(texture);
      if (!made.has(part.material)) made.set(part.material, surface(part.material, light, baked));
      part.material = made.get(part.material);
      part.matrixAutoUpdate = false;
    });
    if (!this.parts.has(room)) this.parts.set(room, []);
    let draws = 0;
    node.traverse((part) => (draws += part instanceof Mesh ? 1 : 0));
    this.parts.get(room).push({ node, role, draws });
  }

  /** Draws that a room takes; of some of its roles, or of all. @param {string} room @param {string[] | null} roles */
  cost(room, roles) {
    const parts = this.parts.get(room) ?? [];
    return parts.reduce((sum, { role, draws }) => sum + (!roles || roles.includes(role) ? draws : 0), 0);
  }

  /** Show what was rationed, and nothing else. @param {Map<string, {roles: string[] | null}>} seen */
  show(seen) {
    for (const [room, parts] of this.parts) {
      const share = seen.get(room);
      for (const { node, role } of parts) node.visible = Boolean(share) && (!share.roles || share.roles.includes(role));
      if (share) this.budget.use(`light ${room}`);
    }
    this.stage.sky.visible = seen.has(OUTSIDE);
    this.budget.use('shell');
  }

  /** Whether a room's light is loaded, or it has none. */
  lit(room) {
    return !this.baked.has(room) || this.budget.held.has(`light ${room}`);
  }

  /** Load a room's lightmap. @param {string} room */
  async light(room) {
    const map = this.baked.get(room);
    if (!map || this.lit(room)) return;
    const image = await picture(this.house.url(map.file), LARGEST, { flip: false });
    if (this.lit(room)) return image.close(); // asked for twice, and the other was quicker
    const texture = new Texture(image);
    texture.flipY = false;
    texture.channel = 1;
    texture.colorSpace = SRGBColorSpace;
    texture.minFilter = LinearMipmapLinearFilter;
    texture.needsUpdate = true;
    const light = this.lights.get(room);
    light.set(texture, map.scale);
    light.uniforms.level.value = Math.min(0.8, Math.max(0.3, 2 * mean(image) * map.scale));
    this.budget.hold(`light ${room}`, bytesOf(image.width, image.height), () => {
      light.set(null, 1);
      texture.dispose();
      image.close();
    });
    this.stage.invalidate();
  }
}

/** Mean light of a lightmap, linear: what labels and lamps, which are not in it, are shown by. */
function mean(image) {
  const pen = new OffscreenCanvas(8, 8).getContext('2d');
  pen.drawImage(image, 0, 0, 8, 8);
  const { data } = pen.getImageData(0, 0, 8, 8);
  let sum = 0;
  for (let i = 0; i < data.length; i += 4) sum += (data[i + 1] / 255) ** 2.2;
  return (4 * sum) / data.length;
}
