// Invoices behind the AuthZEN Authorization API 1.0: plain fetch, which works with any other server of that standard.
import { createServer } from "node:http";

const { ROLECALL_URL, ROLECALL_TOKEN, PORT = "3000" } = process.env;
const headers = { Authorization: `Bearer ${ROLECALL_TOKEN}`, "Content-Type": "application/json" };

async function ask(organization, endpoint, question) {
  const url = `${ROLECALL_URL}/organizations/${encodeURIComponent(organization)}/access/v1/${endpoint}`;
  const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(question), signal: AbortSignal.timeout(2_000) });
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
  return answer.json();
}

async function payers(organization) {
  const names = [];
  for (let token = ""; ; ) {
    const question = { subject: { type: "user" }, action: { name: "pay" }, resource: { type: "invoice", id: "any" } };
    const { results, page } = await ask(organization, "search/subject", token === "" ? question : { ...question, page: { token } });
    names.push(...results.map((s) => s.id));
    if ((token = page?.next_token ?? "") === "") return names;
  }
}

async function answer({ method, url, headers: { "x-user": user } }) {
  const [, organization, what, id, verb] = url.split("/");
  const action = { "GET invoices": "read", "GET payers": "read", "POST invoices pay": "pay" }[[method, what, verb].join(" ").trim()];
  if (!action) return [404, "Not found."];
  if (!user) return [401, "Sign in first."];
  const question = { subject: { type: "user", id: user }, action: { name: action }, resource: { type: "invoice", id: id ?? "all" } };
  if ((await ask(organization, "evaluation", question)).decision !== true) return [403, "You may not do this."];
  return [200, what === "payers" ? await payers(organization) : action === "pay" ? { paid: true } : [{ id: 7, amount: 120 }]];
}

const server = createServer(async (req, res) => {
  const [status, body] = await answer(req).catch((error) => [503, error.message]);
  res.writeHead(status, { "Content-Type": "application/json", ...(status === 503 ? { "Retry-After": "2" } : {}) }).end(JSON.stringify(body));
});
server.listen(Number(PORT), "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
