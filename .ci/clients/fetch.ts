// Calls a server with openapi-fetch and the types that openapi-typescript makes.
import createClient from "openapi-fetch";
import type { paths } from "./gen/fetch";

const client = createClient<paths>({
  baseUrl: `${process.env.ROLECALL_URL}/api/v2`,
  headers: { "Coder-Session-Token": process.env.ROLECALL_TOKEN },
});

async function run() {
  const members = await client.GET("/organizations/{organization}/members", {
    params: { path: { organization: "default" }, query: { limit: 5 } },
  });
  if (members.data?.length !== 5 || members.data[0].username.toLowerCase() === "") throw new Error(JSON.stringify(members));

  const answers = await client.POST("/authcheck", {
    body: { checks: { create: { action: "create", object: { resource_type: "organization" } } } },
  });
  if (answers.data?.create !== true) throw new Error(JSON.stringify(answers));

  const token = await client.POST("/users/{user}/keys/tokens", {
    params: { path: { user: "me" } },
    body: { token_name: "fetch" },
  });
  if (!token.data?.key) throw new Error(JSON.stringify(token));

  const gone = await client.GET("/organizations/{organization}", { params: { path: { organization: "gone" } } });
  if (gone.response.status !== 404 || !gone.error?.message) throw new Error(JSON.stringify(gone));
}

run().catch((e) => {
  console.error(e);
  process.exit(1);
});
