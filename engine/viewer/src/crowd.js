/**
 * All works of a room that stand, in one draw: the coarse bodies that the builder writes beside each
 * work, with 256 px of each one's skin. What is further away than a few steps needs no more.
 */

import { BufferAttribute, BufferGeometry, Mesh, MeshStandardMaterial } from 'three';
import { GLTFLoader } from 'three/addons/loaders/GLTFLoader.js';
import { bytesOf } from './budget.js';
import { layered, pixels } from './layers.js';

const SIDE = 256;
const LOADER = new GLTFLoader();

export class Crowd {
  constructor() {
    /** @type {Mesh | null} */
    this.mesh = null;
    /** Which corners are a slot's. @type {Map<string, {start: number, count: number, covered: boolean}>} */
    this.places = new Map();
    /** All corners, of which those of covered bodies are left out. */
    this.whole = new Uint32Array();
  }

  /**
   * Load the bodies; those that are damaged are left out.
   * @param {{slot: string, url: string, matrix: import('three').Matrix4}[]} standing
   * @returns {Promise<number>} bytes of texture
   */
  async load(standing) {
    const loaded = await Promise.allSettled(standing.map(({ url }) => LOADER.loadAsync(url)));
    const parts = [];
    loaded.forEach(({ value, reason }, i) => {
      if (!value) console.warn(reason.message);
      value?.scene.updateMatrixWorld(true);
      value?.scene.traverse((mesh) => mesh instanceof Mesh && parts.push({ ...standing[i], mesh }));
    });
    const points = parts.reduce((sum, { mesh }) => sum + mesh.geometry.attributes.position.count, 0);
    const corners = parts.reduce((sum, { mesh }) => sum + mesh.geometry.index.count, 0);
    const [position, normal, tile, color] = [0, 0, 0, 0].map(() => new Float32Array(points * 3));
    const finish = new Float32Array(points * 2);
    const skins = new Uint8Array(SIDE * SIDE * 4 * parts.length);
    this.whole = new Uint32Array(corners);
    let [point, corner] = [0, 0];
    parts.forEach(({ slot, matrix, mesh }, layer) => {
      const { material } = mesh;
      const { attributes, index } = mesh.geometry.applyMatrix4(mesh.matrixWorld).applyMatrix4(matrix);
      if (material.map) skins.set(pixels(material.map.image, SIDE), layer * SIDE * SIDE * 4);
      else skins.fill(255, layer * SIDE * SIDE * 4, (layer + 1) * SIDE * SIDE * 4);
      position.set(attributes.position.array, point * 3);
      normal.set(attributes.normal.array, point * 3);
      for (let i = 0; i < attributes.position.count; i++) {
        tile.set([attributes.uv?.getX(i) ?? 0, attributes.uv?.getY(i) ?? 0, layer], (point + i) * 3);
        color.set(attributes.color ? [attributes.color.getX(i), attributes.color.getY(i), attributes.color.getZ(i)] : [1, 1, 1], (point + i) * 3);
        finish.set([material.roughness, material.metalness], (point + i) * 2);
      }
      for (let i = 0; i < index.count; i++) this.whole[corner + i] = index.getX(i) + point;
      this.places.set(slot, { start: corner, count: index.count, covered: false });
      point += attributes.position.count;
      corner += index.count;
      material.map?.image.close?.();
      mesh.geometry.dispose();
    });
    const geometry = new BufferGeometry();
    geometry.setAttribute('position', new BufferAttribute(position, 3));
    geometry.setAttribute('normal', new BufferAttribute(normal, 3));
    geometry.setAttribute('tile', new BufferAttribute(tile, 3));
    geometry.setAttribute('color', new BufferAttribute(color, 3));
    geometry.setAttribute('finish', new BufferAttribute(finish, 2));
    geometry.setIndex(new BufferAttribute(this.whole.slice(), 1));
    this.mesh = new Mesh(geometry, material(layered(skins, SIDE, { repeat: true })));
    return bytesOf(SIDE, SIDE, parts.length);
  }

  /** Hide a body while the work itself stands in its place. */
  cover(slot, covered) {
    const place = this.places.get(slot);
    if (!place || !this.mesh || place.covered === covered) return;
    place.covered = covered;
    const { index } = this.mesh.geometry;
    const end = place.start + place.count;
    if (covered) index.array.fill(0, place.start, end);
    else index.array.set(this.whole.subarray(place.start, end), place.start);
    index.needsUpdate = true;
  }

  dispose() {
    if (!this.mesh) return;
    this.mesh.removeFromParent();
    this.mesh.geometry.dispose();
    this.mesh.material.userData.skins.dispose();
    this.mesh.material.dispose();
    this.mesh = null;
    this.places.clear();
  }
}

function material(skins) {
  const made = new MeshStandardMaterial({ vertexColors: true });
  made.userData.skins = skins;
  made.onBeforeCompile = (shader) => {
    shader.uniforms.skins = { value: skins };
    shader.vertexShader = shader.vertexShader
      .replace('#include <common>', '#include <common>\nattribute vec3 tile;\nattribute vec2 finish;\nvarying vec3 tileAt;\nvarying vec2 finishAt;')
      .replace('#include <begin_vertex>', '#include <begin_vertex>\ntileAt = tile;\nfinishAt = finish;');
    shader.fragmentShader = shader.fragmentShader
      .replace('#include <common>', '#include <common>\nuniform highp sampler2DArray skins;\nvarying vec3 tileAt;\nvarying vec2 finishAt;')
      .replace('#include <map_fragment>', 'diffuseColor.rgb *= texture(skins, tileAt).rgb;')
      .replace('#include <roughnessmap_fragment>', 'float roughnessFactor = finishAt.x;')
      .replace('#include <metalnessmap_fragment>', 'float metalnessFactor = finishAt.y;');
  };
  made.customProgramCacheKey = () => 'crowd';
  return made;
}
