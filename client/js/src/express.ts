import type { Checker } from "./ask.js";
import { judge, type Who } from "./guard.js";

export type { Who } from "./guard.js";

/** What this needs of a response: Express 4 and 5 have it. */
export interface Response {
  status(code: number): Response;
  set(headers: Record<string, string>): Response;
  type(name: string): Response;
  send(body: string): unknown;
}

/**
 * Middleware that lets requests pass only of people who may do it: 401 without one, 403 for others, 503 if nobody can say.
 * Throws at once if there is no such permission, as far as the checker knows. What `who` throws goes to the error handler.
 */
export function guard<P extends string, Req>(
  checker: Checker<P>,
  permission: NoInfer<P>,
  who: (request: Req) => Who | undefined | Promise<Who | undefined>,
): (request: Req, response: Response, next: (error?: unknown) => void) => void {
  checker.must?.(permission);
  return (request, response, next) => {
    judge(checker, permission, () => who(request)).then(
      (no) => (no === undefined ? next() : void response.status(no.status).set(no.headers).type("txt").send(`${no.body}\n`)),
      (cause: unknown) => next(cause ?? new Error("rolecall: who failed")),
    );
  };
}
