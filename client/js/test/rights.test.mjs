import assert from "node:assert/strict";
import { test } from "node:test";
import { Catalog, Keys, Rights, verifyRights } from "@rolecall/client";
import { bits, catalog, signer } from "./kit.mjs";

const url = (base64) => base64.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
const text = (any, own, version = 8) => `${version}.${url(bits(...any))}.${url(bits(...own))}`;
const c = new Catalog(catalog, 8);

test("rights are read by the catalog of their version", () => {
  const r = new Rights(text([0, 1, 5, 8], [0, 1, 3, 4, 5, 8]), c);
  assert.equal(r.has("invoice:void"), true);
  assert.equal(r.has("bill:cancel"), true);
  assert.equal(r.has("rate:update"), true);
  assert.equal(r.has("invoice:pay"), false);
  assert.equal(r.has("report:update"), false);
  assert.equal(r.has("report:update", { own: true }), true);
  assert.equal(r.has("invoice:burn", { own: true }), false);
  assert.equal(new Rights("8..", c).has("invoice:read"), false);
  for (const bad of ["", "8", "8.", "7.3f.3f", "8.%.", "8...", "08.."]) assert.throws(() => new Rights(bad, c), bad);
});

async function token(claims = {}, header = {}, by = signer) {
  const now = 1_000_000;
  const encode = (o) => Buffer.from(JSON.stringify(o)).toString("base64url");
  const body = { iss: "https://roles.example", sub: "u", org: "o", iat: now, exp: now + 60, rev: 5, rights: "8..", ...claims };
  const signed = `${encode({ alg: "EdDSA", typ: "rolecall-rights+jwt", kid: by.kid, ...header })}.${encode(body)}`;
  const signature = await crypto.subtle.sign({ name: "Ed25519" }, by.key, Buffer.from(signed));
  return `${signed}.${Buffer.from(signature).toString("base64url")}`;
}

test("a token counts if the server signed it, for this reader, and while it holds", async () => {
  const keys = new Keys(undefined, [signer.jwk]);
  const read = async (t, more = {}) => verifyRights(await t, keys, { issuer: "https://roles.example", now: 1_000_030_000, ...more });
  assert.equal((await read(token())).sub, "u");
  assert.equal((await read(token({ aud: "edge" }), { audience: "edge" })).aud, "edge");
  const refused = [
    [token({ aud: "edge" })],
    [token(), { audience: "edge" }],
    [token(), { issuer: "https://other.example" }],
    [token(), { organization: "p" }],
    [token(), { now: 1_000_070_000 }],
    [token(), { now: 999_000_000 }],
    [token({ exp: undefined })],
    [token({ iat: undefined })],
    [token({ rights: 7 })],
    [token({}, { alg: "none" })],
    [token({}, { alg: "HS256" })],
    [token({}, { typ: "JWT" })],
    [token({}, { kid: "k2" })],
    [token({}, { kid: undefined })],
    ["a.b"],
    ["a.b.c.d"],
    [""],
  ];
  for (const [t, more] of refused) await assert.rejects(read(t, more), /does not count/, `${await t} ${JSON.stringify(more)}`);
  const good = await token();
  for (let i = 0; i < good.length; i++) {
    const other = good.slice(0, i) + (good[i] === "A" ? "Q" : "A") + good.slice(i + 1);
    await assert.rejects(read(other), `at ${i} of ${good.length}`);
  }
});
