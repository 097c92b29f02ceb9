/** `?diag`: what this browser and this place can do, as text to attach to a report. */

import { DRAWS } from './ration.js';

export class Diagnosis {
  /** @param {HTMLElement} root @param {any} app */
  constructor(root, app) {
    this.root = root;
    this.app = app;
    this.facts = [];
    this.next = 0;
    this.frames = [];
    root.hidden = false;
    this.#learn();
  }

  async #learn() {
    const gl = this.app.stage.renderer.getContext();
    const named = gl.getExtension('WEBGL_debug_renderer_info');
    const ask = async (mode) => {
      try {
        return String(await navigator.xr.isSessionSupported(mode));
      } catch (error) {
        return error.message;
      }
    };
    this.facts = [
      ['browser', navigator.userAgent],
      ['secure context', String(isSecureContext)],
      ['WebXR', String('xr' in navigator)],
      ['immersive-vr', 'xr' in navigator ? await ask('immersive-vr') : 'no'],
      ['WebGL', String(gl.getParameter(gl.VERSION))],
      ['card', named ? String(gl.getParameter(named.UNMASKED_RENDERER_WEBGL)) : 'not told'],
      ['largest texture', String(gl.getParameter(gl.MAX_TEXTURE_SIZE))],
      ['first frame', `${Math.round(this.app.firstFrame)} ms`],
    ];
  }

  /** @param {number} seconds since the frame before */
  update(seconds, now) {
    this.frames.push(seconds * 1000);
    if (now < this.next) return;
    this.next = now + 500;
    const { stage, budget, visit, queue } = this.app;
    const { render, memory } = stage.renderer.info;
    const eyes = this.app.rig.presenting ? 2 : 1;
    const sorted = this.frames.sort((a, b) => a - b);
    const rows = [
      ...this.facts,
      ['room', visit.room],
      ['draw calls', `${render.calls}${render.calls > DRAWS * eyes ? ', over the budget of a Quest 3' : ''}`],
      ['triangles', String(render.triangles)],
      ['textures', `${memory.textures}, ${(budget.bytes / 2 ** 20).toFixed(1)} MiB (worst ${(budget.worst / 2 ** 20).toFixed(1)} of ${budget.limit / 2 ** 20})`],
      ['frame', `${sorted[Math.floor(sorted.length / 2)].toFixed(1)} ms median, ${sorted.at(-1).toFixed(1)} ms worst`],
      ['waiting', String(queue.waiting.size + queue.running.size)],
    ];
    this.frames = [];
    this.root.textContent = rows.map(([name, value]) => `${name}: ${value}`).join('\n');
  }
}
