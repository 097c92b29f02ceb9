/**
 * The museum as the page needs it: museum.json with its parts found by id and by room.
 * Metres, Y up; a point on the ground is [x, z]; yaw is in degrees, 0 faces +Z, 90 faces +X.
 */

/** @typedef {[number, number]} Ground */
/** @typedef {[number, number, number]} Place */
/** @typedef {{id: string, kind: string, title: string, text: string, outline: Ground[], height: number, open_to_sky: boolean, wall: Material, floor: Material, ceiling: Material}} Room */
/** @typedef {{kind: string, colour: string, roughness: number}} Material */
/** @typedef {{id: string, rooms: [string, string | null], center: Ground, yaw: number, width: number, height: number, depth: number}} Door */
/** @typedef {{id: string, room: string, kind: 'wall' | 'screen' | 'plinth' | 'floor', works: string[], position: Place, yaw: number, stand: Ground, size: number[], frame?: {width: number, depth: number}, depth?: number, plinth?: {shape: string, size: Place}}} Slot */
/** @typedef {{id: string, kind: string, title: string, alt: string, text: string, file: string | null, size: Place, of: string}} Entry One thing that a slot can show: a work, or a variation of one. */

const FLAT = /\.(webp|png|jpe?g|avif)$/i;
const FILM = /\.(mp4|webm|m4v|ogv)$/i;

/** How a file is shown: on a plane, as a film, or as a body. @param {string | null} file */
export function medium(file) {
  if (!file) return 'none';
  if (FLAT.test(file)) return 'flat';
  return FILM.test(file) ? 'film' : 'solid';
}

/** @param {number} degrees @returns {Ground} the way that a thing with this yaw looks */
export function ahead(degrees) {
  const angle = (degrees * Math.PI) / 180;
  return [Math.sin(angle), Math.cos(angle)];
}

export class House {
  /** @param {any} data museum.json @param {string} base URL of its folder, ending in a slash */
  constructor(data, base) {
    if (data?.format !== 'vernissage-museum') throw new Error('museum.json describes no museum');
    if (data.version !== 1) throw new Error(`museum.json has version ${data.version}; this page reads 1`);
    this.data = data;
    this.base = base;
    /** @type {Map<string, Room>} */
    this.rooms = byId(data.rooms);
    /** @type {Map<string, Slot>} */
    this.slots = byId(data.slots);
    this.works = byId(data.works);
    this.slotsOf = byRoom(data.slots);
    this.lightsOf = byRoom(data.lights);
    this.soundsOf = byRoom(data.sounds);
    /** @type {Map<string, Door[]>} */
    this.doorsOf = new Map([...this.rooms.keys()].map((id) => [id, []]));
    for (const door of data.doors ?? []) {
      for (const id of door.rooms) if (id) this.doorsOf.get(id)?.push(door);
    }
    /** @type {Map<string, Entry[]>} */
    this.entriesOf = new Map(data.slots.map((slot) => [slot.id, this.#entries(slot)]));
    /** Which slot shows a work or variation. @type {Map<string, string>} */
    this.slotOf = new Map();
    for (const [slot, entries] of this.entriesOf) {
      for (const entry of entries) if (!this.slotOf.has(entry.id)) this.slotOf.set(entry.id, slot);
    }
    this.tour = (data.tours ?? [])[0]?.stops ?? [];
    /** Slots in the order of the tour, and after it those that it leaves out. */
    this.order = [...new Set([...this.tour.map((stop) => stop.slot), ...this.slots.keys()])];
  }

  /** @param {string} file relative to museum.json */
  url(file) {
    return this.base + file.split('/').map(encodeURIComponent).join('/');
  }

  /** Rooms behind the doors of a room. @param {string} id @returns {string[]} */
  neighbours(id) {
    const behind = (this.doorsOf.get(id) ?? []).flatMap((door) => door.rooms);
    return [...new Set(behind)].filter((name) => name && name !== id);
  }

  /** @param {Slot} slot @returns {Entry[]} */
  #entries(slot) {
    return slot.works.flatMap((id) => {
      const work = this.works.get(id);
      if (!work) return [];
      const one = (part) => ({
        id: part.id, kind: kindOf(work.kind, part.file), title: part.title, alt: work.alt, file: part.file ?? null,
        size: work.size, of: work.id, text: origin(part.origin),
      });
      return [work, ...(work.variations ?? [])].map(one).filter((entry) => entry.file);
    });
  }
}

/** What an entry is: a screen that has no film shows a still. */
function kindOf(kind, file) {
  return kind === 'video' && medium(file) === 'flat' ? 'still' : kind;
}

/** Where a work comes from, in facts only. @param {any} from */
function origin(from) {
  if (!from) return '';
  if (from.origin === 'made') {
    const plain = (name) => name?.replaceAll('_', ' ');
    const facts = [plain(from.class_name), plain(from.model), `seed ${from.seed}`];
    return facts.filter(Boolean).join(' · ');
  }
  return [from.author, from.licence, from.source].filter(Boolean).join(' · ');
}

/** @template {{id: string}} T @param {T[]} parts @returns {Map<string, T>} */
function byId(parts) {
  return new Map((parts ?? []).map((part) => [part.id, part]));
}

/** @template {{room?: string | null}} T @param {T[]} parts @returns {Map<string | null, T[]>} */
function byRoom(parts) {
  const found = new Map();
  for (const part of parts ?? []) {
    const room = part.room ?? null;
    if (!found.has(room)) found.set(room, []);
    found.get(room).push(part);
  }
  return found;
}
