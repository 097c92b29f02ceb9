/** The page around the view: title, buttons, panels, captions, notices, and what a reader hears. */

import { el, find, icon, iconButton } from './dom.js';
import { hasHeadset } from './headset.js';
import { keys } from './keys.js';
import { writeLink } from './links.js';
import { FloorMap } from './map.js';
import { Panel, isNarrow } from './panel.js';
import { helpSheet, settingsSheet } from './sheets.js';
import { stick } from './stick.js';
import { t } from './strings.js';

const NOTICE = 6000; // milliseconds
const PAUSE = 0.6; // share of a stop's time that the tour stays before a work

export class Furniture {
  /** @param {import('./app.js').App} app */
  constructor(app) {
    this.app = app;
    const { house, rig, visit, works, inspect, screens } = app;
    this.panel = new Panel(find('#panel'), { house, visit, works, inspect, screens });
    this.map = new FloorMap(find('#map'), { house, rig, visit, jump: (room) => app.jump(room) });
    this.settings = /** @type {HTMLDialogElement} */ (find('#settings'));
    this.help = /** @type {HTMLDialogElement} */ (find('#help'));
    this.actions = this.#actions();
    this.touring = 0;
    app.actions = this.actions;
    this.#bar();
    this.#hear();
    keys(app, app.canvas);
    app.canvas.setAttribute('aria-label', t('view'));
    app.walk.onHover = (slot, x, y) => this.#hover(slot, x, y);
    if (window.matchMedia('(pointer: coarse)').matches) {
      const pad = find('#pad');
      pad.hidden = false;
      stick(pad, (right, forward) => (app.walk.stick = [right, forward]));
    }
    window.addEventListener('resize', () => {
      inspect.covered = this.panel.covered;
      inspect.frame();
    });
  }

  /** Shares of the window that the reading panel takes while a work is looked at: right, below. */
  get covers() {
    if (isNarrow()) return [0, 0.46];
    return [Math.min(400, window.innerWidth * 0.34) / window.innerWidth, 0];
  }

  #actions() {
    const { app } = this;
    return {
      map: () => this.map.toggle(),
      help: () => this.#sheet(this.help, () => helpSheet(this.help)),
      settings: () => this.#sheet(this.settings, () => settingsSheet(this.settings, app.settings)),
      sound: () => this.#sound(!app.sounds.on),
      captions: () => app.settings.set('captions', !app.settings.captions),
      textSize: () => app.settings.set('text', app.settings.text >= 1.6 ? 1 : app.settings.text + 0.3),
      tour: () => this.#tour(!this.touring),
      back: () => {
        this.#tour(false);
        if (app.inspect.zoom > 1) app.inspect.zoomTo(1);
        else app.visit.close();
        app.canvas.focus({ preventScroll: true });
      },
      announceWork: (slot) => {
        const entry = app.works.shown(slot);
        if (!entry) return;
        this.say(t('at_work', entry));
        this.#show('#hover', entry.title);
        find('#hover').classList.add('middle');
      },
    };
  }

  #sheet(dialog, fill) {
    if (dialog.open) {
      dialog.close();
      return;
    }
    fill();
    dialog.showModal();
  }

  #bar() {
    const { app, actions } = this;
    const bar = find('#bar');
    bar.setAttribute('aria-label', t('bar'));
    this.soundButton = iconButton('silent', t('sound'), actions.sound, { 'aria-pressed': 'false', id: 'sound' });
    bar.append(
      ...(app.house.tour.length ? [iconButton('tour', t('tour'), actions.tour, { id: 'tour', 'aria-pressed': 'false' })] : []),
      iconButton('map', t('map'), actions.map),
      this.soundButton,
      iconButton('settings', t('settings'), actions.settings),
      iconButton('help', t('help'), actions.help),
      el('a', { href: `${app.house.base}catalogue.html`, class: 'text', text: t('catalogue') }),
    );
    hasHeadset().then((there) => {
      if (there) this.#vrButton(bar);
    });
  }

  #vrButton(bar) {
    const { headset } = this.app;
    const label = el('span', { text: t('vr') });
    const button = el('button', { type: 'button', id: 'vr', class: 'text' }, [icon('vr'), label]);
    button.addEventListener('click', async () => {
      try {
        if (headset.session) await headset.leave();
        else await headset.enter();
      } catch (error) {
        this.notice('vr_failed', { reason: error.message });
      }
    });
    headset.onChange = (on) => (label.textContent = t(on ? 'vr_leave' : 'vr'));
    bar.append(button);
  }

  /** What changes is written down, and said aloud. */
  #hear() {
    const { app } = this;
    const { visit, house } = app;
    visit.addEventListener('room', ({ detail }) => {
      const room = house.rooms.get(detail.id);
      find('#place .house').textContent = house.data.title;
      find('#place .room').textContent = room.title;
      find('#place').classList.toggle('dark', brightness(room.wall.colour) < 0.32 || room.kind === 'dark');
      this.say(t('in_room', { room: room.title, text: room.text }));
    });
    for (const event of ['open', 'switch']) {
      visit.addEventListener(event, () => {
        const { entry } = visit;
        if (!entry) return;
        this.say(t('at_work', entry));
        writeLink(entry.id);
        this.#show('#hover', '');
        this.#filmCaption();
      });
    }
    visit.addEventListener('close', () => {
      writeLink(null);
      this.#filmCaption();
    });
    visit.addEventListener('favourite', ({ detail }) => {
      this.say(t(detail.liked ? 'liked' : 'unliked', { title: visit.entry?.title }));
    });
    app.screens.onChange = (slot) => {
      if (slot === visit.slot) this.panel.show();
      app.stage.invalidate();
    };
    this.roomLines = [];
    app.sounds.onCaptions = (lines) => {
      this.roomLines = lines;
      this.#filmCaption();
    };
    app.settings.onChange = () => this.#applySettings();
    this.#applySettings();
  }

  /** The caption: of the film that is looked at and heard, else of the room. */
  #filmCaption() {
    const { visit, settings, sounds } = this.app;
    const film = visit.entry?.kind === 'video' && sounds.on ? [visit.entry.alt] : [];
    const lines = settings.captions ? [...film, ...this.roomLines] : [];
    this.#show('#caption', lines.join('  ·  '));
  }

  #applySettings() {
    const { settings, sounds, screens } = this.app;
    sounds.volume = settings.volume;
    screens.volume = settings.volume;
    document.documentElement.style.setProperty('--text', String(settings.text));
    this.#filmCaption?.();
    this.app.stage.invalidate();
  }

  #sound(on) {
    const { sounds, screens, stage } = this.app;
    sounds.on = on;
    screens.sound = on;
    this.soundButton.replaceChildren(icon(on ? 'sound' : 'silent'));
    this.soundButton.setAttribute('aria-pressed', String(on));
    this.#filmCaption();
    stage.invalidate();
  }

  /** Go from work to work until stopped. */
  async #tour(on) {
    clearTimeout(this.touring);
    const button = document.getElementById('tour');
    const running = on ? 1 : 0;
    this.touring = running;
    button?.setAttribute('aria-pressed', String(on));
    if (!on) return;
    const { visit, house } = this.app;
    await visit.step(1);
    const here = visit.slot;
    const stop = house.tour.find(({ slot }) => slot === here);
    const last = house.order.at(-1) === here;
    if (!this.touring) return;
    this.touring = window.setTimeout(() => {
      // Whoever has gone elsewhere by themselves has left the tour.
      if (visit.slot !== here) return this.#tour(false);
      if (!last) return this.#tour(true);
      this.notice('tour_end');
      return this.#tour(false);
    }, (stop?.seconds ?? 15) * 1000 * PAUSE);
  }

  #hover(slot, x, y) {
    const entry = slot && slot !== this.app.visit.slot ? this.app.works.shown(slot) : null;
    this.app.canvas.classList.toggle('over', Boolean(slot));
    const tip = find('#hover');
    tip.classList.remove('middle');
    this.#show('#hover', entry?.title ?? '');
    tip.style.transform = `translate(${Math.min(x + 16, window.innerWidth - tip.offsetWidth - 12)}px, ${y + 18}px)`;
  }

  #show(selector, text) {
    const part = find(selector);
    part.textContent = text;
    part.hidden = !text;
  }

  /** Say something to those who do not see the view. */
  say(sentence) {
    find('#live').textContent = sentence;
  }

  /** A sentence at the edge of the view. @param {string} key @param {any} [values] @param {boolean} [stays] */
  notice(key, values = {}, stays = false) {
    this.#show('#notice', t(key, values));
    clearTimeout(this.noticed);
    if (!stays) this.noticed = setTimeout(() => this.#show('#notice', ''), NOTICE);
  }

  /** The doors are open. */
  opened() {
    const cover = find('#cover');
    cover.setAttribute('aria-hidden', 'true');
    setTimeout(() => cover.remove(), 1200);
    document.fonts.load("400 20px 'Newsreader Variable'").catch(() => {});
    document.fonts.load("400 20px 'Inter Variable'").catch(() => {});
  }
}

/** Linear brightness of a colour such as #8c7d6c, 0 to 1. */
function brightness(colour) {
  const parts = [1, 3, 5].map((i) => (parseInt(colour.slice(i, i + 2), 16) / 255) ** 2.2);
  return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
}
