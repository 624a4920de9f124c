import assert from "node:assert/strict";
import { test } from "node:test";
import { RolecallError } from "@rolecall/client";
import { guard as express } from "@rolecall/client/express";
import { guard } from "@rolecall/client/fetch";

const outcomes = [
  [{ allowed: true, reason: "allowed" }, 200],
  [{ allowed: false, reason: "denied" }, 403],
  [{ allowed: "yes", reason: "allowed" }, 403],
  [{ allowed: 1 }, 403],
  [{}, 403],
  [{ allowed: false, reason: "unknown_permission" }, 403],
  [{ allowed: false, reason: "suspended" }, 403],
  [{ allowed: false, reason: "stale" }, 503],
  [{ allowed: false, reason: "behind" }, 503],
  [{ allowed: false, reason: "not_loaded" }, 503],
  [{ allowed: false, reason: "no_access" }, 503],
  [{ allowed: false, reason: "closed" }, 503],
  [undefined, 503],
  [new RolecallError("the server cannot be reached"), 503],
  [new RolecallError("Sign in.", { status: 401 }), 503], // of the application itself, not of the person
];
const who = () => ({ user: "grace", organization: "acme", own: true });
const checker = (outcome, asked = []) => ({
  decide: async (...question) => {
    asked.push(question);
    if (outcome instanceof Error) throw outcome;
    return outcome;
  },
});

test("a handler of requests runs for whom it is allowed to", async () => {
  for (const [outcome, status] of outcomes) {
    let ran = 0;
    const asked = [];
    const handler = guard(checker(outcome, asked), "invoice:void", who)((_, more) => (ran++, new Response(more)));
    const answer = await handler(new Request("http://x/"), "done");
    assert.deepEqual([answer.status, ran], [status, status === 200 ? 1 : 0], JSON.stringify(outcome));
    assert.equal(answer.headers.has("Retry-After"), status === 503);
    assert.deepEqual(asked[0].slice(0, 3), ["grace", "acme", "invoice:void"]);
    assert.equal(asked[0][3].own, true);
  }
});

test("nobody signed in is 401, and what fails to say who is no pass", async () => {
  for (const nobody of [undefined, null, { user: "", organization: "acme" }, { organization: "acme" }]) {
    const answer = await guard(checker({ allowed: true }), "a:b", () => nobody)(() => new Response())(new Request("http://x/"));
    assert.equal(answer.status, 401);
    assert.ok(answer.headers.has("WWW-Authenticate"));
  }
  const failing = guard(checker({ allowed: true }), "a:b", () => {
    throw new Error("session store");
  });
  await assert.rejects(failing(() => new Response())(new Request("http://x/")), /session store/);
});

test("a permission that does not exist fails when the guard is made", () => {
  const strict = {
    ...checker({ allowed: true }),
    must: () => {
      throw new RolecallError("there is no permission");
    },
  };
  assert.throws(() => guard(strict, "invoice:viod", who), /no permission/);
  assert.throws(() => express(strict, "invoice:viod", who), /no permission/);
});

/** What Express has of a response, as far as it is used. */
function response(done) {
  const r = { code: 200, headers: {} };
  r.status = (code) => ((r.code = code), r);
  r.set = (headers) => (Object.assign(r.headers, headers), r);
  r.type = () => r;
  r.send = (body) => done(r.code, body, r.headers);
  return r;
}

test("middleware of Express lets the same requests pass", async () => {
  for (const [outcome, status] of outcomes) {
    const code = await new Promise((resolve) => express(checker(outcome), "invoice:void", who)({}, response(resolve), () => resolve(200)));
    assert.equal(code, status, JSON.stringify(outcome));
  }
  const nobody = await new Promise((resolve) => express(checker({ allowed: true }), "a:b", () => undefined)({}, response(resolve), () => resolve(200)));
  assert.equal(nobody, 401);
  const error = await new Promise((resolve) => express(checker({ allowed: true }), "a:b", async () => Promise.reject(undefined))({}, response(resolve), resolve));
  assert.ok(error instanceof Error);
});
