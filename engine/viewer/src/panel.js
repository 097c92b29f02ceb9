/** The reading panel: what one looks at, in large type, with everything one can do to it. */

import { el, icon, iconButton } from './dom.js';
import { medium } from './house.js';
import { t } from './strings.js';

/** Whether the panel comes up from below, as on a telephone. */
export function isNarrow() {
  return window.innerWidth < 760;
}

export class Panel {
  /** @param {HTMLElement} root @param {any} parts house, visit, works, inspect, screens */
  constructor(root, parts) {
    Object.assign(this, parts);
    this.root = root;
    for (const event of ['open', 'switch', 'favourite']) {
      this.visit.addEventListener(event, () => this.show());
    }
    this.visit.addEventListener('close', () => this.hide());
  }

  /** Shares of the window that the panel covers: on the right, or below where that is narrow. */
  get covered() {
    const { hidden, offsetWidth, offsetHeight } = this.root;
    if (hidden) return [0, 0];
    return isNarrow() ? [0, offsetHeight / window.innerHeight] : [offsetWidth / window.innerWidth, 0];
  }

  hide() {
    this.root.hidden = true;
    this.inspect.covered = [0, 0];
    this.inspect.frame();
  }

  show() {
    const { visit, house } = this;
    const entry = visit.entry;
    if (!entry) return;
    const focused = this.root.contains(document.activeElement) ? document.activeElement?.id : '';
    const [w, h, d] = entry.size.map((metres) => Math.round(metres * 100));
    const solid = medium(entry.file) === 'solid';
    const facts = [
      t(`kind_${entry.kind}`),
      solid ? t('size_deep', { w, h, d }) : t('size', { w, h }),
      entry.text,
    ].filter(Boolean);
    const parts = [
      iconButton('close', t('close'), () => visit.close(), { id: 'panel-close', class: 'corner' }),
      el('p', { class: 'over', text: house.rooms.get(house.slots.get(visit.slot).room).title }),
      el('h2', { text: entry.title }),
      el('p', { class: 'alt', text: entry.alt }),
      el('ul', { class: 'facts' }, facts.map((fact) => el('li', { text: fact }))),
      this.#versions(),
      this.#tools(entry),
    ];
    this.root.replaceChildren(...parts.filter(Boolean));
    this.root.hidden = false;
    if (focused) document.getElementById(focused)?.focus();
    this.inspect.covered = this.covered;
    this.inspect.frame();
  }

  #versions() {
    const { visit, house, works } = this;
    const entries = house.entriesOf.get(visit.slot);
    if (entries.length < 2) return null;
    const shown = works.hung.get(visit.slot).index;
    const choose = entries.map((entry, i) => {
      const label = t('version', { n: i + 1, count: entries.length, title: entry.title });
      const small = /^works\/.*\.webp$/.test(entry.file) ? entry.file.replace(/\.webp$/, '.256.webp') : null;
      const picture = small
        ? el('img', { src: house.url(small), alt: '', loading: 'lazy' })
        : el('span', { text: String(i + 1) });
      return el('button', {
        type: 'button', id: `version-${i}`, 'aria-label': label, title: entry.title,
        'aria-pressed': String(i === shown), onclick: () => visit.switchTo(i),
      }, [picture]);
    });
    return el('div', { class: 'versions', role: 'group', 'aria-label': t('versions') }, choose);
  }

  #tools(entry) {
    const { visit, inspect, screens } = this;
    const liked = visit.liked.has(entry.id);
    const film = medium(entry.file) === 'film';
    const playing = film && screens.playing(visit.slot);
    return el('div', { class: 'tools' }, [
      iconButton('previous', t('previous'), () => visit.step(-1), { id: 'panel-previous' }),
      iconButton('next', t('next'), () => visit.step(1), { id: 'panel-next' }),
      iconButton('further', t('zoom_out'), () => inspect.zoomBy(1 / 1.5), { id: 'panel-out' }),
      iconButton('closer', t('zoom_in'), () => inspect.zoomBy(1.5), { id: 'panel-in' }),
      medium(entry.file) === 'solid'
        ? iconButton('turn', t('turn'), () => (inspect.spinning = !inspect.spinning), { id: 'panel-turn' })
        : null,
      film
        ? iconButton(playing ? 'pause' : 'play', t(playing ? 'pause' : 'play'), () => screens.toggle(visit.slot), { id: 'panel-play' })
        : null,
      el('button', {
        type: 'button', id: 'panel-heart', class: 'heart', 'aria-pressed': String(liked),
        'aria-label': t(liked ? 'unfavourite' : 'favourite'), title: t('favourite'),
        onclick: () => visit.favourite(),
      }, [icon('heart')]),
    ]);
  }
}
