import { count, list, record, text } from "./bytes.js";
import { splitPermission } from "./ask.js";

interface Renamed {
  name: string;
  renamed_from?: string[];
}

interface CatalogAction extends Renamed {
  number: number;
}

interface CatalogType extends Renamed {
  parent: string;
  owned: boolean;
  actions: CatalogAction[];
}

/** What there is to be permitted, in one version: each pair has a number for life, whatever it is called. */
export class Catalog {
  readonly version: number;
  readonly #pairs = new Map<string, number>();
  readonly #types = new Map<string, CatalogType>();

  /** @param document the catalog as a snapshot or GET /catalog has it. Throws if it is none. */
  constructor(document: unknown, version: number) {
    this.version = version;
    const d = record(document, "the catalog");
    const types = list(d["types"], "types").map((t) => checked(t));
    const shared = list(d["actions"], "actions").map((a) => record(a, "an action") as unknown as Renamed);
    for (const t of types) {
      this.#types.set(t.name, t);
      for (const a of t.actions) this.#pairs.set(`${t.name}:${a.name}`, a.number);
    }
    for (const t of types) this.#addOldNames(t, shared);
  }

  /** Old names are answered as long as the catalog tells them, unless something else is called so today. */
  #addOldNames(t: CatalogType, shared: readonly Renamed[]): void {
    for (const old of t.renamed_from ?? []) if (!this.#types.has(old)) this.#types.set(old, t);
    for (const a of t.actions) {
      const names = [...(a.renamed_from ?? []), ...(shared.find((s) => s.name === a.name)?.renamed_from ?? [])];
      for (const type of [t.name, ...(t.renamed_from ?? [])]) {
        if (this.#types.get(type) !== t) continue; // another type has that name now
        for (const action of [a.name, ...names]) {
          const pair = `${type}:${action}`;
          if (!this.#pairs.has(pair)) this.#pairs.set(pair, a.number);
        }
      }
    }
  }

  /** The number of a pair, or -1 if there is none. */
  pair(permission: string): number {
    return this.#pairs.get(permission) ?? -1;
  }

  /** Reports whether things of the type belong to the site and to no organization. */
  ofSite(permission: string): boolean {
    return this.#types.get(splitPermission(permission)[0])?.parent === "site";
  }

  /** Reports whether a thing of the type may belong to one person. */
  owned(permission: string): boolean {
    return this.#types.get(splitPermission(permission)[0])?.owned === true;
  }
}

function checked(value: unknown): CatalogType {
  const t = record(value, "a type");
  text(t["name"], "the name of a type");
  for (const a of list(t["actions"], "the actions of a type")) {
    const action = record(a, "an action");
    text(action["name"], "the name of an action");
    count(action["number"], "the number of a pair");
  }
  return t as unknown as CatalogType;
}
