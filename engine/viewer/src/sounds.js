/** What is heard in a room: fades in as one enters, out as one leaves; silent until asked for. */

const FADE = 1.2; // seconds

export class Sounds {
  /** @param {import('./house.js').House} house */
  constructor(house) {
    this.house = house;
    this.on = false;
    this.volume = 0.7;
    /** @type {Map<string, {player: HTMLAudioElement, gain: number, level: number}>} */
    this.players = new Map();
    /** Captions of what is heard now. @type {(lines: string[]) => void} */
    this.onCaptions = () => {};
    this.said = '';
  }

  /** Whether this museum sounds at all. */
  get any() {
    return (this.house.data.sounds ?? []).length > 0;
  }

  /** Bring levels towards what belongs to a room. */
  update(room, seconds) {
    const heard = [...(this.house.soundsOf.get(room) ?? []), ...(this.house.soundsOf.get(null) ?? [])];
    const wanted = new Set(this.on ? heard.map((sound) => sound.id) : []);
    for (const sound of heard) if (wanted.has(sound.id) && !this.players.has(sound.id)) this.#start(sound);
    for (const [id, playing] of this.players) {
      const step = seconds / FADE;
      playing.level = Math.min(1, Math.max(0, playing.level + (wanted.has(id) ? step : -step)));
      playing.player.volume = playing.level * playing.gain * this.volume;
      if (playing.level === 0 && !wanted.has(id)) {
        playing.player.pause();
        this.players.delete(id);
      }
    }
    const lines = heard.filter((sound) => wanted.has(sound.id)).map((sound) => sound.caption);
    const said = lines.join('\n');
    if (said !== this.said) {
      this.said = said;
      this.onCaptions(lines);
    }
  }

  #start(sound) {
    const player = new Audio(this.house.url(sound.file));
    player.loop = sound.loop;
    player.volume = 0;
    // -18 dB is a quiet room; the slider's full turn brings it to the level of speech.
    const gain = Math.min(1, 10 ** ((sound.gain_db + 12) / 20));
    this.players.set(sound.id, { player, gain, level: 0 });
    player.play().catch(() => this.players.delete(sound.id));
  }
}
