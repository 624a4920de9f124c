import assert from "node:assert/strict";
import { test } from "node:test";
import { Keys } from "@rolecall/client";
import { DocumentError, State, readDocument } from "@rolecall/client/local";
import { document, id, role, signer } from "./kit.mjs";

const keys = (...jwks) => new Keys(undefined, jwks.length ? jwks : [signer.jwk]);
const small = { organization: id(1), revision: 7, roles: [role("organization-member"), role("clerk", { organization: [[0, 1]] })], people: { [id(11)]: ["clerk"], [id(12)]: [] } };

test("a document is read", async () => {
  const d = await readDocument(await document(small), keys());
  assert.equal(d.organization, id(1));
  assert.equal(d.revision, 7);
  assert.equal(d.section("members").length, 40);
});

test("every byte counts: flipped, it is refused", async () => {
  const bytes = await document(small);
  for (let i = 0; i < bytes.length; i++) {
    const other = bytes.slice();
    other[i] ^= 1 << (i % 8);
    await assert.rejects(readDocument(other, keys()), DocumentError, `byte ${i} of ${bytes.length}`);
  }
});

test("cut or continued at any length, it is refused", async () => {
  const bytes = await document(small);
  for (let n = 0; n < bytes.length; n++) await assert.rejects(readDocument(bytes.slice(0, n), keys()), DocumentError, `${n} bytes`);
  await assert.rejects(readDocument(new Uint8Array([...bytes, 0]), keys()), DocumentError);
  await assert.rejects(readDocument(new Uint8Array([...bytes, ...new Uint8Array(8)]), keys()), DocumentError);
});

test("only a known Ed25519 key counts", async () => {
  const bytes = await document(small);
  const pair = await crypto.subtle.generateKey({ name: "Ed25519" }, true, ["sign", "verify"]);
  const other = { ...(await crypto.subtle.exportKey("jwk", pair.publicKey)), kid: "k1" };
  await assert.rejects(readDocument(bytes, keys(other)), DocumentError);
  await assert.rejects(readDocument(bytes, keys({ ...signer.jwk, kid: "k2" })), DocumentError);
  await assert.rejects(readDocument(bytes, keys({ ...signer.jwk, kty: "oct" })), DocumentError);
  await assert.rejects(readDocument(bytes, keys({ ...signer.jwk, crv: "X25519" })), DocumentError);
});

test("an unknown section is left out, unless it is critical", async () => {
  const later = { sections: { later: Buffer.from("soon") } };
  await readDocument(await document({ ...small, ...later }), keys());
  await assert.rejects(readDocument(await document({ ...small, ...later, critical: ["later"] }), keys()), /"later"/);
});

test("what does not fit together is refused", async () => {
  const bad = {
    "no roles": { roles: [], people: {} },
    "a role twice": { roles: [role("a"), role("a")], people: {} },
    "half a member": { sections: { members: Buffer.alloc(30) } },
    "ids out of order": { sections: { members: Buffer.concat([Buffer.alloc(40)]) } },
    "a set that is not there": { sections: { members: Buffer.concat([Buffer.alloc(16), Buffer.from([9, 0, 0, 0])]) } },
    "a role that is not there": { sections: { sets: Buffer.from([1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 9, 0]) } },
    "sets without an end": { sections: { sets: Buffer.from([200, 0, 0, 0]) } },
  };
  for (const [name, change] of Object.entries(bad)) {
    const d = await readDocument(await document({ ...small, ...change }), keys());
    assert.throws(() => new State().load(d), DocumentError, name);
  }
});

test("keys are asked for once a minute at most, and what was known stays", async () => {
  let now = 0;
  let asked = 0;
  let answer = { keys: [] };
  const k = new Keys(async () => (asked++, answer), undefined, () => now);
  const bytes = await document(small);
  await assert.rejects(readDocument(bytes, k));
  await assert.rejects(readDocument(bytes, k));
  assert.equal(asked, 1);
  answer = { keys: [signer.jwk] };
  now += 60_000;
  await readDocument(bytes, k);
  assert.equal(asked, 2);
  answer = undefined;
  now += 300_000;
  await readDocument(bytes, k);
  assert.equal(asked, 3);
  answer = { keys: [] };
  k.refresh();
  await assert.rejects(readDocument(bytes, k), /did not sign/);
});
