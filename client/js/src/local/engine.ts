import { isPassing, type Checker, type Decision, type Narrow, type Reason } from "../ask.js";
import type { Pair } from "../catalog.js";
import type { Client } from "../client.js";
import { RolecallError } from "../errors.js";
import { realClock, type Clock } from "./clock.js";
import { Follower } from "./follower.js";
import { readID } from "./ids.js";
import type { Mode } from "./library.js";
import type { Held } from "./state.js";
import type { PublicKey } from "../keys.js";

export type EngineState = "loading" | "fresh" | "stale" | "no_access" | "closed";

export interface EngineOptions {
  /** Which organizations to hold: all that the token may read, those of these ids or names, or each from its first question on. */
  organizations?: "all" | "onDemand" | readonly string[];
  /** People may be named like that in `check` and `decide`, as far as they are members; others are asked about over HTTP. */
  aliases?: readonly ("username" | "email")[];
  /** Bytes for documents; what was asked about least recently goes first. 256 MiB if left out. */
  maxBytes?: number;
  /** Milliseconds for which answers stand without word from the server: 5 s to 10 min, 30 s if left out. */
  maxStaleness?: number;
  /** What happens after that: no, or a question over HTTP. */
  onStale?: "deny" | "ask";
  /** Accept these keys alone, and ask the server for none. */
  trustedKeys?: readonly PublicKey[];
  /** The access URL of the server, as its documents have it; left out, that of the first document. */
  issuer?: string;
  /** Milliseconds for the first documents; 30 s if left out. */
  timeout?: number;
  onStateChange?: (state: EngineState, why: unknown) => void;
  /** Gets what an operator should know, once each; console.warn if left out. */
  log?: (message: string) => void;
  clock?: Clock;
}

export interface Stats {
  state: EngineState;
  /** Milliseconds since the server was last known to agree. */
  age: number;
  organizations: number;
  members: number;
  bytes: number;
  decisions: number;
}

/** Milliseconds for an answer over HTTP, and for a write to arrive that a question names. */
const askFor = 1_000;
const waitFor = 100;

/**
 * Decides in the process. What it knows is at most maxStaleness old, or the answer is no. `allowed` answers from memory at
 * once; `check` and `decide` also wait for a write that the question names, and ask over HTTP what is not in memory yet.
 */
export class Engine<P extends string = string> implements Checker<P> {
  readonly #client: Client<P>;
  readonly #follower: Follower;
  readonly #clock: Clock;
  readonly #maxStaleness: number;
  readonly #aliases: readonly string[];
  readonly #onStale: "deny" | "ask";
  readonly #words = new Uint32Array(4);
  #decisions = 0;

  private constructor(client: Client<P>, options: EngineOptions) {
    const { maxStaleness = 30_000, clock = realClock } = options;
    if (!(maxStaleness >= 5_000 && maxStaleness <= 600_000)) throw new RangeError("maxStaleness: 5000 to 600000");
    this.#client = client;
    this.#clock = clock;
    this.#maxStaleness = maxStaleness;
    this.#aliases = options.aliases ?? [];
    this.#onStale = options.onStale ?? "deny";
    const mode: Mode = options.organizations ?? "onDemand";
    this.#follower = new Follower(client as Client, mode, { ...options, maxStaleness, clock });
  }

  /** Loads the first documents, and follows the changes from then on. It throws if that fails: decide nothing then. */
  static async open<P extends string = string>(client: Client<P>, options: EngineOptions = {}): Promise<Engine<P>> {
    if (typeof document !== "undefined") throw new Error("rolecall: a snapshot is other people's rights, and not for a browser");
    const url = new URL(client.transport.url);
    const loopback = url.hostname === "localhost" || url.hostname === "[::1]" || /^127(\.\d+){3}$/.test(url.hostname);
    if (url.protocol !== "https:" && !loopback) throw new TypeError("rolecall: events are not signed, so the address must be https");
    const engine = new Engine<P>(client, options);
    try {
      await engine.#follower.open(options.timeout ?? 30_000);
    } catch (cause) {
      engine.close();
      throw cause;
    }
    return engine;
  }

  /** Ends everything. All answers are no from then on. */
  close(): void {
    this.#follower.close();
  }

  /** Throws if the catalog has no such permission. */
  must(permission: P): void {
    if (this.#follower.library.state.catalog?.find(permission) === undefined) throw new RolecallError(`there is no permission "${permission}"`);
  }

  /** Reports at once whether a person may do something. Anything that is not in memory is a no. */
  allowed(user: string, organization: string | null, permission: P, narrow: Narrow = {}): boolean {
    return this.look(user, organization, permission, narrow).allowed === true;
  }

  /** Reports whether a person may do something, like check of a Client. */
  async check(user: string, organization: string | null, permission: P, narrow: Narrow = {}): Promise<boolean> {
    return (await this.decide(user, organization, permission, narrow)).allowed === true;
  }

  async decide(user: string, organization: string | null, permission: P, narrow: Narrow = {}): Promise<Decision> {
    if (this.#aliases.length > 0 && user && organization && !readID(user, this.#words)) {
      const id = await this.#named(user, organization);
      if (id === undefined) return this.#ask(no("not_loaded", 0), user, organization, permission, narrow);
      return this.decide(id, organization, permission, narrow.owner?.toLowerCase() === user.toLowerCase() ? { ...narrow, owner: id } : narrow);
    }
    let d = this.look(user, organization, permission, narrow);
    if (!isPassing(d)) return d;
    if (d.reason === "behind") {
      const about = () => (organization === null ? null : (this.#follower.library.state.organization(organization) ?? null));
      await this.#follower.reach(narrow.atLeast!, about, waitFor);
      d = this.look(user, organization, permission, narrow);
    }
    const ask = d.reason === "behind" || d.reason === "not_loaded" || (d.reason === "stale" && this.#onStale === "ask");
    return ask ? this.#ask(d, user, organization, permission, narrow) : d;
  }

  /** The decision from memory alone. */
  look(user: string, organization: string | null, permission: P, narrow: Narrow = {}): Decision {
    this.#decisions++;
    const { ended, library } = this.#follower;
    const { state } = library;
    const age = this.#clock.now() - this.#follower.heard;
    if (ended !== undefined) return no(ended, age);
    if (state.catalog === undefined || state.site === undefined) return no("not_loaded", age);
    const pair = state.catalog.find(permission);
    if (pair === undefined) return no("unknown_permission", age);
    const own = narrow.own === true || (narrow.owner !== undefined && narrow.owner.toLowerCase() === user.toLowerCase());
    const wrong = this.#wrong(user, organization, pair, narrow);
    if (wrong !== undefined) return no(wrong, age);
    let held: Held | null = null;
    if (organization !== null) {
      const found = state.organization(organization);
      if (found === undefined) return no(library.miss(organization), age);
      held = found;
      held.used = this.#decisions;
    }
    if (!(age <= this.#maxStaleness) || library.late(held)) return no("stale", age);
    if (narrow.atLeast !== undefined && !this.#follower.has(narrow.atLeast, held)) return no("behind", age);
    const allowed = state.allowed(user, held, pair, own);
    if (allowed === undefined) return no("not_loaded", age); // the server knows more
    return { allowed, reason: allowed ? "allowed" : "denied", age };
  }

  stats(): Stats {
    const { library: { state }, heard } = this.#follower;
    let bytes = state.site?.bytes ?? 0;
    let members = 0;
    for (const held of state.organizations.values()) {
      bytes += held.bytes;
      members += held.members;
    }
    const age = this.#clock.now() - heard;
    return { state: this.#follower.stateNow(), age, organizations: state.organizations.size, members, bytes, decisions: this.#decisions };
  }

  /** What is wrong with a question. It is the same over HTTP. */
  #wrong(user: string, organization: string | null, pair: Pair, narrow: Narrow): Reason | undefined {
    if (organization !== null && !organization) return "organization_needed"; // forgotten
    if (organization !== null && pair.ofSite) return "site_type";
    if (!readID(user, this.#words) || (organization !== null && !readID(organization, this.#words))) return "invalid_id";
    if (narrow.owner !== undefined && !readID(narrow.owner, this.#words)) return "invalid_id";
    if ((narrow.own === true || narrow.owner !== undefined) && !pair.owned) return "no_owner";
    return undefined;
  }

  /** The id of a member whom a name or an address names. */
  async #named(user: string, organization: string): Promise<string | undefined> {
    const { library, ended } = this.#follower;
    const kind = user.includes("@") ? "email" : "username";
    if (ended !== undefined || !this.#aliases.includes(kind)) return undefined;
    const held = library.state.organization(organization);
    if (held === undefined) library.miss(organization);
    return held && library.state.resolve(held, kind, user);
  }

  async #ask(d: Decision, user: string, organization: string | null, permission: P, narrow: Narrow): Promise<Decision> {
    if (this.#follower.ended !== undefined) return no(this.#follower.ended, d.age);
    const end = new AbortController();
    const timer = this.#clock.setTimeout(() => end.abort(), askFor);
    try {
      return await this.#client.decide(user, organization, permission, { ...narrow, signal: end.signal });
    } catch {
      return d; // which is a no
    } finally {
      this.#clock.clearTimeout(timer);
    }
  }
}

function no(reason: Reason, age: number): Decision {
  return { allowed: false, reason, age };
}
