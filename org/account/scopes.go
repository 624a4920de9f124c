package account

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
	"rolecall.example/rbac"
)

// Every limit that a request asks for is either applied or refused by name, never ignored: a token that can do more than was
// asked for is worse than none (docs/spec/tokens.md).

// unlimited are the old and the new name of the scope that limits nothing.
var unlimited = []string{"all", "coder:all"}

// applicationConnect is one scope that Coder's clients know under two names.
var applicationConnect = []string{"application_connect", "coder:application_connect"}

// composites are the scopes that Coder publishes as lists of pairs. One is available if the catalog in force has all its pairs.
var composites = map[string][]string{
	"coder:apikeys.manage_self": {"api_key:create", "api_key:delete", "api_key:read", "api_key:update"},
	"coder:templates.author": {
		"file:create", "file:read", "template:create", "template:delete", "template:read", "template:update", "template:view_insights",
	},
	"coder:templates.build": {"file:create", "file:read", "provisioner_jobs:read", "template:read"},
	"coder:workspaces.access": {
		"organization_member:read", "template:read", "workspace:application_connect", "workspace:read", "workspace:ssh",
	},
	"coder:workspaces.create": {
		"organization_member:read", "template:read", "template:use",
		"workspace:create", "workspace:read", "workspace:start", "workspace:stop", "workspace:update",
	},
	"coder:workspaces.delete": {"organization_member:read", "template:read", "template:use", "workspace:delete", "workspace:read"},
	"coder:workspaces.operate": {
		"organization_member:read", "template:read", "workspace:read", "workspace:start", "workspace:stop", "workspace:update",
	},
}

// connect is the pair of applicationConnect.
var connect = rbac.Permission{ResourceType: "workspace", Action: "application_connect"}

// pairsOf returns the permissions that a scope means under a catalog; not ok: there is no such scope.
func pairsOf(catalog *rbac.Catalog, scope string) (pairs []rbac.Permission, ok bool) {
	names := composites[scope]
	switch {
	case slices.Contains(applicationConnect, scope):
		names = []string{connect.String()}
	case names == nil:
		names = []string{scope}
	}
	for _, name := range names {
		resourceType, action, _ := strings.Cut(name, ":")
		if resourceType == rbac.Wildcard || !catalog.ValidType(resourceType) || action != rbac.Wildcard && !catalog.Valid(resourceType, action) {
			return nil, false
		}
		pairs = append(pairs, rbac.Permission{ResourceType: resourceType, Action: action})
	}
	return pairs, true
}

// Scopes lists the scopes that a new token may have, sorted.
func (s *Service) Scopes(ctx context.Context) (names []string, err error) {
	defer org.Wrap(&err, "list scopes")
	c, err := s.units.InForce(ctx)
	if err != nil {
		return nil, err
	}
	names = append(names, unlimited...)
	names = append(names, org.ScopeDecide)
	for _, t := range c.Types() {
		names = append(names, t.Name+":"+rbac.Wildcard)
		for _, a := range t.Actions {
			names = append(names, t.Name+":"+a.Name)
		}
	}
	for name := range composites {
		if _, ok := pairsOf(c, name); ok {
			names = append(names, name)
		}
	}
	if _, ok := pairsOf(c, applicationConnect[0]); ok {
		names = append(names, applicationConnect...)
	}
	slices.Sort(names)
	return names, nil
}

// everything is the entry of an allow list that excludes nothing.
const everything = rbac.Wildcard + ":" + rbac.Wildcard

// scopesFailed is the message of a request whose scopes can't be taken.
const scopesFailed = "Failed to create API key."

// asked holds the limits that a request asks for.
type asked struct {
	limits    org.Limits
	allowList []string // sorted
}

// readLimits reads the limits of a new token, except its organizations, and finds everything that is wrong with them.
func readLimits(catalog *rbac.Catalog, in *org.TokenInput) (a asked, bad org.FieldErrors) {
	if in.Decides() {
		a.limits.Decides = true
		return a, checkDecides(in)
	}
	scopes, limited := readScope(catalog, "scope", in.Scope, &bad)
	for i, scope := range in.Scopes {
		pairs, limits := readScope(catalog, fmt.Sprintf("scopes[%d]", i), scope, &bad)
		if i == 0 { // then the old field does not count
			scopes, limited = nil, true
		}
		scopes, limited = append(scopes, pairs...), limited && limits
	}
	types := readAllowList(catalog, in.AllowList, &bad)
	switch {
	case !limited && types == nil:
		return a, bad
	case !limited:
		scopes = types
	case types != nil:
		scopes = slices.DeleteFunc(scopes, func(p rbac.Permission) bool {
			return !covered(types, rbac.Permission{ResourceType: p.ResourceType, Action: rbac.Wildcard})
		})
		if len(scopes) == 0 && len(bad) == 0 {
			bad.Add("allow_list", "leaves nothing of the scopes")
		}
	}
	a.limits.Pairs, a.limits.Catalog = canonical(scopes), catalog.Version()
	a.allowList = org.ScopeNames(types)
	return a, bad
}

// readScope reads one scope. limited is false if the scope limits nothing, or if the field scope is empty.
func readScope(catalog *rbac.Catalog, field, scope string, bad *org.FieldErrors) (pairs []rbac.Permission, limited bool) {
	if field == "scope" && scope == "" || slices.Contains(unlimited, scope) {
		return nil, false
	}
	pairs, ok := pairsOf(catalog, scope)
	if !ok {
		bad.Add(field, fmt.Sprintf("invalid or unsupported API key scope: %q", scope))
	}
	return pairs, true
}

// readAllowList reads the types that a token may touch; nil: any.
func readAllowList(catalog *rbac.Catalog, entries []string, bad *org.FieldErrors) (types []rbac.Permission) {
	all := len(entries) == 0
	for i, entry := range entries {
		field := fmt.Sprintf("allow_list[%d]", i)
		resourceType, id, _ := strings.Cut(entry, ":")
		switch {
		case entry == everything:
			all = true
		case id != "" && id != rbac.Wildcard:
			bad.Add(field, fmt.Sprintf("allow_list entries for single objects are not supported: %q", entry))
		case id == "" || resourceType == rbac.Wildcard || !catalog.ValidType(resourceType):
			bad.Add(field, fmt.Sprintf("invalid or unsupported allow_list entry: %q", entry))
		default:
			types = append(types, rbac.Permission{ResourceType: resourceType, Action: rbac.Wildcard})
		}
	}
	if all {
		return nil
	}
	return canonical(types)
}

// covered reports whether a permission, or all actions of its type, are in a list.
func covered(list []rbac.Permission, p rbac.Permission) bool {
	return slices.Contains(list, p) || slices.Contains(list, rbac.Permission{ResourceType: p.ResourceType, Action: rbac.Wildcard})
}

// canonical returns a list of scopes as it is stored: sorted, each once, and no single action of a type that is there as a whole.
func canonical(list []rbac.Permission) []rbac.Permission {
	out := []rbac.Permission{}
	for _, p := range list {
		all := rbac.Permission{ResourceType: p.ResourceType, Action: rbac.Wildcard}
		if !slices.Contains(out, p) && (p == all || !slices.Contains(list, all)) {
			out = append(out, p)
		}
	}
	rbac.SortPermissions(out)
	return out
}

// checkDecides finds everything that a request combines with the scope rolecall:decide, which must be alone.
func checkDecides(in *org.TokenInput) (bad org.FieldErrors) {
	alone := fmt.Sprintf("API key scope %q stands alone", org.ScopeDecide)
	if in.Scope != "" && in.Scope != org.ScopeDecide {
		bad.Add("scope", alone)
	}
	for i, scope := range in.Scopes {
		if scope != org.ScopeDecide {
			bad.Add(fmt.Sprintf("scopes[%d]", i), alone)
		}
	}
	for i, entry := range in.AllowList {
		if entry != everything {
			bad.Add(fmt.Sprintf("allow_list[%d]", i), alone)
		}
	}
	return bad
}

var errNoScope = errors.New("a token that may do nothing can't be told from one without limits")

// store writes limits into the row of a new token, as texts separated by spaces.
func store(row *db.InsertAPIKeyParams, l org.Limits) error {
	ids := make([]string, len(l.Organizations))
	for i, id := range l.Organizations {
		ids[i] = id.String()
	}
	row.Organizations = strings.Join(ids, " ")
	switch {
	case l.Decides:
		row.Scopes = org.ScopeDecide
	case l.Pairs != nil && len(l.Pairs) == 0, l.Organizations != nil && len(ids) == 0:
		return errNoScope
	case l.Pairs != nil:
		row.Scopes, row.Catalog = strings.Join(org.ScopeNames(l.Pairs), " "), l.Catalog
	}
	if l.Any() {
		row.Scope = legacyScope(l)
	}
	return nil
}

// legacyScope returns the one scope that old clients see for a token with limits.
func legacyScope(l org.Limits) string {
	if slices.Contains(l.Pairs, connect) {
		return applicationConnect[0]
	}
	return ""
}

// bound finds the organizations that a token is limited to, each once, in the order of their ids. Invalid: one does not exist or
// the caller may not read it.
func bound(ctx context.Context, src unit.Reader, by *org.Actor, refs []string) (places []org.TokenPlace, err error) {
	var bad org.FieldErrors
	for _, ref := range refs {
		o, err := src.Organization(ctx, by, ref)
		if org.KindOf(err) == org.NotFound || org.KindOf(err) == org.Invalid {
			bad.Add("organizations", fmt.Sprintf("there is no organization %q, or you may not see it", ref))
			continue
		}
		if err != nil {
			return nil, err
		}
		places = append(places, org.TokenPlace{ID: o.ID, Name: o.Name})
	}
	slices.SortFunc(places, func(a, b org.TokenPlace) int { return bytes.Compare(a.ID[:], b.ID[:]) })
	return slices.Compact(places), bad.Err(scopesFailed)
}

// NamePlaces fills in the names of the organizations that tokens are limited to, where the caller may read them.
func (s *Service) NamePlaces(ctx context.Context, subject *org.Actor, tokens []org.Token) (err error) {
	defer org.Wrap(&err, "name the organizations of tokens")
	src, names := s.units.Snapshot(subject), map[uuid.UUID]string{}
	for _, t := range tokens {
		for i := range t.Within {
			place := &t.Within[i]
			name, known := names[place.ID]
			if !known {
				o, err := src.Organization(ctx, subject, place.ID.String())
				if err != nil && org.KindOf(err) != org.NotFound {
					return err
				}
				name = o.Name
				names[place.ID] = name
			}
			place.Name = name
		}
	}
	return nil
}
