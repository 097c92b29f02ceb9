/** Getting files: few at once, the nearest first, each one once; and pictures of a wanted size. */

const AT_ONCE = 4;

/** @typedef {{run: () => Promise<void>, rank: () => number}} Job */

export class Queue {
  constructor() {
    /** @type {Map<string, Job>} */
    this.waiting = new Map();
    this.running = new Set();
    this.failed = new Map();
    /** @type {(key: string, error: Error) => void} */
    this.onFail = () => {};
  }

  /** Nothing is waiting or running. */
  get idle() {
    return this.waiting.size === 0 && this.running.size === 0;
  }

  /**
   * Ask for something once; asked again while it waits or runs, nothing happens.
   * @param {string} key
   * @param {() => Promise<void>} run
   * @param {() => number} rank smaller is sooner; Infinity is not wanted any more
   */
  ask(key, run, rank) {
    if (this.running.has(key) || this.failed.has(key)) return;
    this.waiting.set(key, { run, rank });
    this.#pump();
  }

  #pump() {
    while (this.running.size < AT_ONCE && this.waiting.size) {
      const ranked = [...this.waiting].map(([key, job]) => ({ key, job, rank: job.rank() }));
      for (const { key } of ranked.filter(({ rank }) => rank === Infinity)) this.waiting.delete(key);
      const wanted = ranked.filter(({ rank }) => rank !== Infinity).sort((a, b) => a.rank - b.rank)[0];
      if (!wanted) return;
      const { key, job } = wanted;
      this.waiting.delete(key);
      this.running.add(key);
      job
        .run()
        .catch((error) => {
          this.failed.set(key, error);
          this.onFail(key, error);
        })
        .finally(() => {
          this.running.delete(key);
          this.#pump();
        });
    }
  }
}

/** @param {string} url */
export async function blobOf(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  return answer.blob();
}

/**
 * A picture, decoded off the main thread, with its longest side at most `most` pixels.
 * @returns {Promise<ImageBitmap>} upside down, as textures want it
 */
export async function picture(url, most, { flip = true } = {}) {
  const options = { imageOrientation: flip ? 'flipY' : 'from-image', premultiplyAlpha: 'none', colorSpaceConversion: 'none' };
  const blob = await blobOf(url);
  const whole = await createImageBitmap(blob, options);
  const longest = Math.max(whole.width, whole.height);
  if (longest <= most) return whole;
  const size = {
    resizeWidth: Math.max(1, Math.round((whole.width * most) / longest)),
    resizeHeight: Math.max(1, Math.round((whole.height * most) / longest)),
    resizeQuality: 'high',
  };
  const small = await createImageBitmap(whole, size);
  whole.close();
  return small;
}
