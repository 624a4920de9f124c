// Starts the examples against a demo and asks them: who may, who may not, who is nobody; then a role is taken away, and at
// last the server is gone.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { demo, start, stop } from "./server.mjs";

const [rolecall, room] = process.argv.slice(2);
const run = promisify(execFile);
const server = await demo(rolecall, "../../examples/catalogs/expenses.yaml");
const env = { ...process.env, ROLECALL_URL: server.url, ROLECALL_TOKEN: server.key, MAX_STALENESS: "5000", PORT: "0" };

/** An example that serves HTTP: `ask` gives status and body. */
async function served(name, file) {
  const { child, found } = await start("node", [file], { cwd: `${room}/${name}`, env }, (text) => /http:\S+/.exec(text)?.[0]);
  const ask = async (method, path, user) => {
    const answer = await fetch(`${found}/${server.organization}/${path}`, { method, headers: user === undefined ? {} : { "X-User": user } });
    return { status: answer.status, body: await answer.text(), later: answer.headers.get("Retry-After") };
  };
  return { name, ask, end: () => stop(child) };
}

/** One that a web server runs for each request. */
const program = {
  name: "http-only",
  ask: async (method, path, user) => {
    const { stdout } = await run("./app.sh", { cwd: "../../examples/http-only", env: { ...env, REQUEST_METHOD: method, PATH_INFO: `/${server.organization}/${path}`, ...(user === undefined ? {} : { REMOTE_USER: user }) } }).catch((e) => e);
    return { status: Number(/^Status: (\d+)/.exec(stdout)?.[1]), body: stdout, later: /Retry-After: (\d+)/.exec(stdout)?.[1] ?? null };
  },
  end: () => undefined,
};

/** Asks until an answer is as it should be: one that is not yet needs a moment, one that never is fails by time. */
async function becomes(example, question, status) {
  const end = Date.now() + 30_000;
  for (;;) {
    const answer = await example.ask(...question);
    if (answer.status === status) return answer;
    assert.ok(Date.now() < end, `${example.name}: ${question.join(" ")} is ${answer.status}, not ${status}: ${answer.body}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const examples = [await served("fetch", "serve.mjs"), await served("node-express", "app.mjs"), await served("authzen", "app.mjs"), program];
const { payer, reader } = server;
for (const example of examples) {
  for (const [question, status] of [
    [["GET", "invoices"], 401],
    [["POST", "invoices/7/pay"], 401],
    [["GET", "invoices", payer], 200],
    [["POST", "invoices/7/pay", payer], 200],
    [["GET", "invoices", reader], 200],
    [["POST", "invoices/7/pay", reader], 403],
    [["GET", "invoices", "00000000-0000-7000-8000-000000000001"], 403],
    [["POST", "invoices/7/pay", "nobody"], 403],
    [["GET", "nothing", payer], 404],
  ]) {
    const answer = await example.ask(...question);
    assert.equal(answer.status, status, `${example.name}: ${question.join(" ")}: ${answer.body}`);
  }
  const list = await example.ask("GET", "payers", reader);
  assert.equal(list.status, 200, `${example.name}: ${list.body}`);
  assert.match(list.body, new RegExp(`payer|${payer}`), example.name);
  assert.doesNotMatch(list.body, new RegExp(`"reader"|${reader}`), example.name);
}

await server.api("PUT", "organizations/default/members/payer/roles", { roles: [] });
for (const example of examples) await becomes(example, ["POST", "invoices/7/pay", payer], 403);

await stop(server.child); // the plug: who asks over HTTP can not say from now on, the engine not for longer than it may be stale
for (const example of examples) {
  for (const question of [["GET", "invoices", reader], ["POST", "invoices/7/pay", reader], ["GET", "payers", reader]]) {
    const { later } = await becomes(example, question, 503);
    assert.ok(later !== null, `${example.name}: ${question.join(" ")} has no Retry-After`);
  }
  assert.equal((await example.ask("GET", "invoices")).status, 401, example.name);
  await example.end();
}
console.log("examples: asked");
process.exit(0);
