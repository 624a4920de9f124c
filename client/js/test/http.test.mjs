import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import { Client, IncompleteError, RolecallError } from "@rolecall/client";

/** A server that answers with what the test gives, and the client of it. */
async function serve(t, answer, options = {}) {
  const asked = [];
  const server = createServer(async (req, res) => {
    let body = "";
    for await (const chunk of req) body += chunk;
    asked.push({ url: req.url, headers: req.headers, body: body && JSON.parse(body) });
    answer(res, asked.at(-1), req);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => (server.closeAllConnections(), server.close()));
  const url = `http://127.0.0.1:${server.address().port}`;
  return { asked, url, client: new Client({ url: `${url}/`, token: "secret", ...options }) };
}

const json = (body, status = 200, headers = {}) => (res) => res.writeHead(status, { "Content-Type": "application/json", ...headers }).end(JSON.stringify(body));
const lines = (...rows) => (res) => res.writeHead(200, { "Content-Type": "application/x-ndjson" }).end(rows.map((r) => `${typeof r === "string" ? r : JSON.stringify(r)}\n`).join(""));

test("a check is one question, and only true is yes", async (t) => {
  let answer = { it: true };
  const { client, asked } = await serve(t, (res) => json(answer)(res));
  assert.equal(await client.check("grace", "acme", "invoice:void", { own: true, atLeast: "x@5" }), true);
  assert.deepEqual(asked[0].body, {
    user: "grace",
    strict: true,
    at_least: "x@5",
    checks: { it: { action: "void", object: { resource_type: "invoice", organization_id: "acme", owner_id: "me" } } },
  });
  assert.equal(asked[0].url, "/api/v2/authcheck");
  assert.equal(asked[0].headers.authorization, "Bearer secret");
  for (const no of [{ it: false }, { it: "true" }, { it: 1 }, { it: { allowed: true } }, {}, { other: true }, { it: true, errors: { it: { code: "suspended", message: "" } } }]) {
    answer = no;
    assert.equal(await client.check("grace", "acme", "invoice:void"), false, JSON.stringify(no));
  }
});

test("why a check could not be answered is told", async (t) => {
  const { client } = await serve(t, json({ a: true, b: true, errors: { b: { code: "not_found", message: "No such person." } } }));
  const checks = { a: { permission: "invoice:read", organization: "acme" }, b: { permission: "rate:read", organization: null }, __proto__: { permission: "a:b", organization: null } };
  const { answers, errors } = await client.checkMany("grace", checks);
  assert.equal(answers.a, true);
  assert.equal(answers.b, false);
  assert.equal(errors.b.code, "not_found");
  assert.equal(errors.a, undefined);
  assert.equal(answers.toString, undefined);
  assert.deepEqual(await client.decide("grace", "acme", "x:y"), { allowed: false, reason: "denied", age: 0 });
});

test("many people are asked about at once, and each has an answer", async (t) => {
  const { client, asked } = await serve(t, json({ answers: { grace: { void: true }, bo: { void: false } }, errors: { bo: { void: { code: "suspended", message: "" } } } }));
  const { answers, errors } = await client.subjects(["grace", "bo", "eve"], { void: { permission: "invoice:void", organization: "acme", owner: "bo" } });
  assert.deepEqual(asked[0].body.subjects, ["grace", "bo", "eve"]);
  assert.deepEqual([answers.grace.void, answers.bo.void, answers.eve.void], [true, false, false]);
  assert.equal(errors.bo.void.code, "suspended");
  assert.equal(errors.eve, undefined);
});

test("a question that names nobody, or no organization, is not sent", async (t) => {
  const { client, asked } = await serve(t, json({ it: true }));
  await assert.rejects(client.check("", "acme", "invoice:void"));
  await assert.rejects(client.check(undefined, "acme", "invoice:void"));
  await assert.rejects(client.check("grace", "", "invoice:void"));
  await assert.rejects(client.check("grace", undefined, "invoice:void"));
  await assert.rejects(client.check("grace", "acme", "invoice:void", { owner: "" }));
  assert.equal(asked.length, 0);
});

test("a refusal has status, sentence and how long to wait", async (t) => {
  const { client } = await serve(t, json({ message: "Too many decisions.", detail: "Wait" }, 429, { "Retry-After": "7", "X-Request-Id": "r1" }));
  await assert.rejects(client.check("grace", "acme", "a:b"), (e) => {
    assert.ok(e instanceof RolecallError);
    assert.deepEqual([e.message, e.status, e.retryAfter, e.requestId], ["Too many decisions: Wait", 429, 7, "r1"]);
    return true;
  });
});

test("no answer, a wrong one or a late one is an error", async (t) => {
  for (const [answer, want] of [
    [(res) => res.writeHead(502, { "Content-Type": "text/html" }).end("<p>"), /502/],
    [(res) => res.writeHead(200, { "Content-Type": "text/html" }).end("<p>"), /does not answer like rolecall/],
    [json(true), /no object/],
    [json({ answers: [] }), /no object/],
    [(res) => res.destroy(), /cannot be reached/],
    [(res) => res.writeHead(200, { "Content-Length": 50 }).write("{"), /no answer for 50 ms/],
    [() => undefined, /no answer for 50 ms/],
  ]) {
    const { client } = await serve(t, answer, String(want).includes("50 ms") ? { timeout: 50 } : {});
    await assert.rejects(client.subjects(["a"], {}), want);
  }
});

test("a redirect is not followed: it would carry the token away", async (t) => {
  const other = await serve(t, json({ it: true }));
  const { client } = await serve(t, (res) => res.writeHead(307, { Location: `${other.url}/api/v2/authcheck` }).end());
  await assert.rejects(client.check("grace", "acme", "invoice:void"), /redirects/);
  assert.equal(other.asked.length, 0);
});

test("a list is complete or an error", async (t) => {
  let rows = [{ username: "a" }, { username: "b", member: false }, { complete: true, count: 2 }];
  const { client, asked } = await serve(t, (res) => lines(...rows)(res));
  const all = async () => {
    const names = [];
    for await (const h of client.whoCan("acme", "invoice:void", { own: true })) names.push(h.username);
    return names;
  };
  assert.deepEqual(await all(), ["a", "b"]);
  assert.equal(asked[0].url, "/api/v2/organizations/acme/who-can?resource_type=invoice&action=void&owner=me");
  assert.equal(asked[0].headers.accept, "application/x-ndjson");
  for (const broken of [
    [{ username: "a" }],
    [],
    [{ username: "a" }, '{"username":'],
    [{ username: "a" }, { complete: true, count: 2 }],
    [{ username: "a" }, { complete: false, count: 1 }],
    [{ complete: true, count: 0 }, { username: "a" }],
    [{ username: "a" }, "7"],
  ]) {
    rows = broken;
    await assert.rejects(all(), IncompleteError, JSON.stringify(broken));
  }
});

test("a connection that breaks within a list is an error", async (t) => {
  const { client } = await serve(t, (res) => {
    res.writeHead(200, { "Content-Type": "application/x-ndjson" }).write('{"name":"acme"}\n');
    setTimeout(() => res.destroy(), 10);
  });
  const seen = [];
  await assert.rejects(async () => {
    for await (const o of client.organizations("grace", { can: "invoice:void" })) seen.push(o.name);
  }, RolecallError);
  assert.deepEqual(seen, ["acme"]);
});

test("leaving a list closes its connection", async (t) => {
  let closed;
  const end = new Promise((resolve) => (closed = resolve));
  const { client } = await serve(t, (res, _, req) => {
    req.on("close", closed);
    res.on("close", closed);
    res.writeHead(200, { "Content-Type": "application/x-ndjson" }).write('{"name":"acme"}\n');
  });
  for await (const o of client.organizations("grace")) {
    assert.equal(o.name, "acme");
    break;
  }
  await end;
});

test("names become parts of a path, and lead nowhere else", async (t) => {
  const { client, asked } = await serve(t, lines({ complete: true, count: 0 }));
  for await (const _ of client.organizations("a/b?c", { can: "invoice:void", own: true })) assert.fail();
  assert.equal(asked[0].url, "/api/v2/users/a%2Fb%3Fc/organizations?can=invoice%3Avoid&own=1");
  for (const name of ["", ".", ".."]) await assert.rejects(client.organizations(name).next(), /no name/);
});

test("the token may come from a function, and a caller may give up", async (t) => {
  const { client, asked } = await serve(t, json({ it: true }), { token: async () => "fresh" });
  await client.check("grace", "acme", "a:b");
  assert.equal(asked[0].headers.authorization, "Bearer fresh");
  const hanging = await serve(t, () => undefined);
  await assert.rejects(hanging.client.check("grace", "acme", "a:b", { signal: AbortSignal.timeout(20) }), { name: "TimeoutError" });
});
