/** Pictures as layers of one texture: whatever shows many of them shows them in one draw. */

import { DataArrayTexture, LinearFilter, LinearMipmapLinearFilter, NoColorSpace, RepeatWrapping, RGBAFormat, SRGBColorSpace } from 'three';

/**
 * @param {Uint8Array} data RGBA of all layers, one after the other
 * @param {number} side pixels
 * @param {{colour?: boolean, repeat?: boolean, sharpness?: number}} [how]
 */
export function layered(data, side, { colour = true, repeat = false, sharpness = 4 } = {}) {
  const texture = new DataArrayTexture(data, side, side, data.length / (side * side * 4));
  texture.format = RGBAFormat;
  texture.colorSpace = colour ? SRGBColorSpace : NoColorSpace;
  texture.minFilter = LinearMipmapLinearFilter;
  texture.magFilter = LinearFilter;
  texture.generateMipmaps = true;
  texture.anisotropy = sharpness;
  if (repeat) texture.wrapS = texture.wrapT = RepeatWrapping;
  texture.needsUpdate = true;
  // Once it is on the card, nothing of it is needed here.
  texture.onUpdate = () => {
    texture.source.data.data = null;
  };
  return texture;
}

const pens = new Map();

/** RGBA of an opaque picture at a square size. @returns {Uint8ClampedArray} */
export function pixels(image, side) {
  if (!pens.has(side)) pens.set(side, new OffscreenCanvas(side, side).getContext('2d', { willReadFrequently: true }));
  const pen = pens.get(side);
  pen.globalCompositeOperation = 'copy';
  pen.drawImage(image, 0, 0, side, side);
  return pen.getImageData(0, 0, side, side).data;
}
