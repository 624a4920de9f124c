// A sign-in provider that others have written, for the test that signs in with it in a browser: panva's oidc-provider. Who
// signs in is whom the form is sent with. It says where it is in one line, and ends with its input.
import { once } from "node:events";
import { createServer } from "node:http";
import Provider from "oidc-provider";

const { SITE, PEOPLE } = process.env; // where rolecall is, and the claims of people by their subjects
const people = JSON.parse(PEOPLE);
const server = createServer().listen(0, "127.0.0.1");
await once(server, "listening");
const issuer = `http://127.0.0.1:${server.address().port}`;
const page = (title, body) => `<!doctype html><html lang="en"><title>${title}</title><h1>${title}</h1>${body}</html>`;

const provider = new Provider(issuer, {
  clients: [{
    client_id: "rolecall",
    client_secret: "the secret of a test",
    redirect_uris: [`${SITE}/login/oidc/panva/callback`],
    post_logout_redirect_uris: [`${SITE}/login/signed-out`],
    backchannel_logout_uri: `${SITE}/login/oidc/panva/logout`,
    backchannel_logout_session_required: true,
  }],
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name", "preferred_username", "groups"] },
  cookies: { keys: ["a key of a test"] },
  pkce: { required: () => true },
  findAccount: (ctx, sub) => people[sub] && { accountId: sub, claims: () => ({ sub, ...people[sub] }) },
  interactions: { url: (ctx, { uid }) => `/sign-in/${uid}` },
  // People are not asked whether rolecall may know who they are.
  async loadExistingGrant({ oidc }) {
    const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
    grant.addOIDCScope("openid email profile");
    await grant.save();
    return grant;
  },
  features: {
    devInteractions: { enabled: false },
    backchannelLogout: { enabled: true },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource: (ctx, form) => {
        ctx.body = page("Sign out?", `${form}<button form="op.logoutForm" name="logout" value="yes">Sign out</button>`);
      },
      postLogoutSuccessSource: (ctx) => {
        ctx.body = page("Signed out there", "");
      },
    },
  },
  // The one of the package reaches nothing on this machine.
  fetch: (url, { dispatcher, ...options }) => fetch(url, options),
});
for (const event of ["server_error", "backchannel.error"]) provider.on(event, (...args) => console.error(event, ...args));

const rest = provider.callback();
server.on("request", async (req, res) => {
  if (!req.url.startsWith("/sign-in/")) return rest(req, res);
  if (req.method === "GET") {
    res.setHeader("Content-Type", "text/html; charset=utf-8");
    return res.end(page("Sign in there", `<form method="post"><input name="sub" aria-label="Who"><button>Sign in</button></form>`));
  }
  let body = "";
  for await (const piece of req) body += piece;
  await provider.interactionFinished(req, res, { login: { accountId: new URLSearchParams(body).get("sub") } });
});
console.log(issuer);
process.stdin.on("end", () => process.exit()).resume();
