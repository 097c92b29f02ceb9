/** Walking on the flat page: mouse and finger to look and point, keys to walk, a stick for thumbs. */

import { pick } from './pick.js';

const PACE = 2.2; // metres a second
const LOOK = 0.0035; // radians a pixel
const TURN = 1.6; // radians a second by keys
const TAP = { mouse: 6, pen: 8, touch: 14 }; // pixels that a click may wander

const STEPS = {
  KeyW: [0, 1], ArrowUp: [0, 1], KeyS: [0, -1], ArrowDown: [0, -1], KeyA: [-1, 0], KeyD: [1, 0],
};
const TURNS = { ArrowLeft: 1, ArrowRight: -1, KeyQ: 1, KeyE: -1 };

export class Walk {
  /** @param {any} parts of the app: canvas, rig, barriers, stage, stroll, visit, inspect, seen() */
  constructor(parts) {
    Object.assign(this, parts);
    /** @type {Set<string>} */
    this.held = new Set();
    this.stick = [0, 0];
    /** @type {Map<number, {x: number, y: number, moved: number}>} */
    this.pointers = new Map();
    /** Told which slot the pointer is over. @type {(slot: string | null, x: number, y: number) => void} */
    this.onHover = () => {};
    this.canvas.addEventListener('pointerdown', (event) => this.#down(event));
    this.canvas.addEventListener('pointermove', (event) => this.#move(event));
    this.canvas.addEventListener('pointerup', (event) => this.#up(event));
    this.canvas.addEventListener('pointercancel', (event) => this.pointers.delete(event.pointerId));
    this.canvas.addEventListener('pointerleave', () => this.onHover(null, 0, 0));
    this.canvas.addEventListener('wheel', (event) => this.#wheel(event), { passive: false });
    window.addEventListener('blur', () => this.held.clear());
  }

  /** A key goes down or up. @returns {boolean} whether it is one for walking */
  key(code, down) {
    if (!(code in STEPS) && !(code in TURNS)) return false;
    if (down) this.held.add(code);
    else this.held.delete(code);
    return true;
  }

  /** @param {number} seconds @returns {boolean} whether the visitor moved */
  update(seconds) {
    let [right, forward] = this.stick;
    let turn = 0;
    for (const code of this.held) {
      right += STEPS[code]?.[0] ?? 0;
      forward += STEPS[code]?.[1] ?? 0;
      turn += TURNS[code] ?? 0;
    }
    if (!right && !forward && !turn) return false;
    this.stroll.stop();
    const { rig } = this;
    if (right || forward) {
      this.visit.close();
      const length = Math.max(1, Math.hypot(right, forward));
      const [sin, cos] = [Math.sin(rig.yaw), Math.cos(rig.yaw)];
      const reach = (PACE * seconds) / length;
      const [x, , z] = rig.head;
      const to = [x + (forward * sin - right * cos) * reach, z + (forward * cos + right * sin) * reach];
      rig.place(...this.barriers.slide(x, z, ...to));
    }
    rig.look(rig.yaw + turn * TURN * seconds, rig.pitch);
    return true;
  }

  /** What lies under a place in the window. */
  under(clientX, clientY) {
    const box = this.canvas.getBoundingClientRect();
    const from = this.rig.camera.position.clone();
    const x = ((clientX - box.left) / box.width) * 2 - 1;
    const y = 1 - ((clientY - box.top) / box.height) * 2;
    this.rig.group.updateMatrixWorld();
    const to = from.set(x, y, 0.5).unproject(this.rig.camera);
    const eye = this.rig.head;
    const way = [to.x - eye[0], to.y - eye[1], to.z - eye[2]];
    const length = Math.hypot(...way);
    return pick(this.barriers, this.seen(), eye, way.map((part) => part / length));
  }

  #down(event) {
    this.canvas.focus({ preventScroll: true });
    // Capture fails where the pointer is already gone; the drag then ends at the edge.
    try {
      this.canvas.setPointerCapture(event.pointerId);
    } catch {
      return;
    }
    this.pointers.set(event.pointerId, { x: event.clientX, y: event.clientY, moved: 0 });
    // A second finger makes it a pinch: neither is a tap any more, not even one that keeps still.
    if (this.pointers.size > 1) for (const pointer of this.pointers.values()) pointer.moved = Infinity;
  }

  #move(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) {
      if (event.pointerType === 'mouse') {
        this.onHover(this.under(event.clientX, event.clientY)?.slot ?? null, event.clientX, event.clientY);
      }
      return;
    }
    const dx = event.clientX - before.x;
    const dy = event.clientY - before.y;
    if (this.pointers.size === 2) this.#pinch(event, before);
    Object.assign(before, { x: event.clientX, y: event.clientY, moved: before.moved + Math.abs(dx) + Math.abs(dy) });
    if (before.moved < tap(event) || this.pointers.size > 1) return;
    if (this.inspect.active) {
      this.inspect.drag(dx, dy);
      return;
    }
    this.stroll.stop();
    this.rig.look(this.rig.yaw + dx * LOOK, this.rig.pitch + dy * LOOK);
    this.stage.invalidate();
  }

  #pinch(event, before) {
    const other = [...this.pointers].find(([id]) => id !== event.pointerId)?.[1];
    const gap = (x, y) => Math.max(Math.hypot(x - other.x, y - other.y), 1);
    this.inspect.zoomBy(gap(event.clientX, event.clientY) / gap(before.x, before.y));
  }

  #up(event) {
    const pointer = this.pointers.get(event.pointerId);
    this.pointers.delete(event.pointerId);
    if (!pointer || pointer.moved >= tap(event)) return;
    const hit = this.under(event.clientX, event.clientY);
    if (hit?.slot && hit.slot !== this.visit.slot) this.visit.open(hit.slot);
    else if (hit?.slot && this.inspect.zoom < 1.5) this.inspect.zoomTo(2);
    else if (hit?.slot) this.inspect.zoomTo(1);
    else if (hit?.floor) this.#walkTo(hit.floor);
    else this.visit.close();
  }

  #walkTo(floor) {
    this.visit.close();
    const [x, , z] = this.rig.head;
    const to = this.barriers.slide(x, z, ...floor);
    if (Math.hypot(to[0] - floor[0], to[1] - floor[1]) < 0.6) this.stroll.go(to, { pitch: this.rig.pitch });
    else if (this.barriers.standable(...floor)) this.stroll.go(floor, { pitch: this.rig.pitch });
  }

  #wheel(event) {
    event.preventDefault();
    if (this.inspect.active) this.inspect.zoomBy(Math.exp(-event.deltaY * 0.0015));
  }
}

/** Pixels that this pointer may wander and still have tapped. */
function tap(event) {
  return TAP[event.pointerType] ?? TAP.touch;
}
