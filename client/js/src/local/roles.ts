import { fromBase64, hasBit, list, record, text } from "../bytes.js";

/** Votes of a role on a pair, one bit each. Roles together vote what any of them does. */
export const SiteAllow = 1;
export const SiteDeny = 2;
export const OrganizationAllow = 4;
export const OrganizationDeny = 8;
export const UserAllow = 16;
export const UserDeny = 32;

const levels = [
  ["site", SiteAllow, SiteDeny],
  ["organization", OrganizationAllow, OrganizationDeny],
  ["user", UserAllow, UserDeny],
] as const;

/** The roles of a document: a byte of votes for each role and pair. Number 0 is the role that everybody there holds. */
export class Roles {
  #numbers = new Map<string, number>();
  #pairs = 64;
  #votes = new Uint8Array(64 * this.#pairs);
  #next = 0;

  constructor(roles: unknown) {
    for (const r of list(roles, "roles")) this.put(r);
  }

  get bytes(): number {
    return this.#votes.byteLength + this.#numbers.size * 64;
  }

  get size(): number {
    return this.#next;
  }

  /** The number of a role, or -1. */
  number(name: string): number {
    return this.#numbers.get(name) ?? -1;
  }

  /** The name of each role by its number; "" for those that are gone. */
  names(): string[] {
    const names = new Array<string>(this.#next).fill("");
    for (const [name, number] of this.#numbers) names[number] = name;
    return names;
  }

  /** Adds a role, or gives it other votes. Its number stays. */
  put(value: unknown): void {
    const r = record(value, "a role");
    const name = text(r["name"], "the name of a role");
    const votes = votesOf(r);
    let number = this.#numbers.get(name);
    if (number === undefined) {
      number = this.#next;
      if (number > 0xffff) throw new RangeError("too many roles");
      this.#fit(number + 1, votes.length);
      this.#numbers.set(name, number);
      this.#next++;
    }
    this.#fit(this.#next, votes.length);
    this.#votes.fill(0, number * this.#pairs, (number + 1) * this.#pairs).set(votes, number * this.#pairs);
  }

  /** Takes a role away. Who still holds it has nothing by it. */
  remove(name: string): void {
    const number = this.#numbers.get(name);
    if (number === undefined || number === 0) return;
    this.#numbers.delete(name);
    this.#votes.fill(0, number * this.#pairs, (number + 1) * this.#pairs);
  }

  /** What a role votes on a pair. */
  votes(role: number, pair: number): number {
    return pair < this.#pairs ? (this.#votes[role * this.#pairs + pair] ?? 0) : 0;
  }

  #fit(roles: number, pairs: number): void {
    if (roles * this.#pairs <= this.#votes.length && pairs <= this.#pairs) return;
    const wide = Math.max(this.#pairs, Math.ceil(pairs / 64) * 64);
    // Twice as many as now, so that a role after the other does not copy all of them each time.
    const capacity = Math.max(roles, this.#next * 2, 64);
    const votes = new Uint8Array(capacity * wide);
    for (let r = 0; r < this.#next; r++) votes.set(this.#votes.subarray(r * this.#pairs, (r + 1) * this.#pairs), r * wide);
    this.#votes = votes;
    this.#pairs = wide;
  }
}

/** The votes of a role by pair, from its sets of bits. */
function votesOf(r: Record<string, unknown>): Uint8Array {
  const sets: [bits: Uint8Array, vote: number][] = [];
  for (const [level, allow, deny] of levels) {
    if (r[level] === undefined) continue;
    const grants = record(r[level], level);
    for (const [name, vote] of [["allow", allow], ["deny", deny]] as const) {
      if (grants[name] !== undefined) sets.push([fromBase64(text(grants[name], name)), vote]);
    }
  }
  const votes = new Uint8Array(Math.max(0, ...sets.map(([bits]) => bits.length * 8)));
  for (const [bits, vote] of sets) {
    for (let pair = 0; pair < bits.length * 8; pair++) if (hasBit(bits, pair)) votes[pair]! |= vote;
  }
  return votes;
}
