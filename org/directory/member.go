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

// The membership is set to what the directory says with every request: one that repeats what is stored repairs whatever an
// interrupted request, or a person, left otherwise. When a person leaves, access from other records ends with that of the
// directory, since whoever leaves a company loses all that it gave, and only the directory is told. The fuse counts memberships
// that end, not requests, so a directory that repeats itself does not trip it.

// The names that the trail uses for people and groups of a directory, and for the directory itself.
const (
	userType      = "scim_user"
	groupType     = "scim_group"
	directoryType = "scim_directory"
)

// memberPlan is the decision about a person in the organization.
type memberPlan struct {
	in       userChange
	row      db.DirectoryUser // before the change
	user     scim.User        // after the change
	account  db.UserRow
	changed  []string // names of attributes
	version  int64
	directed tenant.Directed
	keeps    bool       // the names of a deleted person, to find the account again
	loses    bool       // the person loses access, which the fuse counts
	held     *org.Error // the fuse refuses, so nothing is taken
	resource scim.Resource
}

// planMember gives or ends the membership of a person, depending on their groups. It fails with errAccount if the account
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
	// A person who leaves keeps nothing, not even what others gave.
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

// isNameless reports whether a deleted person has an account of this directory that cannot be found by an address.
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

// rolesOf returns what a person's groups give, with the first group that gives each role.
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

// fuse says why the directory is held from now on and the person keeps access: too many have lost it within an hour. It returns
// nil if the person may lose access. Unavailable: the directory is held already.
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
	// Those who have lost access are no longer active but still count: otherwise the limit would shrink with each of them. The
	// answer tells the directory that removals are held, so that its administrators see it there and not only here.
	blows, err := limit.Blows(lost, func() (int64, error) {
		active, err := a.Q.CountActiveDirectoryUsers(ctx, organization)
		return active + lost, err
	})
	if err != nil || !blows {
		return nil, err
	}
	return held, nil
}

// answer builds the answer: what is stored afterwards, and which of it changed.
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

// differing returns the names of the attributes in which two documents differ, sorted.
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

// applyMember stores the membership, and what the directory says. If the directory is held, it stores only that.
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

// forget deletes a person. Names that are kept get a new id that no request shows: ids are never reused.
func (p *memberPlan) forget(ctx context.Context, w *unit.Writer) error {
	if err := w.W.DeleteDirectoryUser(ctx, p.row.ID); err != nil || !p.keeps {
		return err
	}
	return w.W.InsertDirectoryUser(ctx, db.InsertDirectoryUserParams{
		ID: unit.NewID(), OrganizationID: p.row.OrganizationID, UserID: p.account.ID, UserName: p.row.UserName, UserNameKey: p.row.UserNameKey,
		ExternalID: p.row.ExternalID, Document: scim.Document{}.JSON(), Now: w.Now,
	})
}

// store stores what the directory says about a person.
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
		w.Field("attributes", nil, p.changed) // only their names: the values are personal data
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

// hold records that a directory may take nothing away until a person has reviewed it.
func hold(ctx context.Context, w *unit.Writer, p memberPlan) error {
	w.Begin("write", p.held.Kind.Status())
	w.About(directoryType, p.row.OrganizationID, p.in.caller.slug, p.row.OrganizationID)
	w.Field("held", false, true)
	return w.W.HoldDirectory(ctx, db.HoldDirectoryParams{Now: unit.NullTime(w.Now), OrganizationID: p.row.OrganizationID})
}
