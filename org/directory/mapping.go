package directory

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// Rules are compared with groups only here, so that a request, a change of the rules and its dry run cannot differ. A
// name is compared without case, as the directory itself does; an external id exactly, since it is a key of another system. This
// is also where it is checked who may make a rule, both when rules are written and when a token is made through which existing
// rules take effect. What a role allows may change later; that is subject to the rules for changing roles, as it is for people
// who were given the role by hand.

// group is what a rule is compared with.
type group struct {
	id               uuid.UUID
	name, externalID string
}

// mapping says which groups give which roles, as the roles are now.
type mapping struct {
	rules []org.DirectoryRule
	set   *unit.RoleSet
}

// mappingOf reads the rules of an organization together with its roles, in one snapshot, so that no rule gives a role that
// has just been deleted.
func mappingOf(ctx context.Context, a *unit.Attempt, organization uuid.UUID) (m mapping, err error) {
	if m.set, err = a.Roles(ctx, organization); err != nil {
		return m, err
	}
	rows, err := a.Q.ListDirectoryRules(ctx, organization)
	m.rules = rulesOf(rows)
	return m, err
}

// rulesOf converts stored rules for comparison: without the organization, which is the same for all.
func rulesOf(rows []db.DirectoryRule) []org.DirectoryRule {
	rules := make([]org.DirectoryRule, len(rows))
	for i, r := range rows {
		rules[i] = org.DirectoryRule{Match: r.Matches, Value: r.Value, Role: r.Role}
	}
	return rules
}

// matches reports whether a rule applies to a group.
func (g group) matches(r org.DirectoryRule) bool {
	if r.Match == org.RuleByExternalID {
		return g.externalID != "" && g.externalID == r.Value
	}
	return org.FoldCase(g.name) == org.FoldCase(r.Value)
}

// add adds the roles that a group gives a person. The first group that gives a role is kept as its source. Nothing gives
// a deleted role.
func (m *mapping) add(roles map[string]string, g group) {
	for _, r := range m.rules {
		if _, there := m.set.ByName[r.Role]; !there || !g.matches(r) {
			continue
		}
		if _, given := roles[r.Role]; !given {
			roles[r.Role] = g.id.String()
		}
	}
}

// mayMap refuses rules that the caller may not add. Forbidden: with one field error for each.
func mayMap(by *org.Actor, organization uuid.UUID, set *unit.RoleSet, rules []org.DirectoryRule, field func(int) string) error {
	var bad []org.Field
	for i, r := range rules {
		role, ok := set.ByName[r.Role]
		if !ok {
			continue
		}
		if why := unit.RuleRefusal(by, org.OrgRolesObject(organization), role); why != "" {
			bad = append(bad, org.Field{Field: field(i), Detail: fmt.Sprintf("not authorized to assign role %q: %s", r.Role, why)})
		}
	}
	if len(bad) == 0 {
		return nil
	}
	return &org.Error{Kind: org.Forbidden, Message: bad[0].Detail, Fields: bad,
		Detail: "A directory gives what its rules say, so they may say only what you could give yourself."}
}

// same reports whether two rules say the same.
func same(x, y org.DirectoryRule) bool {
	return x.Match == y.Match && x.Value == y.Value && x.Role == y.Role
}

// missing returns the rules of a list that are not in another one.
func missing(rules, others []org.DirectoryRule) []org.DirectoryRule {
	return slices.DeleteFunc(slices.Clone(rules), func(r org.DirectoryRule) bool {
		return slices.ContainsFunc(others, func(o org.DirectoryRule) bool { return same(r, o) })
	})
}
