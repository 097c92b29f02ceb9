/** The page begins here: it opens the museum, or shows its catalogue where nothing can be drawn. */

import { App } from './app.js';
import { find } from './dom.js';
import { House } from './house.js';
import { canDraw } from './stage.js';
import { loadStrings, t } from './strings.js';

const BASE = new URL('museum/', document.baseURI).href;

async function start() {
  const answer = await fetch(`${BASE}museum.json`);
  if (!answer.ok) throw new Error(`museum.json: ${answer.status}`);
  const house = new House(await answer.json(), BASE);
  await loadStrings(house.data.language ?? 'en');
  document.documentElement.lang = house.data.language ?? 'en';
  document.title = house.data.title;
  find('#cover h1').textContent = house.data.title;
  find('#cover .text').textContent = house.data.text ?? '';
  find('#cover .state').textContent = t('loading');
  for (const part of document.querySelectorAll('[data-t]')) part.textContent = t(part.getAttribute('data-t'));
  if (!canDraw()) {
    find('#cover .state').textContent = t('no_webgl');
    location.replace(`${BASE}catalogue.html`);
    return;
  }
  const app = new App(house);
  /** For tests and for the curious in the console. */
  Object.assign(window, { vernissage: app });
  await app.open((share) => {
    /** @type {HTMLProgressElement} */ (find('#cover progress')).value = share;
  });
}

start().catch((error) => {
  const state = find('#cover .state');
  state.textContent = t('failed', { reason: error.message });
  state.setAttribute('role', 'alert');
  const link = document.createElement('a');
  link.href = `${BASE}catalogue.html`;
  link.textContent = t('catalogue');
  state.after(link);
  find('#cover progress').remove();
  console.error(error);
});
