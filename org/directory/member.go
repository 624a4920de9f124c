package directory

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/scim"
	"rolecall.example/org/tenant"
	"rolecall.example/org/unit"
)

// The membership follows what the directory says, every time it says something: a request that repeats what is stored repairs what
// a request that was cut off, or a person, has left otherwise. Access that a leaver has by other records ends with that of the
// directory, since whoever leaves a company leaves all that it gave, and nobody else is told of it. The fuse counts memberships that
// end and not requests, so that a directory which says the same twice is not held for it.

// What the trail calls people and groups of a directory, and the directory itself.
const (
	userType      = "scim_user"
	groupType     = "scim_group"
	directoryType = "scim_directory"
)

// memberPlan is what a directory makes of somebody in its organization, as it was decided.
type memberPlan struct {
	in       userChange
	row      db.DirectoryUser // as it was
	user     scim.User        // as it is afterwards
	account  db.UserRow
	changed  []string // names of attributes
	version  int64
	directed tenant.Directed
	keeps    bool       // the names of one who is deleted, to find the account by
	loses    bool       // access, which the fuse counts
	held     *org.Error // too many do: nothing is taken
	resource scim.Resource
}

// planMember gives or ends the membership of somebody, by the groups that they are in. It fails with errAccount if the account
// must be changed first.
func planMember(ctx context.Context, a *unit.Attempt, in userChange) (p memberPlan, err error) {
	in.caller.become(a)
	p.in = in
	if p.row, err = in.read(ctx, a); err != nil {
		return p, err
	}
	if p.user, err = in.after(ctx, a, p.row); err != nil {
		return p, err
	}
	if !in.deletes {
		if err := free(ctx, a, p.row.OrganizationID, &p.user, p.row.ID); err != nil {
			return p, err
		}
	}
	if p.account, err = a.Q.GetUser(ctx, p.row.UserID); err != nil {
		return p, err
	}
	if !in.deletes {
		change, err := in.caller.adjust(ctx, a, p.account, &p.user)
		if err != nil {
			return p, err
		}
		if change.any() {
			return p, errAccount
		}
	}
	if err := p.decide(ctx, a); err != nil {
		return p, forbidden(err)
	}
	a.About(userType, p.row.ID, p.user.UserName, p.row.OrganizationID)
	return p, p.answer(ctx, a)
}

// decide decides about the membership.
func (p *memberPlan) decide(ctx context.Context, a *unit.Attempt) error {
	o, err := a.Q.GetOrganization(ctx, p.row.OrganizationID)
	if err != nil {
		return err
	}
	if p.user.Active {
		roles, err := rolesOf(ctx, a, o.ID, p.row.ID)
		if err != nil {
			return err
		}
		p.directed, err = tenant.DecideDirected(ctx, a, o, p.account, tenant.Direction{Source: p.in.caller.source(), Roles: roles})
		return err
	}
	// A leaver keeps nothing, not even what others gave.
	if p.directed, err = tenant.DecideDirectedEnd(ctx, a, o, p.account); err != nil {
		return err
	}
	if p.keeps, err = p.isNameless(ctx, a); err != nil || !p.directed.Leaves() {
		return err
	}
	p.loses = true
	p.held, err = fuse(ctx, a, o.ID, p.account.ID)
	return err
}

// isNameless reports whether somebody who is deleted has an account of this directory that no address leads to.
func (p *memberPlan) isNameless(ctx context.Context, a *unit.Attempt) (bool, error) {
	if !p.in.deletes || p.account.Email != "" {
		return false, nil
	}
	manager, err := a.Q.GetManager(ctx, p.account.ID)
	if db.IsNotFound(err) {
		return false, nil
	}
	return manager.OrganizationID == p.row.OrganizationID, err
}

// rolesOf is what the groups of somebody give, with the first group that gives each.
func rolesOf(ctx context.Context, a *unit.Attempt, organization, id uuid.UUID) (map[string]string, error) {
	groups, err := a.Q.ListGroupsOfDirectoryUsers(ctx, []uuid.UUID{id})
	if err != nil || len(groups) == 0 {
		return nil, err
	}
	m, err := mappingOf(ctx, a, organization)
	if err != nil {
		return nil, err
	}
	roles := map[string]string{}
	for _, g := range groups {
		m.add(roles, group{g.ID, g.DisplayName, g.ExternalID})
	}
	return roles, nil
}

// fuse says why the directory is held from now on, and somebody does not lose access: too many have lost it within an hour. nil if
// nothing speaks against it. Unavailable: it is held already.
func fuse(ctx context.Context, a *unit.Attempt, organization, user uuid.UUID) (*org.Error, error) {
	d, err := a.Q.GetDirectory(ctx, organization)
	if err != nil {
		return nil, err
	}
	held := &org.Error{Kind: org.Unavailable, RetryAfter: org.FuseWindow, Message: "More people than allowed would lose access within an hour.",
		Detail: "An administrator must release this directory."}
	if d.HeldAt.Valid {
		return nil, held
	}
	limit := org.Fuse{People: d.FusePeople, Percent: d.FusePercent}
	if limit.Off() {
		return nil, nil
	}
	lost, err := a.Q.CountDirectoryLosses(ctx, db.CountDirectoryLossesParams{OrganizationID: organization, Since: a.Now.Add(-org.FuseWindow), ExceptUser: user})
	if err != nil {
		return nil, err
	}
	// Those who have lost access are not active any more, and still count: else the limit would sink with each of them. What
	// the directory holds back is told in the answer, so that its people see it there and not only here.
	blows, err := limit.Blows(lost, func() (int64, error) {
		active, err := a.Q.CountActiveDirectoryUsers(ctx, organization)
		return active + lost, err
	})
	if err != nil || !blows {
		return nil, err
	}
	return held, nil
}

// answer says what is stored afterwards, and what of it changed.
func (p *memberPlan) answer(ctx context.Context, a *unit.Attempt) error {
	p.version = p.row.Version
	if nothing := p.in.deletes || p.held != nil; nothing {
		return nil
	}
	before, err := scim.DocumentOf(p.row.Document)
	if err != nil {
		return err
	}
	p.changed = differing(before, p.user.Document)
	if p.row.Settled && len(p.changed) > 0 {
		p.version++
	}
	after := p.row
	after.Document, after.Version, after.Active = p.user.Document.JSON(), p.version, p.user.Active
	if !p.row.Settled {
		after.CreatedAt = a.Now
	}
	if len(p.changed) > 0 || !p.row.Settled {
		after.UpdatedAt = a.Now
	}
	if p.resource, err = resourceOf(after); err != nil {
		return err
	}
	refs, err := groupsOf(ctx, a.Q, []uuid.UUID{p.row.ID})
	if p.resource.Refs = refs[p.row.ID]; p.resource.Refs == nil {
		p.resource.Refs = []scim.Ref{}
	}
	return err
}

// differing is the names of the attributes in which two documents differ, sorted.
func differing(before, after scim.Document) (names []string) {
	same := func(d scim.Document, name string) string { return scim.Document{"v": d[name]}.JSON() }
	for _, d := range []scim.Document{before, after} {
		for name := range d {
			if !slices.Contains(names, name) && same(before, name) != same(after, name) {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return names
}

// applyMember stores the membership, and what the directory says. A directory that is held is told so, and nothing else happens.
func applyMember(ctx context.Context, w *unit.Writer, p memberPlan) (memberPlan, error) {
	if p.held != nil {
		return p, hold(ctx, w, p)
	}
	w.Entry = unit.Entry{}
	if err := p.directed.Store(ctx, w); err != nil {
		return p, err
	}
	if p.loses {
		if err := w.W.InsertDirectoryLoss(ctx, db.InsertDirectoryLossParams{OrganizationID: p.row.OrganizationID, UserID: p.account.ID, Now: w.Now}); err != nil {
			return p, err
		}
		old := db.DeleteDirectoryLossesParams{OrganizationID: p.row.OrganizationID, Before: w.Now.Add(-org.FuseWindow)}
		if err := w.W.DeleteDirectoryLosses(ctx, old); err != nil {
			return p, err
		}
	}
	switch {
	case p.in.deletes:
		w.Begin("delete", 204)
		w.About(userType, p.row.ID, p.row.UserName, p.row.OrganizationID)
		w.Field("user_name", p.row.UserName, nil)
		w.Field("username", p.account.Username, nil)
		return p, p.forget(ctx, w)
	case p.row.Settled && len(p.changed) == 0:
		return p, nil
	}
	return p, p.store(ctx, w)
}

// forget deletes somebody. Names that are kept get another id, which no request shows: an id is never used again.
func (p *memberPlan) forget(ctx context.Context, w *unit.Writer) error {
	if err := w.W.DeleteDirectoryUser(ctx, p.row.ID); err != nil || !p.keeps {
		return err
	}
	return w.W.InsertDirectoryUser(ctx, db.InsertDirectoryUserParams{
		ID: unit.NewID(), OrganizationID: p.row.OrganizationID, UserID: p.account.ID, UserName: p.row.UserName, UserNameKey: p.row.UserNameKey,
		ExternalID: p.row.ExternalID, Document: scim.Document{}.JSON(), Now: w.Now,
	})
}

// store stores what the directory says about somebody.
func (p *memberPlan) store(ctx context.Context, w *unit.Writer) error {
	u := &p.user
	w.Begin("write", 200)
	if !p.row.Settled {
		w.Begin("create", 201)
	}
	w.About(userType, p.row.ID, u.UserName, p.row.OrganizationID)
	if !p.row.Settled {
		w.Field("user_name", nil, u.UserName)
		w.Field("username", nil, p.account.Username)
		w.Field("active", nil, u.Active)
	} else {
		w.Field("user_name", p.row.UserName, u.UserName)
		w.Field("active", p.row.Active, u.Active)
		w.Field("attributes", nil, p.changed) // their names alone: what is in them is about a person
	}
	if err := w.W.UpdateDirectoryUser(ctx, db.UpdateDirectoryUserParams{
		ID: p.row.ID, UserName: u.UserName, UserNameKey: org.FoldCase(u.UserName), DisplayNameKey: org.FoldCase(u.DisplayName),
		ExternalID: u.ExternalID, Active: u.Active, Document: u.Document.JSON(), Version: p.version, Now: w.Now,
	}); err != nil {
		return err
	}
	if err := w.W.DeleteDirectoryEmails(ctx, p.row.ID); err != nil {
		return err
	}
	for _, key := range addresses(u.Document) {
		if err := w.W.InsertDirectoryEmail(ctx, db.InsertDirectoryEmailParams{SCIMUserID: p.row.ID, EmailKey: key, OrganizationID: p.row.OrganizationID}); err != nil {
			return err
		}
	}
	return nil
}

// hold stores that a directory may take nothing away until a person has looked at it.
func hold(ctx context.Context, w *unit.Writer, p memberPlan) error {
	w.Begin("write", p.held.Kind.Status())
	w.About(directoryType, p.row.OrganizationID, p.in.caller.slug, p.row.OrganizationID)
	w.Field("held", false, true)
	return w.W.HoldDirectory(ctx, db.HoldDirectoryParams{Now: unit.NullTime(w.Now), OrganizationID: p.row.OrganizationID})
}
