/** Text in a headset: a sheet of paper drawn on a canvas. */

import { CanvasTexture, Mesh, MeshBasicMaterial, PlaneGeometry, SRGBColorSpace } from 'three';

export const PAPER = '#f7f5f0';
export const INK = '#1d1b18';
export const QUIET = '#6d675e';
const SERIF = "'Newsreader Variable', Georgia, serif";
const SANS = "'Inter Variable', system-ui, sans-serif";

export class Board {
  /** @param {number} width metres @param {number} height metres @param {number} density pixels a metre */
  constructor(width, height, density = 1400) {
    this.canvas = document.createElement('canvas');
    this.canvas.width = Math.round(width * density);
    this.canvas.height = Math.round(height * density);
    this.pen = this.canvas.getContext('2d');
    this.map = new CanvasTexture(this.canvas);
    this.map.colorSpace = SRGBColorSpace;
    this.map.anisotropy = 8;
    const material = new MeshBasicMaterial({ map: this.map, transparent: true, toneMapped: false, depthTest: false });
    this.mesh = new Mesh(new PlaneGeometry(width, height), material);
    this.mesh.renderOrder = 900;
    this.mesh.visible = false;
  }

  /** Draw anew. @param {(pen: CanvasRenderingContext2D, width: number, height: number) => void} paint */
  paint(paint) {
    const { width, height } = this.canvas;
    this.pen.clearRect(0, 0, width, height);
    this.pen.fillStyle = PAPER;
    this.pen.beginPath();
    this.pen.roundRect(0, 0, width, height, 18);
    this.pen.fill();
    paint(this.pen, width, height);
    this.map.needsUpdate = true;
  }
}

/** A font for the pen. @param {number} size pixels @param {{serif?: boolean, weight?: number}} [how] */
export function font(size, { serif = false, weight = 400 } = {}) {
  return `${weight} ${size}px ${serif ? SERIF : SANS}`;
}

/**
 * Write text in lines no wider than `width`.
 * @returns {number} y below the last line
 */
export function write(pen, text, x, y, width, leading, most = 20) {
  let line = '';
  let lines = 0;
  for (const word of text.split(/\s+/)) {
    const longer = line ? `${line} ${word}` : word;
    if (pen.measureText(longer).width <= width || !line) {
      line = longer;
      continue;
    }
    if (++lines === most) {
      pen.fillText(`${line} …`, x, y);
      return y + leading;
    }
    pen.fillText(line, x, y);
    y += leading;
    line = word;
  }
  pen.fillText(line, x, y);
  return y + leading;
}
