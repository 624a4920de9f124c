// Calls a server with the client that @hey-api/openapi-ts makes.
import { client } from "./gen/hey/client.gen";
import { checkAuthorization, createToken, listMembers, showOrganization } from "./gen/hey/sdk.gen";

client.setConfig({
  baseUrl: `${process.env.ROLECALL_URL}/api/v2`,
  auth: (scheme) => (scheme.type === "apiKey" ? process.env.ROLECALL_TOKEN : undefined),
});

async function run() {
  const members = await listMembers({ path: { organization: "default" }, query: { limit: 5 } });
  if (members.data?.length !== 5 || members.data[0].username.toLowerCase() === "") throw new Error(JSON.stringify(members));

  const answers = await checkAuthorization({
    body: { checks: { create: { action: "create", object: { resource_type: "organization" } } } },
  });
  if (answers.data?.create !== true) throw new Error(JSON.stringify(answers));

  const token = await createToken({ path: { user: "me" }, body: { token_name: "hey" } });
  if (!token.data?.key) throw new Error(JSON.stringify(token));

  const gone = await showOrganization({ path: { organization: "gone" } });
  if (gone.response.status !== 404 || !gone.error || !("message" in gone.error)) throw new Error(JSON.stringify(gone));
}

run().catch((e) => {
  console.error(e);
  process.exit(1);
});
