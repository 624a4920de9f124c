package unit

import (
	"fmt"

	"rolecall.example/org"
	"rolecall.example/rbac"
)

// GiveRefusal says why the caller may not give (action assign) or take (unassign) a role, "" if it may.
// object is what assigning is asked on: the roles of an organization or those of the site.
func GiveRefusal(by *org.Actor, action string, object rbac.Object, r *SetRole) string {
	if !by.Can(action, object) {
		return fmt.Sprintf("Needs %s:%s", object.Type, action)
	}
	ok, missing := by.Grants.MayHandOut(r.Compiled, object.Org)
	switch {
	case ok:
		return ""
	case len(missing) > 0:
		return "Needs what the role holds: " + org.Summarize(missing)
	}
	return "Your roles don't hand out this built-in role"
}
