import { count } from "../bytes.js";
import type { Client } from "../client.js";
import { RolecallError } from "../errors.js";
import type { Keys } from "../keys.js";
import { pause, type Clock } from "./clock.js";
import { DocumentError, type Document } from "./document.js";
import type { EngineOptions } from "./engine.js";
import type { Freshness } from "./freshness.js";
import { State, siteKey as site, type Held } from "./state.js";
import { Source, upToDate } from "./store.js";

export type Mode = "all" | "onDemand" | readonly string[];

/** So many documents are fetched at once on demand; meanwhile and beyond, HTTP answers. */
const maxLoads = 8;

/** Milliseconds until what could not be fetched is tried again: the first time, and at most. */
const firstRetry = 1_000;
const lastRetry = 30_000;

/** The documents that are held: fetched, exchanged for newer ones, and forgotten. */
export class Library {
  readonly state: State;
  readonly #source: Source;
  readonly #stop = new AbortController();
  readonly #loads = new Map<string, Promise<void>>();
  readonly #absent = new Map<string, number>();
  readonly #late = new Set<string>();
  #wanted: readonly string[];
  #refreshing: Promise<void> | undefined;
  /** How often the document of the site was asked for, and the last time that one came which was fetched after that. */
  #demand = 0;
  #met = 0;
  /** Counts up when everything is forgotten: what was on its way then comes too late. */
  #era = 0;

  /** @param settled is called when something has come in */
  constructor(
    client: Client,
    keys: Keys,
    readonly mode: Mode,
    private readonly options: EngineOptions & { maxStaleness: number; clock: Clock },
    private readonly freshness: Freshness,
    private readonly settled: () => void,
  ) {
    this.state = new State(undefined, () => this.freshness.time());
    this.#source = new Source(client, keys, options.issuer, options.aliases ?? [], options.clock);
    this.#wanted = typeof mode === "string" ? [] : mode;
  }

  /** The organizations to follow, as the feed takes them. */
  get followed(): string {
    return typeof this.mode === "string" ? "all" : this.#wanted.join();
  }

  /** Reports whether the document of the site, or the one held, is older than it may be although the server is there. */
  late(held: Held | null): boolean {
    return this.#tooLate(this.state.site) || (held !== null && this.#tooLate(held));
  }

  #tooLate(h: Held | undefined): boolean {
    if (h === undefined || !h.confirmed) return true;
    return h.behind !== undefined && this.options.clock.now() - h.behind > this.options.maxStaleness;
  }

  /**
   * Why an organization is not in memory. It is fetched, unless it was refused a moment ago or is none of those that this
   * application holds.
   */
  miss(organization: string): "not_found" | "not_loaded" {
    const key = organization.toLowerCase();
    if (typeof this.mode !== "string" && !this.#wanted.includes(key)) return "not_found";
    const refused = this.#absent.get(key);
    const wait = refused !== undefined && this.options.clock.now() - refused <= lastRetry;
    if (this.#loads.size < maxLoads && !wait) void this.load(key);
    return "not_loaded";
  }

  /** Fetches all documents, and returns from where on the changes to them are needed. */
  async fill(signal: AbortSignal): Promise<number> {
    const all = await this.#source.site(this.mode === "all", 0, signal);
    const which = this.mode === "all" ? all.organizations : this.#wanted;
    const documents: Document[] = [];
    for await (const d of this.#source.organizations(which, undefined, signal)) documents.push(d);
    const ids = new Set(documents.map((d) => d.organization));
    if (typeof this.mode !== "string") {
      if (ids.size !== new Set(this.mode).size) throw new DocumentError("not all organizations may be read");
      this.#wanted = [...ids];
    } else if (this.mode === "all" && !all.organizations.every((id) => ids.has(id))) {
      throw new DocumentError("not all organizations came");
    }
    for (const d of [all.document, ...documents]) this.#take(d, this.state.load(d));
    return documents.reduce((least, d) => Math.min(least, d.position), all.document.position);
  }

  see(key: string, revision: number): void {
    if (this.state.named(key, revision)) this.judge(key);
  }

  confirm(key: string): void {
    const held = this.state.held(key);
    if (held !== undefined && held.revision >= this.state.newest(key)) held.confirmed = true;
  }

  /** Notes whether something newer is known than what is held. */
  judge(key: string): void {
    const held = this.state.held(key);
    if (held === undefined) return;
    if (held.revision >= this.state.newest(key) && (key !== site || this.#met === this.#demand)) {
      held.behind = undefined;
      this.#late.delete(key);
    } else {
      held.behind ??= this.options.clock.now();
      this.#late.add(key);
    }
  }

  /** Takes note of a document that has just come into the state. */
  #take(d: Document, held: Held): void {
    this.see(d.organization, held.revision);
    this.judge(d.organization);
    if (d.kind === "organization" && typeof this.mode === "string") this.#makeRoom(held);
  }

  #makeRoom(for_: Held): void {
    const { maxBytes = 256 << 20 } = this.options;
    let sum = 0;
    for (const h of this.state.organizations.values()) sum += h.bytes;
    if (sum <= maxBytes) return;
    for (const [key, h] of [...this.state.organizations].sort(([, a], [, b]) => a.used - b.used)) {
      if (sum <= maxBytes || h === for_) continue;
      this.state.organizations.delete(key);
      this.#late.delete(key);
      sum -= h.bytes;
    }
  }

  /** Tells of a failure, and how long to wait after it: as long as the server asks for, and no less. */
  #failed(cause: unknown, wait: number): number {
    this.freshness.complain(cause);
    return Math.max(wait, cause instanceof RolecallError ? cause.retryAfter * 1000 : 0);
  }

  /** Fetches a document anew, and again until it is there; of those on demand, only once. */
  load(key: string): Promise<void> {
    if (key === site) return this.refresh();
    let load = this.#loads.get(key);
    if (load === undefined) {
      load = this.#loadOrRetry(key).finally(() => this.#loads.delete(key));
      this.#loads.set(key, load);
    }
    return load;
  }

  async #loadOrRetry(key: string): Promise<void> {
    const stop = this.#stop.signal;
    const era = this.#era;
    for (let wait = firstRetry; !stop.aborted && era === this.#era; wait = Math.min(wait * 2, lastRetry)) {
      try {
        const document = await this.#source.organization(key, this.state.newest(key), stop);
        if (document.organization !== key) throw new DocumentError("the document of another organization");
        if (document.catalogVersion < (this.state.catalog?.version ?? 0)) throw new DocumentError("a document of an older catalog");
        const held = await upToDate(document, this.#source, this.state, stop);
        if (era !== this.#era) return;
        held.confirmed = true;
        held.used = this.state.organizations.get(key)?.used ?? Number.MAX_SAFE_INTEGER;
        this.state.put(document, held);
        this.#take(document, held);
        this.#absent.delete(key);
        if (document.catalogVersion > this.state.catalog!.version) void this.refresh();
        return this.settled();
      } catch (cause) {
        wait = this.#failed(cause, wait);
        if (cause instanceof RolecallError && cause.status === 404) return this.deny(key);
        if (!this.state.organizations.has(key) && typeof this.mode === "string") {
          return this.deny(key);
        }
      }
      await pause(this.options.clock, wait, stop);
    }
  }

  /** Fetches the document of the site, and, if it has another catalog, what the roles mean under that. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#refreshOrRetry().finally(() => (this.#refreshing = undefined));
    return this.#refreshing;
  }

  async #refreshOrRetry(): Promise<void> {
    const stop = this.#stop.signal;
    const era = this.#era;
    for (let wait = firstRetry; !stop.aborted && era === this.#era; wait = Math.min(wait * 2, lastRetry)) {
      try {
        const demand = this.#demand;
        const newest = this.state.newest(site);
        const { document } = await this.#source.site(false, newest, stop);
        const roles: Document[] = [];
        const keys = [...this.state.organizations.keys()];
        if (document.catalogVersion !== this.state.catalog?.version && keys.length > 0) {
          for await (const d of this.#source.organizations(keys, ["roles"], stop)) roles.push(d);
        }
        if (document.revision < newest) throw new DocumentError("the document of the site is older than one before");
        if (document.revision < this.state.newest(site)) continue; // overtaken on its way
        this.#met = demand;
        if (era === this.#era) this.#exchange(document, roles);
        this.settled();
        if (this.#met === this.#demand) return;
        continue; // it was asked for once more meanwhile
      } catch (cause) {
        wait = this.#failed(cause, wait);
      }
      await pause(this.options.clock, wait, stop);
    }
  }

  /** Puts the document of the site and the roles in their places, all at once: a deny must not come later than an allow. */
  #exchange(document: Document, roles: Document[]): void {
    const before = this.state.catalog?.version;
    const held = this.state.load(document);
    held.confirmed = true;
    this.#take(document, held);
    if (this.state.catalog?.version === before) return;
    for (const [key, organization] of this.state.organizations) {
      const d = roles.find((r) => r.organization === key);
      try {
        if (d === undefined) throw new DocumentError("no roles came");
        organization.adopt(d);
      } catch {
        this.state.organizations.delete(key);
        void this.load(key);
      }
    }
  }

  /** Takes in a change of an organization, or of the site. */
  change(key: string, data: Record<string, unknown>): void {
    this.see(key, count(data["to"], "to"));
    const held = this.state.held(key);
    if (held === undefined) {
      if (this.mode === "all" && key !== site) void this.load(key);
      return;
    }
    if (this.state.apply(key, data) === "reload" || held.overgrown) void this.load(key);
    this.judge(key);
  }

  /**
   * Fetches a document that changed by more than an event tells. That of the site may have changed at the revision that is
   * held: what roles of organizations give outside of them is in it, too.
   */
  reload(key: string, to: number): void {
    this.see(key, to);
    if (key === site) this.#demand++;
    this.judge(key);
    if (key === site || (this.state.held(key)?.revision ?? to) < to) void this.load(key);
  }

  /** The server has sent all changes up to now: what is behind lacks something, and the rest is current. */
  sentAll(): void {
    for (const key of [...this.#late]) void this.load(key);
    if (this.state.site?.confirmed === true) for (const key of this.state.organizations.keys()) this.confirm(key);
  }

  /** Forgets an organization that may not be read. */
  deny(key: string): void {
    this.state.organizations.delete(key);
    this.#late.delete(key);
    if (this.#absent.size > 10_000) this.#absent.clear();
    this.#absent.set(key, this.options.clock.now());
  }

  /** Forgets everything. */
  clear(): void {
    this.#era++;
    this.state.site = undefined;
    this.state.organizations.clear();
    this.#late.clear();
  }

  close(): void {
    this.#stop.abort();
    this.clear();
  }
}
