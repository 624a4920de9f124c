import { count, list, record, text } from "./bytes.js";

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

/** A type and an action: their number for life, and what the type says. */
export interface Pair {
  number: number;
  /** Things of the type belong to the site, and to no organization. */
  ofSite: boolean;
  /** A thing of the type may belong to one person. */
  owned: boolean;
}

/** What there is to be permitted, in one version: each pair has a number for life, whatever it is called. */
export class Catalog {
  readonly version: number;
  readonly #pairs = new Map<string, Pair>();
  readonly #byNumber: (Pair | undefined)[] = [];

  /** @param document the catalog as a snapshot or GET /catalog has it. Throws if it is none. */
  constructor(document: unknown, version: number) {
    this.version = version;
    const d = record(document, "the catalog");
    const types = list(d["types"], "types").map((t) => checked(t));
    const shared = list(d["actions"], "actions").map((a) => record(a, "an action") as unknown as Renamed);
    const known = new Set(types.map((t) => t.name));
    const pairs = types.map((t) => t.actions.map((a) => ({ number: a.number, ofSite: t.parent === "site", owned: t.owned })));
    types.forEach((t, i) => t.actions.forEach((a, j) => this.#pairs.set(`${t.name}:${a.name}`, pairs[i]![j]!)));
    for (const pair of pairs.flat()) this.#byNumber[pair.number] = pair;
    // Old names are answered as long as the catalog tells them, unless something else is called so today.
    types.forEach((t, i) => {
      for (const type of [t.name, ...(t.renamed_from ?? []).filter((name) => !known.has(name))]) {
        t.actions.forEach((a, j) => {
          for (const action of [a.name, ...(a.renamed_from ?? []), ...(shared.find((s) => s.name === a.name)?.renamed_from ?? [])]) {
            if (!this.#pairs.has(`${type}:${action}`)) this.#pairs.set(`${type}:${action}`, pairs[i]![j]!);
          }
        });
      }
    });
  }

  /** What a permission names; undefined if there is no such pair. */
  find(permission: string): Pair | undefined {
    return this.#pairs.get(permission);
  }

  /** The pair of a number; undefined if there is none, or none any more. */
  numbered(number: number): Pair | undefined {
    return this.#byNumber[number];
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
