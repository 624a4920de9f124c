// Package client speaks the API of a rolecall server: who is in an organization, and what may they do?
//
// A [Client] needs the address of a server and an API token, which `rolecall token create` or the page "API tokens"
// makes:
//
//	c := &client.Client{BaseURL: "https://roles.example.com", Token: os.Getenv("ROLECALL_TOKEN")}
//	member, err := c.SetMemberRoles(ctx, "acme", "grace", []string{"auditor"})
//
// # Names
//
// An organization is named by its id, its name in any case, or "default". A user is named by id, by username in any
// case, or by "me". Roles belong to a [Scope]: [In] an organization, or the [Site].
//
// # Shapes
//
// Every JSON object of the API has one type, and the server makes its answers from the same types. Both response styles
// of a server are understood: where one sends a list with one entry and the other sends the entry, the methods return
// the entry.
//
// # Errors
//
// A refusal is an [*Error] with the status, the server's words and the id of the request. All other errors come from
// the connection or the context. What you may not read looks exactly like what does not exist.
//
// # Lost updates
//
// A read with [GetETag] learns the version of what it read, and a change with [IfMatch] is refused with 412 if that is
// no longer the stored version:
//
//	var tag string
//	role, err := c.Role(ctx, client.In("acme"), "ci-runner", client.GetETag(&tag))
//	…
//	role, err = c.PutRole(ctx, client.In("acme"), changed, client.IfMatch(tag))
//
// # Dry runs
//
// A method whose name begins with Preview changes nothing. It makes every check of the change itself, and returns whom
// the change would affect.
//
// # Long lists
//
// [Client.StreamMembers] and [Client.StreamAudit] read a list row by row from one answer. [Client.EachMember] and
// [Client.EachUser] fetch it page by page.
package client
