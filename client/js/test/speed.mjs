// How long a decision takes, and how much memory a million memberships with a thousand roles need. No test: it prints.
import { Keys } from "@rolecall/client";
import { State, readDocument } from "@rolecall/client/local";
import { document, id, role, signer } from "./kit.mjs";

const [members, roleCount, setCount] = [Number(process.argv[2] ?? 1_000_000), 1000, 5000];
const organization = id(1);
const roles = [role("organization-member", { organization: [[3]] })];
for (let i = 1; i < roleCount; i++) roles.push(role(`role-${i}`, { organization: [[i % 3], i % 50 ? [] : [1]], user: [[4]] }));
const keys = new Keys(undefined, [signer.jwk]);
const ids = new Uint8Array(members * 16);
const words = new DataView(ids.buffer);
for (let i = 0; i < members; i++) {
  words.setUint32(i * 16, 0x01900000 + (i >> 8));
  words.setUint32(i * 16 + 4, ((i & 255) << 16) | 0x7000);
  words.setUint32(i * 16 + 8, 0x80000000 + Math.floor(Math.random() * 2 ** 28));
  words.setUint32(i * 16 + 12, Math.floor(Math.random() * 2 ** 32));
}
const sets = new Uint32Array(setCount + 2);
sets[0] = setCount;
for (let i = 0; i <= setCount; i++) sets[i + 1] = i * 4;
const held = Uint16Array.from({ length: setCount * 4 }, () => 1 + Math.floor(Math.random() * (roleCount - 1)));
const of = Uint32Array.from({ length: members }, () => Math.floor(Math.random() * setCount));
const sections = {
  sets: Buffer.concat([Buffer.from(sets.buffer), Buffer.from(held.buffer)]),
  members: Buffer.concat([ids, Buffer.from(of.buffer)]),
};
const hex = (b) => `${b.slice(0, 8)}-${b.slice(8, 12)}-${b.slice(12, 16)}-${b.slice(16, 20)}-${b.slice(20)}`;
const users = Array.from({ length: 10_000 }, () => {
  const i = Math.floor(Math.random() * members) * 16;
  return hex(Buffer.from(ids.subarray(i, i + 16)).toString("hex"));
});

const state = new State();
state.load(await readDocument(await document({ kind: "site", revision: 1, roles: [role("member", { user: [[3]] })] }), keys));
let bytes = await document({ organization, revision: 1, roles, sections });
sections.sets = sections.members = undefined;
globalThis.gc?.();
const before = process.memoryUsage();
const begin = performance.now();
state.load(await readDocument(bytes, keys));
const loaded = performance.now() - begin;
const size = bytes.length;
bytes = undefined;
globalThis.gc?.();
const after = process.memoryUsage();
const where = state.organization(organization);
const permissions = ["invoice:read", "invoice:void", "invoice:pay", "report:read", "report:update"];
const times = [];
let yes = 0;
for (let round = 0; round < 300; round++) {
  const batch = 1000;
  const start = performance.now();
  for (let i = 0; i < batch; i++) yes += state.allowed(users[(round * batch + i * 7) % users.length], where, state.catalog.find(permissions[i % 5]), i % 5 === 4) === true ? 1 : 0;
  if (round > 20) times.push(((performance.now() - start) / batch) * 1000);
}
times.sort((a, b) => a - b);
const grown = (after.arrayBuffers + after.heapUsed - before.arrayBuffers - before.heapUsed + size) / 2 ** 20;
console.log(JSON.stringify({ members, documentMB: size / 1e6, loadedMs: Math.round(loaded), memoryMiB: grown, p50us: times[times.length >> 1], p99us: times[Math.floor(times.length * 0.99)], yes }));
