package insight

import (
	"strings"

	"rolecall.example/org"
)

// The words of an entry's description.
var (
	verbs = map[string]string{"create": "created", "write": "updated", "delete": "deleted", "login": "logged in", "logout": "logged out"}
	kinds = map[string]string{
		"organization_member": "organization member", "custom_role": "custom role", "api_key": "API key", "signing_key": "signing key",
		"user": "user", "organization": "organization", "catalog": "catalog", org.AuditRootType: "audit root",
	}
)

// describe says an entry as a template that clients fill in: {user} did something to {target}.
func describe(e org.AuditEntry) string {
	verb := verbs[e.Action]
	if e.StatusCode >= 400 {
		verb = "unsuccessfully attempted to " + e.Action
	}
	switch e.Action {
	case "login", "logout":
		return "{user} " + verb
	case org.ActionExpire: // nobody did it
		return kinds[e.ResourceType] + " of {target} expired"
	}
	return strings.Join([]string{"{user}", verb, kinds[e.ResourceType], "{target}"}, " ")
}
