package account

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/org/unit"
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

// checkLimits finds what would limit the token, but for the scope that makes it one that may only ask.
func checkLimits(catalog *rbac.Catalog, in *org.TokenInput) (bad org.FieldErrors) {
	if in.Decides() {
		return checkDecides(in)
	}
	if len(in.Organizations) > 0 {
		bad.Add("organizations", fmt.Sprintf("are for a token that may only ask, by the scope %q", org.ScopeDecide))
	}
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

// checkDecides finds what stands beside the scope rolecall:decide, which stands alone.
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
			bad.Add(fmt.Sprintf("allow_list[%d]", i), fmt.Sprintf("allow_list entry %q is not supported", entry))
		}
	}
	return bad
}

// bound finds the organizations that a token is to be for, each once and in the order of their ids. One that the caller may
// not read looks as if there were none.
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
	return slices.Compact(places), bad.Err("Failed to create API key.")
}

// stored is how the ids of organizations are kept: sorted, with a space between.
func stored(places []org.TokenPlace) string {
	ids := make([]string, len(places))
	for i, p := range places {
		ids[i] = p.ID.String()
	}
	return strings.Join(ids, " ")
}

// NamePlaces looks up the names of the organizations that tokens are for, as far as the caller may read them.
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
