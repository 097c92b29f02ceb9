/** The floor plan: where one is, what is where, and a way to go there at once. */

import { el, iconButton, svg } from './dom.js';
import { corners, middle } from './ground.js';
import { ahead } from './house.js';
import { t } from './strings.js';

export class FloorMap {
  /** @param {HTMLDialogElement} root @param {any} parts house, rig, visit, jump(room) */
  constructor(root, parts) {
    Object.assign(this, parts);
    this.root = root;
    root.addEventListener('click', (event) => {
      if (event.target === root) root.close();
    });
  }

  toggle() {
    if (this.root.open) {
      this.root.close();
      return;
    }
    this.draw();
    this.root.showModal();
  }

  draw() {
    const { house, visit } = this;
    const go = (room) => {
      this.root.close();
      this.jump(room);
    };
    const list = [...house.rooms.values()].map((room) => {
      const works = (house.slotsOf.get(room.id) ?? []).length;
      const here = room.id === visit.room;
      return el('li', {}, [
        el('button', {
          type: 'button', 'aria-current': here ? 'location' : null, 'data-room': room.id,
          'aria-label': t('map_go', { room: room.title }), onclick: () => go(room.id),
        }, [
          el('span', { text: room.title }),
          el('small', { text: here ? t('map_here') : works === 1 ? t('map_work') : t('map_works', { n: works }) }),
        ]),
      ]);
    });
    const liked = [...visit.liked].filter((id) => house.slotOf.has(id));
    const favourites = liked.map((id) => {
      const slot = house.slotOf.get(id);
      const entries = house.entriesOf.get(slot);
      const index = entries.findIndex((entry) => entry.id === id);
      const open = () => {
        this.root.close();
        visit.open(slot).then(() => visit.switchTo(index));
      };
      return el('li', {}, [el('button', { type: 'button', onclick: open }, [el('span', { text: entries[index].title })])]);
    });
    const parts = [
      iconButton('close', t('close'), () => this.root.close(), { class: 'corner' }),
      el('h2', { text: house.data.title }),
      el('div', { class: 'plan' }, [this.#plan(go), el('div', {}, [
        el('ol', {}, list),
        favourites.length ? el('h3', { text: t('favourites') }) : null,
        favourites.length ? el('ol', {}, favourites) : null,
      ])]),
    ];
    this.root.replaceChildren(...parts);
  }

  #plan(go) {
    const { house, rig, visit } = this;
    const all = [...house.rooms.values()].flatMap((room) => room.outline);
    const [xs, zs] = [all.map(([x]) => x), all.map(([, z]) => z)];
    const [x0, z0] = [Math.min(...xs) - 1, Math.min(...zs) - 1];
    const [w, d] = [Math.max(...xs) + 1 - x0, Math.max(...zs) + 1 - z0];
    const path = (outline) => outline.map(([x, z]) => `${x},${z}`).join(' ');
    const rooms = [...house.rooms.values()].map((room) => {
      const shape = svg('polygon', {
        points: path(room.outline), class: room.id === visit.room ? 'here' : 'room', onclick: () => go(room.id),
      });
      shape.append(svg('title', {}, [document.createTextNode(room.title)]));
      return shape;
    });
    const doors = (house.data.doors ?? []).map((door) =>
      svg('polygon', { points: path(corners(door.center, door.width, door.depth + 0.1, door.yaw)), class: 'door' }),
    );
    const walls = (house.data.partitions ?? []).map((p) =>
      svg('polygon', { points: path(corners(p.center, p.length, p.thickness, p.yaw)), class: 'wall' }),
    );
    const dots = house.data.slots.map((slot) => {
      const liked = house.entriesOf.get(slot.id).some((entry) => visit.liked.has(entry.id));
      // Beside the wall that it hangs on, not within the line that stands for the wall.
      const flat = slot.kind === 'wall' || slot.kind === 'screen';
      const [nx, nz] = flat ? ahead(slot.yaw).map((part) => (part * w) / 55) : [0, 0];
      return svg('circle', {
        cx: slot.position[0] + nx, cy: slot.position[2] + nz, r: w / 110, class: liked ? 'liked' : 'work',
      });
    });
    const numbers = [...house.rooms.values()].map((room, i) => {
      const [x, z] = middle(room.outline);
      return svg('text', { x, y: z - w / 30, 'font-size': w / 18, class: 'number' }, [document.createTextNode(String(i + 1))]);
    });
    const [x, , z] = rig.head;
    const turn = 180 - (rig.heading * 180) / Math.PI;
    const r = Math.max(w, d) / 45;
    const you = svg('g', { transform: `translate(${x} ${z}) rotate(${turn})`, class: 'you' }, [
      svg('path', { d: `M0 ${-r * 1.5}L${r} ${r}L0 ${r * 0.5}L${-r} ${r}Z` }),
    ]);
    return svg('svg', { viewBox: `${x0} ${z0} ${w} ${d}`, role: 'img', 'aria-label': t('map') }, [
      ...rooms, ...doors, ...walls, ...dots, ...numbers, you,
    ]);
  }
}
