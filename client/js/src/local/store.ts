import { list, record, text, count } from "../bytes.js";
import type { Client } from "../client.js";
import { RolecallError } from "../errors.js";
import type { Answer } from "../http.js";
import type { Keys } from "../keys.js";
import { pause, type Clock } from "./clock.js";
import { DocumentError, readDocument, type Document } from "./document.js";
import { textOfID } from "./ids.js";
import { Held, type State } from "./state.js";

const mediaType = "application/vnd.rolecall.snapshot";

/** So many documents come in one answer. */
const portion = 500;

/** A document is never larger: what says so is no server of ours. */
const maxDocument = 1 << 30;

export interface SiteDocument {
  document: Document;
  /** The organizations that there are for this application, if they were asked for. */
  organizations: string[];
}

/** Gets documents from a server, and believes none that its keys did not sign. */
export class Source {
  /** The server of the first document. Those of another one are refused. */
  #issuer: string | undefined;

  constructor(
    private readonly client: Client,
    private readonly keys: Keys,
    issuer: string | undefined,
    private readonly aliases: readonly string[],
    private readonly clock: Clock,
  ) {
    this.#issuer = issuer;
  }

  /** @param atLeast the revision that it must have reached; 0: any */
  async site(all: boolean, atLeast: number, signal: AbortSignal): Promise<SiteDocument> {
    const query = { organizations: all ? "all" : undefined, at_least: atLeast > 0 ? String(atLeast) : undefined };
    const answer = await this.client.transport.open(["snapshot"], { query, accept: mediaType, signal });
    const document = await this.#one(answer);
    if (document.kind !== "site") throw new DocumentError("a document of an organization where that of the site was asked for");
    const section = document.section("organizations");
    const n = (section?.length ?? 0) / 24;
    if (!Number.isInteger(n) || (all && section === undefined)) throw new DocumentError("the document has no list of organizations");
    return { document, organizations: Array.from({ length: n }, (_, i) => textOfID(section!, i)) };
  }

  /** The document of an organization. */
  async organization(organization: string, atLeast: number, signal: AbortSignal): Promise<Document> {
    const path = ["organizations", organization, "snapshot"];
    const query = { aliases: this.aliases.length > 0 ? this.aliases.join() : undefined, at_least: atLeast > 0 ? String(atLeast) : undefined };
    const document = await this.#one(await this.client.transport.open(path, { query, accept: mediaType, signal }));
    if (document.kind !== "organization") throw new DocumentError("the document of the site where that of an organization was asked for");
    return document;
  }

  /** The documents of organizations, which may be named or given by id, each as it arrives. It throws if they break off. */
  async *organizations(which: readonly string[], sections: string[] | undefined, signal: AbortSignal): AsyncGenerator<Document, void> {
    for (let at = 0; at < which.length; at += portion) yield* this.#some(which.slice(at, at + portion), sections, signal);
  }

  async *#some(which: readonly string[], sections: string[] | undefined, signal: AbortSignal): AsyncGenerator<Document, void> {
    const aliases = this.aliases.length > 0 && sections === undefined ? { aliases: this.aliases } : {};
    const body = { organizations: which, ...(sections === undefined ? {} : { sections }), ...aliases };
    const answer = await this.#patiently(() => this.client.transport.open(["snapshots"], { body, accept: mediaType, signal }), signal);
    const bytes = new Bytes(answer);
    try {
      for (;;) {
        const length = new DataView((await bytes.take(4)).buffer).getUint32(0, true);
        if (length === 0) return;
        const document = await this.#read(await bytes.take(length));
        if (document.kind !== "organization") throw new DocumentError("a document that was not asked for");
        yield document;
      }
    } finally {
      answer.close();
    }
  }

  /** The events of one organization after a position, and where they end. */
  async changes(organization: string, after: number, signal: AbortSignal): Promise<{ name: string; data: unknown }[]> {
    const query = { organizations: organization, after: String(after), wait: "0" };
    const { body } = await this.client.transport.json(["changes"], { query, signal });
    return list(record(body, "the changes")["events"], "events").map((value) => {
      const e = record(value, "an event");
      return { name: text(e["event"], "the name of an event"), data: e["data"] };
    });
  }

  /** Asks again, as late as the server wants, when it was too much at once. */
  async #patiently(open: () => Promise<Answer>, signal: AbortSignal): Promise<Answer> {
    for (;;) {
      try {
        return await open();
      } catch (cause) {
        if (!(cause instanceof RolecallError) || cause.status !== 429 || cause.retryAfter === 0 || signal.aborted) throw cause;
        await pause(this.clock, cause.retryAfter * 1000, signal);
      }
    }
  }

  async #one(answer: Answer): Promise<Document> {
    const bytes = new Bytes(answer);
    try {
      return await this.#read(await bytes.rest());
    } finally {
      answer.close();
    }
  }

  async #read(bytes: Uint8Array<ArrayBuffer>): Promise<Document> {
    const document = await readDocument(bytes, this.keys);
    this.#issuer ??= document.issuer;
    if (document.issuer !== this.#issuer) throw new DocumentError(`a document of ${document.issuer}, not of ${this.#issuer}`);
    return document;
  }
}

/** Takes pieces of a known length from a stream. */
class Bytes {
  readonly #chunks: AsyncGenerator<Uint8Array<ArrayBuffer>, void>;
  readonly #length: number;
  #rest = new Uint8Array(0);

  constructor(answer: Answer) {
    this.#chunks = answer.chunks;
    this.#length = answer.response.headers.has("Content-Encoding") ? 0 : Number(answer.response.headers.get("Content-Length") ?? 0);
  }

  async take(length: number): Promise<Uint8Array<ArrayBuffer>> {
    if (length > maxDocument) throw new DocumentError("a document is too large");
    const out = new Uint8Array(length);
    let have = 0;
    for (;;) {
      const part = this.#rest.subarray(0, length - have);
      out.set(part, have);
      have += part.length;
      this.#rest = this.#rest.subarray(part.length);
      if (have === length) return out;
      const { done, value } = await this.#chunks.next();
      if (done === true) throw new DocumentError("the documents broke off");
      this.#rest = value;
    }
  }

  /** All that is left, into one piece of memory if the server said how long it is. */
  async rest(): Promise<Uint8Array<ArrayBuffer>> {
    let out = new Uint8Array(Math.min(Math.max(this.#length, 4096), maxDocument));
    let have = 0;
    for await (const chunk of this.#chunks) {
      if (have + chunk.length > maxDocument) throw new DocumentError("a document is too large");
      if (have + chunk.length > out.length) {
        const larger = new Uint8Array(Math.max(out.length * 2, have + chunk.length));
        larger.set(out);
        out = larger;
      }
      out.set(chunk, have);
      have += chunk.length;
    }
    return have === out.length ? out : out.slice(0, have);
  }
}

/**
 * Brings a document that comes from the server's store to the newest revision that is known: it may be a minute old.
 * Throws if it stays behind: it is one of before.
 */
export async function upToDate(d: Document, source: Source, state: State, signal: AbortSignal): Promise<Held> {
  const held = new Held(d);
  for (let attempt = 0; attempt < 3; attempt++) {
    if (state.newest(d.organization) > 0 && held.revision >= state.newest(d.organization)) break;
    for (const e of await source.changes(d.organization, d.position, signal)) {
      const data = record(e.data, "an event");
      if (String(data["organization"]).toLowerCase() !== d.organization) continue;
      if (e.name === "denied") throw new RolecallError("this organization is no longer to be read", { status: 404 });
      if ((e.name === "change" || e.name === "site") && held.apply(data) === "reload") throw new DocumentError("a change is missing");
      if (e.name === "reload" && count(data["to"], "to") > held.revision) throw new DocumentError("the document is too old");
    }
    if (held.revision >= state.newest(d.organization)) break;
  }
  if (held.revision < state.newest(d.organization)) throw new DocumentError("a document is older than what was there before", { why: "old" });
  return held;
}
