/** The building: shell.glb as one mesh for each room, its labels, and its lightmaps, loaded by room. */

import { LinearMipmapLinearFilter, Mesh, SRGBColorSpace, Texture } from 'three';
import { GLTFLoader } from 'three/addons/loaders/GLTFLoader.js';
import { bytesOf } from './budget.js';
import { picture } from './fetching.js';
import { OUTSIDE } from './sight.js';
import { RoomLight, surface } from './surface.js';
import { Tiles } from './tiles.js';

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
    /** The mesh of each room, and of OUTSIDE. @type {Map<string, Mesh>} */
    this.walls = new Map();
    /** Labels of a room, one mesh for each sheet that they are on. @type {Map<string, Mesh[]>} */
    this.labels = new Map();
    /** @type {Map<string, RoomLight>} */
    this.lights = new Map();
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
    /** @type {Map<string, Mesh[]>} */
    const parts = new Map();
    scene.traverse((part) => part instanceof Mesh && this.#take(part, parts));
    const tiles = new Tiles([...new Set([...parts.values()].flat().map(({ material }) => material))]);
    for (const [room, meshes] of parts) this.#build(room, tiles.merged(meshes), tiles);
    this.budget.hold('shell', tiles.bytes, () => {}); // shared by all rooms, so they stay
  }

  /** Sort a mesh of the file: to the walls of its room, or its labels. */
  #take(mesh, parts) {
    const { id, role } = { ...mesh.parent.userData, ...mesh.userData };
    if (role === 'walkable') return;
    const room = this.house.rooms.has(id) ? id : OUTSIDE;
    if (role !== 'labels') {
      parts.set(room, [...(parts.get(room) ?? []), mesh]);
      return;
    }
    const labels = new Mesh(mesh.geometry, this.lights.get(room).paper(mesh.material));
    labels.applyMatrix4(mesh.matrixWorld);
    this.labels.set(room, [...(this.labels.get(room) ?? []), labels]);
    this.stage.scene.add(labels);
  }

  #build(room, geometry, tiles) {
    const mesh = new Mesh(geometry, surface(tiles, this.lights.get(room)));
    mesh.name = room;
    mesh.matrixAutoUpdate = false;
    this.walls.set(room, mesh);
    this.stage.scene.add(mesh);
  }

  /** Show what was rationed, and nothing else. @param {Map<string, {parts: Set<string>}>} rooms */
  show(rooms) {
    for (const [room, mesh] of this.walls) {
      mesh.visible = rooms.has(room);
      if (mesh.visible) this.budget.use(`light ${room}`);
    }
    for (const [room, labels] of this.labels) {
      const shown = Boolean(rooms.get(room)?.parts.has('labels'));
      for (const label of labels) this.#label(label, shown);
    }
    this.stage.sky.visible = rooms.has(OUTSIDE);
    this.budget.use('shell');
  }

  /** A sheet of labels is on the card only while some of it is seen. */
  #label(label, shown) {
    label.visible = shown;
    const { map } = label.material;
    const key = `sheet ${map.uuid}`;
    if (!shown || this.budget.use(key)) return;
    this.budget.hold(key, bytesOf(map.image.width, map.image.height), () => map.dispose());
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
    light.dim(Math.min(0.8, Math.max(0.3, 2 * mean(image) * map.scale)));
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
