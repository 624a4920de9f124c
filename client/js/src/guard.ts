import { isPassing, type Checker, type Narrow } from "./ask.js";

/** Who asks for what: undefined if nobody is signed in. */
export interface Who extends Narrow {
  user: string;
  /** The organization that the thing belongs to; null for things of the site. */
  organization: string | null;
}

/** What a guard answers in the place of the handler. */
export interface Refusal {
  status: 401 | 403 | 503;
  headers: Record<string, string>;
  body: string;
}

const refusals = {
  401: { status: 401, headers: { "WWW-Authenticate": "Bearer" }, body: "Sign in first." },
  403: { status: 403, headers: {}, body: "You may not do this." },
  503: { status: 503, headers: { "Retry-After": "2" }, body: "Nobody can say at the moment whether you may do this." },
} as const;

/** Decides a request. Undefined lets it pass; every error is a refusal. */
export async function judge<P extends string>(checker: Checker<P>, permission: P, who: () => Promise<Who | undefined> | Who | undefined): Promise<Refusal | undefined> {
  const person = await who();
  if (!person?.user) return refusals[401];
  try {
    const d = await checker.decide(person.user, person.organization, permission, person);
    if (d.allowed === true) return undefined;
    return isPassing(d) ? refusals[503] : refusals[403];
  } catch {
    return refusals[503];
  }
}
