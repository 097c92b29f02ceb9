/** The tray: seen when one looks down, so that one hand, or a pinch, reaches everything. */

import { Matrix4, Vector3 } from 'three';
import { Board, INK, QUIET, font } from './board.js';
import { t } from './strings.js';

const WIDTH = 0.42;
const HEIGHT = 0.3;
const COLUMNS = 3;
const NAMES = ['left', 'next', 'right', 'version', 'turn', 'favourite', 'previous', 'seated', 'leave'];
const SIGNS = { left: '↶', right: '↷', next: '→', previous: '←', version: '◱', turn: '⟳', favourite: '♡', seated: '⌄', leave: '×' };
const LOOK_DOWN = -0.62; // sine of the gaze's pitch that brings it up
const LOOK_UP = -0.4;

export class Tray {
  /** @param {import('./rig.js').Rig} rig @param {(name: string) => void} onPress */
  constructor(rig, onPress) {
    this.rig = rig;
    this.onPress = onPress;
    this.board = new Board(WIDTH, HEIGHT, 1600);
    this.board.mesh.name = 'tray';
    rig.group.add(this.board.mesh);
    /** @type {string | null} */
    this.over = null;
    this.#paint();
  }

  get visible() {
    return this.board.mesh.visible;
  }

  /** Come up where the visitor looks down, go where they look up. */
  update() {
    const { rig, board } = this;
    const down = rig.gaze[1];
    if (!rig.presenting || down > LOOK_UP) board.mesh.visible = false;
    else if (down < LOOK_DOWN && !board.mesh.visible) {
      const { position } = rig.camera;
      const yaw = rig.heading - rig.group.rotation.y;
      const [sin, cos] = [Math.sin(yaw), Math.cos(yaw)];
      board.mesh.position.set(position.x + 0.42 * sin, position.y - 0.5, position.z + 0.42 * cos);
      board.mesh.rotation.set(0, yaw + Math.PI, 0);
      board.mesh.rotateX(-0.9);
      board.mesh.visible = true;
    }
  }

  /**
   * Which button a ray meets.
   * @param {Vector3} from @param {Vector3} along
   * @returns {{name: string, distance: number} | null}
   */
  hit(from, along) {
    if (!this.visible) return null;
    const back = new Matrix4().copy(this.board.mesh.matrixWorld).invert();
    const origin = from.clone().applyMatrix4(back);
    const way = along.clone().transformDirection(back);
    if (Math.abs(way.z) < 1e-6) return null;
    const distance = -origin.z / way.z;
    const at = origin.addScaledVector(way, distance);
    if (distance < 0 || Math.abs(at.x) > WIDTH / 2 || Math.abs(at.y) > HEIGHT / 2) return null;
    const column = Math.min(COLUMNS - 1, Math.floor((at.x / WIDTH + 0.5) * COLUMNS));
    const row = Math.min(2, Math.floor((0.5 - at.y / HEIGHT) * 3));
    return { name: NAMES[row * COLUMNS + column], distance };
  }

  /** Where a button is, in the world. @param {string} name */
  place(name) {
    const i = NAMES.indexOf(name);
    const x = (((i % COLUMNS) + 0.5) / COLUMNS - 0.5) * WIDTH;
    const y = (0.5 - (Math.floor(i / COLUMNS) + 0.5) / 3) * HEIGHT;
    this.board.mesh.updateWorldMatrix(true, false);
    return new Vector3(x, y, 0).applyMatrix4(this.board.mesh.matrixWorld);
  }

  /** Light the button that is pointed at. @param {string | null} name */
  hover(name) {
    if (name === this.over) return;
    this.over = name;
    this.#paint();
  }

  #paint() {
    const names = t('tray');
    this.board.paint((pen, width, height) => {
      const [w, h] = [width / COLUMNS, height / 3];
      pen.textAlign = 'center';
      NAMES.forEach((name, i) => {
        const [x, y] = [(i % COLUMNS) * w, Math.floor(i / COLUMNS) * h];
        if (name === this.over) {
          pen.fillStyle = '#e4dfd4';
          pen.beginPath();
          pen.roundRect(x + 8, y + 8, w - 16, h - 16, 12);
          pen.fill();
        }
        pen.fillStyle = INK;
        pen.font = font(h * 0.42);
        pen.fillText(SIGNS[name], x + w / 2, y + h * 0.5);
        pen.fillStyle = QUIET;
        pen.font = font(h * 0.17, { weight: 500 });
        pen.fillText(names[name], x + w / 2, y + h * 0.8);
      });
    });
  }
}
