package unit

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/rbac"
)

// A role of the site counts in every organization, so changing one may leave several without anyone able to manage
// them. Only site owners write such roles, and they are not refused: a dry run warns them.

// warningOfSite looks for the organizations that someone is able to manage before the change of a site role and no one is
// after it. A change takes something only from holders, so it looks where they are members.
type warningOfSite struct {
	*comparison
	Reader
	crowds map[uuid.UUID]*[2]*Crowd
	left   map[uuid.UUID]bool // organizations that a holder could manage: whether no one can afterwards
}

// warnOfSite fills in the warning of a dry run that follows the holders of a site role.
func (w *comparison) warnOfSite(ctx context.Context, s Reader) error {
	if w.role == "" || w.org != uuid.Nil || !w.takes() {
		return nil
	}
	f := warningOfSite{
		comparison: w, Reader: s,
		crowds: map[uuid.UUID]*[2]*Crowd{}, left: map[uuid.UUID]bool{},
	}
	if err := w.eachHolder(ctx, s.Q, func(piece []followed) error { return f.look(ctx, piece) }); err != nil {
		return err
	}
	var names []string
	for id, left := range f.left {
		if !left {
			continue
		}
		o, err := s.Q.GetOrganization(ctx, id)
		if err != nil {
			return err
		}
		names = append(names, o.DisplayName)
	}
	w.impact.Warning = unmanaged(names)
	return nil
}

// takes reports whether the change of the role that is followed can take anything from anyone.
func (w *comparison) takes() bool {
	of := func(c *Crowd) (role org.Role) {
		if r, ok := c.Sets[w.org].ByName[w.role]; ok {
			role = r.Role
		}
		return role
	}
	is := of(w.after)
	return takes(of(w.before), &is)
}

// look checks the organizations of some holders.
func (f *warningOfSite) look(ctx context.Context, piece []followed) error {
	ids, siteRoles := make([]uuid.UUID, len(piece)), make(map[uuid.UUID]string, len(piece))
	for i, p := range piece {
		ids[i], siteRoles[p.id] = p.id, p.was.SiteRoles
	}
	rows, err := f.MembershipsOf(ctx, ids) // those of one account are consecutive
	if err != nil {
		return err
	}
	for begin, end := 0, 0; begin < len(rows); begin = end {
		for end < len(rows) && rows[end].UserID == rows[begin].UserID {
			end++
		}
		for i, m := range rows[begin:end] {
			h := Holding{Roles: SortNames(m.Roles), SiteRoles: siteRoles[m.UserID], Elsewhere: f.elsewhere(rows[begin:end], i)}
			if err := f.ask(ctx, m.OrganizationID, h); err != nil {
				return err
			}
		}
	}
	return nil
}

// elsewhere returns what an account with these memberships holds, outside one of them, that gives rights everywhere.
func (f *warningOfSite) elsewhere(rows []db.ListMembershipsOfUsersRow, at int) (names string) {
	for _, name := range f.carried() {
		for i, m := range rows {
			if i != at && slices.Contains(strings.Fields(m.Roles), name) {
				names = withName(names, name)
			}
		}
	}
	return names
}

// ask finds out whether no one is left to manage an organization, if this holding may manage it before the change and not after.
func (f *warningOfSite) ask(ctx context.Context, orgID uuid.UUID, h Holding) error {
	if _, known := f.left[orgID]; known {
		return nil
	}
	both, err := f.crowdsOf(ctx, orgID)
	if err != nil {
		return err
	}
	before, err := both[0].Subject(ctx, h)
	if err != nil || !isAble(before, orgID) {
		return err
	}
	after, err := both[1].Subject(ctx, h)
	if err != nil || isAble(after, orgID) {
		return err
	}
	var found [2]bool // a holder may be suspended, or unable to sign in
	for i, crowd := range both {
		m, err := crowd.managers(ctx)
		if err != nil {
			return err
		}
		if found[i], err = m.beside(ctx, uuid.Nil); err != nil {
			return err
		}
	}
	f.left[orgID] = found[0] && !found[1]
	return nil
}

// crowdsOf decides about the people of an organization before and after the change.
func (f *warningOfSite) crowdsOf(ctx context.Context, orgID uuid.UUID) (*[2]*Crowd, error) {
	if both := f.crowds[orgID]; both != nil {
		return both, nil
	}
	set, err := f.Roles(ctx, orgID)
	if err != nil {
		return nil, err
	}
	was := &Crowd{Reader: f.Reader, Org: orgID, Elsewhere: map[uuid.UUID]string{}, known: map[Holding]*rbac.Subject{}}
	was.Sets = maps.Clone(f.before.Sets)
	was.Sets[orgID] = set
	both := &[2]*Crowd{was, was.under(f.after.Sets[uuid.Nil])}
	f.crowds[orgID] = both
	return both, nil
}

// shownUnmanaged is how many organizations a warning names.
const shownUnmanaged = 3

// unmanaged returns the warning that no one will be able to manage these organizations, "" if there are none.
func unmanaged(names []string) string {
	slices.Sort(names)
	switch more := len(names) - shownUnmanaged; {
	case len(names) == 0:
		return ""
	case len(names) == 1:
		return fmt.Sprintf("No one in %s will be able to manage it.", names[0])
	case more > 0:
		return fmt.Sprintf("No one in %s and %d more will be able to manage them.", strings.Join(names[:shownUnmanaged], ", "), more)
	}
	last := len(names) - 1
	return fmt.Sprintf("No one in %s and %s will be able to manage them.", strings.Join(names[:last], ", "), names[last])
}

// noManager returns the refusal to leave an organization without anyone able to manage it. In a site owner's dry run it is
// a warning instead.
// good: without anyone able for good.
func (a *Attempt) noManager(o db.Organization, good bool) error {
	if a.exempt() {
		if a.warning = unmanaged([]string{o.DisplayName}); good {
			a.warning = fmt.Sprintf("Everyone in %s who is able to manage it will lose that on a set date.", o.DisplayName)
		}
		return nil
	}
	detail := "After this change no active member of %s could read it and manage its roles. Ask a site owner."
	if good {
		detail = "After this change every active member of %s who could read it and manage its roles would lose that on a set date. Ask a site owner."
	}
	return org.ErrInvalid("Someone must still be able to manage this organization.", fmt.Sprintf(detail,
		a.nameOf(o, "an organization that you can't see")))
}
