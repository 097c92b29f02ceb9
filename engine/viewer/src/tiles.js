/**
 * All materials of the building as layers of two textures, so that a room is one draw: colours, whose
 * alpha is 0 where a surface shines; and relief (red, green), roughness (blue) and metal (alpha).
 */

import { BufferAttribute, BufferGeometry, SRGBColorSpace } from 'three';
import { bytesOf } from './budget.js';
import { layered, pixels } from './layers.js';

const SIDE = 512;
const FINE = 256;
const SHARPNESS = 8; // anisotropy of tiles that run to the horizon
const SHINES = 24; // of 255

export class Tiles {
  /** @param {import('three').MeshStandardMaterial[]} materials */
  constructor(materials) {
    this.layer = new Map(materials.map((material, i) => [material, i]));
    const colours = new Uint8Array(SIDE * SIDE * 4 * materials.length);
    const finish = new Uint8Array(FINE * FINE * 4 * materials.length);
    materials.forEach((material, i) => {
      colours.set(coloured(material), i * SIDE * SIDE * 4);
      finish.set(finished(material), i * FINE * FINE * 4);
    });
    this.colours = layered(colours, SIDE, { repeat: true, sharpness: SHARPNESS });
    this.finish = layered(finish, FINE, { colour: false, repeat: true, sharpness: SHARPNESS });
    this.bytes = bytesOf(SIDE, SIDE, materials.length) + bytesOf(FINE, FINE, materials.length);
    for (const material of materials) {
      for (const map of [material.map, material.normalMap, material.metalnessMap, material.emissiveMap]) map?.image.close?.();
    }
  }

  /** Meshes as one: `tile` is (u, v, layer); `uv1` is -1 where no lightmap reaches. @param {import('three').Mesh[]} meshes */
  merged(meshes) {
    const parts = meshes.map((mesh) => ({ geometry: mesh.geometry.clone().applyMatrix4(mesh.matrixWorld), layer: this.layer.get(mesh.material) }));
    const points = parts.reduce((sum, { geometry }) => sum + geometry.attributes.position.count, 0);
    const corners = parts.reduce((sum, { geometry }) => sum + geometry.index.count, 0);
    const [position, normal, tile] = [0, 0, 0].map(() => new Float32Array(points * 3));
    const uv1 = new Float32Array(points * 2).fill(-1);
    const index = points > 65535 ? new Uint32Array(corners) : new Uint16Array(corners);
    let [point, corner] = [0, 0];
    for (const { geometry, layer } of parts) {
      const { position: at, normal: out, uv, uv1: light } = geometry.attributes;
      position.set(at.array, point * 3);
      normal.set(out.array, point * 3);
      if (light) uv1.set(light.array, point * 2);
      for (let i = 0; i < at.count; i++) tile.set([uv?.getX(i) ?? 0, uv?.getY(i) ?? 0, layer], (point + i) * 3);
      for (let i = 0; i < geometry.index.count; i++) index[corner + i] = geometry.index.getX(i) + point;
      point += at.count;
      corner += geometry.index.count;
    }
    const whole = new BufferGeometry();
    whole.setAttribute('position', new BufferAttribute(position, 3));
    whole.setAttribute('normal', new BufferAttribute(normal, 3));
    whole.setAttribute('tile', new BufferAttribute(tile, 3));
    whole.setAttribute('uv1', new BufferAttribute(uv1, 2));
    whole.setIndex(new BufferAttribute(index, 1));
    return whole;
  }
}

function coloured({ map, emissiveMap, emissive, color }) {
  const out = new Uint8Array(SIDE * SIDE * 4);
  const base = map && pixels(map.image, SIDE);
  if (base) out.set(base);
  else fill(out, emissive.getHex() ? emissive : color, emissive.getHex() ? 0 : 255);
  if (!base || !emissiveMap) return out;
  const shine = pixels(emissiveMap.image, SIDE);
  for (let i = 0; i < out.length; i += 4) {
    if (Math.max(shine[i], shine[i + 1], shine[i + 2]) < SHINES) continue;
    for (let j = 0; j < 3; j++) out[i + j] = shine[i + j];
    out[i + 3] = 0;
  }
  return out;
}

function finished({ map, normalMap, metalnessMap, roughness, metalness }) {
  const out = new Uint8Array(FINE * FINE * 4);
  // They share the coordinates of the colours.
  const relief = map && normalMap && pixels(normalMap.image, FINE);
  const coat = map && metalnessMap && pixels(metalnessMap.image, FINE);
  for (let i = 0; i < out.length; i += 4) {
    out[i] = relief ? relief[i] : 128;
    out[i + 1] = relief ? relief[i + 1] : 128;
    out[i + 2] = coat ? coat[i + 1] * roughness : 255 * roughness;
    out[i + 3] = coat ? coat[i + 2] * metalness : 255 * metalness;
  }
  return out;
}

function fill(out, colour, alpha) {
  const hex = colour.getHex(SRGBColorSpace);
  const texel = [hex >> 16, (hex >> 8) & 255, hex & 255, alpha];
  for (let i = 0; i < out.length; i += 4) out.set(texel, i);
}
