package account

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/rbac"
)

// A token has all the rights of its account. What would limit it is understood well enough to be refused by name, and
// never ignored: a token that can do more than was asked for is worse than none.

// unlimited are the scopes that limit nothing, under their old and new name.
var unlimited = []string{"all", "coder:all"}

// limitsOf reads what is stored of a token's limits. A scope that this version does not know is an error: a token must not
// do more than was asked for, because an older server reads it.
func limitsOf(scopes, organizations string) (decides bool, within []uuid.UUID, err error) {
	for scope := range strings.FieldsSeq(scopes) {
		if scope != org.ScopeDecide {
			return false, nil, fmt.Errorf("unknown scope %q of a stored token", scope)
		}
		decides = true
	}
	for text := range strings.FieldsSeq(organizations) {
		id, err := uuid.Parse(text)
		if err != nil {
			return false, nil, fmt.Errorf("organizations of a stored token: %w", err)
		}
		within = append(within, id)
	}
	return decides, within, nil
}

// limits are the scopes of Coder's API that are no pair of the catalog.
var limits = []string{
	"application_connect", "coder:application_connect", "coder:workspaces.create", "coder:workspaces.operate", "coder:workspaces.delete",
	"coder:workspaces.access", "coder:templates.build", "coder:templates.author", "coder:apikeys.manage_self",
}

// everything is the entry of an allow list that leaves nothing out.
const everything = rbac.Wildcard + ":" + rbac.Wildcard

// checkLimits finds what would limit the token.
func checkLimits(catalog *rbac.Catalog, in *org.TokenInput) (bad org.FieldErrors) {
	if in.Scope != "" {
		bad.Add("scope", scopeProblem(catalog, in.Scope))
	}
	for i, scope := range in.Scopes {
		bad.Add(fmt.Sprintf("scopes[%d]", i), scopeProblem(catalog, scope))
	}
	for i, entry := range in.AllowList {
		if entry != everything {
			bad.Add(fmt.Sprintf("allow_list[%d]", i), fmt.Sprintf("allow_list entry %q is not supported", entry))
		}
	}
	return bad
}

// scopeProblem tells a scope that Coder's API has from one that nobody has: who asks for the first is told what works here.
func scopeProblem(catalog *rbac.Catalog, scope string) string {
	resourceType, action, pair := strings.Cut(scope, ":")
	switch {
	case slices.Contains(unlimited, scope):
		return ""
	case slices.Contains(limits, scope), pair && catalog.ValidType(resourceType) && (action == rbac.Wildcard || catalog.Valid(resourceType, action)):
		return fmt.Sprintf("API key scope %q is not supported: use %q", scope, "coder:all")
	}
	return fmt.Sprintf("invalid or unsupported API key scope: %q", scope)
}
