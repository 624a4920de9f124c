import { count, list, record, text } from "../bytes.js";
import { Catalog, type Pair } from "../catalog.js";
import { DocumentError, type Document } from "./document.js";
import { checkAliases, placeOf } from "./aliases.js";
import { Ends, endless, none, readHolding, type Holding } from "./ends.js";
import { assertLittleEndian } from "./ids.js";
import { Members, Sets } from "./members.js";
import { OrganizationAllow, OrganizationDeny, Roles, SiteAllow, SiteDeny, UserAllow, UserDeny } from "./roles.js";

/** What an event did: it was taken in, it was known already, or the document must be fetched. */
export type Applied = "applied" | "known" | "reload";

/** A document that an application holds, with the changes since. */
export class Held {
  readonly kind: Document["kind"];
  /** The revision of the site when the document was made. */
  readonly siteRevision: number;
  catalogVersion: number;
  revision: number;
  /** Counts up with each question: who was asked least recently goes first. */
  used = 0;
  /** Whether the server has agreed since it was fetched that nothing newer is there. */
  confirmed = false;
  /** Since when something newer is known to be there. */
  behind: number | undefined;
  readonly #issuer: string;
  readonly #aliases: Uint8Array | undefined;
  readonly #buffer: number;
  readonly #roles: Roles;
  readonly #sets: Sets;
  readonly #ends: Ends;
  readonly #members: Members;

  constructor(d: Document) {
    assertLittleEndian();
    const part = (name: string) => {
      const section = d.section(name);
      if (section === undefined) throw new DocumentError(`a document has no section "${name}"`);
      return section;
    };
    this.kind = d.kind;
    this.siteRevision = d.siteRevision;
    this.#issuer = d.issuer;
    this.#aliases = d.section("aliases");
    this.revision = d.revision;
    this.catalogVersion = d.catalogVersion;
    this.#buffer = d.bytes.byteLength;
    try {
      const roles = list(json(part("roles")), "roles");
      this.#roles = new Roles(roles);
      if (roles.length === 0 || this.#roles.size !== roles.length) throw new RangeError("a role twice, or none");
      this.#sets = new Sets(part("sets"), this.#roles.size);
      const sets = this.#sets.size;
      this.#ends = new Ends(d.section("ends"), sets);
      this.#members = new Members(part("members"), (set) => this.#ends.has(set, sets));
      if (this.#aliases !== undefined) checkAliases(this.#aliases, this.#members.size);
    } catch (cause) {
      throw new DocumentError("a document can not be used", { cause });
    }
  }

  get bytes(): number {
    return this.#buffer + this.#roles.bytes + this.#members.bytes + this.#sets.bytes + this.#ends.bytes;
  }

  get members(): number {
    return this.#members.size;
  }

  /** Reports whether so much came by events that a new document would be smaller. */
  get overgrown(): boolean {
    return this.#members.added > 20_000 || this.#sets.size > 500_000 || this.#ends.added > 100_000;
  }

  /** Reports whether anything in it ends, so that the time decides as well. */
  get ends(): boolean {
    return this.#ends.size > 0;
  }

  /** The number of the set of a member at a time, or -1. */
  find(user: string, now: number): number {
    return this.#ends.at(this.#members.find(user), now);
  }

  /** What the roles of a set vote on a pair; a set of -1 is that of the role that everybody holds. */
  votes(set: number, pair: number): number {
    return set < 0 ? this.#roles.votes(0, pair) : this.#sets.votes(set, pair, this.#roles);
  }

  /** Takes in a change. What can not be understood changes nothing, and asks for the document. */
  apply(value: unknown): Applied {
    let change: Change;
    try {
      change = readChange(value);
    } catch {
      return "reload";
    }
    if (change.to <= this.revision) return "known";
    if (change.from !== this.revision) return "reload";
    const names = new Set(change.roles.map((r) => r.name));
    const there = ({ role: name }: Holding) => names.has(name) || this.#roles.number(name) >= 0;
    if (change.set.some(([, roles]) => !roles.every(there))) return "reload";
    try {
      for (const r of change.roles) this.#roles.put(r.role);
      for (const [user, roles] of change.set) {
        const nothing = this.kind === "site" && roles.length === 0; // on the site nobody is a member
        this.#members.set(user, nothing ? none : this.#numberOf(roles));
      }
      for (const user of change.gone) this.#members.set(user, none);
    } catch {
      this.revision = 0; // half of it is in: nothing fits any more but a document
      return "reload";
    }
    for (const name of change.rolesGone) if (!names.has(name)) this.#roles.remove(name);
    this.revision = change.to;
    return "applied";
  }

  /** Gives all roles the votes that they have under another version of the catalog. Throws if they are of another revision. */
  adopt(d: Document): void {
    const section = d.section("roles");
    if (section === undefined || d.revision !== this.revision) throw new DocumentError("roles of another revision", { why: "behind" });
    const roles = list(json(section), "roles");
    const names = new Set(roles.map((r) => text(record(r, "a role")["name"], "a role's name")));
    for (const name of this.#roles.names()) if (name !== "" && !names.has(name)) throw new DocumentError("other roles", { why: "behind" });
    for (const r of roles) this.#roles.put(r);
    this.catalogVersion = d.catalogVersion;
  }

  /** The member whom an alias of the document names. */
  async resolve(kind: string, value: string, now: number): Promise<string | undefined> {
    if (this.#aliases === undefined) return undefined;
    const place = await placeOf(this.#aliases, `${this.#issuer}\n${kind}\n${value.toLowerCase()}\n`);
    const user = place === undefined ? undefined : this.#members.at(place);
    return user !== undefined && this.find(user, now) >= 0 ? user : undefined;
  }

  /** The number of what somebody holds. The end of the role that everybody holds is that of all. */
  #numberOf(holdings: readonly Holding[]): number {
    const all = holdings.map((h) => ({ role: this.#roles.number(h.role), until: h.until }));
    const roles = all.filter((r) => r.role > 0);
    let end = all.find((r) => r.role === 0)?.until ?? endless;
    // On the site, who holds nothing any more is nobody.
    if (this.kind === "site" && roles.length > 0) end = Math.min(end, Math.max(...roles.map((r) => r.until)));
    return this.#ends.number(roles, end, (numbers) => this.#sets.of(numbers));
  }
}

interface Change {
  from: number;
  to: number;
  set: [user: string, roles: Holding[]][];
  gone: string[];
  roles: { name: string; role: unknown }[];
  rolesGone: string[];
}

function readChange(value: unknown): Change {
  const c = record(value, "a change");
  const texts = (v: unknown) => (v == null ? [] : list(v, "a list").map((t) => text(t, "a name")));
  const change = {
    from: count(c["from"], "from"),
    to: count(c["to"], "to"),
    set: Object.entries(c["set"] == null ? {} : record(c["set"], "set")).map(([user, roles]): [string, Holding[]] => [user, roles == null ? [] : list(roles, "roles").map(readHolding)]),
    gone: texts(c["gone"]),
    roles: (c["roles"] == null ? [] : list(c["roles"], "roles")).map((role) => ({ name: text(record(role, "a role")["name"], "name"), role })),
    rolesGone: texts(c["roles_gone"]),
  };
  if (change.gone.some((user) => change.set.some(([other]) => other === user))) throw new TypeError("both there and gone");
  return change;
}

function json(bytes: Uint8Array): unknown {
  return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
}

/** The key of the site among organizations. */
export const siteKey = "";

/** What an application knows: the document of the site, and those of some organizations. It decides like the server. */
export class State {
  site: Held | undefined;
  catalog: Catalog | undefined;
  readonly organizations = new Map<string, Held>();
  readonly #had = new Map<string, number>();
  readonly #newest = new Map<string, number>();

  /**
   * @param issuer the server whose documents count; undefined: of any
   * @param time what time it is, in microseconds since 1970. A clock of milliseconds gives the last one of each, so that
   * nothing is held too long
   */
  constructor(
    private readonly issuer?: string,
    private readonly time: () => number = () => Date.now() * 1000 + 999,
  ) {}

  /** The newest revision that is known of a document, whether or not it is held. */
  newest(key: string): number {
    return this.#newest.get(key) ?? 0;
  }

  /** Takes note of a revision. It reports whether that is news. */
  named(key: string, revision: number): boolean {
    if (revision <= this.newest(key)) return false;
    this.#newest.set(key, revision);
    return true;
  }

  /** Takes a document in the place of the one before, or what it says of roles if it has these alone. */
  load(d: Document): Held {
    if (d.section("members") !== undefined) return this.put(d, new Held(d));
    this.#refuse(d, d.revision);
    const held = this.organizations.get(d.organization);
    if (held === undefined) throw new DocumentError("roles of what is not held", { why: "behind" });
    held.adopt(d);
    return held;
  }

  /** Takes in a document that may have been led on by changes. */
  put(d: Document, held: Held): Held {
    this.#refuse(d, held.revision);
    if (d.kind === "organization") {
      this.organizations.set(d.organization, held);
    } else {
      if (this.catalog?.version !== d.catalogVersion) this.catalog = new Catalog(json(d.section("catalog")!), d.catalogVersion);
      this.site = held;
    }
    this.#note(d.organization, held.revision);
    return held;
  }

  /** Takes in a change of an organization, or of the site. One of what is not held is known already. */
  apply(key: string, change: unknown): Applied {
    const held = this.held(key);
    const applied = held === undefined ? "known" : held.apply(change);
    if (applied === "applied") this.#note(key, held!.revision);
    return applied;
  }

  held(key: string): Held | undefined {
    return key === siteKey ? this.site : this.organizations.get(key);
  }

  organization(id: string): Held | undefined {
    return this.organizations.get(id) ?? this.organizations.get(id.toLowerCase());
  }

  /** The member that a username or an e-mail address names; undefined if nobody, or if the name may be another's by now. */
  async resolve(organization: Held, kind: string, value: string): Promise<string | undefined> {
    if (this.site === undefined || organization.siteRevision < Math.max(this.site.revision, this.newest(siteKey))) return undefined;
    return organization.resolve(kind, value, this.time());
  }

  #refuse(d: Document, revision: number): void {
    if (this.issuer !== undefined && d.issuer !== this.issuer) throw new DocumentError(`a document of ${d.issuer}`, { why: "issuer" });
    if (revision < (this.#had.get(d.organization) ?? 0)) throw new DocumentError("a document is older than what was there before", { why: "old" });
  }

  #note(key: string, revision: number): void {
    this.#had.set(key, revision);
    this.named(key, revision);
  }

  /**
   * Reports whether a person may do what a pair of the catalog names, in an organization that is held, or on the site
   * (null). The levels vote in order, a deny beats an allow of its level, and the first level with a vote decides. No vote is
   * a no, and so is what makes no sense. Undefined: what is held can not tell, and the server has to be asked.
   */
  allowed(user: string, organization: Held | null | undefined, pair: Pair | undefined, own: boolean): boolean | undefined {
    const { site } = this;
    if (site === undefined || organization === undefined) return undefined;
    if (pair === undefined || (own && !pair.owned)) return false;
    if (pair.ofSite !== (organization === null)) return organization === null ? undefined : false;
    const now = site.ends || organization?.ends === true ? this.time() : 0;
    const there = site.find(user, now);
    const here = organization === null ? -1 : organization.find(user, now);
    if (there < 0 && here < 0) return organization === null ? undefined : false;
    let votes = site.votes(there, pair.number);
    if (here >= 0) votes |= organization!.votes(here, pair.number);
    if ((votes & SiteDeny) !== 0) return false;
    if ((votes & SiteAllow) !== 0) return true;
    if (organization !== null && here < 0) return false; // no member: the levels below do not count
    if ((votes & OrganizationDeny) !== 0) return false;
    if ((votes & OrganizationAllow) !== 0) return true;
    return own && (votes & UserDeny) === 0 && (votes & UserAllow) !== 0;
  }
}
