// Package client calls the API of a rolecall server, which manages the members and roles of organizations.
//
// A [Client] needs the address of a server and an API token. `rolecall tokens create` and the page "API tokens" make
// tokens.
//
//	c := &client.Client{BaseURL: "https://roles.example.com", Token: os.Getenv("ROLECALL_TOKEN")}
//	member, err := c.SetMemberRoles(ctx, "acme", "grace", []string{"organization-admin"})
//
// # Names
//
// The parameter organization is an id, a name in any case, or "default". The parameter user is an id, a username in any
// case, or "me". Roles belong to a [Scope]: [In] an organization, or the [Site].
//
// # Shapes
//
// Every JSON object of the API has one type, and the server encodes its answers from the same types. The methods accept
// both response styles of a server, where one wraps certain answers in a list and the other does not.
//
// # Errors
//
// A refusal is an [*Error] with the status, the server's message and the id of the request; [StatusOf] returns its
// status. All other errors come from the connection, the context or an answer of another shape. To the caller, what it
// may not read does not exist: the status is 404. Reads refused with 503 are repeated if the server asks for that.
//
// # Lost updates
//
// A read with [GetETag] returns the version of what it read. A change with [IfMatch] is refused with 412 if that is no
// longer the stored version:
//
//	var tag string
//	role, err := c.Role(ctx, client.In("acme"), "ci-runner", client.GetETag(&tag))
//	request := role.Request()
//	request.DisplayName = "CI runner"
//	saved, err := c.PutRole(ctx, client.In("acme"), request, client.IfMatch(tag))
//
// # Dry runs
//
// Methods whose names begin with Preview change nothing. They make all checks of the change, and return whom it would
// affect.
//
// # Long lists
//
// [Client.StreamMembers] and [Client.StreamAudit] read a list row by row from a single answer. [Client.EachMember] and
// [Client.EachUser] fetch it in pages.
package client
