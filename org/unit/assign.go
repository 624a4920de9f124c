package unit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/rbac"
)

// GiveRefusal says why the caller may not give (action assign) or take (unassign) a role, "" if it may.
// The permission is checked on object: the roles of an organization, or those of the site.
func GiveRefusal(by *org.Actor, action string, object rbac.Object, r *SetRole) string {
	if !by.Can(action, object) {
		return fmt.Sprintf("Needs %s:%s", object.Type, action)
	}
	ok, missing := by.Grants.MayHandOut(r.Compiled, object.Org)
	switch {
	case ok:
		return ""
	case len(missing) > 0:
		return "Requires permissions you don't have: " + org.Summarize(missing)
	}
	return "Your roles don't allow you to assign this role"
}

// RuleRefusal says why the caller may not let rules of a directory or a provider give a role, "" if it may: no one may have a
// machine give what they could not give themselves. It is not known yet whom a role that denies would affect, so only owners may
// use one.
func RuleRefusal(by *org.Actor, object rbac.Object, r *SetRole) string {
	if r.Denies() && !by.Owner() {
		return "It denies something, so that only a site owner may have it given by a rule"
	}
	return GiveRefusal(by, "assign", object, r)
}

// MayHandOut refuses roles of a set that the caller may neither give nor take. Forbidden: the message names the first of them,
// the fields list all.
func (a *Attempt) MayHandOut(set *RoleSet, place uuid.UUID, names []string) error {
	var bad []org.Field
	for _, name := range names {
		role, ok := set.ByName[name]
		if !ok { // a stored name without a role gives nothing, so removing it takes nothing away
			continue
		}
		if ok, _ := a.Actor.Grants.MayHandOut(role.Compiled, place); !ok {
			bad = append(bad, org.Field{Field: "roles", Detail: fmt.Sprintf("not authorized to assign role %q", set.fullName(name))})
		}
	}
	if len(bad) == 0 {
		return nil
	}
	return &org.Error{Kind: org.Forbidden, Message: bad[0].Detail, Fields: bad,
		Detail: "You can only assign or remove roles whose permissions you have, and built-in roles that your roles let you assign."}
}

// Named checks all names of roles in a request, and sorts them. implied is the role that everyone holds, which it leaves out.
// Invalid: no such roles.
func (s *RoleSet) Named(roles []string, implied string) ([]string, error) {
	var bad org.FieldErrors
	first := ""
	wanted := []string{} // none is written as an empty list, not as null
	for i, name := range roles {
		bare, problem := s.bareName(name, implied)
		if problem != "" {
			bad.Add(fmt.Sprintf("roles[%d]", i), problem)
			if first == "" {
				first = problem
			}
			continue
		}
		if bare != implied && !slices.Contains(wanted, bare) {
			wanted = append(wanted, bare)
		}
	}
	slices.Sort(wanted)
	return wanted, bad.Err(first)
}

// bareName removes the suffix that clients of 2022 add to a name, and says what is wrong with the rest.
func (s *RoleSet) bareName(name, implied string) (bare, problem string) {
	bare, suffix, suffixed := strings.Cut(name, ":")
	if suffixed && (s.Org == uuid.Nil || !sameID(suffix, s.Org)) {
		return "", fmt.Sprintf("attempt to assign a role %q, remove the ':<organization_id> suffix", name)
	}
	if _, ok := s.ByName[bare]; !ok && bare != implied {
		return "", fmt.Sprintf("%q is not a supported role", s.fullName(bare))
	}
	return bare, ""
}

func sameID(s string, id uuid.UUID) bool {
	parsed, err := uuid.Parse(s)
	return err == nil && parsed == id
}

// fullName returns the name of a role for messages.
func (s *RoleSet) fullName(name string) string {
	if s.Org == uuid.Nil {
		return name
	}
	return name + ":" + s.Org.String()
}
