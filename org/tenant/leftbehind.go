package tenant

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
	"rolecall.example/rbac"
)

// leftAtMost limits how many things of a kind are named. One more is read, to tell whether there are more.
const leftAtMost = 50

// leftBehind collects what an account made, as far as the caller may read it.
type leftBehind struct {
	unit.Reader
	by    *org.Actor
	maker uuid.NullUUID
	list  []org.LeftBehind
	more  bool
}

// leftBehindBy lists, by kind, what an account made that stays when it goes, and reports whether there is more.
func leftBehindBy(ctx context.Context, src unit.Reader, by *org.Actor, maker uuid.UUID) ([]org.LeftBehind, bool, error) {
	l := leftBehind{Reader: src, by: by, maker: unit.NullID(maker)}
	if err := src.Settle(ctx); err != nil {
		return nil, false, err
	}
	for _, find := range []func(context.Context) error{l.roles, l.serviceAccounts, l.tokens, l.passwords, l.directories, l.directoryTokens, l.rules, l.invitations} {
		if err := find(ctx); err != nil {
			return nil, false, err
		}
	}
	err := l.nameOrganizations(ctx)
	return l.list, l.more, err
}

// add appends the things of a kind that were found and that the caller may read.
func (l *leftBehind) add(kind org.LeftKind, n int, thing func(i int) (org.LeftBehind, bool)) {
	l.more = l.more || n > leftAtMost
	for i := range min(n, leftAtMost) {
		if t, readable := thing(i); readable {
			t.Kind = kind
			l.list = append(l.list, t)
		}
	}
}

func in(place uuid.UUID) org.Organization { return org.Organization{ID: place} }

// roles adds the custom roles that it made. Only callers who may read the people of a role's place learn who made it.
func (l *leftBehind) roles(ctx context.Context) error {
	rows, err := l.Q.ListRolesMadeBy(ctx, db.ListRolesMadeByParams{Maker: l.maker, MaxRows: leftAtMost + 1})
	l.add(org.LeftRole, len(rows), func(i int) (org.LeftBehind, bool) {
		r := rows[i]
		h := unit.SiteScope
		if place := r.OrganizationID.UUID; r.OrganizationID.Valid {
			h = unit.RoleScope{Org: db.Organization{ID: place}, Object: org.OrgRolesObject(place)}
		}
		return org.LeftBehind{ID: r.ID.String(), Name: r.Name, DisplayName: r.DisplayName, Organization: in(r.OrganizationID.UUID)},
			l.by.Can("read", h.Object) && h.MayCount(l.by)
	})
	return err
}

func (l *leftBehind) serviceAccounts(ctx context.Context) error {
	rows, err := l.Q.ListServiceAccountsMadeBy(ctx, db.ListServiceAccountsMadeByParams{Maker: l.maker, MaxRows: leftAtMost + 1})
	l.add(org.LeftServiceAccount, len(rows), func(i int) (org.LeftBehind, bool) {
		r := rows[i]
		return org.LeftBehind{ID: r.ID.String(), Name: r.Username, DisplayName: r.Name, User: r.Username}, l.by.Can("read", org.UserObject(r.ID))
	})
	return err
}

func (l *leftBehind) tokens(ctx context.Context) error {
	rows, err := l.Q.ListTokensMadeBy(ctx, db.ListTokensMadeByParams{Maker: l.maker, Now: l.When, MaxRows: leftAtMost + 1})
	l.add(org.LeftToken, len(rows), func(i int) (org.LeftBehind, bool) {
		r := rows[i]
		return org.LeftBehind{ID: r.ID, Name: r.Name, User: r.Username, Ends: r.ExpiresAt}, l.by.Can("read", org.KeyObject(r.UserID))
	})
	return err
}

// passwords adds the accounts whose password it knows, or could set by a link. Only callers who may set it too are told.
func (l *leftBehind) passwords(ctx context.Context) error {
	rows, err := l.Q.ListPasswordsMadeBy(ctx, db.ListPasswordsMadeByParams{Maker: l.maker, Now: l.When, MaxRows: leftAtMost + 1})
	for _, kind := range []org.LeftKind{org.LeftPassword, org.LeftPasswordLink} {
		l.add(kind, len(rows), func(i int) (org.LeftBehind, bool) {
			r := rows[i]
			return org.LeftBehind{ID: r.ID.String(), Name: r.Username, DisplayName: r.Name, User: r.Username},
				r.Link == (kind == org.LeftPasswordLink) && l.by.Can("update_personal", org.UserObject(r.ID))
		})
	}
	return err
}

// mayReadRules reports whether the caller may read the sync rules of a place, and its directory.
func (l *leftBehind) mayReadRules(place uuid.UUID) bool {
	return l.by.Can("read", rbac.Object{Type: "idpsync_settings", Org: place})
}

func (l *leftBehind) directories(ctx context.Context) error {
	rows, err := l.Q.ListDirectoriesSetBy(ctx, db.ListDirectoriesSetByParams{Maker: l.maker, MaxRows: leftAtMost + 1})
	l.add(org.LeftDirectory, len(rows), func(i int) (org.LeftBehind, bool) {
		r := rows[i]
		return org.LeftBehind{ID: r.Slug, Name: r.Name, Organization: in(r.OrganizationID)}, l.mayReadRules(r.OrganizationID)
	})
	return err
}

func (l *leftBehind) directoryTokens(ctx context.Context) error {
	rows, err := l.Q.ListDirectoryTokensMadeBy(ctx, db.ListDirectoryTokensMadeByParams{Maker: l.maker, Now: l.When, MaxRows: leftAtMost + 1})
	l.add(org.LeftDirectoryToken, len(rows), func(i int) (org.LeftBehind, bool) {
		r := rows[i]
		return org.LeftBehind{ID: r.ID.String(), Name: r.Name, Organization: in(r.OrganizationID), Ends: r.ExpiresAt}, l.mayReadRules(r.OrganizationID)
	})
	return err
}

func (l *leftBehind) rules(ctx context.Context) error {
	rows, err := l.Q.ListSyncRulesSetBy(ctx, db.ListSyncRulesSetByParams{Maker: l.maker, MaxRows: leftAtMost + 1})
	l.add(org.LeftSyncRules, len(rows), func(i int) (org.LeftBehind, bool) {
		r := rows[i]
		kind := org.SyncKind(r.Kind)
		return org.LeftBehind{ID: r.ID.String(), Name: r.Provider, Rules: kind, Organization: in(r.OrganizationID.UUID)},
			l.mayReadRules(r.OrganizationID.UUID) && (kind != org.SyncSiteRoles || l.by.Owner())
	})
	return err
}

// invitations adds the open ones, if they lead into an organization that the caller may invite into.
func (l *leftBehind) invitations(ctx context.Context) error {
	rows, err := l.Q.ListAllInvitations(ctx, db.ListAllInvitationsParams{
		CreatedBy: l.maker, States: " open ", EndsAfter: l.When, EndsBy: l.When.AddDate(100, 0, 0), MaxRows: leftAtMost + 1,
	})
	if err != nil || len(rows) == 0 {
		return err
	}
	ids := make([]uuid.UUID, len(rows))
	for i := range rows {
		ids[i] = rows[i].ID
	}
	grants, err := l.Q.ListInvitationGrants(ctx, ids)
	l.add(org.LeftInvitation, len(rows), func(i int) (org.LeftBehind, bool) {
		r := &rows[i]
		at := slices.IndexFunc(grants, func(g db.InvitationGrant) bool {
			return g.InvitationID == r.ID && l.by.Can("read", org.OrgObject(g.OrganizationID)) && unit.MayAddMembers(l.by, g.OrganizationID)
		})
		if at < 0 {
			return org.LeftBehind{}, false
		}
		return org.LeftBehind{ID: r.ID.String(), Name: r.Email, DisplayName: r.Name, Organization: in(grants[at].OrganizationID), Ends: r.ExpiresAt}, true
	})
	return err
}

// nameOrganizations fills in the organizations, and drops what belongs to one that the caller may not read.
func (l *leftBehind) nameOrganizations(ctx context.Context) error {
	var ids []uuid.UUID
	for i := range l.list {
		if place := l.list[i].Organization.ID; place != uuid.Nil && !slices.Contains(ids, place) && l.by.Can("read", org.OrgObject(place)) {
			ids = append(ids, place)
		}
	}
	known := map[uuid.UUID]org.Organization{}
	if len(ids) > 0 {
		rows, err := l.Q.ListOrganizationsByID(ctx, ids)
		if err != nil {
			return err
		}
		for _, o := range rows {
			known[o.ID] = unit.OrganizationOf(o)
		}
	}
	l.list = slices.DeleteFunc(l.list, func(t org.LeftBehind) bool {
		_, readable := known[t.Organization.ID]
		return t.OfOrganization() && !readable
	})
	for i := range l.list {
		l.list[i].Organization = known[l.list[i].Organization.ID]
	}
	return nil
}
