import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { Client } from "@rolecall/client";
import { Engine } from "@rolecall/client/local";
import { FakeClock, FakeServer, catalog, document, id, role, signer, until } from "./kit.mjs";

const [acme, beta] = [id(1), id(2)];
const [grace, bo, ada] = [11, 12, 13].map((n) => id(n));
const siteOf = (o = {}) => document({ kind: "site", revision: 1, roles: [role("member"), role("support", { site: [[0]] })], people: { [ada]: ["support"] }, position: 10, ...o });
const roles = [role("organization-member", { organization: [[3]] }), role("clerk", { organization: [[0, 1]] })];
const organizationOf = (o = {}) => document({ organization: acme, revision: 100, roles, people: { [grace]: ["clerk"], [bo]: [] }, position: 10, ...o });
const change = (from, to, more) => ({ organization: acme, from, to, ...more });

/** A server with documents, a clock that stands, and an engine that holds what the test says. */
async function start(t, options = {}, set = () => undefined) {
  const server = await FakeServer.start();
  const clock = new FakeClock();
  server.documents.set("", await siteOf());
  server.documents.set(acme, await organizationOf());
  server.hello.organizations = { [acme]: 100 };
  await set(server, clock);
  const states = [];
  const said = [];
  const client = new Client({ url: server.url, token: "t" });
  t.after(() => server.stop());
  const engine = await Engine.open(client, { organizations: [acme], clock, onStateChange: (s) => states.push(s), log: (m) => said.push(m), ...options });
  t.after(() => engine.close());
  const may = (user, permission = "invoice:void", narrow) => engine.allowed(user, acme, permission, narrow);
  return { server, clock, engine, client, states, said, may };
}

test("an engine loads, and follows the changes", async (t) => {
  const { server, engine, may, states } = await start(t);
  assert.deepEqual(states, ["fresh"]);
  assert.equal(may(grace), true);
  assert.equal(may(bo), false);
  assert.equal(may(ada, "invoice:read"), true);
  assert.equal(await engine.check(grace, acme, "invoice:void"), true);
  server.send("change", change(100, 101, { set: { [bo]: ["clerk"], [grace]: [] } }), 11);
  await until(() => may(bo));
  assert.equal(may(grace), false);
  server.send("change", change(101, 102, { gone: [bo] }), 12);
  await until(() => !may(bo));
  const { state, organizations, members, decisions } = engine.stats();
  assert.deepEqual([state, organizations, members], ["fresh", 1, 1]);
  assert.ok(decisions > 5);
});

test("what ends is over with nothing heard of it, by the later of two clocks", async (t) => {
  const { server, clock, may } = await start(t);
  const end = clock.date() + 10_000;
  const set = { [bo]: [{ role: "clerk", until: end * 1000 }] };
  server.send("change", change(100, 101, { set }), 11);
  await until(() => may(bo));
  clock.advance(9_999);
  assert.equal(may(bo), true);
  clock.advance(1);
  assert.equal(may(bo), false);
  clock.day -= 3_600_000; // somebody sets it back
  assert.equal(may(bo), true);
  server.beat(new Date(end));
  await until(() => !may(bo));
  assert.equal(may(grace), true);
});

test("why it is a no is told", async (t) => {
  const { engine } = await start(t);
  const why = async (...q) => (await engine.decide(...q)).reason;
  assert.equal(await why(grace, acme, "invoice:void"), "allowed");
  assert.equal(await why(bo, acme, "invoice:void"), "denied");
  assert.equal(await why(grace, acme, "invoice:burn"), "unknown_permission");
  assert.equal(await why(grace, null, "invoice:void"), "not_loaded"); // HTTP was asked, and did not answer
  assert.equal(await why(grace, undefined, "invoice:void"), "organization_needed");
  assert.equal(await why(grace, "", "invoice:void"), "organization_needed");
  assert.equal(await why(grace, acme, "rate:read"), "site_type");
  assert.equal(await why("grace", acme, "invoice:void"), "invalid_id");
  assert.equal(await why(grace, "acme", "invoice:void"), "invalid_id");
  assert.equal(await why(grace, acme, "invoice:void", { own: true }), "no_owner");
  assert.equal(await why(grace, beta, "invoice:void"), "not_found");
  assert.throws(() => engine.must("invoice:burn"), /invoice:burn/);
  engine.must("bill:cancel");
});

test("stale: no, or a question over HTTP, and fresh again without new documents", async (t) => {
  for (const onStale of ["deny", "ask"]) {
    const { server, clock, engine, may, states, said } = await start(t, { onStale });
    server.answers["POST /api/v2/authcheck"] = (_, res) => server.json(res, { it: true });
    server.cut();
    await until(() => clock.timers.size > 1); // it waits to connect again
    server.answers["GET /api/v2/changes"] = (_, res) => server.json(res, { message: "No." }, 503);
    clock.advance(29_000);
    assert.equal(may(grace), true);
    clock.advance(1_500);
    assert.equal(may(grace), false);
    const { allowed, reason, age } = await engine.decide(grace, acme, "invoice:void");
    assert.deepEqual([allowed, reason], onStale === "ask" ? [true, "allowed"] : [false, "stale"]);
    if (onStale === "deny") assert.ok(age > 30_000);
    assert.equal(states.at(-1), "stale");
    assert.equal(said.filter((m) => m.includes("stale")).length, 1);
    const before = server.asked.filter((a) => a.path.endsWith("snapshots")).length;
    delete server.answers["GET /api/v2/changes"];
    await until(() => (clock.advance(500), may(grace)));
    assert.equal(states.at(-1), "fresh");
    assert.equal(server.asked.filter((a) => a.path.endsWith("snapshots")).length, before);
    assert.equal(server.asked.at(-1).headers["last-event-id"], "10");
  }
});

test("a connection on which nothing comes is cut after 15 s", async (t) => {
  const { server, clock, may } = await start(t);
  const [first] = server.streams;
  clock.advance(14_900);
  server.beat();
  await until(() => clock.timers.size > 0 && [...clock.timers.values()].some((x) => x.at > clock.time + 14_000));
  clock.advance(14_900);
  assert.equal(server.streams.has(first), true);
  clock.advance(200);
  await until(() => !server.streams.has(first));
  await until(() => (clock.advance(100), server.streams.size === 1));
  assert.equal(may(grace), true);
});

test("heartbeats that come late count from when they were sent", async (t) => {
  const { server, clock, engine } = await start(t);
  const begin = Date.now();
  const age = () => engine.stats().age;
  clock.advance(1);
  server.beat(new Date(begin));
  await until(() => age() === 0);
  clock.advance(12_000);
  server.beat(new Date(begin + 2_000)); // ten seconds on the way
  await until(() => age() === 10_000);
  clock.advance(1_000);
  server.beat(new Date(begin + 13_000));
  await until(() => age() === 0);
  server.beat(new Date(begin + 3_600_000)); // its clock was set: no staleness, and none denied
  clock.advance(1);
  server.beat(new Date(begin + 3_600_001));
  await until(() => age() === 0);
});

test("a gap, a change that can not be read, or a word of the server fetches the document", async (t) => {
  for (const send of [
    (s) => s.send("change", change(150, 200, {}), 20),
    (s) => s.send("change", change(100, 200, { set: { [bo]: ["unheard-of"] } }), 20),
    (s) => s.send("reload", { organization: acme, to: 200 }, 20),
  ]) {
    const { server, clock, may } = await start(t);
    server.documents.set(acme, await organizationOf({ revision: 200, people: { [bo]: ["clerk"] }, position: 20 }));
    send(server);
    await until(() => may(bo));
    assert.equal(may(grace), false);
    clock.advance(29_000);
    server.beat();
    await until(() => may(bo));
  }
});

test("a document or event older than what was there is refused", async (t) => {
  const { server, clock, may, said } = await start(t);
  server.send("change", change(100, 150, { set: { [grace]: [] } }), 11);
  await until(() => !may(grace));
  server.send("change", change(50, 100, { set: { [grace]: ["clerk"] } }), 12); // once more, and out of order
  server.send("change", change(90, 150, { set: { [grace]: ["clerk"] } }), 13);
  server.send("change", change(170, 180, {}), 14); // a gap; the server still has the document of yesterday
  await until(() => said.some((m) => /older/.test(m)));
  assert.equal(may(grace), false);
  assert.equal(may(bo, "report:read"), true); // what was there goes on
  for (let i = 0; i < 7; i++) {
    clock.advance(4_900);
    server.beat(new Date(Date.now() + i * 4_900));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.equal(may(bo, "report:read"), false); // but not for longer than anything may be stale
  server.documents.set(acme, await organizationOf({ revision: 180, people: { [bo]: [] }, position: 14 }));
  await until(() => (clock.advance(500), may(bo, "report:read")));
  assert.equal(may(grace), false);
});

test("a document from the server's store is brought up to date before it counts", async (t) => {
  const { server, engine } = await start(t, { organizations: "onDemand" }, (s) => {
    s.hello.organizations = { [acme]: 103 };
    s.polled = [
      { event: "change", id: 11, data: change(100, 102, { set: { [grace]: [] } }) },
      { event: "change", id: 12, data: change(102, 103, { set: { [bo]: ["clerk"] } }) },
    ];
  });
  assert.equal(engine.allowed(bo, acme, "invoice:void"), false); // begins to load
  await until(() => engine.allowed(bo, acme, "invoice:void"));
  assert.equal(engine.allowed(grace, acme, "invoice:void"), false);
  const poll = server.asked.find((a) => a.query.wait !== undefined);
  assert.deepEqual([poll.query.organizations, poll.query.after], [acme, "10"]);
});

test("a document that stays behind what the feed has named does not count", async (t) => {
  const { server, engine, said } = await start(t, { organizations: "onDemand" }, (s) => {
    s.hello.organizations = { [acme]: 103 };
    s.polled = [{ event: "change", id: 11, data: change(100, 102, { set: { [bo]: ["clerk"] } }) }];
  });
  server.answers["POST /api/v2/authcheck"] = (_, res) => res.destroy();
  assert.equal(await engine.check(grace, acme, "invoice:void"), false);
  await until(() => said.some((m) => m.includes("older")));
  assert.equal(engine.stats().organizations, 0);
});

test("what a stream says first is as old as the question for it", async (t) => {
  const { server, clock, engine } = await start(t);
  let hold;
  server.answers["GET /api/v2/changes"] = (_, res) => (hold = res);
  server.cut();
  await until(() => (clock.advance(100), hold !== undefined));
  const asked = clock.time;
  clock.advance(14_000);
  server.stream(hold);
  await until(() => engine.stats().age < 14_900);
  assert.ok(engine.stats().age >= clock.time - asked);
});

test("until an organization is there, HTTP answers; without HTTP it is a no", async (t) => {
  const { server, engine } = await start(t, { organizations: "onDemand" });
  server.answers["POST /api/v2/authcheck"] = (_, res, __, body) => server.json(res, { it: body.user === bo });
  const hold = [];
  server.answers[`GET /api/v2/organizations/${acme}/snapshot`] = (_, res) => hold.push(res);
  assert.deepEqual(await engine.decide(bo, acme, "invoice:void"), { allowed: true, reason: "allowed", age: 0 });
  assert.equal(engine.look(bo, acme, "invoice:void").reason, "not_loaded");
  server.answers["POST /api/v2/authcheck"] = (_, res) => res.destroy();
  assert.equal((await engine.decide(bo, acme, "invoice:void")).reason, "not_loaded");
  await until(() => hold.length === 1);
  server.bytes(hold[0], server.documents.get(acme));
  await until(() => engine.allowed(grace, acme, "invoice:void"));
  assert.equal(await engine.check(bo, acme, "invoice:void"), false);
  assert.equal(hold.length, 1);
});

test("what was asked about least recently goes when there is no room", async (t) => {
  const { server, engine } = await start(t, { organizations: "onDemand", maxBytes: 1 });
  server.documents.set(beta, await organizationOf({ organization: beta }));
  server.hello.organizations[beta] = 100;
  for (const where of [acme, beta, acme]) {
    await until(() => engine.allowed(grace, where, "invoice:void"));
    assert.equal(engine.stats().organizations, 1);
  }
});

test("an organization of another customer does not open this one", async (t) => {
  const { server, engine, said } = await start(t, { organizations: [acme] });
  server.answers[`GET /api/v2/organizations/${acme}/snapshot`] = async (_, res) => server.bytes(res, await organizationOf({ organization: beta, revision: 300, people: { [bo]: ["clerk"] } }));
  server.send("reload", { organization: acme, to: 200 }, 20);
  await until(() => said.some((m) => m.includes("another organization")));
  assert.equal(engine.allowed(bo, acme, "invoice:void"), false);
  assert.equal(engine.allowed(bo, beta, "invoice:void"), false);
});

test("a question behind a write waits for it, asks over HTTP, or is a no", async (t) => {
  const { server, clock, engine } = await start(t);
  let asked = 0;
  server.answers["POST /api/v2/authcheck"] = (_, res, __, body) => (asked++, server.json(res, { it: body.at_least === `${acme}@105` }));
  const soon = engine.decide(bo, acme, "invoice:void", { atLeast: `${acme}@101` });
  server.send("change", change(100, 101, { set: { [bo]: ["clerk"] } }), 11);
  assert.equal((await soon).allowed, true);
  assert.equal(asked, 0);
  const later = engine.decide(grace, acme, "invoice:void", { atLeast: `${acme}@105` });
  clock.advance(100);
  assert.equal((await later).allowed, true);
  assert.equal(asked, 1);
  server.answers["POST /api/v2/authcheck"] = (_, res) => res.destroy();
  const never = engine.decide(grace, acme, "invoice:void", { atLeast: `${acme}@999` });
  clock.advance(100);
  assert.deepEqual([(await never).allowed, (await never).reason], [false, "behind"]);
  assert.equal(engine.look(grace, acme, "invoice:void", { atLeast: "site@1" }).allowed, true);
  for (const bad of ["site@2", `${beta}@1`, "", "@", `${acme}@`, `${acme}@x`, `${acme}@1@1`]) {
    assert.equal(engine.look(grace, acme, "invoice:void", { atLeast: bad }).reason, "behind", bad);
  }
});

test("a write is known when what was written with it on the site is here too", async (t) => {
  const { server, engine, may } = await start(t);
  const look = () => engine.look(ada, acme, "invoice:read", { atLeast: `${acme}@101` });
  assert.equal(may(ada, "invoice:read"), true);
  let go;
  server.answers["GET /api/v2/snapshot"] = async (_, res) => (await new Promise((resolve) => (go = resolve)), server.bytes(res, await siteOf({ people: {}, position: 12 })));
  server.send("reload", { to: 1 });
  server.send("change", change(100, 101, { set: { [ada]: [], [bo]: ["clerk"] } }), 12);
  await until(() => may(bo) && go !== undefined);
  assert.equal(look().reason, "behind");
  go();
  await until(() => look().reason !== "behind");
  assert.equal(look().allowed, false);
});

test("a token that has ended denies all at once, and a new one begins anew", async (t) => {
  const { server, clock, engine, may, states } = await start(t);
  server.denied = true;
  server.cut();
  server.answers["GET /api/v2/changes"] = (_, res) => server.json(res, { message: "You are not signed in." }, 401);
  await until(() => (clock.advance(100), !may(grace)));
  assert.equal((await engine.decide(grace, acme, "invoice:void")).reason, "no_access");
  assert.equal(states.at(-1), "no_access");
  assert.equal(engine.stats().bytes, 0);
  server.denied = false;
  server.answers = {};
  await until(() => (clock.advance(1_000), may(grace)));
  assert.equal(states.at(-1), "fresh");
});

test("an organization that may not be read any more is forgotten", async (t) => {
  const { server, engine, may } = await start(t);
  server.send("denied", { organization: acme });
  await until(() => !may(grace));
  assert.equal(engine.stats().organizations, 0);
});

test("a server that says goodbye is left at once", async (t) => {
  const { server, clock, may } = await start(t);
  clock.advance(1_000);
  server.send("bye", {});
  await until(() => server.asked.filter((a) => a.path === "/api/v2/changes").length === 2);
  await until(() => server.streams.size === 1);
  assert.equal(may(grace), true);
});

test("the roles of the site change by an event, or by their document", async (t) => {
  const { server, may } = await start(t);
  server.send("site", { from: 1, to: 2, set: { [bo]: ["support"] }, gone: [ada] }, 11);
  await until(() => may(bo, "invoice:read"));
  assert.equal(may(ada, "invoice:read"), false);
  server.send("site", { from: 2, to: 3 }, 12); // nothing but the revision
  server.documents.set("", await siteOf({ revision: 3 }));
  server.send("reload", { to: 3 }, 13); // what roles of organizations give here has changed
  await until(() => may(ada, "invoice:read"));
  assert.equal(may(bo, "invoice:read"), false);
});

test("a new catalog brings new names, and roles their new bits, all at once", async (t) => {
  const { server, engine, may } = await start(t);
  const next = structuredClone(catalog);
  next.types[0].actions.push({ name: "burn", number: 9, phrase: "burn" });
  next.types[0].actions[1].name = "annul";
  server.documents.set("", await siteOf({ version: 2, catalog: next }));
  server.documents.set(acme, await organizationOf({ version: 2, roles: [roles[0], role("clerk", { organization: [[0, 1, 9]] })], only: ["roles"] }));
  server.send("catalog", { version: 2, hash: "" }, 11);
  await until(() => may(grace, "invoice:burn"));
  assert.equal(may(grace, "invoice:annul"), true);
  assert.equal(may(bo, "invoice:burn"), false);
  assert.deepEqual(server.asked.findLast((a) => a.path.endsWith("snapshots")).body, { organizations: [acme], sections: ["roles"] });
  assert.equal(engine.stats().state, "fresh");
});

test("a rotated key is fetched; one that nobody knows is refused, and what is there goes on", async (t) => {
  const { server, clock, may, said } = await start(t);
  const { privateKey, publicKey } = await crypto.subtle.generateKey({ name: "Ed25519" }, true, ["sign", "verify"]);
  const by = { kid: "k2", key: privateKey };
  server.documents.set(acme, await organizationOf({ revision: 200, people: { [bo]: ["clerk"] }, by }));
  server.send("reload", { organization: acme, to: 200 }, 20);
  await until(() => said.some((m) => m.includes("k2")));
  assert.equal(may(grace), true);
  server.keys = [signer.jwk, { ...(await crypto.subtle.exportKey("jwk", publicKey)), kid: "k2" }];
  server.send("keys", { keys: server.keys }, 21);
  await until(() => (clock.advance(100), may(bo)));
});

test("nothing is answered before all is there, and an opening that fails throws", async (t) => {
  const refused = { "401": (s) => (s.denied = true), "no such organization": (s) => s.documents.delete(acme), signature: (s) => (s.keys = []), broken: async (s) => s.documents.set(acme, (await organizationOf()).slice(0, 300)) };
  for (const [name, set] of Object.entries(refused)) await assert.rejects(start(t, {}, set), name);
  await assert.rejects(start(t, { issuer: "https://other.example" }), /other\.example/);
  await assert.rejects(start(t, { maxStaleness: 1_000 }), RangeError);
  await assert.rejects(Engine.open(new Client({ url: "http://roles.example" })), /https/);
  let clock;
  const opening = start(t, {}, (s, c) => {
    clock = c;
    s.hello.organizations = { [acme]: 101 }; // newer than the document, and nothing brings it
    s.polled = [];
  });
  const rejected = assert.rejects(opening, /nothing came for 15000 ms/);
  await until(() => clock !== undefined);
  const tick = setInterval(() => clock.advance(1_000), 5);
  await rejected;
  clearInterval(tick);
});

test("a closed engine says no", async (t) => {
  const { server, engine, may, states } = await start(t);
  engine.close();
  assert.equal(may(grace), false);
  assert.equal((await engine.decide(grace, acme, "invoice:void")).reason, "closed");
  assert.equal(states.at(-1), "closed");
  await until(() => server.streams.size === 0);
});

test("all organizations are held, and new ones come by themselves", async (t) => {
  const { server, engine } = await start(t, { organizations: "all" }, async (s) => {
    const list = Buffer.alloc(24);
    Buffer.from(acme.replaceAll("-", ""), "hex").copy(list);
    s.documents.set("", await siteOf({ sections: { organizations: list } }));
  });
  assert.equal(engine.allowed(grace, acme, "invoice:void"), true);
  server.documents.set(beta, await organizationOf({ organization: beta }));
  server.send("change", { organization: beta, from: 0, to: 100, set: { [grace]: ["clerk"] } }, 11);
  await until(() => engine.stats().organizations === 2);
  assert.equal(engine.allowed(grace, beta, "invoice:void"), true);
});

test("people may be named, as far as no one can have another name by now", async (t) => {
  const hash = createHash("sha256").update("https://roles.example\nusername\ngrace\n").digest().subarray(0, 16);
  const aliases = Buffer.concat([hash, Buffer.alloc(4)]);
  const { server, engine } = await start(t, { aliases: ["username"] }, async (s) => s.documents.set(acme, await organizationOf({ sections: { aliases } })));
  assert.deepEqual(server.asked.find((a) => a.path.endsWith("snapshots")).body.aliases, ["username"]);
  server.answers["POST /api/v2/authcheck"] = (_, res) => server.json(res, { it: false });
  const asked = () => server.asked.filter((a) => a.path.endsWith("authcheck")).length;
  assert.equal(await engine.check("Grace", acme, "invoice:void"), true);
  assert.equal(await engine.check("Grace", acme, "report:update", { owner: "grace" }), false);
  assert.equal(asked(), 0);
  assert.equal(await engine.check("bo", acme, "invoice:void"), false);
  assert.equal(await engine.check("grace@acme.example", acme, "invoice:void"), false);
  assert.equal(asked(), 2);
  server.send("site", { from: 1, to: 2, gone: [id(99)] }, 11); // a name may be another's from now on
  await until(() => engine.look(grace, acme, "invoice:void", { atLeast: "site@2" }).allowed);
  assert.equal(await engine.check("grace", acme, "invoice:void"), false);
  assert.equal(asked(), 3);
});
