// The names of a catalog narrow every call: what does not exist must not compile.
import { Client, type Checker } from "@rolecall/client";
import { guard as express } from "@rolecall/client/express";
import { guard } from "@rolecall/client/fetch";
import { Engine } from "@rolecall/client/local";

type Permission = "invoice:read" | "invoice:void";

const client = new Client<Permission>({ url: "https://roles.example" });
const engine = await Engine.open(client);
const yes: boolean = await client.check("grace", "acme", "invoice:void", { own: true });
const no: boolean = engine.allowed("grace", "acme", "invoice:void");
const { answers } = await client.checkMany("grace", { may: { permission: "invoice:read", organization: "acme" } });
const may: boolean = answers.may;
for await (const holder of client.whoCan("acme", "invoice:void")) console.log(holder.username);
// @ts-expect-error: there is no such permission
await client.check("grace", "acme", "invoice:viod");
// @ts-expect-error: there is no such permission
engine.allowed("grace", "acme", "invoice:viod");
// @ts-expect-error: there is no such permission
guard(engine, "invoice:viod", () => undefined);
// @ts-expect-error: there is no such permission
express(client, "invoice:viod", () => undefined);
// @ts-expect-error: which organization is never left open
await client.check("grace", undefined, "invoice:void");
// @ts-expect-error: nor is it in many checks
await client.checkMany("grace", { may: { permission: "invoice:read" } });
// @ts-expect-error: no such key was asked about
console.log(answers.might);
// @ts-expect-error: a promise is not an answer
if (client.check("grace", "acme", "invoice:void")) console.log();
const both: Checker<Permission>[] = [client, engine];
console.log(yes, no, may, both.length);
