import { splitPermission, type Ask, type Checker, type Decision, type Narrow, type Reason } from "./ask.js";
import { record, text } from "./bytes.js";
import { Catalog } from "./catalog.js";
import { RolecallError } from "./errors.js";
import { Transport, type Call, type ClientOptions } from "./http.js";
import { Keys, type PublicKey } from "./keys.js";
import { rows } from "./lines.js";
import { Rights, verifyRights, type Expected, type RightsClaims } from "./rights.js";

/** Why a check could not be answered. Its answer is no. */
export interface Problem {
  code: Reason;
  message: string;
}

/** An answer to each check under its key, and why those are no that could not be answered. */
export interface Answers<K extends string> {
  answers: Record<K, boolean>;
  errors: Partial<Record<K, Problem>>;
}

/** Answers by person; every person and every check is there. */
export interface SubjectAnswers<S extends string, K extends string> {
  answers: Record<S, Record<K, boolean>>;
  errors: Partial<Record<S, Partial<Record<K, Problem>>>>;
}

export interface CallOptions {
  signal?: AbortSignal;
  atLeast?: string;
}

/** A row of who may do something. */
export interface Holder {
  user_id: string;
  username: string;
  /** False: the person is no member, and may by a role of the site. */
  member?: boolean;
  /** The person could, if it were not suspended. */
  suspended?: boolean;
  [field: string]: unknown;
}

export interface Organization {
  id: string;
  name: string;
  display_name: string;
  [field: string]: unknown;
}

/** Asks one server over HTTP. P is the type Permission that `rolecall catalog export --format ts` makes. */
export class Client<P extends string = string> implements Checker<P> {
  readonly transport: Transport;
  #keys: Keys | undefined;

  constructor(options: ClientOptions) {
    this.transport = new Transport(options);
  }

  /** Reports whether a person may do something. It throws if there is no answer, which is a no. */
  async check(user: string, organization: string | null, permission: P, narrow: Narrow & CallOptions = {}): Promise<boolean> {
    return (await this.decide(user, organization, permission, narrow)).allowed === true;
  }

  async decide(user: string, organization: string | null, permission: P, narrow: Narrow & CallOptions = {}): Promise<Decision> {
    const { answers, errors } = await this.checkMany(user, { it: { ...narrow, organization, permission } }, narrow);
    const allowed = answers.it === true && errors.it === undefined;
    return { allowed, reason: allowed ? "allowed" : (errors.it?.code ?? "denied"), age: 0 };
  }

  /** Asks many things about one person; see sizes in the description of POST /authcheck. */
  async checkMany<K extends string>(user: string, checks: Record<K, Ask<P>>, options: CallOptions = {}): Promise<Answers<K>> {
    if (!user) throw new RolecallError("nobody is asked about"); // the server would answer for the caller
    const body = record(await this.#authcheck({ user }, checks, options), "the answer");
    return read(Object.keys(checks) as K[], body, body["errors"]);
  }

  /** Asks the same things about many people. */
  async subjects<S extends string, K extends string>(
    users: readonly S[],
    checks: Record<K, Ask<P>>,
    options: CallOptions = {},
  ): Promise<SubjectAnswers<S, K>> {
    const body = record(await this.#authcheck({ subjects: users }, checks, options), "the answer");
    const given = record(body["answers"], "answers");
    const problems = body["errors"] === undefined ? {} : record(body["errors"], "errors");
    const all: SubjectAnswers<S, K> = { answers: Object.create(null), errors: Object.create(null) };
    for (const user of users) {
      const of = Object.hasOwn(given, user) ? record(given[user], "answers") : {};
      const { answers, errors } = read(Object.keys(checks) as K[], of, Object.hasOwn(problems, user) ? problems[user] : undefined);
      all.answers[user] = answers;
      if (Object.keys(errors).length > 0) all.errors[user] = errors;
    }
    return all;
  }

  /** Everybody who may do something in an organization. It throws if the list breaks off. */
  async *whoCan(organization: string, permission: P, options: { own?: boolean; signal?: AbortSignal } = {}): AsyncGenerator<Holder, void> {
    const [type, action] = splitPermission(permission);
    const query = { resource_type: type, action, owner: options.own === true ? "me" : undefined };
    yield* this.#rows<Holder>(["organizations", organization, "who-can"], { query, signal: options.signal });
  }

  /** The organizations of a person, or those where it may do something. It throws if the list breaks off. */
  async *organizations(user: string, options: { can?: P; own?: boolean; signal?: AbortSignal } = {}): AsyncGenerator<Organization, void> {
    const query = { can: options.can, own: options.own === true ? "1" : undefined };
    yield* this.#rows<Organization>(["users", user, "organizations"], { query, signal: options.signal });
  }

  /** The catalog in force, which rights are read with. */
  async catalog(): Promise<Catalog> {
    const { body } = await this.transport.json(["catalog"]);
    const c = record(body, "the catalog");
    return new Catalog(c, Number(c["version"]));
  }

  /** What a person may do in an organization, to keep in a session of the application. `ttl` is in seconds. */
  async rights(
    organization: string,
    user: string,
    options: { ttl?: number; audience?: string; signal?: AbortSignal } = {},
  ): Promise<{ rights: string; expiresAt: Date; token: string }> {
    const query = { ttl: options.ttl?.toString(), audience: options.audience };
    const path = ["organizations", organization, "members", user, "rights"];
    const body = record((await this.transport.json(path, { query, signal: options.signal })).body, "the answer");
    return {
      rights: text(body["rights"], "rights"),
      expiresAt: new Date(text(body["expires_at"], "expires_at")),
      token: text(body["token"], "token"),
    };
  }

  readRights(rights: string, catalog: Catalog): Rights<P> {
    return new Rights<P>(rights, catalog);
  }

  /** Reads a token of rights by the server's keys; see verifyRights. */
  verifyRights(token: string, expected: Partial<Expected> = {}): Promise<RightsClaims> {
    this.#keys ??= this.keys();
    return verifyRights(token, this.#keys, { issuer: this.transport.url, ...expected });
  }

  /** The keys of the server, or those given, which it is then not asked for. */
  keys(trusted?: readonly PublicKey[], now?: () => number): Keys {
    const fetch = async () => (await this.transport.json([".well-known", "rolecall-keys"])).body;
    return new Keys(trusted === undefined ? fetch : undefined, trusted, now);
  }

  async #authcheck(whom: { user: string } | { subjects: readonly string[] }, asks: Record<string, Ask<P>>, options: CallOptions): Promise<unknown> {
    const checks: Record<string, unknown> = Object.create(null);
    for (const [key, ask] of Object.entries(asks)) checks[key] = wire(ask);
    const at_least = options.atLeast ?? Object.values(asks).find((a) => a.atLeast !== undefined)?.atLeast;
    const body = { ...whom, strict: true, checks, ...(at_least === undefined ? {} : { at_least }) };
    return (await this.transport.json(["authcheck"], { body, signal: options.signal })).body;
  }

  async *#rows<T>(path: string[], call: Call): AsyncGenerator<T, void> {
    yield* rows<T>(await this.transport.open(path, { ...call, accept: "application/x-ndjson" }));
  }
}

function wire(ask: Ask): unknown {
  const [type, action] = splitPermission(ask.permission);
  const object: Record<string, string> = { resource_type: type };
  if (ask.organization !== null && !ask.organization) throw new RolecallError("no organization is named"); // would ask about none
  if (ask.owner === "") throw new RolecallError("no owner is named");
  if (ask.organization !== null) object["organization_id"] = ask.organization;
  const owner = ask.own === true ? "me" : ask.owner;
  if (owner !== undefined) object["owner_id"] = owner;
  return { action, object };
}

/** Anything but true is no, and so is what was not asked for. */
function read<K extends string>(keys: readonly K[], given: Record<string, unknown>, problems: unknown): Answers<K> {
  const out: Answers<K> = { answers: Object.create(null), errors: Object.create(null) };
  const errors = problems === undefined ? {} : record(problems, "errors");
  for (const key of keys) {
    out.answers[key] = Object.hasOwn(given, key) && given[key] === true && !Object.hasOwn(errors, key);
    if (!Object.hasOwn(errors, key)) continue;
    const { code, message } = record(errors[key], "an error");
    out.errors[key] = { code: text(code, "code") as Reason, message: text(message, "message") };
  }
  return out;
}
