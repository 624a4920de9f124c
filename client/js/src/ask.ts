/** What narrows a question. Without an owner it is about things of anybody. */
export interface Narrow {
  /** The thing belongs to the person asked about. */
  own?: boolean;
  /** Whom the thing belongs to: an id, or over HTTP also a username or an e-mail address. */
  owner?: string;
  /** Decide on a state that has this write in it: the X-Rolecall-Revision of its answer. */
  atLeast?: string;
}

/** A question. Over HTTP a person may be named by id, username or e-mail address; in the process by id alone. */
export interface Ask<P extends string = string> extends Narrow {
  permission: P;
  /** Which organization the thing belongs to: id, or over HTTP also name. Null for things of the site, and never by default. */
  organization: string | null;
}

/** Why a decision is as it is. All but "allowed" are a no. */
export type Reason =
  | "allowed"
  | "denied"
  // A check that cannot be answered: the question is wrong, or what it names is not to be seen.
  | "not_found"
  | "suspended"
  | "unknown_permission"
  | "no_owner"
  | "site_type"
  | "organization_needed"
  | "invalid_id"
  // The answer is not known at the moment: ask again.
  | "stale"
  | "behind"
  | "not_loaded"
  | "unavailable"
  // rolecall does not answer this application any more.
  | "no_access"
  | "closed";

/** The reasons that say nothing about the person: a server answers 503 then, not 403. */
const passing: ReadonlySet<Reason> = new Set<Reason>(["stale", "behind", "not_loaded", "unavailable", "no_access", "closed"]);

/** Reports whether a decision is a no only because nobody knows better now. */
export function isPassing(d: Decision): boolean {
  return d.allowed !== true && passing.has(d.reason);
}

export interface Decision {
  allowed: boolean;
  reason: Reason;
  /** Milliseconds since what it rests on was known to be current; 0 over HTTP. */
  age: number;
}

/** Answers questions: a Client over HTTP, or an Engine in the process. */
export interface Checker<P extends string = string> {
  /** The decision, with its reason. It throws if there is none. */
  decide(user: string, organization: string | null, permission: P, narrow?: Narrow): Promise<Decision>;
  /** Throws for a permission that cannot exist, as far as that is known. */
  must?(permission: P): void;
}

/** Splits "invoice:void". Action is "" if the text is no permission. */
export function splitPermission(permission: string): [type: string, action: string] {
  const at = permission.indexOf(":");
  return at < 1 ? [permission, ""] : [permission.slice(0, at), permission.slice(at + 1)];
}
