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

// Rules are compared with groups here and nowhere else, so that a request, a change of the rules and its dry run cannot differ. A
// name is compared without case, as the directory itself does; an external id exactly, since it is a key of another system. Who
// may make a rule is asked here too: both of those who write rules and of those who make a token by which the rules that are there
// come to act. What a role allows may change later; that stays under the rules of changing roles, as it does for people who hold
// the role by hand.

// group is what a rule looks at.
type group struct {
	id               uuid.UUID
	name, externalID string
}

// mapping is which groups give which roles, as the roles are now.
type mapping struct {
	rules []org.DirectoryRule
	set   *unit.RoleSet
}

// mappingOf reads the rules of an organization with its roles as they are in the same moment, so that no rule gives a role that
// has just been deleted.
func mappingOf(ctx context.Context, a *unit.Attempt, organization uuid.UUID) (m mapping, err error) {
	if m.set, err = a.Roles(ctx, organization); err != nil {
		return m, err
	}
	rows, err := a.Q.ListDirectoryRules(ctx, organization)
	m.rules = rulesOf(rows)
	return m, err
}

// rulesOf is stored rules as they are compared: without the organization, which is the same for all.
func rulesOf(rows []db.DirectoryRule) []org.DirectoryRule {
	rules := make([]org.DirectoryRule, len(rows))
	for i, r := range rows {
		rules[i] = org.DirectoryRule{Match: r.Matches, Value: r.Value, Role: r.Role}
	}
	return rules
}

// matches reports whether a rule is about a group.
func (g group) matches(r org.DirectoryRule) bool {
	if r.Match == org.RuleByExternalID {
		return g.externalID != "" && g.externalID == r.Value
	}
	return org.FoldCase(g.name) == org.FoldCase(r.Value)
}

// add adds the roles that a group gives to those of somebody. The first group that gives a role stays the one. A role that is
// gone is given by nothing.
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

// mayMap refuses rules that the caller may not add. Forbidden: with one entry for each.
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

// missing is the rules of a list that are not in another one.
func missing(rules, others []org.DirectoryRule) []org.DirectoryRule {
	return slices.DeleteFunc(slices.Clone(rules), func(r org.DirectoryRule) bool {
		return slices.ContainsFunc(others, func(o org.DirectoryRule) bool { return same(r, o) })
	})
}
