// A demo with the catalog of expenses, and an application in it: what the examples and the client's tests ask.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** Starts a program, and waits for the line that the test is after. */
export async function start(command, args, options, wanted) {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"], ...options });
  process.on("exit", () => child.kill());
  let text = "";
  for await (const line of createInterface(child.stdout)) {
    text += `${line}\n`;
    const found = wanted(text);
    if (found !== undefined) {
      child.stdout.resume();
      return { child, found };
    }
  }
  throw new Error(`${command} ended: ${text}`);
}

export async function stop(child) {
  if (child.exitCode !== null) return;
  child.kill("SIGTERM");
  await once(child, "exit");
}

export async function demo(rolecall, catalog) {
  const args = ["demo", "--json", "--members", "60", "--http-address", "127.0.0.1:0", "--catalog", catalog];
  const { child, found } = await start(rolecall, args, {}, (text) => (text.trimEnd().endsWith("}") ? JSON.parse(text) : undefined));
  const { url, token } = found;
  const api = async (method, path, body) => {
    const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
    const answer = await fetch(`${url}/api/v2/${path}`, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    const text = await answer.text(); // a deletion says nothing
    return Object.assign(text === "" ? {} : JSON.parse(text), { revision: answer.headers.get("X-Rolecall-Revision") ?? undefined });
  };
  const organization = (await api("GET", "organizations/default")).id;
  const person = async (username, roles, more = { email: `${username}@acme.example` }) => {
    const { id } = await api("POST", "users", { username, login_type: "none", organization_ids: [organization], ...more });
    if (roles.length > 0) await api("PUT", `organizations/default/members/${username}/roles`, { roles });
    return id;
  };
  const payer = await person("payer", ["organization-accountant"]);
  const reader = await person("reader", ["organization-auditor"]);
  await person("shop", ["organization-auditor"], { service_account: true });
  const { key } = await api("POST", "users/shop/keys/tokens", { token_name: "shop", scopes: ["rolecall:decide"], organizations: ["default"] });
  return { child, url, api, organization, payer, reader, key };
}
