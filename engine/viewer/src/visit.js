/**
 * The visit: where one is, what one looks at, what one likes. The flat page, the keyboard and the
 * headset all act through this, and hear of changes through its events.
 */

const KEY = 'vernissage-favourites';

/** Events: room {id}, open {slot}, arrived {slot}, close {slot}, switch {slot}, favourite {id, liked}. */
export class Visit extends EventTarget {
  /**
   * @param {import('./house.js').House} house
   * @param {import('./works.js').Works} works
   * @param {(slot: string) => Promise<void>} goTo brings the visitor before a slot
   */
  constructor(house, works, goTo) {
    super();
    this.house = house;
    this.works = works;
    this.goTo = goTo;
    this.room = '';
    /** @type {string | null} */
    this.slot = null;
    /** Last stop: next and previous count from it. @type {string | null} */
    this.last = null;
    this.touring = false;
    this.liked = new Set(stored());
  }

  /** The visitor is in another room. */
  enterRoom(id) {
    if (id === this.room) return;
    this.room = id;
    this.#say('room', { id });
  }

  /** Go before a work and look at it. @param {string} slot @param {{stay?: boolean}} [how] */
  async open(slot, { stay = false } = {}) {
    if (!this.house.slots.has(slot)) return;
    if (this.slot && this.slot !== slot) this.close();
    this.slot = slot;
    this.last = slot;
    this.works.open = slot;
    this.#say('open', { slot });
    if (!stay) await this.goTo(slot);
    if (this.slot === slot) this.#say('arrived', { slot });
  }

  close() {
    if (!this.slot) return;
    const slot = this.slot;
    this.slot = null;
    this.works.open = null;
    this.#say('close', { slot });
  }

  /** Open the next (1) or previous (-1) work of the tour. */
  step(by) {
    const { order } = this.house;
    if (!order.length) return Promise.resolve();
    const at = this.last ? order.indexOf(this.last) : by > 0 ? -1 : 0;
    return this.open(order[(at + by + order.length) % order.length]);
  }

  /** Show another version of the work, or another work of its playlist. */
  switchBy(by) {
    if (this.slot) this.switchTo(this.works.hung.get(this.slot).index + by);
  }

  switchTo(index) {
    if (!this.slot) return;
    this.works.switchTo(this.slot, index);
    this.#say('switch', { slot: this.slot });
  }

  /** The work that is looked at. @returns {import('./house.js').Entry | undefined} */
  get entry() {
    return this.slot ? this.works.shown(this.slot) : undefined;
  }

  /** Like what is looked at, or no longer. */
  favourite() {
    const id = this.entry?.id;
    if (!id) return;
    if (!this.liked.delete(id)) this.liked.add(id);
    try {
      localStorage.setItem(KEY, JSON.stringify([...this.liked]));
    } catch {
      // A browser that keeps nothing still likes for as long as the page is open.
    }
    this.#say('favourite', { id, liked: this.liked.has(id) });
  }

  #say(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

function stored() {
  try {
    const read = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    return Array.isArray(read) ? read.filter((id) => typeof id === 'string') : [];
  } catch {
    return [];
  }
}
