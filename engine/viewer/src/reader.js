/** The reading panel in a headset: beside the work, an arm's length away, a little below the eyes. */

import { Board, INK, QUIET, font, write } from './board.js';
import { t } from './strings.js';

const WIDTH = 0.56;
const HEIGHT = 0.42;
const ASIDE = 0.5; // radians to the right of the middle of the work, further where that is wide
const WIDEST = 0.95;
const BESIDE = 0.24; // radians that half the panel takes

export class Reader {
  constructor(rig, scene, visit, house, barriers) {
    Object.assign(this, { rig, visit, house, barriers });
    this.board = new Board(WIDTH, HEIGHT, 1500);
    this.board.mesh.name = 'reader';
    scene.add(this.board.mesh);
    this.wanted = false;
    for (const event of ['arrived', 'switch', 'favourite']) {
      visit.addEventListener(event, () => {
        if (rig.presenting) this.show(event === 'arrived');
      });
    }
    visit.addEventListener('close', () => this.hide());
  }

  hide() {
    this.wanted = false;
    this.board.mesh.visible = false;
  }

  /** @param {boolean} anew whether to be placed anew */
  show(anew) {
    const { entry } = this.visit;
    if (!entry) return;
    this.#paint(entry);
    this.wanted = true;
    if (anew) this.board.mesh.visible = false;
  }

  /** Come up once the visitor stands before the work. */
  update() {
    if (!this.wanted || this.board.mesh.visible) return;
    const slot = this.house.slots.get(this.visit.slot);
    const [x, y, z] = this.rig.head;
    const [dx, dz] = [slot.position[0] - x, slot.position[2] - z];
    const half = Math.atan2(slot.size[0] / 2 + (slot.frame?.width ?? 0), Math.hypot(dx, dz));
    const to = Math.atan2(dx, dz) - Math.min(WIDEST, Math.max(ASIDE, half + BESIDE));
    const way = [Math.sin(to), Math.cos(to)];
    const far = [x + way[0] * 1.3, y - 0.12, z + way[1] * 1.3];
    const share = this.barriers.blocked([x, y, z], far) ?? 1;
    const reach = Math.max(0.5, 1.3 * share - 0.12);
    this.board.mesh.position.set(x + way[0] * reach, y - 0.12, z + way[1] * reach);
    this.board.mesh.lookAt(x, y - 0.05, z);
    this.board.mesh.visible = true;
  }

  #paint(entry) {
    const slot = this.house.slots.get(this.visit.slot);
    const room = this.house.rooms.get(slot.room);
    const [w, h] = entry.size.map((metres) => Math.round(metres * 100));
    const count = this.house.entriesOf.get(slot.id).length;
    this.board.paint((pen, width, height) => {
      const edge = width * 0.08;
      pen.textAlign = 'left';
      pen.fillStyle = QUIET;
      pen.font = font(30, { weight: 500 });
      pen.fillText(room.title, edge, edge + 20);
      pen.fillStyle = INK;
      pen.font = font(68, { serif: true });
      let y = write(pen, entry.title, edge, edge + 110, width - 2 * edge, 74, 2);
      pen.font = font(36, { serif: true });
      y = write(pen, entry.alt, edge, y + 4, width - 2 * edge, 46, 4);
      pen.fillStyle = QUIET;
      pen.font = font(30);
      pen.fillText(`${t(`kind_${entry.kind}`)} · ${t('size', { w, h })}`, edge, y + 16);
      write(pen, entry.text, edge, y + 58, width - 2 * edge, 40, 2);
      pen.fillText(this.visit.liked.has(entry.id) ? '♥' : '♡', width - edge - 24, edge + 20);
      if (count > 1) pen.fillText(`A · ${t('versions')} ${count}`, edge, height - edge * 0.6);
    });
  }
}
