// Holds the engine to the server: random changes of roles, members and accounts, and after each one the same questions to
// both. The seed is printed; `node live.mjs ROLECALL CATALOG SEED STEPS` repeats a run.
import assert from "node:assert/strict";
import { Client } from "@rolecall/client";
import { Engine } from "@rolecall/client/local";
import { demo, stop } from "./server.mjs";

const [rolecall, catalog, seed = String(Date.now() % 1e9), steps = "120"] = process.argv.slice(2);
console.log(`live: seed ${seed}`);
let state = Number(seed) >>> 0;
/** A number below n: the generator mulberry32. */
const below = (n) => {
  state = (state + 0x6d2b79f5) >>> 0;
  let t = Math.imul(state ^ (state >>> 15), state | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) % n;
};
const pick = (list) => list[below(list.length)];
const some = (list, n) => [...new Set(Array.from({ length: below(n + 1) }, () => pick(list)))];

const server = await demo(rolecall, catalog);
const { api, organization } = server;
const client = new Client({ url: server.url, token: server.key });
const bits = await client.catalog();
const engine = await Engine.open(client, { organizations: pick([[organization], "onDemand", "all"]) });
const members = (await api("GET", "organizations/default/members?limit=40")).filter((m) => !["ada", "shop"].includes(m.username));
const people = members.map((m) => m.user_id);
const known = await api("GET", "catalog");
const owned = new Set(known.types.filter((t) => t.owned).map((t) => t.name));
const ofSite = new Set(known.types.filter((t) => t.parent === "site").map((t) => t.name));
const permissions = known.types.flatMap((t) => t.actions.map((a) => `${t.name}:${a.name}`));
const roles = ["organization-accountant", "organization-approver", "organization-payment-freeze", "organization-auditor"];
const custom = ["r1", "r2", "r3"];

const permission = () => {
  const [resource_type, action] = pick(permissions).split(":");
  return { resource_type, action, negate: below(4) === 0 };
};
const role = (name) => ({ name, display_name: name, organization_permissions: some([0, 1, 2, 3, 4, 5].map(permission), 6), user_permissions: [], site_permissions: [] });
const path = (user) => `organizations/default/members/${user}`;
const changes = [
  async () => api("PUT", `${path(pick(people))}/roles`, { roles: some([...roles, ...custom.filter((n) => there.has(n))], 3) }),
  async () => {
    const name = pick(custom);
    const answer = await api("PUT", "organizations/default/members/roles", role(name));
    there.add(name);
    return answer;
  },
  async () => api("PUT", `users/${pick(people)}/status/${pick(["suspend", "activate"])}`),
  async () => api("PUT", `users/${pick(people)}/roles`, { roles: some(["support"], 1) }),
  async () => {
    const user = pick(people);
    return gone.delete(user) ? api("POST", path(user)) : (gone.add(user), api("DELETE", path(user)));
  },
];
const there = new Set();
const gone = new Set();

let asked = 0;
let allowed = 0;
for (let step = 0; step < Number(steps); step++) {
  const { revision } = await pick(changes)().catch((e) => (/: (400|404|409|412) /.test(e.message) ? {} : Promise.reject(e)));
  const questions = Array.from({ length: 5 }, () => ({ user: pick(people), permission: pick(permissions), own: below(2) === 0 }));
  for (const q of questions) {
    const narrow = { own: q.own, ...(revision === undefined ? {} : { atLeast: revision }) };
    const want = await client.decide(q.user, organization, q.permission, narrow);
    const have = await engine.decide(q.user, organization, q.permission, narrow);
    assert.equal(have.allowed, want.allowed, `seed ${seed}, step ${step}: ${JSON.stringify({ ...q, revision, have, want })}`);
    const type = q.permission.split(":")[0];
    if (!ofSite.has(type) && (!q.own || owned.has(type))) {
      const rights = await client.rights(organization, q.user, { ttl: 5 }).catch((e) => (e.status === 404 ? undefined : Promise.reject(e)));
      const has = rights !== undefined && client.readRights(rights.rights, bits).has(q.permission, { own: q.own });
      assert.equal(has, want.allowed, `seed ${seed}, step ${step}: rights ${rights?.rights} of ${JSON.stringify({ ...q, want })}`);
      if (rights !== undefined) assert.equal((await client.verifyRights(rights.token, { organization })).sub, q.user);
    }
    asked++;
    if (want.allowed) allowed++;
  }
}
assert.ok(allowed > asked / 50 && allowed < asked, `${allowed} of ${asked} are allowed, which says little`);
const { state: now, age } = engine.stats();
assert.equal(now, "fresh");
console.log(`live: ${asked} questions, ${allowed} allowed, age ${Math.round(age)} ms`);
engine.close();
await stop(server.child);
process.exit(0);
