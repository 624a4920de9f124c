// The steps that every implementation of documents and events must take alike; rbac/snapshot/vectors describes them.
// ROLECALL_VECTORS names another file than the one that is committed.
import assert from "node:assert/strict";
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { Keys } from "@rolecall/client";
import { DocumentError, State, readDocument } from "@rolecall/client/local";

const file = process.env.ROLECALL_VECTORS ?? new URL("vectors.ndjson", import.meta.url);
let state;
let keys;
let now;

const bytesOf = (text) => {
  const b = Buffer.from(text, "base64");
  return new Uint8Array(b.buffer.slice(b.byteOffset, b.byteOffset + b.length));
};

async function load(text) {
  let document;
  try {
    document = await readDocument(bytesOf(text), keys);
  } catch (e) {
    assert.ok(e instanceof DocumentError, String(e));
    return "refused";
  }
  try {
    state.load(document);
    return "ok";
  } catch (e) {
    assert.ok(e instanceof DocumentError, String(e));
    return e.why === "unsound" ? "refused" : e.why;
  }
}

const steps = {
  begin: ({ format, seed }) => (assert.equal(format, 2), console.log(`vectors of seed ${seed}`)),
  new: (s) => {
    state = new State(s.issuer, () => now);
    keys = new Keys(undefined, s.keys.keys);
  },
  clock: (s) => {
    now = s.now;
  },
  load: async (s) => assert.equal(await load(s.document), s.expect),
  apply: (s) => {
    const names = { applied: "ok", known: "dropped", reload: "reload" };
    assert.equal(names[state.apply(s.event === "site" ? "" : s.data.organization, s.data)], s.expect);
  },
  ask: (s) => {
    const answers = s.questions.map(([user, organization, pair, own]) => {
      const held = organization === "" ? null : state.organization(organization);
      const allowed = state.allowed(user, held, state.catalog?.numbered(pair), own === 1);
      return allowed === undefined ? "?" : allowed === true ? "1" : "0";
    });
    assert.equal(answers.join(""), s.answers);
  },
  resolve: async (s) => {
    const held = state.organization(s.organization);
    assert.equal((held && (await state.resolve(held, s.kind, s.value))) ?? "", s.id ?? "");
  },
  damage: async (s) => {
    const bytes = bytesOf(s.document);
    await readDocument(bytes, keys);
    for (let i = 0; i < bytes.length; i++) {
      const other = bytes.slice();
      other[i] ^= 1 + (i % 255);
      await assert.rejects(readDocument(other, keys), DocumentError, `byte ${i}`);
      await assert.rejects(readDocument(bytes.slice(0, i), keys), DocumentError, `${i} bytes`);
    }
  },
};

test("all steps are taken as they must be", { timeout: 600_000 }, async () => {
  let line = 0;
  let questions = 0;
  for await (const text of createInterface(createReadStream(file))) {
    line++;
    const s = JSON.parse(text);
    questions += s.questions?.length ?? 0;
    try {
      await steps[s.step](s);
    } catch (e) {
      e.message = `line ${line}, ${text.slice(0, 400)}: ${e.message}`;
      throw e;
    }
  }
  assert.ok(questions >= 1000, `${questions} questions`);
});
