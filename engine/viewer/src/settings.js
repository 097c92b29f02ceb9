/** What a visitor prefers, kept in this browser only. */

const KEY = 'vernissage-settings';
const DEFAULTS = { volume: 0.7, captions: true, text: 1, seated: false, slide: false };

export class Settings {
  constructor() {
    Object.assign(this, DEFAULTS);
    try {
      const kept = JSON.parse(localStorage.getItem(KEY) ?? '{}');
      for (const [name, value] of Object.entries(DEFAULTS)) {
        if (typeof kept[name] === typeof value) this[name] = kept[name];
      }
    } catch {
      // Unreadable or forbidden: the defaults serve.
    }
    /** @type {(name: string) => void} */
    this.onChange = () => {};
  }

  /** @param {string} name @param {any} value */
  set(name, value) {
    this[name] = value;
    const kept = Object.fromEntries(Object.keys(DEFAULTS).map((key) => [key, this[key]]));
    try {
      localStorage.setItem(KEY, JSON.stringify(kept));
    } catch {
      // Kept for as long as the page is open.
    }
    this.onChange(name);
  }
}
