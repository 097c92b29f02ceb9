/** What textures cost, and a store of them that stays within a limit by dropping the oldest. */

export const MIB = 1024 * 1024;

/** Bytes of a texture with its mipmaps. */
export function bytesOf(width, height, layers = 1) {
  return Math.ceil((width * height * 4 * layers * 4) / 3);
}

/** @typedef {{bytes: number, free: () => void, used: number}} Held */

export class Budget {
  /** @param {number} limit bytes */
  constructor(limit) {
    this.limit = limit;
    this.bytes = 0;
    this.worst = 0;
    this.clock = 0;
    /** @type {Map<string, Held>} */
    this.held = new Map();
    /** Told when what is needed at once does not fit. @type {(bytes: number) => void} */
    this.onOver = () => {};
  }

  /**
   * Hold something, and drop what was used longest ago until everything fits.
   * @param {string} key
   * @param {number} bytes
   * @param {() => void} free called when it is dropped
   */
  hold(key, bytes, free) {
    this.drop(key);
    this.held.set(key, { bytes, free, used: this.clock });
    this.bytes += bytes;
    this.fit();
  }

  /** Something was drawn: it is the last to go. */
  use(key) {
    const held = this.held.get(key);
    if (held) held.used = this.clock;
    return Boolean(held);
  }

  /** A new moment: what is not used from now on may be dropped. */
  tick() {
    this.clock += 1;
  }

  drop(key) {
    const held = this.held.get(key);
    if (!held) return;
    this.held.delete(key);
    this.bytes -= held.bytes;
    held.free();
  }

  fit() {
    if (this.bytes > this.limit) {
      const old = [...this.held].filter(([, h]) => h.used < this.clock);
      old.sort(([, a], [, b]) => a.used - b.used);
      for (const [key] of old) {
        if (this.bytes <= this.limit) break;
        this.drop(key);
      }
    }
    this.worst = Math.max(this.worst, this.bytes);
    if (this.bytes > this.limit) this.onOver(this.bytes);
  }
}
