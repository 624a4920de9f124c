import type { Checker } from "./ask.js";
import { judge, type Who } from "./guard.js";

export type { Who } from "./guard.js";

/** What answers a request, as of a route in Next, Hono, Deno or a worker. More arguments are passed on as they are. */
export type Handler<A extends unknown[]> = (request: Request, ...more: A) => Response | Promise<Response>;

/**
 * Lets a handler run only for people who may do it: 401 without one, 403 for others, 503 if nobody can say.
 * Throws at once if there is no such permission, as far as the checker knows.
 */
export function guard<P extends string, A extends unknown[]>(
  checker: Checker<P>,
  permission: NoInfer<P>,
  who: (request: Request, ...more: A) => Who | undefined | Promise<Who | undefined>,
): (handler: Handler<A>) => (request: Request, ...more: A) => Promise<Response> {
  checker.must?.(permission);
  return (handler) =>
    async (request, ...more) => {
      const no = await judge(checker, permission, () => who(request, ...more));
      return no === undefined ? handler(request, ...more) : new Response(`${no.body}\n`, { status: no.status, headers: no.headers });
    };
}
