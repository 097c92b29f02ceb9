/** Making elements, and the page's few icons. */

/**
 * @param {string} tag
 * @param {Record<string, any>} [attributes] `class`, `text`, `on…` handlers, anything else as attribute
 * @param {(Node | string | null)[]} [children]
 */
export function el(tag, attributes = {}, children = []) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === 'text') made.textContent = value;
    else if (name.startsWith('on')) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? '' : value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** @template {Element} T @param {string} selector @returns {T} */
export function find(selector) {
  return /** @type {T} */ (document.querySelector(selector));
}

const SVG = 'http://www.w3.org/2000/svg';

/** Strokes on a field of 24 by 24. */
const ICONS = {
  tour: 'M6 20c4 0 4-5 7-6s5-1 5-5M18 9m-3-5h6v0l-2 2 2 2h-6zM15 4v9M5 20h.01',
  map: 'M4 6l5-2 6 2 5-2v14l-5 2-6-2-5 2zM9 4v14M15 6v14',
  sound: 'M5 10v4h3l5 4V6l-5 4zM16.5 9a4 4 0 010 6M19 6.5a8 8 0 010 11',
  silent: 'M5 10v4h3l5 4V6l-5 4zM17 10l4 4M21 10l-4 4',
  settings: 'M4 7h9M17 7h3M4 17h3M11 17h9M15 5v4M9 15v4',
  help: 'M9 9a3 3 0 116 .5c-.5 1.600-3 2-3 4M12 17.500v.01',
  vr: 'M4 8h16v9h-5l-2-2.500h-2L9 17H4zM8 12h.01M16 12h.01',
  close: 'M6 6l12 12M18 6L6 18',
  next: 'M9 5l7 7-7 7',
  previous: 'M15 5l-7 7 7 7',
  heart: 'M12 19.500S4.500 15 4.500 9.500A4 4 0 0112 7.700a4 4 0 017.500 1.800c0 5.500-7.500 10-7.500 10z',
  closer: 'M11 5a6 6 0 100 12 6 6 0 000-12zM15.500 15.500L20 20M8.500 11h5M11 8.500v5',
  further: 'M11 5a6 6 0 100 12 6 6 0 000-12zM15.500 15.500L20 20M8.500 11h5',
  turn: 'M5 12a7 3.500 0 1014 0M16.500 14l2.500-2.300 2 2.700M12 4v9',
  play: 'M8 5l11 7-11 7z',
  pause: 'M8 5v14M16 5v14',
};

/** @param {keyof typeof ICONS} name */
export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', ICONS[name]);
  svg.append(path);
  return svg;
}

/** @param {string} tag @param {Record<string, any>} attributes */
export function svg(tag, attributes, children = []) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

/** A button with an icon, its name said aloud and shown as a tooltip. */
export function iconButton(name, label, onclick, attributes = {}) {
  return el('button', { type: 'button', 'aria-label': label, title: label, onclick, ...attributes }, [icon(name)]);
}
