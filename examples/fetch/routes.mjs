// Route handlers as Next has them, app/[organization]/invoices/route.ts and so on. Each asks the server over HTTP.
import { Client } from "@rolecall/client";
import { guard } from "@rolecall/client/fetch";

const client = new Client({ url: process.env.ROLECALL_URL, token: process.env.ROLECALL_TOKEN, timeout: 2_000 });

// Replace this with the session of your application. Take the organization of an object from its row, not from the browser.
const who = async (request, { params }) => ({ user: request.headers.get("X-User"), organization: (await params).organization });

export const GET = guard(client, "invoice:read", who)(() => Response.json([{ id: 7, amount: 120 }]));

export const pay = guard(client, "invoice:pay", who)(() => Response.json({ paid: true }));

export const payers = guard(client, "invoice:read", who)(async (_, { params }) => {
  try {
    const names = [];
    for await (const { username } of client.whoCan((await params).organization, "invoice:pay")) names.push(username);
    return Response.json(names); // all of them: a list that breaks off throws
  } catch (error) {
    console.error(error.message);
    return new Response("Try again.\n", { status: 503, headers: { "Retry-After": "2" } });
  }
});
