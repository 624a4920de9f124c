package tenant

import (
	"cmp"
	"context"
	"errors"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// OffboardView returns what Offboard would act on, and which steps the caller may take. Errors as those of Offboard that don't
// depend on the steps asked for.
func (s *Service) OffboardView(ctx context.Context, subject *org.Actor, user string) (_ org.OffboardView, err error) {
	defer org.Wrap(&err, "view offboarding %q", user)
	try := func(wanted org.Offboarding) error {
		_, err := s.PreviewOffboard(ctx, subject, user, org.Given(wanted))
		return err
	}
	if err := try(org.Offboarding{EndSessions: true}); err != nil {
		return org.OffboardView{}, err
	}
	v, err := unit.Glance(ctx, s.units, subject, func(src unit.Reader) (org.OffboardView, error) {
		return offboardView(ctx, src, subject, user)
	})
	if err != nil {
		return v, err
	}
	if v.TokensRefusal, err = refusalOf(try(org.Offboarding{RevokeTokens: true})); err != nil {
		return v, err
	}
	last := false
	for _, h := range v.Homes {
		last = last || h.LastAdmin
	}
	if !last { // else somebody may take over first
		v.StatusRefusal, err = refusalOf(try(org.Offboarding{Suspend: true}))
	}
	return v, err
}

// refusalOf turns a refusal into a sentence. Any other error is returned as it is.
func refusalOf(err error) (string, error) {
	if e, ok := errors.AsType[*org.Error](err); ok && (e.Kind == org.Forbidden || e.Kind == org.Invalid) {
		return cmp.Or(e.Detail, e.Message), nil
	}
	return "", err
}

func offboardView(ctx context.Context, src unit.Reader, by *org.Actor, user string) (v org.OffboardView, err error) {
	row, err := src.ReadableUser(ctx, by, user)
	if err != nil {
		return v, err
	}
	if v.User, err = src.User(ctx, row); err != nil {
		return v, err
	}
	sessions, err := src.Q.ListSessions(ctx, db.ListSessionsParams{UserID: unit.NullID(row.ID), Now: src.When})
	if err != nil {
		return v, err
	}
	v.Sessions = len(sessions)
	for _, s := range sessions {
		v.Agents = append(v.Agents, s.UserAgent)
	}
	if by.Can("read", org.KeyObject(row.ID)) {
		keys, err := src.Q.ListAPIKeys(ctx, db.ListAPIKeysParams{UserID: row.ID, After: src.When})
		if err != nil {
			return v, err
		}
		for _, k := range keys {
			v.Tokens = append(v.Tokens, k.Name)
		}
	}
	if v.Left, v.LeftMore, err = leftBehindBy(ctx, src, by, row.ID); err != nil {
		return v, err
	}
	homes, err := src.Memberships(ctx, row.ID)
	if err != nil {
		return v, err
	}
	for _, m := range homes {
		h, err := offboardHome(ctx, src, by, row, m.OrganizationID)
		if org.KindOf(err) == org.NotFound {
			v.Hidden++
			continue
		}
		if err != nil {
			return v, err
		}
		v.Homes = append(v.Homes, h)
	}
	return v, nil
}

// offboardHome returns one organization of the account. NotFound: the caller may not read it, or this membership.
func offboardHome(ctx context.Context, src unit.Reader, by *org.Actor, row db.UserRow, id uuid.UUID) (h org.OffboardHome, err error) {
	o, err := src.Organization(ctx, by, id.String())
	if err != nil {
		return h, err
	}
	if !by.Can("read", org.MemberObject(o.ID, row.ID)) {
		return h, org.ErrNotFound()
	}
	m, err := src.MemberRow(ctx, o.ID, row.ID)
	if err != nil {
		return h, err
	}
	member, err := src.MemberOf(ctx, m)
	if err != nil {
		return h, err
	}
	h.Organization, h.Roles = unit.OrganizationOf(o), member.Roles
	records, err := src.RecordsOf(ctx, o.ID, row.ID)
	if err != nil {
		return h, err
	}
	for _, r := range records[row.ID] {
		if r.Source.Synced() {
			h.Synced = append(h.Synced, r)
		}
	}
	if !by.Can("delete", org.MembersObject(o.ID)) {
		h.Refusal = "Needs organization_member:delete"
	}
	// A site owner may leave an organization without an admin, but is warned all the same.
	if org.Status(row.Status) == org.StatusActive && holdsAdmin(member.Roles) {
		other, err := src.Q.HasActiveHolder(ctx, db.HasActiveHolderParams{
			OrganizationID: o.ID, Role: org.RoleOrganizationAdmin, ExceptUser: row.ID, Passwords: src.PasswordPolicy(), Providers: src.ProviderList(),
		})
		h.LastAdmin = !other
		return h, err
	}
	return h, nil
}

func holdsAdmin(roles []org.RoleRef) bool {
	for _, r := range roles {
		if r.Name == org.RoleOrganizationAdmin {
			return true
		}
	}
	return false
}
