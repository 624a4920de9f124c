import assert from "node:assert/strict";
import { test } from "node:test";
import { Keys } from "@rolecall/client";
import { State, readDocument } from "@rolecall/client/local";
import { document, id, role, signer } from "./kit.mjs";

const keys = new Keys(undefined, [signer.jwk]);
const acme = id(1);
const [grace, bo, ada, eve, mallory] = [11, 12, 13, 14, 15].map((n) => id(n));
const site = {
  kind: "site",
  revision: 1,
  roles: [role("member", { site: [[5]], user: [[3, 4]] }), role("support", { site: [[0]] }), role("frozen", { site: [[], [2]] })],
  people: { [ada]: ["support"], [bo]: ["frozen"] },
};
const organization = {
  organization: acme,
  revision: 7,
  roles: [role("organization-member", { organization: [[3]] }), role("clerk", { organization: [[0, 1]] }), role("payer", { organization: [[2]] }), role("blocked", { organization: [[], [1, 4]] })],
  people: { [grace]: ["clerk"], [bo]: ["payer", "clerk"], [eve]: ["clerk", "blocked"] },
};

async function state(o = organization, time) {
  const s = new State(undefined, time);
  s.load(await readDocument(await document(site), keys));
  s.load(await readDocument(await document(o), keys));
  const may = (user, permission, own = false, where = acme) => s.allowed(user, where === null ? null : s.organization(where), s.catalog.find(permission), own);
  return { s, held: s.organization(acme), may };
}

test("levels vote in order, and a deny beats an allow of its level", async () => {
  const { may } = await state();
  const table = [
    [grace, "invoice:read", false, true],
    [grace, "invoice:pay", false, false],
    [grace, "report:read", false, true], // by the role that every member holds
    [grace, "report:update", false, false],
    [grace, "report:update", true, true], // her own
    [eve, "invoice:void", false, false],
    [eve, "report:update", true, false], // denied in the organization, which votes before
    [bo, "invoice:pay", false, false], // denied on the site
    [bo, "invoice:void", false, true],
    [ada, "invoice:read", false, true], // no member, by a role of the site
    [ada, "report:read", false, false],
    [ada, "report:update", true, false], // no member: own things do not count
    [mallory, "invoice:read", false, false],
    [mallory, "report:update", true, false],
    [grace, "rate:read", false, undefined, null], // whether there is such an account, the server knows
    [ada, "invoice:read", false, undefined, null],
    [grace, "rate:read", false, false],
    [grace, "invoice:read", true, false], // nobody owns one
    [grace.toUpperCase(), "invoice:void", false, true],
    [grace, "bill:cancel", false, true], // as it was called before
    [grace, "invoice:burn", false, false],
    ["grace", "invoice:read", false, false],
  ];
  for (const [user, permission, own, want, where = acme] of table) {
    assert.equal(may(user, permission, own, where), want, `${user} ${permission} ${own}`);
  }
});

test("on the site, roles of the site alone count", async () => {
  const { may } = await state();
  assert.equal(may(ada, "rate:read", false, null), true);
  assert.equal(may(ada, "rate:update", false, null), false);
});

test("changes lead from one revision to the next", async () => {
  const { held, may } = await state();
  const change = { organization: acme, from: 7, to: 8, set: { [mallory]: ["payer"], [grace]: [] }, gone: [eve], roles: [role("boss", { organization: [[0, 1, 2]] })] };
  assert.equal(held.apply(change), "applied");
  assert.equal(held.apply(change), "known");
  assert.equal(held.members, 3);
  assert.equal(may(mallory, "invoice:pay"), true);
  assert.equal(may(grace, "invoice:read"), false);
  assert.equal(may(eve, "report:read"), false);
  assert.equal(held.apply({ organization: acme, from: 8, to: 9, set: { [eve]: ["boss"] } }), "applied");
  assert.equal(may(eve, "invoice:pay"), true);
  assert.equal(held.apply({ organization: acme, from: 9, to: 10, roles: [role("boss", { organization: [[0]] })], roles_gone: ["payer"] }), "applied");
  assert.equal(may(eve, "invoice:pay"), false);
  assert.equal(may(mallory, "invoice:pay"), false);
  assert.equal(held.apply({ organization: acme, from: 10, to: 11, gone: [mallory] }), "applied");
  assert.equal(may(mallory, "report:read"), false);
  assert.equal(held.revision, 11);
  assert.equal(held.apply({ organization: acme, from: 11, to: 12 }), "applied"); // nothing that decides
});

test("what does not go on from what is held asks for the document", async () => {
  for (const bad of [
    { from: 6, to: 9 },
    { from: 8, to: 9 },
    { from: 7, to: 9, set: { [grace]: ["unheard-of"] } },
    { from: 7, to: 9, set: { [grace]: "clerk" } },
    { from: 7, to: 9, set: { [grace]: [] }, gone: [grace] },
    { from: 7, to: 9, set: { grace: ["clerk"] } },
    { from: 7, to: 9, roles: [{ name: "x", site: { allow: "%" } }] },
    { from: "7", to: 9 },
    null,
  ]) {
    const { held, may } = await state();
    assert.equal(held.apply(bad && { organization: acme, ...bad }), "reload", JSON.stringify(bad));
    assert.equal(may(grace, "invoice:pay"), false);
  }
});

test("many members are found, and nobody else", async () => {
  const people = {};
  for (let i = 0; i < 5000; i++) people[id(1000 + i * 7)] = i % 2 ? ["clerk"] : [];
  const { may, held } = await state({ ...organization, people });
  assert.equal(held.members, 5000);
  for (let i = 0; i < 35000; i++) assert.equal(may(id(1000 + i), "invoice:read"), i % 7 === 0 && (i / 7) % 2 === 1);
});

test("names of what is common to all objects are nothing special", async () => {
  const { may } = await state();
  for (const name of ["__proto__", "constructor", "toString"]) {
    assert.equal(may(grace, name), false);
    assert.equal(may(grace, `invoice:${name}`), false);
  }
});

test("what ends is over at its time, and what is no end is refused", async () => {
  let now = 1000;
  const { held, may } = await state(organization, () => now);
  const until = (role, until) => ({ role, until });
  const set = { [mallory]: [until("clerk", 1500), "payer", until("organization-member", 2000)] };
  assert.equal(held.apply({ organization: acme, from: 7, to: 8, set }), "applied");
  for (const [time, read, pay, report] of [[1499, true, true, true], [1500, false, true, true], [1999, false, true, true], [2000, false, false, false]]) {
    now = time;
    assert.deepEqual([may(mallory, "invoice:read"), may(mallory, "invoice:pay"), may(mallory, "report:read")], [read, pay, report], String(time));
  }
  now = 1000;
  for (const bad of [until("clerk", 0), until("clerk", "soon"), { role: "clerk" }, { ...until("clerk", 5000), from: 4000 }, null, 1]) {
    assert.equal(held.apply({ organization: acme, from: 8, to: 9, set: { [mallory]: [bad] } }), "reload", JSON.stringify(bad));
  }
  assert.equal(may(mallory, "invoice:read"), true);
});
