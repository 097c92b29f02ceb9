/**
 * All pictures of a room in one draw: 256 px each, layers of one texture. What hangs further away
 * than a few steps needs no more, so a dense hang costs a headset no more than a single work.
 */

import { Color, InstancedBufferAttribute, InstancedMesh, Matrix4, PlaneGeometry, ShaderMaterial } from 'three';
import { bytesOf } from './budget.js';
import { blobOf } from './fetching.js';
import { layered, pixels } from './layers.js';

const SIDE = 256;
const HIDDEN = new Matrix4().makeScale(0, 0, 0);

export class Thumbs {
  /** @param {import('three').Color} tint */
  constructor(tint) {
    this.tint = tint;
    /** @type {InstancedMesh | null} */
    this.mesh = null;
    /** Matrix of each slot. @type {Map<string, {index: number, matrix: Matrix4, covered: boolean}>} */
    this.places = new Map();
  }

  /**
   * Load the pictures; replaces those before.
   * @param {{slot: string, url: string, matrix: Matrix4}[]} hung
   * @returns {Promise<number>} bytes of texture
   */
  async load(hung) {
    const data = new Uint8Array(SIDE * SIDE * 4 * hung.length);
    await Promise.all(
      hung.map(async ({ url }, layer) => {
        const size = { resizeWidth: SIDE, resizeHeight: SIDE, resizeQuality: 'medium' };
        const image = await createImageBitmap(await blobOf(url), size);
        data.set(pixels(image, SIDE), layer * SIDE * SIDE * 4);
        image.close();
      }),
    );
    const texture = layered(data, SIDE);
    const mesh = new InstancedMesh(geometry(hung.length), material(texture, this.tint), hung.length);
    mesh.frustumCulled = false;
    hung.forEach(({ slot, matrix }, index) => {
      this.places.set(slot, { index, matrix, covered: false });
      mesh.setMatrixAt(index, matrix);
    });
    this.mesh = mesh;
    return bytesOf(SIDE, SIDE, hung.length);
  }

  /** Hide a picture while a sharper one hangs in its place. */
  cover(slot, covered) {
    const place = this.places.get(slot);
    if (!place || !this.mesh || place.covered === covered) return;
    place.covered = covered;
    this.mesh.setMatrixAt(place.index, covered ? HIDDEN : place.matrix);
    this.mesh.instanceMatrix.needsUpdate = true;
  }

  dispose() {
    if (!this.mesh) return;
    this.mesh.removeFromParent();
    this.mesh.geometry.dispose();
    this.mesh.material.uniforms.pictures.value.dispose();
    this.mesh.material.dispose();
    this.mesh.dispose();
    this.mesh = null;
    this.places.clear();
  }
}

function geometry(count) {
  const plane = new PlaneGeometry(1, 1);
  const layers = Float32Array.from({ length: count }, (_, i) => i);
  plane.setAttribute('layer', new InstancedBufferAttribute(layers, 1));
  return plane;
}

function material(texture, tint) {
  return new ShaderMaterial({
    uniforms: { pictures: { value: texture }, tint: { value: new Color(tint) } },
    vertexShader: `
      attribute float layer;
      varying vec3 at;
      void main() {
        at = vec3(uv.x, 1.0 - uv.y, layer);
        gl_Position = projectionMatrix * modelViewMatrix * instanceMatrix * vec4(position, 1.0);
      }`,
    fragmentShader: `
      precision highp sampler2DArray;
      uniform sampler2DArray pictures;
      uniform vec3 tint;
      varying vec3 at;
      void main() {
        gl_FragColor = vec4(texture(pictures, at).rgb * tint, 1.0);
        #include <colorspace_fragment>
      }`,
  });
}
