/** Materials of the building: tiles lit by the lightmap of their room, and paper. */

import { Color, DataTexture, MeshBasicMaterial, SRGBColorSpace, Vector4 } from 'three';
import { COLOUR, FRAGMENT, FRAGMENT_HEAD, LAMPS, VERTEX, VERTEX_HEAD } from './look.js';
import { kelvin } from './stage.js';

const FLAT = 4.2; // light before a lightmap is there: walls read as walls, nothing is clipped

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
    /** Of the room's one mesh. @type {MeshBasicMaterial | null} */
    this.material = null;
    /** Labels, which no lightmap reaches: as light as the room. */
    this.papers = new Set();
  }

  /** @param {import('three').Texture | null} map @param {number} scale look of a white wall at white */
  set(map, scale) {
    if (!this.material) return;
    this.material.lightMap = map ?? GREY;
    // three.js takes irradiance and divides by π; the lightmap holds what a white wall looks like.
    this.material.lightMapIntensity = map ? scale * Math.PI : FLAT;
  }

  /** How light it is where no lightmap reaches. @param {number} level */
  dim(level) {
    this.uniforms.level.value = level;
    for (const paper of this.papers) paper.color.copy(this.uniforms.tint.value).multiplyScalar(level);
  }

  /** What labels are printed on. @param {import('three').MeshStandardMaterial} source */
  paper(source) {
    const paper = new MeshBasicMaterial({ name: source.name, map: source.map });
    this.papers.add(paper);
    this.dim(this.uniforms.level.value);
    return paper;
  }
}

/**
 * The material of one room, or of the outside.
 * @param {import('./tiles.js').Tiles} tiles
 * @param {RoomLight} light
 */
export function surface(tiles, light) {
  const material = new MeshBasicMaterial({ lightMap: GREY, lightMapIntensity: FLAT });
  light.material = material;
  material.defines = { LAMPS };
  const uniforms = { ...light.uniforms, colours: { value: tiles.colours }, finish: { value: tiles.finish } };
  material.onBeforeCompile = (shader) => {
    Object.assign(shader.uniforms, uniforms);
    shader.vertexShader = shader.vertexShader
      .replace('#include <common>', `#include <common>\n${VERTEX_HEAD}`)
      .replace('#include <project_vertex>', `#include <project_vertex>\n${VERTEX}`);
    shader.fragmentShader = shader.fragmentShader
      .replace('#include <map_fragment>', COLOUR)
      .replace('#include <lightmap_pars_fragment>', `#include <lightmap_pars_fragment>\n${FRAGMENT_HEAD}`)
      .replace('vec3 outgoingLight = reflectedLight.indirectDiffuse;', FRAGMENT);
  };
  material.customProgramCacheKey = () => 'surface';
  return material;
}
