import { count, list, record, sha256, text } from "../bytes.js";
import { RolecallError } from "../errors.js";
import type { Keys } from "../keys.js";

/** What stands at the beginning of a document, signed. */
export interface Header {
  kind: "organization" | "site";
  issuer: string;
  key: string;
  /** Of an organization's document. */
  organization: string;
  revision: number;
  siteRevision: number;
  catalogVersion: number;
  position: number;
  sections: Section[];
}

interface Section {
  name: string;
  length: number;
  sha256: string;
  critical: boolean;
}

/** A document whose signature and sums are right. Sections are views of the bytes that came. */
export interface Document extends Header {
  bytes: Uint8Array<ArrayBuffer>;
  section(name: string): Uint8Array<ArrayBuffer> | undefined;
}

const magic = 0x31534352; // "RCS1"
const maxHeader = 1 << 20;
const signatureLength = 64;
const signedPrefix = "rolecall-snapshot\n";
const known = new Set(["catalog", "roles", "sets", "members", "ends", "aliases", "organizations"]);

/** A document that is refused. What was there before goes on. */
export class DocumentError extends RolecallError {
  override readonly name: string = "DocumentError";
  /** It is not what the server signed; or it is, and older than one before, of another server, or roles that do not fit. */
  readonly why: "unsound" | "old" | "issuer" | "behind";

  constructor(message: string, more: { why?: DocumentError["why"]; cause?: unknown } = {}) {
    super(message, more);
    this.why = more.why ?? "unsound";
  }
}

/** Reads a whole document, and throws a DocumentError unless every byte of it is what the server signed. */
export async function readDocument(bytes: Uint8Array<ArrayBuffer>, keys: Keys): Promise<Document> {
  try {
    return await checked(bytes, keys);
  } catch (cause) {
    throw cause instanceof DocumentError ? cause : new DocumentError("a document can not be read", { cause });
  }
}

async function checked(bytes: Uint8Array<ArrayBuffer>, keys: Keys): Promise<Document> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 8 + signatureLength || view.getUint32(0, true) !== magic) throw new DocumentError("this is no snapshot");
  const length = view.getUint32(4, true);
  const end = 8 + length;
  if (length > maxHeader || end % 8 !== 0 || end > bytes.length - signatureLength) throw new DocumentError("a document is cut off");
  const signature = bytes.slice(bytes.length - signatureLength);
  // The key must be found before the rest is believed, and it is the header that names it.
  const header = readHeader(bytes.subarray(8, end));
  const prefix = new TextEncoder().encode(signedPrefix);
  const signed = new Uint8Array(prefix.length + end);
  signed.set(prefix);
  signed.set(bytes.subarray(0, end), prefix.length);
  if (!(await keys.verify(header.key, signature, signed))) throw new DocumentError(`key ${header.key} did not sign a document`);
  const sections = new Map<string, Uint8Array<ArrayBuffer>>();
  let at = end;
  for (const s of header.sections) {
    if (s.critical && !known.has(s.name)) throw new DocumentError(`a document has a section "${s.name}", which this version can not read`);
    if (sections.has(s.name) || s.length > bytes.length - at) throw new DocumentError("a document is cut off");
    const part = bytes.subarray(at, at + s.length);
    if ((await sha256(part)) !== s.sha256) throw new DocumentError(`section "${s.name}" is not what was signed`);
    sections.set(s.name, part);
    at = afterGap(bytes, at + s.length);
  }
  if (at + signatureLength !== bytes.length) throw new DocumentError("a document has another length than it says");
  const has = (...names: string[]) => names.every((name) => sections.has(name));
  if (!has("roles") || has("members") !== has("sets") || ((has("aliases") || has("ends")) && !has("members"))) throw new DocumentError("a part is missing");
  if (header.kind === "site" && !has("catalog", "members")) throw new DocumentError("a part of the site is missing");
  return { ...header, bytes, section: (name) => sections.get(name) };
}

/** Where the next part begins, after zeros: what nobody signed must not say anything. */
function afterGap(bytes: Uint8Array, end: number): number {
  const next = Math.ceil(end / 8) * 8;
  if (bytes.subarray(end, next).some((b) => b !== 0)) throw new DocumentError("a gap is not empty");
  return next;
}

function readHeader(bytes: Uint8Array): Header {
  const h = record(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)), "the header");
  const kind = h["kind"];
  if (kind !== "organization" && kind !== "site") throw new DocumentError(`a document of kind ${String(kind)}`);
  if (kind === "site" && (h["organization"] ?? "") !== "") throw new DocumentError("the site is no organization");
  const sections = list(h["sections"], "sections").map((value) => {
    const s = record(value, "a section");
    return {
      name: text(s["name"], "a section's name"),
      length: count(s["length"], "a section's length"),
      sha256: text(s["sha256"], "a section's sum"),
      critical: s["critical"] === true,
    };
  });
  return {
    kind,
    issuer: text(h["issuer"], "issuer"),
    key: text(h["key"], "key"),
    organization: kind === "site" ? "" : text(h["organization"], "organization").toLowerCase(),
    revision: count(h["revision"], "revision"),
    siteRevision: count(h["site_revision"], "site_revision"),
    catalogVersion: count(record(h["catalog"], "catalog")["version"], "the version of the catalog"),
    position: count(h["position"], "position"),
    sections,
  };
}
