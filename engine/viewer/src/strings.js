/** What the page says, in the museum's language where there is a file for it, else in English. */

const FILES = import.meta.glob('./strings/*.json', { import: 'default' });

/** @type {Record<string, any>} */
let words = {};

/** @param {string} language such as 'en' or 'pt-BR' */
export async function loadStrings(language) {
  const names = [language, language.split('-')[0], 'en'].map((name) => `./strings/${name}.json`);
  const english = await FILES['./strings/en.json']();
  const found = names.find((name) => name in FILES);
  words = { .../** @type {any} */ (english), .../** @type {any} */ (await FILES[found]()) };
}

/** A sentence, with {names} filled in. @param {string} key @param {Record<string, any>} [values] */
export function t(key, values = {}) {
  const text = words[key];
  if (typeof text !== 'string') return text ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ''));
}
