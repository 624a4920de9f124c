import { none } from "./ends.js";
import { readID, textOfID } from "./ids.js";

/**
 * Who is a member, and which set of roles each holds, over the bytes of a document. The index is a hash table of places
 * in the list: ids begin with a time, so looking by their order would be lopsided.
 */
export class Members {
  readonly #ids: Uint32Array;
  readonly #idBytes: Uint8Array;
  readonly #sets: Uint32Array;
  readonly #index: Uint32Array;
  readonly #shift: number;
  readonly #later = new Map<string, number>();
  readonly #words = new Uint32Array(4);
  #size: number;

  /**
   * @param section n ids of 16 bytes, then n numbers of sets. Throws if it has another length, or ids out of order.
   * @param known whether there is such a number
   */
  constructor(section: Uint8Array<ArrayBuffer>, known: (set: number) => boolean) {
    if (section.length % 20 !== 0) throw new RangeError("members of another length");
    const n = section.length / 20;
    const from = section.byteOffset % 4 === 0 ? section : section.slice();
    this.#ids = new Uint32Array(from.buffer, from.byteOffset, n * 4);
    this.#idBytes = from.subarray(0, n * 16);
    this.#sets = new Uint32Array(from.buffer, from.byteOffset + n * 16, n);
    this.#size = n;
    const bits = Math.max(4, Math.ceil(Math.log2(n * 1.5 + 1)));
    this.#shift = 32 - bits;
    this.#index = new Uint32Array(2 ** bits);
    for (let i = 0; i < n; i++) {
      if (!known(this.#sets[i]!)) throw new RangeError("a set that is not there");
      if (i > 0 && !this.#ascends(i)) throw new RangeError("ids out of order");
      this.#add(i);
    }
  }

  get size(): number {
    return this.#size;
  }

  /** Members that are in no document yet. Beyond some thousands a new document is smaller. */
  get added(): number {
    return this.#later.size;
  }

  get bytes(): number {
    return this.#index.byteLength + this.#later.size * 120;
  }

  /** The number of the set of a member, which may have ended, or none. */
  find(id: string): number {
    const place = this.#place(id);
    if (place >= 0) return this.#sets[place]!;
    return this.#later.size === 0 ? none : (this.#later.get(id.toLowerCase()) ?? none);
  }

  /** The member at a place of the document; undefined if it is none any more. */
  at(place: number): string | undefined {
    return this.#sets[place] === none ? undefined : textOfID(this.#idBytes, place);
  }

  /** Gives a member another set, or none. Throws if the id is none. */
  set(id: string, set: number): void {
    const was = this.find(id);
    const place = this.#place(id);
    if (place === -2) throw new TypeError(`"${id}" is no id`);
    if (place >= 0) this.#sets[place] = set;
    else if (set === none) this.#later.delete(id.toLowerCase());
    else this.#later.set(id.toLowerCase(), set);
    this.#size += (set === none ? 0 : 1) - (was === none ? 0 : 1);
  }

  /** The place of an id in the list, -1 if it is not there, -2 if it is no id. */
  #place(id: string): number {
    const words = this.#words;
    if (!readID(id, words)) return -2;
    const a = words[0]!, b = words[1]!, c = words[2]!, d = words[3]!;
    const mask = this.#index.length - 1;
    for (let at = hash(a, b, c, d) >>> this.#shift; ; at = (at + 1) & mask) {
      const entry = this.#index[at]!;
      if (entry === 0) return -1;
      const i = (entry - 1) * 4;
      if (this.#ids[i + 3] === d && this.#ids[i + 2] === c && this.#ids[i + 1] === b && this.#ids[i] === a) return entry - 1;
    }
  }

  /** Reports whether the id at a place comes after the one before. */
  #ascends(place: number): boolean {
    for (let at = place * 16, end = at + 16; at < end; at++) {
      const d = this.#idBytes[at]! - this.#idBytes[at - 16]!;
      if (d !== 0) return d > 0;
    }
    return false;
  }

  #add(place: number): void {
    const i = place * 4;
    const mask = this.#index.length - 1;
    let at = hash(this.#ids[i]!, this.#ids[i + 1]!, this.#ids[i + 2]!, this.#ids[i + 3]!) >>> this.#shift;
    while (this.#index[at] !== 0) at = (at + 1) & mask;
    this.#index[at] = place + 1;
  }
}

function hash(a: number, b: number, c: number, d: number): number {
  let h = Math.imul(a ^ Math.imul(b, 0x9e3779b1), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 15) ^ c, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 13) ^ d, 0x27d4eb2f);
  return Math.imul(h ^ (h >>> 15), 0x9e3779b1);
}

/** The distinct lists of roles. Those of the document are read where they stand. */
export class Sets {
  readonly #offsets: Uint32Array;
  readonly #roles: Uint16Array;
  readonly #later: Uint16Array[] = [];
  readonly #byRoles = new Map<string, number>();
  readonly #given: number;

  /** @param section a count, n+1 offsets into the roles, the roles. Throws unless every number fits. */
  constructor(section: Uint8Array<ArrayBuffer>, roles: number) {
    const from = section.byteOffset % 4 === 0 ? section : section.slice();
    if (from.length < 8) throw new RangeError("sets of another length");
    const n = (this.#given = new Uint32Array(from.buffer, from.byteOffset, 1)[0]!);
    const begin = 4 * (n + 2);
    if (begin > from.length || (from.length - begin) % 2 !== 0) throw new RangeError("sets of another length");
    this.#offsets = new Uint32Array(from.buffer, from.byteOffset + 4, n + 1);
    this.#roles = new Uint16Array(from.buffer, from.byteOffset + begin, (from.length - begin) / 2);
    if (this.#offsets[0] !== 0 || this.#offsets[n] !== this.#roles.length) throw new RangeError("sets of another length");
    for (let i = 0; i < n; i++) if (this.#offsets[i]! > this.#offsets[i + 1]!) throw new RangeError("sets out of order");
    for (const r of this.#roles) if (r >= roles) throw new RangeError("a role that is not there");
  }

  get size(): number {
    return this.#given + this.#later.length;
  }

  get bytes(): number {
    return this.#later.length * 200;
  }

  /** The number of the set of exactly these roles. */
  of(roles: readonly number[]): number {
    const sorted = Uint16Array.from(roles).sort();
    const key = sorted.join();
    let number = this.#byRoles.get(key);
    if (number === undefined) {
      number = this.#given + this.#later.push(sorted) - 1;
      this.#byRoles.set(key, number);
    }
    return number;
  }

  /** The roles of a set. */
  roles(set: number): Uint16Array {
    return set < this.#given ? this.#roles.subarray(this.#offsets[set], this.#offsets[set + 1]) : this.#later[set - this.#given]!;
  }

  /** Calls nothing and makes nothing: the votes of all roles of a set, and of the one that everybody holds. */
  votes(set: number, pair: number, of: { votes(role: number, pair: number): number }): number {
    let votes = of.votes(0, pair);
    if (set >= this.#given) {
      for (const role of this.#later[set - this.#given]!) votes |= of.votes(role, pair);
      return votes;
    }
    for (let i = this.#offsets[set]!, end = this.#offsets[set + 1]!; i < end; i++) votes |= of.votes(this.#roles[i]!, pair);
    return votes;
  }
}
