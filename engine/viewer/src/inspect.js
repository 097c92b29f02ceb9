/** Looking closely on the flat page: zoom into a work, move over it, turn it. */

const CLOSEST = 8;
const SPIN = 0.5; // radians a second

export class Inspect {
  constructor(stage, rig, visit, bodies) {
    this.stage = stage;
    this.rig = rig;
    this.visit = visit;
    this.bodies = bodies;
    this.zoom = 1;
    this.spinning = false;
    /** Shares of the window that the reading panel covers, on the right and below. */
    this.covered = [0, 0];
    /** Tangent of the angle at which the middle of the work lies above the eyes. */
    this.rise = 0;
    /** Shift of the lens now, in shares of the window. */
    this.shift = [0, 0];
    this.still = window.matchMedia('(prefers-reduced-motion: reduce)').matches;
    visit.addEventListener('open', () => this.reset());
    visit.addEventListener('close', () => this.reset());
  }

  get active() {
    return this.visit.slot !== null && !this.rig.presenting;
  }

  /** Whether what is looked at can be turned. */
  get turns() {
    return this.active && this.bodies.tables.has(this.visit.slot);
  }

  reset() {
    this.spinning = false;
    this.rise = 0;
    this.zoomTo(1);
  }

  zoomBy(factor) {
    if (this.active) this.zoomTo(this.zoom * factor);
  }

  zoomTo(zoom) {
    this.zoom = Math.min(CLOSEST, Math.max(1, zoom));
    this.frame();
  }

  /** Where the lens is to be shifted: the work in the middle of what the panel leaves free. */
  get #aim() {
    if (!this.active) return [0, 0];
    const half = Math.tan((this.rig.camera.fov * Math.PI) / 360);
    const [right, below] = this.covered;
    return [right / 2, below / 2 - (this.rise / half / 2) * this.zoom];
  }

  /** Shift the lens as architects do: upright walls stay upright, which a tilted camera loses. */
  frame() {
    const { camera } = this.rig;
    if (this.rig.presenting) return;
    camera.zoom = this.zoom;
    const { clientWidth: width, clientHeight: height } = this.stage.canvas;
    const [x, y] = this.shift;
    if (x || y) camera.setViewOffset(width, height, width * x, height * y, width, height);
    else camera.clearViewOffset();
    camera.updateProjectionMatrix();
    this.stage.invalidate();
  }

  /** A drag in CSS pixels: turns what stands, moves over what hangs. */
  drag(dx, dy) {
    if (this.turns && this.zoom < 1.5) {
      this.bodies.turn(this.visit.slot, dx * 0.008);
      return;
    }
    const scale = ((this.rig.camera.fov * Math.PI) / 180 / this.stage.canvas.clientHeight) / this.zoom;
    this.rig.look(this.rig.yaw + dx * scale, this.rig.pitch + dy * scale);
    this.stage.invalidate();
  }

  /** @param {number} seconds @returns {boolean} whether something moves */
  update(seconds) {
    const slid = this.#slide(seconds);
    if (!this.spinning || !this.visit.slot) return slid;
    this.bodies.turn(this.visit.slot, SPIN * seconds);
    return true;
  }

  /** Bring the lens towards where it is to be. */
  #slide(seconds) {
    const aim = this.#aim;
    if (aim.every((part, i) => part === this.shift[i])) return false;
    const share = this.still ? 1 : 1 - Math.exp(-seconds * 9);
    this.shift = this.shift.map((part, i) => {
      const next = part + (aim[i] - part) * share;
      return Math.abs(aim[i] - next) < 5e-4 ? aim[i] : next;
    });
    this.frame();
    return true;
  }
}
