package permtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"rolecall.example/rbac"
)

// Server answers about people. "" is the default organization. Names that do not exist are [ErrUnknown].
type Server interface {
	// World returns the catalog in force, and the custom roles of the organization and of the site.
	World(ctx context.Context, organization string) (*World, error)
	// Check says for each pair whether a user has it, and why.
	Check(ctx context.Context, organization, user string, own bool, pairs []rbac.Permission) ([]Answer, error)
	// WhoCan returns the usernames of all who have a pair in the organization.
	WhoCan(ctx context.Context, organization string, pair rbac.Permission) ([]string, error)
	// Roles returns the roles of a user in the organization and on the site, the latter as "site:NAME".
	Roles(ctx context.Context, organization, user string) ([]string, error)
}

// Answer is the answer about one pair.
type Answer struct {
	Allowed bool
	Because string
}

// ErrUnknown is the error about an organization or a person that does not exist.
var ErrUnknown = errors.New("unknown, or not for you to see")

// missing turns the error about an unknown name into a problem of the file.
func (r *run) missing(err error, path string) error {
	if !errors.Is(err, ErrUnknown) {
		return err
	}
	r.fail(path, "%v", err)
	return nil
}

// user tests what a person can do.
func (r *run) user(ctx context.Context, t *Test) (failures []string, err error) {
	list := r.assertions(t)
	if len(r.listed()) > 0 {
		return nil, nil
	}
	var pairs []rbac.Permission
	for _, a := range list {
		pairs = append(pairs, a.pair)
	}
	answers, err := r.server.Check(ctx, t.Organization, t.User, t.Own, pairs)
	if err != nil {
		return nil, r.missing(err, t.path+".user")
	}
	for i, a := range list {
		if answers[i].Allowed != a.can {
			failures = append(failures, r.sentence(t.User, a, t.Own)+": "+answers[i].Because)
		}
	}
	return failures, nil
}

// people tests who has a permission.
func (r *run) people(ctx context.Context, t *Test) (failures []string, err error) {
	// Names are looked up first: an unknown one would never be among those who can.
	pairs := r.pairs(t.path+".who_can", t.WhoCan, false)
	for i, name := range t.Are {
		if _, err := r.server.Roles(ctx, t.Organization, name); err != nil {
			if err := r.missing(err, fmt.Sprintf("%s.are[%d]", t.path, i)); err != nil {
				return nil, err
			}
		}
	}
	if len(r.listed()) > 0 {
		return nil, nil
	}
	for _, p := range pairs {
		names, err := r.server.WhoCan(ctx, t.Organization, p)
		if err != nil {
			return nil, err
		}
		phrase := r.world.Catalog.Phrase(p)
		if t.AtMost >= 0 && len(names) > t.AtMost {
			failures = append(failures, fmt.Sprintf("%d people can %s, and %d may: %s", len(names), phrase, t.AtMost, some(names)))
		}
		if !t.are {
			continue
		}
		if more := without(names, t.Are); more != nil {
			failures = append(failures, fmt.Sprintf("%s can %s, too", some(more), phrase))
		}
		if fewer := without(t.Are, names); fewer != nil {
			failures = append(failures, fmt.Sprintf("%s cannot %s", some(fewer), phrase))
		}
	}
	return failures, nil
}

// without returns the names of a list that another does not have.
func without(list, other []string) (rest []string) {
	for _, name := range list {
		if !slices.ContainsFunc(other, func(o string) bool { return strings.EqualFold(o, name) }) {
			rest = append(rest, name)
		}
	}
	return rest
}

// some writes a list of names, of which not more than ten.
func some(names []string) string {
	const most = 10
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// peopleTogether finds people who hold two of some permissions, whatever their roles are.
func (r *run) peopleTogether(ctx context.Context, t *Test, entries [][]rbac.Permission, except []string) (failures []string, err error) {
	// Who holds a permission is asked once for all people: a question for each would be as many as there are members.
	holders := map[rbac.Permission][]string{}
	var everybody []string
	for _, entry := range entries {
		for _, p := range entry {
			if holders[p], err = r.server.WhoCan(ctx, t.Organization, p); err != nil {
				return nil, err
			}
			everybody = append(everybody, holders[p]...)
		}
	}
	slices.Sort(everybody)
	for _, name := range slices.Compact(everybody) {
		found := r.both(name, entries, func(p rbac.Permission) (bool, string) { return slices.Contains(holders[p], name), "" })
		if found == nil {
			continue
		}
		roles, err := r.server.Roles(ctx, t.Organization, name)
		if err != nil {
			return nil, err
		}
		aside := func(role string) bool { return role == sitePrefix+ownerRole || slices.Contains(except, role) }
		if !slices.ContainsFunc(roles, aside) {
			failures = append(failures, found[0]+"by "+strings.Join(roles, " and "))
		}
	}
	return failures, nil
}
