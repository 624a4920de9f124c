import { fromBase64, list, record } from "./bytes.js";

/** A public Ed25519 key, as /.well-known/rolecall-keys lists them. */
export interface PublicKey {
  kty: string;
  crv: string;
  kid: string;
  x: string;
}

/** Milliseconds between two looks for a key that is not known, and after which known keys are looked at again. */
const pause = 60_000;
const maxAge = 300_000;

/** The keys of a server by their id. Only Ed25519 counts, whatever a document says of itself. */
export class Keys {
  #known = new Map<string, CryptoKey>();
  #asked = -Infinity;
  #asking: Promise<void> | undefined;

  /**
   * @param fetch gets the keys of the server; undefined if the given ones are all there are
   * @param trusted keys that are accepted without asking
   */
  constructor(
    private readonly fetch: (() => Promise<unknown>) | undefined,
    private readonly trusted: readonly PublicKey[] = [],
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Reports whether a key of that id signed the data. No such key: no. */
  async verify(kid: string, signature: Uint8Array<ArrayBuffer>, data: Uint8Array<ArrayBuffer>): Promise<boolean> {
    const key = await this.#find(kid);
    return key !== undefined && signature.length === 64 && (await crypto.subtle.verify({ name: "Ed25519" }, key, signature, data));
  }

  /** Looks for new keys soon, as after word that there is one. */
  refresh(): void {
    this.#asked = -Infinity;
  }

  async #find(kid: string): Promise<CryptoKey | undefined> {
    if (this.fetch === undefined) {
      if (this.#known.size === 0) this.#known = await imported(this.trusted);
      return this.#known.get(kid);
    }
    const since = this.now() - this.#asked;
    if (since >= maxAge || (since >= pause && !this.#known.has(kid))) {
      this.#asking ??= this.#ask(this.fetch).finally(() => (this.#asking = undefined));
    }
    await this.#asking;
    return this.#known.get(kid);
  }

  async #ask(fetch: () => Promise<unknown>): Promise<void> {
    this.#asked = this.now();
    try {
      const keys = list(record(await fetch(), "the answer")["keys"], "keys") as PublicKey[];
      this.#known = await imported(keys);
    } catch {
      // What was known stays: a key is not less true because nobody answers.
    }
  }
}

async function imported(keys: readonly PublicKey[]): Promise<Map<string, CryptoKey>> {
  const known = new Map<string, CryptoKey>();
  for (const k of keys) {
    if (k?.kty !== "OKP" || k.crv !== "Ed25519" || typeof k.kid !== "string" || typeof k.x !== "string") continue;
    if (fromBase64(k.x).length !== 32) continue;
    known.set(k.kid, await crypto.subtle.importKey("jwk", { kty: "OKP", crv: "Ed25519", x: k.x }, { name: "Ed25519" }, false, ["verify"]));
  }
  return known;
}
