// Invoices behind Express. Decisions are made in this process: they are at most 30 s old, and continue without the server for that long.
import express from "express";
import { Client } from "@rolecall/client";
import { guard } from "@rolecall/client/express";
import { Engine } from "@rolecall/client/local";

const { ROLECALL_URL, ROLECALL_TOKEN, MAX_STALENESS = "30000", PORT = "3000" } = process.env;
const client = new Client({ url: ROLECALL_URL, token: ROLECALL_TOKEN });
const engine = await Engine.open(client, { maxStaleness: Number(MAX_STALENESS) });

// Replace this with the session of your application. Take the organization of an object from its row, not from the browser.
const who = (req) => ({ user: req.get("X-User"), organization: req.params.organization, atLeast: req.get("X-At-Least") });
const app = express();

app.get("/:organization/invoices", guard(engine, "invoice:read", who), (_, res) => {
  res.json([{ id: 7, amount: 120 }]);
});

app.post("/:organization/invoices/:id/pay", guard(engine, "invoice:pay", who), (_, res) => {
  res.json({ paid: true });
});

app.get("/:organization/payers", guard(engine, "invoice:read", who), async (req, res) => {
  const names = [];
  for await (const { username } of client.whoCan(req.params.organization, "invoice:pay")) names.push(username);
  res.json(names); // all of them: a list that breaks off throws
});

app.use((error, _, res, __) => {
  console.error(error.message);
  res.status(503).set("Retry-After", "2").send("Try again.\n");
});

const server = app.listen(Number(PORT), "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
