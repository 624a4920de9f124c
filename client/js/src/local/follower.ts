import { count, record, text } from "../bytes.js";
import type { Client } from "../client.js";
import { RolecallError } from "../errors.js";
import type { Keys } from "../keys.js";
import type { Clock } from "./clock.js";
import type { EngineOptions, EngineState } from "./engine.js";
import { Feed, type FeedEvent, type Listener } from "./feed.js";
import { Freshness } from "./freshness.js";
import { siteKey as site, type Held } from "./state.js";
import { Library, type Mode } from "./library.js";

/** Follows a server: keeps the documents current by its changes, and knows how old what is held is. */
export class Follower implements Listener {
  readonly freshness: Freshness;
  readonly library: Library;
  /** Why nothing is answered any more. */
  ended: "closed" | "no_access" | undefined;
  readonly #keys: Keys;
  readonly #feed: Feed;
  readonly #waiting = new Set<() => void>();
  #position: number | undefined;
  /** The newest revision that the feed has told of each document. What was written with one has been told by then. */
  readonly #told = new Map<string, number>();
  /** What hello named, which counts as told once the feed has come so far: what has changed follows hello. */
  #named: { until: number; revisions: Map<string, number> } | undefined;
  #ready: { resolve: () => void; reject: (why: unknown) => void } | undefined;

  constructor(
    client: Client,
    mode: Mode,
    private readonly options: EngineOptions & { maxStaleness: number; clock: Clock },
  ) {
    this.#keys = client.keys(options.trustedKeys, () => options.clock.now());
    this.#feed = new Feed(client.transport, options.clock, this);
    this.freshness = new Freshness(options, () => this.stateNow());
    this.library = new Library(client, this.#keys, mode, options, this.freshness, () => this.#settle());
  }

  get heard(): number {
    return this.freshness.heard;
  }

  /** Resolves when everything is there and the server has confirmed it. */
  async open(timeout: number): Promise<void> {
    const { clock } = this.options;
    const late = () => this.#ready?.reject(new RolecallError(`the first documents were not there after ${timeout} ms`));
    const timer = clock.setTimeout(late, timeout);
    try {
      await new Promise<void>((resolve, reject) => {
        this.#ready = { resolve, reject };
        void this.#feed.run();
      });
    } finally {
      this.#ready = undefined;
      clock.clearTimeout(timer);
    }
  }

  close(): void {
    this.#feed.stop();
    this.library.close();
    this.#end("closed");
    this.freshness.close();
  }

  stateNow(): EngineState {
    if (this.ended !== undefined) return this.ended;
    if (this.library.state.site?.confirmed !== true) return "loading";
    const age = this.options.clock.now() - this.heard;
    return age <= this.options.maxStaleness && !this.library.late(null) ? "fresh" : "stale";
  }

  /**
   * Reports whether a write is in what is held, with all that came with it. Its text is ORGANIZATION@REVISION, or
   * site@REVISION. A document may be ahead of the feed, and that of the site on its way.
   * @param about what is held of the organization in question
   */
  has(atLeast: string, about: Held | null): boolean {
    const [where, revision, ...rest] = atLeast.split("@");
    if (where === undefined || !/^\d{1,16}$/.test(revision ?? "") || rest.length > 0) return false;
    const { state } = this.library;
    const held = where === "site" ? state.site : state.organization(where);
    const least = Math.min(held?.revision ?? 0, this.#told.get(where === "site" ? site : where.toLowerCase()) ?? 0);
    return least >= Number(revision) && state.site?.behind === undefined && about?.behind === undefined;
  }

  #tell(key: string, revision: number): void {
    this.#told.set(key, Math.max(this.#told.get(key) ?? 0, revision));
  }

  /** The feed has come to a position. */
  #arrive(position: number): void {
    if (this.#named === undefined || position < this.#named.until) return;
    for (const [key, revision] of this.#named.revisions) this.#tell(key, revision);
    this.#named = undefined;
  }

  /** Waits until a write has arrived, at most so many milliseconds. */
  reach(atLeast: string, about: () => Held | null, ms: number): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!this.has(atLeast, about()) && this.ended === undefined) return;
        end();
      };
      const end = () => {
        this.options.clock.clearTimeout(timer);
        this.#waiting.delete(look);
        resolve();
      };
      const timer = this.options.clock.setTimeout(end, ms);
      this.#waiting.add(look);
      look();
    });
  }

  // What the feed asks and tells.

  where(): { organizations: string; after: number | undefined } {
    return { organizations: this.library.followed, after: this.#position };
  }

  /** Fetches all documents if there are none, as at the beginning and after access was lost. */
  async prepare(signal: AbortSignal): Promise<void> {
    if (this.library.state.site === undefined) this.#position = await this.library.fill(signal);
  }

  event(e: FeedEvent, sent: number): void {
    const data = record(e.data, "an event");
    switch (e.name) {
      case "hello":
        this.#hello(data, sent);
        break;
      case "change":
      case "site":
        this.library.change(String(data["organization"] ?? site).toLowerCase(), data);
        this.#tell(String(data["organization"] ?? site).toLowerCase(), count(data["to"], "to"));
        break;
      case "reload":
        this.library.reload(String(data["organization"] ?? "").toLowerCase(), count(data["to"], "to"));
        this.#tell(String(data["organization"] ?? site).toLowerCase(), count(data["to"], "to"));
        break;
      case "catalog":
        if (this.library.state.catalog?.version !== data["version"]) void this.library.refresh();
        break;
      case "keys":
        this.#keys.refresh();
        break;
      case "denied":
        this.#deny(String(data["organization"] ?? "").toLowerCase());
        break;
      case "heartbeat":
        this.#heartbeat(data);
        break;
    }
    if (e.name !== "heartbeat" && e.name !== "hello") this.freshness.beat(undefined);
    if (e.id !== undefined) this.#position = e.id;
    if (e.id !== undefined && e.name !== "hello") this.#arrive(e.id);
    this.#settle();
  }

  lost(why: unknown, refused: boolean): void {
    this.#ready?.reject(why);
    if (refused) this.#end("no_access");
    this.freshness.announce(why);
  }

  #hello(data: Record<string, unknown>, sent: number): void {
    if (this.ended === "no_access") this.ended = undefined; // the token counts again, and prepare has fetched everything
    const { library } = this;
    const revisions = new Map([[site, count(data["site"], "site")]]);
    library.see(site, count(data["site"], "site"));
    for (const [id, revision] of Object.entries(record(data["organizations"] ?? {}, "organizations"))) {
      revisions.set(id.toLowerCase(), count(revision, "a revision"));
      library.see(id.toLowerCase(), count(revision, "a revision"));
      library.confirm(id.toLowerCase());
    }
    library.confirm(site);
    // Where the documents came from, the changes after them are needed: hello names where the server is by now.
    this.#position ??= count(data["position"], "position");
    this.#named = { until: count(data["position"], "position"), revisions };
    this.#arrive(this.#position);
    if ((library.state.catalog?.version ?? 0) < count(data["catalog"], "catalog")) void library.refresh();
    this.freshness.connected(sent);
  }

  #heartbeat(data: Record<string, unknown>): void {
    this.#position = count(data["position"], "position");
    this.library.sentAll();
    this.#arrive(this.#position);
    this.freshness.beat(text(data["now"], "now"));
  }

  #deny(key: string): void {
    if (key !== "") return this.library.deny(key);
    this.lost(new RolecallError("this application may not ask any more", { status: 403 }), true);
  }

  #end(why: "closed" | "no_access"): void {
    if (this.ended === "closed") return;
    this.ended = why;
    this.library.clear();
    this.#position = undefined;
    this.#settle();
  }

  #settle(): void {
    for (const look of [...this.#waiting]) look();
    this.freshness.announce(undefined);
    if (this.#ready === undefined || this.stateNow() !== "fresh") return;
    // The site alone is not enough: each organization that is there must have been confirmed, too.
    for (const held of this.library.state.organizations.values()) if (!held.confirmed) return;
    this.#ready.resolve();
  }
}
