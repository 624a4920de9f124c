// Documents, a server and a clock for the tests: written from the description of the format, not from the client.
import { createServer } from "node:http";
import { createHash } from "node:crypto";

export const id = (n, kind = 7) => `0190a1b2-c3d4-${kind}000-8000-${n.toString(16).padStart(12, "0")}`;
export const idBytes = (text) => Buffer.from(text.replaceAll("-", ""), "hex");

const { privateKey, publicKey } = await crypto.subtle.generateKey({ name: "Ed25519" }, true, ["sign", "verify"]);
export const signer = { kid: "k1", key: privateKey, jwk: { kid: "k1", ...(await crypto.subtle.exportKey("jwk", publicKey)) } };

export const catalog = {
  format: "rolecall/catalog/1",
  product: "test",
  label: "Test",
  numbers: 9,
  grid: {},
  actions: [
    { name: "read", label: "Read" },
    { name: "void", label: "Void", renamed_from: ["cancel"] },
    { name: "pay", label: "Pay" },
    { name: "update", label: "Update" },
  ],
  types: [
    type("invoice", "organization", false, [["read", 0], ["void", 1], ["pay", 2]], ["bill"]),
    type("report", "organization", true, [["read", 3], ["update", 4]]),
    type("rate", "site", false, [["read", 5], ["update", 8]]),
  ],
  roles: [],
};

function type(name, parent, owned, actions, renamed_from) {
  return { name, parent, owned, lookup: false, label: name, plural: name, area: "a", renamed_from, actions: actions.map(([name, number]) => ({ name, number, phrase: name })) };
}

/** Bits of base64 from the numbers of pairs. */
export function bits(...numbers) {
  const bytes = Buffer.alloc(Math.max(-1, ...numbers.map((n) => n >> 3)) + 1);
  for (const n of numbers) bytes[n >> 3] |= 1 << (n & 7);
  return bytes.toString("base64");
}

/** A role: at each level what it allows and, after it, what it denies. */
export function role(name, levels = {}) {
  const r = { name };
  for (const [level, [allow = [], deny = []]] of Object.entries(levels)) {
    r[level] = { ...(allow.length ? { allow: bits(...allow) } : {}), ...(deny.length ? { deny: bits(...deny) } : {}) };
  }
  return r;
}

function u32s(numbers) {
  const b = Buffer.alloc(numbers.length * 4);
  numbers.forEach((n, i) => b.writeUInt32LE(n, i * 4));
  return b;
}

/** The sections sets and members of people with the names of their roles. */
function holders(people, roles) {
  const lists = new Map();
  const rows = Object.entries(people).map(([user, names]) => {
    const set = names.map((n) => roles.findIndex((r) => r.name === n)).sort((a, b) => a - b);
    const key = set.join();
    if (!lists.has(key)) lists.set(key, { number: lists.size, set });
    return [idBytes(user), lists.get(key).number];
  });
  rows.sort(([a], [b]) => Buffer.compare(a, b));
  const all = [...lists.values()].map((l) => l.set);
  let at = 0;
  const offsets = [0, ...all.map((s) => (at += s.length))];
  const flat = Buffer.alloc(at * 2);
  all.flat().forEach((n, i) => flat.writeUInt16LE(n, i * 2));
  return {
    sets: Buffer.concat([u32s([all.length, ...offsets]), flat]),
    members: Buffer.concat([...rows.map(([b]) => b), u32s(rows.map(([, set]) => set))]),
  };
}

/** A signed document. `sections` are added to those that people and roles make. */
export async function document(o) {
  const { kind = "organization", roles, people = {}, sections = {}, critical = [], by = signer, only } = o;
  const parts = { ...(kind === "site" ? { catalog: Buffer.from(JSON.stringify(o.catalog ?? catalog)) } : {}), roles: Buffer.from(JSON.stringify(roles)), ...holders(people, roles), ...sections };
  const kept = Object.entries(parts).filter(([name]) => only === undefined || only.includes(name));
  let header = JSON.stringify({
    kind,
    issuer: o.issuer ?? "https://roles.example",
    key: by.kid,
    ...(kind === "organization" ? { organization: o.organization } : {}),
    revision: o.revision,
    site_revision: o.siteRevision ?? 1,
    catalog: { version: o.version ?? 1, hash: "" },
    position: o.position ?? 0,
    issued_at: "2026-11-30T00:00:00Z",
    counts: { members: Object.keys(people).length, roles: roles.length, sets: 0 },
    sections: kept.map(([name, b]) => ({ name, length: b.length, sha256: createHash("sha256").update(b).digest("hex"), critical: critical.includes(name) || ["roles", "sets", "members"].includes(name) })),
  });
  header = Buffer.from(header.padEnd(header.length + ((8 - (header.length % 8)) % 8), " "));
  const padding = (n) => Buffer.alloc((8 - (n % 8)) % 8);
  const head = Buffer.concat([Buffer.from("RCS1"), u32s([header.length]), header]);
  const signature = await crypto.subtle.sign({ name: "Ed25519" }, by.key, Buffer.concat([Buffer.from("rolecall-snapshot\n"), head]));
  const body = kept.flatMap(([, b]) => [b, padding(b.length)]);
  const bytes = Buffer.concat([head, ...body, Buffer.from(signature)]);
  return new Uint8Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

/** A server with documents that a test changes, and streams that it writes to, cuts or lets go silent. */
export class FakeServer {
  documents = new Map(); // by organization; "" is the site
  streams = new Set();
  asked = [];
  /** Overrides: by "METHOD /path" a function of request and response. */
  answers = {};
  position = 10;
  hello = {};
  denied = false;

  static async start() {
    const s = new FakeServer();
    s.server = createServer((req, res) => s.answer(req, res).catch((e) => res.destroy(e)));
    await new Promise((resolve) => s.server.listen(0, "127.0.0.1", resolve));
    s.url = `http://127.0.0.1:${s.server.address().port}`;
    return s;
  }

  stop() {
    this.server.closeAllConnections();
    this.server.close();
  }

  async answer(req, res) {
    const url = new URL(req.url, "http://x");
    let body = "";
    for await (const chunk of req) body += chunk;
    this.asked.push({ method: req.method, path: url.pathname, query: Object.fromEntries(url.searchParams), body: body && JSON.parse(body), headers: req.headers });
    const own = this.answers[`${req.method} ${url.pathname}`];
    if (own !== undefined) return own(req, res, url, body && JSON.parse(body));
    if (url.pathname === "/.well-known/rolecall-keys") return this.json(res, { keys: this.keys ?? [signer.jwk] });
    if (this.denied) return this.json(res, { message: "You are not signed in." }, 401);
    const [, , , kind, name, what] = url.pathname.split("/");
    if (kind === "snapshot") return this.bytes(res, this.documents.get(""));
    if (kind === "organizations" && what === "snapshot") return this.bytes(res, this.documents.get(name));
    if (kind === "snapshots") {
      const { organizations } = JSON.parse(body);
      const all = organizations.map((k) => this.documents.get(k)).filter(Boolean);
      return this.bytes(res, Buffer.concat([...all.flatMap((d) => [u32s([d.length]), d]), u32s([0])]));
    }
    if (kind === "changes" && url.searchParams.has("wait")) return this.json(res, { events: this.polled ?? [], position: this.position, now: new Date().toISOString() });
    if (kind === "changes") return this.stream(res);
    this.json(res, { message: "Not found." }, 404);
  }

  json(res, body, status = 200) {
    res.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
  }

  bytes(res, body) {
    if (body === undefined) return this.json(res, { message: "Not found." }, 404);
    res.writeHead(200, { "Content-Type": "application/vnd.rolecall.snapshot" }).end(body);
  }

  stream(res) {
    res.writeHead(200, { "Content-Type": "text/event-stream" });
    this.streams.add(res);
    res.on("close", () => this.streams.delete(res));
    this.write(res, "hello", { position: this.position, site: 1, catalog: 1, heartbeat: 5, ...this.hello });
  }

  write(res, name, data, n) {
    res.write(`event: ${name}\n${n === undefined ? "" : `id: ${n}\n`}data: ${JSON.stringify(data)}\n\n`);
  }

  send(name, data, n) {
    if (n !== undefined) this.position = n;
    for (const res of this.streams) this.write(res, name, data, n);
  }

  beat(now = new Date()) {
    this.send("heartbeat", { position: this.position, now: now.toISOString() });
  }

  cut() {
    for (const res of this.streams) res.destroy();
  }
}

/** A clock that stands until it is moved. Timers run when it passes them. */
export class FakeClock {
  time = 1000;
  timers = new Map();
  next = 1;
  chance = 0;
  now = () => this.time;
  day = Date.now();
  date = () => this.day + this.time;
  random = () => this.chance;
  setTimeout = (call, ms) => {
    this.timers.set(this.next, { at: this.time + ms, call });
    return this.next++;
  };
  clearTimeout = (timer) => this.timers.delete(timer);
  advance(ms) {
    const end = this.time + ms;
    for (;;) {
      const due = [...this.timers].filter(([, t]) => t.at <= end).sort(([, a], [, b]) => a.at - b.at)[0];
      if (due === undefined) break;
      this.timers.delete(due[0]);
      this.time = Math.max(this.time, due[1].at);
      due[1].call();
    }
    this.time = end;
  }
}

/** Waits for a condition, which the test's own time-out bounds. */
export async function until(condition) {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 2));
}
