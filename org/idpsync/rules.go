package idpsync

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
	"rolecall.example/rbac"
)

// Rules returns all stored rule sets of a provider. A target that was deleted, an organization or a role, gives nothing.
func Rules(ctx context.Context, src unit.Reader, provider string) ([]org.SyncRules, error) {
	rows, err := src.Q.ListSyncRules(ctx, provider)
	if err != nil {
		return nil, err
	}
	sets := make([]org.SyncRules, len(rows))
	for i, r := range rows {
		if sets[i], err = rulesOf(&r.SyncRule); err != nil {
			return nil, err
		}
		sets[i].Organization.Name, sets[i].Organization.DisplayName = r.OrganizationName, r.OrganizationDisplayName
	}
	return sets, nil
}

// rulesOf converts a stored rule set.
func rulesOf(row *db.SyncRule) (r org.SyncRules, err error) {
	r = org.SyncRules{
		ID: row.ID, Provider: row.Provider, Kind: org.SyncKind(row.Kind), Organization: org.Organization{ID: row.OrganizationID.UUID},
		Field: row.Field, AssignDefault: row.AssignDefault, Version: row.Version, UpdatedAt: row.UpdatedAt,
	}
	if err = json.Unmarshal([]byte(row.Mapping), &r.Mapping); err != nil {
		err = fmt.Errorf("mapping of rule set %s: %w", row.ID, err)
	}
	return r, err
}

// unset returns a rule set that was never stored.
func unset(in place, provider string) org.SyncRules {
	return org.SyncRules{
		Provider: provider, Kind: in.kind, Organization: in.organization, Mapping: map[string][]string{}, AssignDefault: in.kind == org.SyncOrganizations,
	}
}

// place is where a rule set applies, as far as a caller may know of it.
type place struct {
	kind         org.SyncKind
	organization org.Organization
}

func (p place) object() rbac.Object { return settingsOf(p.organization.ID) }

// settingsOf returns the object on which rights over rule sets are checked: those of an organization, or of the site.
func settingsOf(organization uuid.UUID) rbac.Object {
	return rbac.Object{Type: settingsType, Org: organization}
}

const settingsType = "idpsync_settings"

// errNotOwner refuses to show or change who gets site roles. No custom role gives the right to do that.
var errNotOwner = &org.Error{Kind: org.Forbidden, Message: "Only site owners may map site roles."}

// placeFor finds the place of a rule set for a caller who may do an action with it. NotFound: no such organization. Forbidden.
func placeFor(ctx context.Context, src unit.Reader, by *org.Actor, action string, in org.SyncPlace) (p place, err error) {
	p.kind = in.Kind
	if in.Kind == org.SyncRoles {
		row, err := src.Organization(ctx, by, in.Organization)
		if err != nil {
			return p, err
		}
		p.organization = unit.OrganizationOf(row)
	} else if err := src.Settle(ctx); err != nil {
		return p, err
	}
	// Only an owner may decide who becomes an owner.
	if in.Kind == org.SyncSiteRoles && !by.Owner() {
		return p, errNotOwner
	}
	if !by.Can(action, p.object()) {
		return p, org.ErrForbidden(settingsType + ":" + action)
	}
	return p, nil
}

// rulesAt returns the rule set of a place, stored or not.
func rulesAt(ctx context.Context, src unit.Reader, in place, provider string) (org.SyncRules, error) {
	var row db.SyncRule
	var err error
	if in.kind == org.SyncRoles {
		row, err = src.Q.GetSyncRulesOfOrganization(ctx, db.GetSyncRulesOfOrganizationParams{OrganizationID: unit.NullID(in.organization.ID), Provider: provider})
	} else {
		row, err = src.Q.GetSyncRulesOfSite(ctx, db.GetSyncRulesOfSiteParams{Provider: provider, Kind: string(in.kind)})
	}
	// A rule set that was never stored is shown as in Coder's API, not as missing.
	if db.IsNotFound(err) {
		return unset(in, provider), nil
	}
	if err != nil {
		return org.SyncRules{}, err
	}
	r, err := rulesOf(&row)
	r.Organization = in.organization
	return r, err
}

// Settings returns a rule set. NotFound: no such organization. Forbidden: needs idpsync_settings:read there or, for site roles,
// to be a site owner. Invalid: the provider.
func (s *Service) Settings(ctx context.Context, subject *org.Actor, in org.SyncPlace, provider org.Input[*org.Provider]) (r org.SyncRules, err error) {
	defer org.Wrap(&err, "read the rule set of %s", in.Kind)
	err = s.units.Moment(ctx, subject, func(src unit.Reader) error {
		where, err := placeFor(ctx, src, subject, "read", in)
		if err != nil {
			return err
		}
		p, err := provider.Read()
		if err != nil {
			return err
		}
		r, err = rulesAt(ctx, src, where, p.ID)
		return err
	})
	return r, err
}

// All returns those stored rule sets of a provider that the caller may read, those of organizations by name. Forbidden: needs
// idpsync_settings:read on the site. Invalid: the provider.
func (s *Service) All(ctx context.Context, subject *org.Actor, provider org.Input[*org.Provider]) (sets []org.SyncRules, err error) {
	defer org.Wrap(&err, "list rule sets")
	err = s.units.Moment(ctx, subject, func(src unit.Reader) error {
		if _, err := placeFor(ctx, src, subject, "read", org.SyncPlace{Kind: org.SyncOrganizations}); err != nil {
			return err
		}
		p, err := provider.Read()
		if err != nil {
			return err
		}
		all, err := Rules(ctx, src, p.ID)
		if err != nil {
			return err
		}
		sets = visible(subject, all)
		return nil
	})
	return sets, err
}

// visible leaves out the rule sets that a caller may not read.
func visible(by *org.Actor, all []org.SyncRules) []org.SyncRules {
	// Permission to read on the site does not include organizations that the caller can't see.
	sets := []org.SyncRules{}
	for _, r := range all {
		o := r.Organization.ID
		switch {
		case r.Kind == org.SyncSiteRoles && !by.Owner():
		case r.Kind == org.SyncRoles && (!by.Can("read", org.OrgObject(o)) || !by.Can("read", settingsOf(o))):
		default:
			sets = append(sets, r)
		}
	}
	slices.SortStableFunc(sets, func(a, b org.SyncRules) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(org.FoldCase(a.Organization.Name), org.FoldCase(b.Organization.Name)))
	})
	return sets
}
