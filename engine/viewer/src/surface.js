/** Materials of the building: those of shell.glb, lit by the lightmap of their room. */

import { Color, DataTexture, DoubleSide, FrontSide, MeshBasicMaterial, SRGBColorSpace, Vector2, Vector4 } from 'three';
import { FRAGMENT, FRAGMENT_HEAD, LAMPS, VERTEX, VERTEX_HEAD } from './look.js';
import { kelvin } from './stage.js';

const FLAT = 4.2; // light before a lightmap is there: walls read as walls, nothing is clipped
const SHARPNESS = 8; // anisotropy of tiles that run to the horizon

/** One grey texel: the light of a room whose lightmap is not there yet. */
function flatLight() {
  const grey = new DataTexture(new Uint8Array([188, 188, 188, 255]), 1, 1);
  grey.colorSpace = SRGBColorSpace;
  grey.channel = 1;
  grey.needsUpdate = true;
  return grey;
}

const GREY = flatLight();

/** What a room's surfaces share: its lamps, and its lightmap once that is loaded. */
export class RoomLight {
  /** @param {import('./house.js').Room | null} room null is outside @param {any[]} lights of museum.json */
  constructor(room, lights) {
    const shining = (lights ?? []).filter((light) => light.size && light.kind !== 'spot').slice(0, LAMPS);
    const bounds = room?.outline ?? [[0, 0]];
    const middle = [0, 1].map((i) => bounds.reduce((sum, point) => sum + point[i], 0) / bounds.length);
    const nowhere = () => new Vector4(middle[0], middle[1], -1, -1);
    const rectangle = ({ position, size }) => new Vector4(position[0], position[2], size[0] / 2, size[1] / 2);
    this.uniforms = {
      lamps: { value: Array.from({ length: LAMPS }, (_, i) => (shining[i] ? rectangle(shining[i]) : nowhere())) },
      ceilingY: { value: shining[0]?.position[1] ?? room?.height ?? 30 },
      glow: { value: shining[0] ? kelvin(shining[0].kelvin).multiplyScalar(1.1) : new Color(0) },
      level: { value: 0.7 },
      tint: { value: room ? kelvin(lights?.[0]?.kelvin ?? 4000).lerp(new Color(1, 1, 1), 0.8) : new Color(1, 1, 1) },
      daylight: { value: room ? 0 : 1 },
    };
    /** @type {MeshBasicMaterial[]} */
    this.materials = [];
  }

  /** @param {import('three').Texture | null} map @param {number} scale look of a white wall at white */
  set(map, scale) {
    for (const material of this.materials) {
      material.lightMap = map ?? GREY;
      // three.js takes irradiance and divides by π; the lightmap holds what a white wall looks like.
      material.lightMapIntensity = map ? scale * Math.PI : FLAT;
    }
  }
}

/**
 * The material of a surface in one room, after that of the GLB.
 * @param {import('three').MeshStandardMaterial} source
 * @param {RoomLight} light
 * @param {boolean} baked whether the mesh has coordinates in the room's lightmap
 */
export function surface(source, light, baked) {
  const material = new MeshBasicMaterial({
    name: source.name,
    color: source.color.clone(),
    map: source.map,
    side: source.side === DoubleSide ? DoubleSide : FrontSide,
    transparent: source.transparent,
    opacity: source.opacity,
    alphaTest: source.alphaTest,
    vertexColors: source.vertexColors,
  });
  if (baked) {
    material.lightMap = GREY;
    material.lightMapIntensity = FLAT;
    light.materials.push(material);
  }
  const maps = { RELIEF: source.normalMap, COATED: source.metalnessMap, SHINING: source.emissiveMap };
  if (!source.map) for (const name of Object.keys(maps)) maps[name] = null; // they share its coordinates
  for (const map of [source.map, maps.RELIEF]) if (map) map.anisotropy = SHARPNESS;
  const defines = Object.fromEntries(Object.entries(maps).flatMap(([name, map]) => (map ? [[name, '']] : [])));
  material.defines = { LAMPS, ...defines };
  const shine = source.emissive.clone().multiplyScalar(source.emissiveIntensity ?? 1);
  if (!maps.SHINING && source.emissive.getHex() !== 0) material.color.copy(shine);
  const uniforms = {
    ...light.uniforms,
    roughness: { value: source.roughness ?? 0.9 },
    metalness: { value: source.metalness ?? 0 },
    shine: { value: shine },
    relief: { value: maps.RELIEF },
    reliefScale: { value: source.normalScale?.clone() ?? new Vector2(1, 1) },
    coat: { value: maps.COATED },
    shineMap: { value: maps.SHINING },
  };
  material.onBeforeCompile = (shader) => {
    Object.assign(shader.uniforms, uniforms);
    shader.vertexShader = shader.vertexShader
      .replace('#include <common>', `#include <common>\n${VERTEX_HEAD}`)
      .replace('#include <project_vertex>', `#include <project_vertex>\n${VERTEX}`);
    shader.fragmentShader = shader.fragmentShader
      .replace('#include <lightmap_pars_fragment>', `#include <lightmap_pars_fragment>\n${FRAGMENT_HEAD}`)
      .replace('vec3 outgoingLight = reflectedLight.indirectDiffuse;', FRAGMENT);
  };
  material.customProgramCacheKey = () => `surface ${Object.keys(defines).join()}`;
  return material;
}

/** Every texture of a material of the building. @param {import('three').MeshStandardMaterial} source */
export function texturesOf(source) {
  return ['map', 'normalMap', 'metalnessMap', 'emissiveMap'].map((name) => source[name]).filter(Boolean);
}
