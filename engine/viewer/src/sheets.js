/** The sheets for settings and keys. */

import { el, iconButton } from './dom.js';
import { t } from './strings.js';

/** @param {HTMLDialogElement} root @param {import('./settings.js').Settings} settings */
export function settingsSheet(root, settings) {
  const choice = (name) => {
    const box = el('input', { type: 'checkbox', id: `set-${name}`, onchange: () => settings.set(name, box.checked) });
    box.checked = settings[name];
    return el('label', {}, [box, el('span', { text: t(name) })]);
  };
  const range = (name, label, min, max, step) => {
    const slider = el('input', { type: 'range', min, max, step, oninput: () => settings.set(name, Number(slider.value)) });
    slider.value = String(settings[name]);
    return el('label', {}, [el('span', { text: label }), slider]);
  };
  sheet(root, t('settings'), [
    range('volume', t('volume'), 0, 1, 0.05),
    range('text', t('text_size'), 1, 1.6, 0.3),
    choice('captions'), choice('seated'), choice('slide'),
  ]);
}

/** @param {HTMLDialogElement} root */
export function helpSheet(root) {
  const table = (rows) =>
    el('dl', {}, rows.flatMap(([keys, what]) => [el('dt', { text: keys }), el('dd', { text: what })]));
  sheet(root, t('keys_title'), [table(t('keys')), el('h3', { text: t('vr_title') }), table(t('vr_keys'))]);
}

function sheet(root, title, content) {
  root.replaceChildren(
    iconButton('close', t('close'), () => root.close(), { class: 'corner' }), el('h2', { text: title }), ...content,
  );
  root.onclick = (event) => {
    if (event.target === root) root.close();
  };
}
