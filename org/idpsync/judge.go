package idpsync

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// Nobody may map what they could not give: a rule acts on its own, so each new pair is judged like giving that role to another
// person now, or like adding a person to that organization. docs/spec/sync.md has the rules.

// at returns the name of a side of a pair in a change of a mapping.
func at(list string, i int, side string) string { return fmt.Sprintf("%s[%d].%s", list, i, side) }

// check refuses a rule set that is not well-formed, with everything that is wrong with it. Invalid.
func (c *changed) check(added []pair) error {
	var bad org.FieldErrors
	bad.Add("field", textProblem(c.after.Field))
	for key := range c.after.Mapping {
		if _, had := c.before.Mapping[key]; had || slices.ContainsFunc(added, func(p pair) bool { return p.Given == key }) {
			continue // judged as a pair, or stored already
		}
		bad.Add(org.SyncKey(key), c.keyProblem(key))
	}
	// A value with several new targets is reported once.
	seen := map[string]bool{}
	for _, p := range added {
		if !seen[p.given] {
			bad.Add(p.given, c.keyProblem(p.Given))
			seen[p.given] = true
		}
	}
	// A set above a limit that was introduced later may still be reduced.
	if n := c.after.Pairs(); n > org.MaxSyncPairs && n > c.before.Pairs() || len(c.after.Mapping) > org.MaxSyncPairs {
		bad.Add("mapping", fmt.Sprintf("must have at most %d pairs", org.MaxSyncPairs))
	}
	slices.SortStableFunc(bad, func(a, b org.Field) int { return strings.Compare(a.Field, b.Field) })
	return bad.Err("Validation failed.")
}

// keyProblem says what is wrong with a key of a mapping, "" if nothing is.
func (c *changed) keyProblem(key string) string {
	switch {
	case key == "" || key == org.SyncGlob:
		return "must not be empty"
	// A pattern matches values that nobody has thought of yet.
	case c.after.Kind == org.SyncSiteRoles && strings.HasPrefix(key, org.SyncGlob):
		return "must be one value: patterns give no roles of the site"
	}
	return textProblem(key)
}

func textProblem(text string) string {
	switch {
	case len(text) > org.MaxSyncText:
		return fmt.Sprintf("must have at most %d bytes", org.MaxSyncText)
	case !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl):
		return "must have no control characters"
	}
	return ""
}

// mayMap refuses a change that gives more than its author could. Invalid: an organization or a role is missing.
// Forbidden.
func mayMap(ctx context.Context, a *unit.Attempt, c *changed, added []pair) error {
	var refusal func(pair) (problem, refused string)
	var err error
	if c.after.Kind == org.SyncOrganizations {
		refusal, err = mayAdd(ctx, a, added)
	} else {
		refusal, err = mayGive(ctx, a, c.after.Organization.ID)
	}
	if err != nil {
		return err
	}
	var bad, no org.FieldErrors
	for i := range added {
		problem, refused := refusal(added[i])
		if problem != "" && !c.kept(&added[i]) {
			bad.Add(added[i].gets, problem)
		}
		no.Add(added[i].gets, refused)
	}
	// What is missing comes before what may not be given: the caller may see both.
	if err := bad.Err("Validation failed."); err != nil {
		return err
	}
	if c.opens() {
		home, _, err := a.DefaultOrganization(ctx)
		if err != nil {
			return err
		}
		if !unit.MayAddMembers(a.Actor, home.ID) {
			no.Add("organization_assign_default", "not authorized to add members to the default organization")
		}
	}
	if len(no) == 0 {
		return nil
	}
	return &org.Error{Kind: org.Forbidden, Message: no[0].Detail, Fields: no,
		Detail: "You may only map to what you could give to another person yourself."}
}

// kept reports whether a pair existed before, though it counts as new under another field. Its target may have been deleted.
func (c *changed) kept(p *pair) bool { return slices.Contains(c.before.Mapping[p.Given], p.Gets) }

// opens reports whether the change makes people members of the default organization who otherwise would not be.
func (c *changed) opens() bool {
	before, after := &c.before, &c.after
	return after.AssignDefault && after.Field != "" && (!before.AssignDefault || before.Field != after.Field)
}

// mayAdd judges pairs that give memberships. An organization that the caller may not read counts as missing.
func mayAdd(ctx context.Context, a *unit.Attempt, added []pair) (func(pair) (problem, refused string), error) {
	// All of them in one query, however many there are.
	var ids []uuid.UUID
	for i := range added {
		if id, err := uuid.Parse(added[i].Gets); err == nil {
			ids = append(ids, id)
		}
	}
	known := map[string]uuid.UUID{}
	if len(ids) > 0 {
		rows, err := a.Q.ListOrganizationsNamed(ctx, db.ListOrganizationsNamedParams{Ids: ids})
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			if a.Actor.Can("read", org.OrgObject(r.ID)) {
				known[r.ID.String()] = r.ID
			}
		}
	}
	return func(p pair) (problem, refused string) {
		id, ok := known[p.Gets]
		switch {
		case !ok:
			return fmt.Sprintf("%q is not the id of an organization", p.Gets), ""
		case !unit.MayAddMembers(a.Actor, id):
			return "", fmt.Sprintf("not authorized to add members to the organization %q", p.Gets)
		}
		return "", ""
	}, nil
}

// mayGive judges pairs that give roles, in an organization or on the site.
func mayGive(ctx context.Context, a *unit.Attempt, organization uuid.UUID) (func(pair) (problem, refused string), error) {
	set, err := a.Roles(ctx, organization)
	if err != nil {
		return nil, err
	}
	object := org.SiteRolesObject
	if organization != uuid.Nil {
		object = org.OrgRolesObject(organization)
	}
	return func(p pair) (problem, refused string) {
		role, ok := set.ByName[p.Gets]
		if !ok {
			return fmt.Sprintf("%q is not a supported role", p.Gets), ""
		}
		if why := unit.RuleRefusal(a.Actor, object, role); why != "" {
			return "", fmt.Sprintf("not authorized to map role %q: %s", p.Gets, why)
		}
		return "", ""
	}, nil
}
