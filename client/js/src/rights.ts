import { fromBase64, hasBit, record, text } from "./bytes.js";
import type { Catalog } from "./catalog.js";
import { RolecallError } from "./errors.js";
import type { Keys } from "./keys.js";

/** What one person may do in one organization, as of a moment: to show or hide buttons. A write is guarded by a check. */
export class Rights<P extends string = string> {
  readonly #catalog: Catalog;
  readonly #any: Uint8Array;
  readonly #own: Uint8Array;

  /** @param rights as GET …/rights has them. Throws if they are none, or belong to another version of the catalog. */
  constructor(rights: string, catalog: Catalog) {
    const [version, any, own, ...rest] = rights.split(".");
    if (any === undefined || own === undefined || rest.length > 0) throw new RolecallError("these are no rights");
    if (version !== String(catalog.version)) throw new RolecallError(`these rights belong to version ${version} of the catalog`);
    this.#catalog = catalog;
    this.#any = fromBase64(any);
    this.#own = fromBase64(own);
  }

  /** Reports whether the person may do it: with things of anybody, or with own things alone. */
  has(permission: P, of: { own?: boolean } = {}): boolean {
    const pair = this.#catalog.find(permission);
    return pair !== undefined && hasBit(of.own === true ? this.#own : this.#any, pair.number);
  }
}

/** What a token of rights says. Times are in seconds since 1970. */
export interface RightsClaims {
  iss: string;
  sub: string;
  org: string;
  aud?: string;
  iat: number;
  exp: number;
  rev: number;
  rights: string;
}

export interface Expected {
  issuer: string;
  /** Whom the token must be for; left out, a token for somebody in particular is refused. */
  audience?: string;
  organization?: string;
  /** Milliseconds since 1970; now if left out. */
  now?: number;
}

/** Seconds by which clocks may differ. */
const leeway = 5;

/** Reads a token of rights. It throws unless the server signed it, it is for the expected reader, and it still holds. */
export async function verifyRights(token: string, keys: Keys, expected: Expected): Promise<RightsClaims> {
  const refuse = (why: string, cause?: unknown) => new RolecallError(`this token of rights does not count: ${why}`, { cause });
  const [head, body, signature, ...rest] = token.split(".");
  if (head === undefined || body === undefined || signature === undefined || rest.length > 0) throw refuse("it is none");
  let claims: RightsClaims;
  try {
    const header = part(head);
    if (header["alg"] !== "EdDSA" || header["typ"] !== "rolecall-rights+jwt") throw refuse("it is of another kind");
    const signed = new TextEncoder().encode(`${head}.${body}`);
    if (!(await keys.verify(text(header["kid"], "kid"), fromBase64(signature), signed))) throw refuse("the server did not sign it");
    claims = part(body) as unknown as RightsClaims;
    for (const name of ["iss", "sub", "org", "rights"] as const) text(claims[name], name);
  } catch (cause) {
    throw cause instanceof RolecallError ? cause : refuse("it can not be read", cause);
  }
  const now = (expected.now ?? Date.now()) / 1000;
  if (claims.iss !== expected.issuer) throw refuse(`it is from ${claims.iss}`);
  if ((claims.aud || undefined) !== expected.audience) throw refuse("it is for another reader");
  if (expected.organization !== undefined && claims.org !== expected.organization) throw refuse("it is of another organization");
  if (!(claims.exp > now - leeway) || !(claims.iat < now + leeway)) throw refuse("its time is over");
  return claims;
}

function part(encoded: string): Record<string, unknown> {
  return record(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(fromBase64(encoded))), "a part of the token");
}
