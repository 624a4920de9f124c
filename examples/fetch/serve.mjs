// Runs the handlers under Node, as Next would: it finds the one for a path, and gives it the parameters.
import { createServer } from "node:http";
import { GET, pay, payers } from "./routes.mjs";

const routes = [
  ["GET", /^\/([^/]+)\/invoices$/, GET],
  ["POST", /^\/([^/]+)\/invoices\/[^/]+\/pay$/, pay],
  ["GET", /^\/([^/]+)\/payers$/, payers],
];

async function answer({ method, url, headers }) {
  for (const [wanted, path, handler] of routes) {
    const [, organization] = path.exec(url) ?? [];
    if (method !== wanted || organization === undefined) continue;
    const request = new Request(`http://localhost${url}`, { method, headers });
    return handler(request, { params: Promise.resolve({ organization }) });
  }
  return new Response("Not found.\n", { status: 404 });
}

const server = createServer(async (req, res) => {
  const response = await answer(req).catch(() => new Response("Error.\n", { status: 500 }));
  res.writeHead(response.status, Object.fromEntries(response.headers)).end(await response.text());
});
server.listen(Number(process.env.PORT ?? "3000"), "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
