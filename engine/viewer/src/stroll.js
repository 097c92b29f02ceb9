/** Being brought somewhere: a walk along a path where it is short and free, else a fade. */

import { turnTo } from './ground.js';

const LONGEST = 14; // metres; beyond, a walk would bore
const PACE = 2.4; // metres a second
const TURN = 2.2; // radians a second

export class Stroll {
  /**
   * @param {import('./rig.js').Rig} rig
   * @param {import('./barriers.js').Barriers} barriers
   * @param {(dark: boolean) => Promise<void>} fade
   */
  constructor(rig, barriers, fade) {
    this.rig = rig;
    this.barriers = barriers;
    this.fade = fade;
    this.still = window.matchMedia('(prefers-reduced-motion: reduce)').matches;
    /** @type {{path: [number, number][], at: number, heading: number | null, pitch: number, done: () => void} | null} */
    this.walk = null;
    this.arrivals = 0;
  }

  /** Stop where one is. */
  stop() {
    this.walk?.done();
    this.walk = null;
  }

  /**
   * Bring the visitor to a place.
   * @param {[number, number]} to
   * @param {{heading?: number | null, pitch?: number, path?: [number, number][]}} [how]
   */
  async go(to, { heading = null, pitch = 0, path = [to] } = {}) {
    this.stop();
    const [x, , z] = this.rig.head;
    const way = [[x, z], ...path];
    let length = 0;
    let free = true;
    for (let i = 1; i < way.length; i++) {
      length += Math.hypot(way[i][0] - way[i - 1][0], way[i][1] - way[i - 1][1]);
      free &&= this.barriers.clear(...way[i - 1], ...way[i], 0.2);
    }
    if (this.rig.presenting || this.still || !free || length > LONGEST) {
      const arrival = ++this.arrivals;
      await this.fade(true);
      if (arrival === this.arrivals) {
        this.rig.place(...to);
        if (heading !== null) this.rig.face(heading);
        if (!this.rig.presenting) this.rig.look(this.rig.yaw, pitch);
      }
      await this.fade(false);
      return;
    }
    await new Promise((done) => {
      this.walk = { path: path.slice(), at: 0, heading, pitch, done };
    });
  }

  /** @param {number} seconds @returns {boolean} whether it moved */
  update(seconds) {
    const { walk, rig } = this;
    if (!walk) return false;
    let [x, , z] = rig.head;
    let reach = PACE * seconds;
    while (reach > 0 && walk.at < walk.path.length) {
      const [tx, tz] = walk.path[walk.at];
      const gap = Math.hypot(tx - x, tz - z);
      if (gap <= reach) {
        [x, z] = [tx, tz];
        reach -= gap;
        walk.at += 1;
      } else {
        [x, z] = [x + ((tx - x) / gap) * reach, z + ((tz - z) / gap) * reach];
        reach = 0;
      }
    }
    rig.place(x, z);
    const turned = walk.heading === null || this.#turn(walk.heading, walk.pitch, seconds);
    if (walk.at >= walk.path.length && turned) {
      this.walk = null;
      walk.done();
    }
    return true;
  }

  /** Turn towards a heading, slower at its end. @returns {boolean} whether it is reached */
  #turn(heading, pitch, seconds) {
    const { rig } = this;
    const left = turnTo(rig.yaw, heading);
    const tilt = pitch - rig.pitch;
    const most = TURN * seconds;
    const ease = (gap) => Math.sign(gap) * Math.min(Math.abs(gap), most * Math.min(1, 0.08 + Math.abs(gap)));
    rig.look(rig.yaw + ease(left), rig.pitch + ease(tilt));
    return Math.abs(left) < 0.004 && Math.abs(tilt) < 0.004;
  }
}
