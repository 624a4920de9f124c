package tenant

import (
	"context"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/org/unit"
	"rolecall.example/rbac"
)

// switcherLimit is how many organizations the switcher lists.
const switcherLimit = 50

// Navigation returns the frame of a page: what the caller may open. organization is the one that the page belongs to, "" for
// none. If the caller may not read it, it is left out, and the page itself says so.
func (s *Service) Navigation(ctx context.Context, subject *org.Actor, organization string) (_ org.Navigation, err error) {
	defer org.Wrap(&err, "read navigation in %q", organization)
	return unit.Glance(ctx, s.units, subject, func(src unit.Reader) (org.Navigation, error) {
		return navigation(ctx, src, subject, organization)
	})
}

func navigation(ctx context.Context, src unit.Reader, subject *org.Actor, organization string) (org.Navigation, error) {
	site := rbac.Object{Type: "audit_log"}
	n := org.Navigation{
		User:                   subject.User,
		RoleLabel:              label(subject.User.Roles, "Member"),
		CanReadUsers:           subject.Can("read", org.UsersObject),
		CanReadSiteAudit:       subject.Can("read", site),
		CanReadAudit:           subject.Can("read", site) || subject.Can("read", rbac.Object{Type: site.Type, AnyOrg: true}),
		CanReadOrganizations:   subject.Can("read", org.OrgObject(uuid.Nil)),
		CanCreateOrganizations: subject.Can("create", org.OrgObject(uuid.Nil)),
		CanReadTokens:          subject.Can("read", org.KeyObject(uuid.Nil)),
		CanSeeMail:             subject.Owner(),
		CanReadSiteSync:        subject.Can("read", rbac.Object{Type: "idpsync_settings"}),
		SiteRoles:              subject.Can("assign", org.SiteRolesObject) || subject.Owner(),
	}
	if err := navigationSync(ctx, src, subject, &n); err != nil {
		return n, err
	}
	// Reading one more than is listed tells whether there are others.
	rows, err := src.OrganizationRows(ctx, subject, switcherLimit+1)
	if err != nil {
		return n, err
	}
	n.Organizations = unit.ReadableOrganizations(subject, rows)
	if n.More = len(n.Organizations) > switcherLimit; n.More {
		n.Organizations = n.Organizations[:switcherLimit]
	}
	if err := navigationCounts(ctx, src, &n); err != nil {
		return n, err
	}
	if organization == "" {
		return n, nil
	}
	o, err := src.Organization(ctx, subject, organization)
	if org.KindOf(err) == org.NotFound {
		return n, nil
	}
	if err != nil {
		return n, err
	}
	return n, navigationCurrent(ctx, src, subject, unit.OrganizationOf(o), &n)
}

// Evidence returns the state of an organization, or of the site for "". It is zero if the caller may not read its audit trail.
func (s *Service) Evidence(ctx context.Context, subject *org.Actor, organization string) (_ org.Evidence, err error) {
	defer org.Wrap(&err, "read the state of %q", organization)
	return unit.Glance(ctx, s.units, subject, func(src unit.Reader) (org.Evidence, error) {
		if organization == "" {
			return src.Evidence(ctx, subject, uuid.Nil)
		}
		o, err := src.Organization(ctx, subject, organization)
		if org.KindOf(err) == org.NotFound {
			return org.Evidence{}, nil
		}
		if err != nil {
			return org.Evidence{}, err
		}
		return src.Evidence(ctx, subject, o.ID)
	})
}

// navigationSync counts what sign-ins left for someone to resolve, if the caller may do so. Without a provider there is
// nothing to count.
func navigationSync(ctx context.Context, s unit.Reader, by *org.Actor, n *org.Navigation) error {
	if strings.TrimSpace(s.ProviderList()) == "" || !by.Can("update", rbac.Object{Type: "idpsync_settings"}) {
		return nil
	}
	trouble, err := s.Q.CountSyncTrouble(ctx)
	n.SyncTrouble = int(trouble)
	return err
}

// navigationCounts counts what belongs to the site and to the caller.
// Every page asks for them, so counting stops at org.NavigationCountMax.
func navigationCounts(ctx context.Context, s unit.Reader, n *org.Navigation) error {
	tokens, err := s.Q.CountTokens(ctx, n.User.ID)
	if err != nil {
		return err
	}
	n.TokenCount, n.OrganizationCount = int(tokens), len(n.Organizations)
	if n.CanReadUsers {
		users, err := s.Q.GetUserCount(ctx)
		if err != nil {
			return err
		}
		n.UserCount = int(min(users, org.NavigationCountMax))
	}
	// A caller who may not read all of them sees the number that is listed: counting theirs would mean checking each.
	if n.More && n.CanReadOrganizations {
		orgs, err := s.Q.CountOrganizationsUpTo(ctx, org.NavigationCountMax)
		if err != nil {
			return err
		}
		n.OrganizationCount = int(orgs)
	}
	if !n.SiteRoles {
		return nil
	}
	set, err := s.Roles(ctx, uuid.Nil)
	if err == nil {
		n.SiteRoleCount = len(set.List)
	}
	return err
}

// navigationCurrent fills in what belongs to the organization of the page.
func navigationCurrent(ctx context.Context, s unit.Reader, by *org.Actor, current org.Organization, n *org.Navigation) error {
	n.Current, n.Members = &current, current.MemberCount
	n.CanReadMembers, n.Belongs = by.Can("read", org.MembersObject(current.ID)), by.Grants.InOrg(current.ID)
	// A caller who sees no member but themselves does not learn how many there are (docs/spec/members.md).
	if within := s.Readable(by, current.ID); within != unit.Everywhere {
		n.Members = 0
		if within != unit.Nowhere && n.Belongs {
			n.Members = 1
		}
	}
	n.CanReadRoles = by.Can("read", org.OrgRolesObject(current.ID))
	n.CanReadOrgAudit = by.Can("read", rbac.Object{Type: "audit_log", Org: current.ID})
	n.CanReadSync = by.Can("read", rbac.Object{Type: "idpsync_settings", Org: current.ID})
	n.CanReadDirectory = by.Can("read", rbac.Object{Type: "idpsync_settings", Org: current.ID})
	n.CanChange = by.Can("update", org.OrgObject(current.ID)) || by.Can("delete", org.OrgObject(current.ID))
	set, err := s.Roles(ctx, current.ID)
	if err != nil {
		return err
	}
	n.Roles = len(set.List)
	// A role of the site says more about a person than one of the organization, so this is for people without site roles.
	if len(by.User.Roles) == 0 {
		n.RoleLabel = "Member"
		for _, g := range by.Grants.Grants() {
			if g.Org == current.ID && g.Role.DisplayName != "" {
				n.RoleLabel = g.Role.DisplayName
			}
		}
	}
	return nil
}

// label returns the first display name among these roles, or otherwise.
func label(roles []org.RoleRef, otherwise string) string {
	for _, r := range roles {
		if r.DisplayName != "" {
			return r.DisplayName
		}
	}
	return otherwise
}
