import { count, record, text } from "../bytes.js";

/** No set: not a member any more. */
export const none = 0xffffffff;

/** A number of a set from here on stands for one that ends. */
const timed = 0x80000000;

const size = 16;

/** No end. Ends are microseconds since 1970. */
export const endless = Number.MAX_SAFE_INTEGER;

/** A role that somebody holds, and until when. */
export interface Holding {
  role: string;
  until: number;
}

/** Reads a holding of an event: the name of a role, or that and its end. Anything else throws. */
export function readHolding(value: unknown): Holding {
  if (typeof value === "string") return { role: value, until: endless };
  const h = record(value, "a role that is held");
  const until = count(h["until"], "until");
  if (Object.keys(h).length !== 2 || until === 0) throw new TypeError("a role that is held");
  return { role: text(h["role"], "a role"), until };
}

/** Sets of roles that end, and what is held then. */
export class Ends {
  readonly #until: number[] = [];
  readonly #set: number[] = [];
  readonly #then: number[] = [];
  readonly #given: number;

  /** @param section for each an end in 8 bytes, a set, and the set or the number of what ends later, or none. Throws unless all fit. */
  constructor(section: Uint8Array | undefined, sets: number) {
    const n = (section?.length ?? 0) / size;
    if (!Number.isInteger(n)) throw new RangeError("ends of another length");
    const view = section && new DataView(section.buffer, section.byteOffset, section.byteLength);
    for (let i = 0; i < n; i++) {
      const until = view!.getUint32(i * size + 4, true) * 2 ** 32 + view!.getUint32(i * size, true);
      const set = view!.getUint32(i * size + 8, true);
      const then = view!.getUint32(i * size + 12, true);
      const later = then - timed;
      // What follows stands before and ends later, so there is no circle.
      const fits = then === none || then < sets || (later >= 0 && later < i && this.#until[later]! > until);
      if (until === 0 || !Number.isSafeInteger(until) || set >= sets || !fits) throw new RangeError("an end that leads nowhere");
      this.add(until, set, then);
    }
    this.#given = n;
  }

  get size(): number {
    return this.#until.length;
  }

  /** Those that came by events: in time a new document is smaller. */
  get added(): number {
    return this.size - this.#given;
  }

  get bytes(): number {
    return this.size * 24;
  }

  /** Reports whether a number is that of a set, or of one that ends. */
  has(number: number, sets: number): boolean {
    return number < sets || (number >= timed && number - timed < this.size);
  }

  /** The set that a number stands for at a time, or -1. */
  at(number: number, now: number): number {
    while (number >= timed && number !== none) {
      const i = number - timed;
      if (now < this.#until[i]!) return this.#set[i]!;
      number = this.#then[i]!;
    }
    return number === none ? -1 : number;
  }

  /** Adds a set that ends, and returns its number. */
  add(until: number, set: number, then: number): number {
    this.#until.push(until);
    this.#set.push(set);
    return timed + this.#then.push(then) - 1;
  }

  /** The number of what is held until an end: each role until its own. */
  number(roles: readonly { role: number; until: number }[], end: number, set: (roles: number[]) => number): number {
    const ends = new Set([end, ...roles.map((r) => Math.min(r.until, end))]);
    let number = none;
    for (const until of [...ends].sort((a, b) => b - a)) {
      const plain = set(roles.filter((r) => r.until >= until).map((r) => r.role));
      number = until === endless ? plain : this.add(until, plain, number);
    }
    return number;
  }
}
