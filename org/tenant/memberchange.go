package tenant

import (
	"context"
	"fmt"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// memberChange is what was decided about a member: the membership begins or ends, or roles change. If nothing changes, only
// member is set.
type memberChange struct {
	org.HolderChange
	key    string     // of the username
	member org.Member // as it is afterwards; of one who leaves, as it was
}

// changes reports whether there is anything to store.
// changeOf sets the key, so a change without one changes nothing.
func (c *memberChange) changes() bool { return c.key != "" }

// noted tells the attempt about the change, once it is decided.
// A bulk action does that itself, member by member.
func (c memberChange) noted(a *unit.Attempt, err error) (memberChange, error) {
	if err == nil && c.changes() {
		a.WillHold(c.HolderChange)
	}
	return c, err
}

// changeOf begins a change of a member from the stored row.
func changeOf(row db.MemberRow, m org.Member) memberChange {
	return memberChange{
		HolderChange: org.HolderChange{
			Place: row.OrganizationID, User: row.UserID, Username: row.Username,
			Before: unit.RoleNames(m.Roles), SiteRoles: unit.RoleNames(m.SiteRoles),
			Suspended: m.Status == org.StatusSuspended,
		},
		key: row.UsernameKey, member: m,
	}
}

// decideAddition is the only way to make an existing account a member, on these terms. It gives no roles.
// Invalid: a member already, row 4 of docs/spec/members.md, adding. The calling code checks the right to add.
func decideAddition(ctx context.Context, a *unit.Attempt, o db.Organization, user db.UserRow, terms org.Terms) (c memberChange, row db.MemberRow, err error) {
	member, err := a.IsMember(ctx, o.ID, user.ID)
	if err != nil {
		return c, row, err
	}
	if member {
		return c, row, org.ErrInvalid("User is already an organization member",
			fmt.Sprintf("%s is already a member of %s", user.Username, o.DisplayName))
	}
	// An apply cannot read what triggers fill in, so the row is made here as it will be stored (docs/adr/0001-units.md,
	// docs/adr/0009-copies.md).
	row = db.MemberRow{
		OrganizationID: o.ID, UserID: user.ID, UsernameKey: user.UsernameKey, Version: 1, CreatedAt: a.Now, UpdatedAt: a.Now,
		Username: user.Username, Name: user.Name, AvatarURL: user.AvatarURL, Email: user.Email,
		Status: user.Status, LoginType: user.LoginType, SiteRoles: user.Roles,
	}
	if user.CreatedAt.After(a.Now) { // a membership is not older than the account
		row.CreatedAt, row.UpdatedAt = user.CreatedAt, user.CreatedAt
	}
	m, err := a.MemberOf(ctx, row)
	if err != nil {
		return c, row, err
	}
	c = changeOf(row, m)
	c.Joins, c.After, c.Origin.Terms = true, []string{}, terms
	if terms.Until != nil {
		c.Ending = []string{org.RoleOrganizationUser}
	}
	return c, row, nil
}

// decideRemoval is the way in which people end a membership while the account stays.
// It checks rows 3 to 7 of docs/spec/members.md, removing. A member who holds more than the caller is no exception: by guard
// rail R5 staff who handle leavers can remove anyone.
func decideRemoval(ctx context.Context, a *unit.Attempt, o db.Organization, row db.MemberRow, ifMatch org.Versions) (c memberChange, err error) {
	if row.UserID == a.Actor.ID() {
		return c, org.ErrInvalid("cannot remove self from an organization", "")
	}
	if !a.Actor.Can("delete", org.MembersObject(o.ID)) {
		return c, org.ErrForbidden("organization_member:delete")
	}
	m, err := a.MemberOf(ctx, row)
	if err != nil {
		return c, err
	}
	if err := a.BegunFrom(ctx, ifMatch.OfMembership(), m.Tag(), unit.MembershipChanged); err != nil {
		return c, err
	}
	return ends(ctx, a, o, row)
}

// ends decides the end of a membership, without checking who may end it.
func ends(ctx context.Context, a *unit.Attempt, o db.Organization, row db.MemberRow) (c memberChange, err error) {
	m, err := a.MemberOf(ctx, row)
	if err != nil {
		return c, err
	}
	if err := a.KeepAdmin(ctx, o, row.UserID, m.Status, unit.RoleNames(m.Roles)); err != nil {
		return c, err
	}
	leaver := changeOf(row, m)
	leaver.Leaves = true
	if err := a.KeepManager(ctx, o, &m, &leaver.HolderChange); err != nil {
		return c, err
	}
	records, err := a.RecordsOfMember(ctx, row)
	if err != nil {
		return c, err
	}
	c = leaver
	for _, r := range records { // synced ones too: this is the way to cut somebody off at once
		c.Edits = append(c.Edits, org.RecordEdit{Role: r.Role, Gone: []org.Assignment{r}})
	}
	return c, nil
}

// applyMember stores the change of one member.
func applyMember(ctx context.Context, w *unit.Writer, c memberChange) (org.Member, error) {
	if !c.changes() {
		return c.member, nil
	}
	return c.member, storeMember(ctx, w, c)
}

// storeMember writes a change of a member, and fills in its entry.
// The fields are those of docs/spec/audit.md. Undo reads them back, and org/insight compares them with what is stored.
func storeMember(ctx context.Context, w *unit.Writer, c memberChange) error {
	switch {
	// The roles go with the membership. The entry keeps them, so that an undo can put them back.
	case c.Leaves:
		w.Field("username", c.Username, nil)
		w.Field("user_id", c.User, nil)
		w.Field("roles", c.Before, nil)
		w.Recorded(&c.HolderChange)
		return w.W.DeleteMember(ctx, db.DeleteMemberParams{OrganizationID: c.Place, UserID: c.User})
	case c.Joins:
		w.Field("username", nil, c.Username)
		w.Field("user_id", nil, c.User)
		w.Field("roles", nil, c.After)
		if err := w.InsertMember(ctx, c.Place, c.User, c.Origin); err != nil {
			return err
		}
		// Without roles nothing is left to do: a new membership need not be marked as changed.
		if len(c.After) == 0 {
			w.Recorded(&c.HolderChange)
			return nil
		}
	default:
		w.Field("roles", c.Stored(), c.After)
	}
	// Role by role, since the program writes the source alone and triggers keep the copies (docs/adr/0009-copies.md).
	for _, name := range c.Unedited(c.Dropped()) {
		if err := w.W.DeleteMemberRole(ctx, db.DeleteMemberRoleParams{OrganizationID: c.Place, UsernameKey: c.key, Role: name}); err != nil {
			return err
		}
	}
	for _, name := range c.Unedited(c.Given()) {
		if err := w.StoreRecord(ctx, c.Place, c.User, c.key, name, c.Origin); err != nil {
			return err
		}
	}
	if err := w.StoreEdits(ctx, &c.HolderChange, c.key); err != nil {
		return err
	}
	return w.W.TouchMember(ctx, db.TouchMemberParams{Now: w.Now, OrganizationID: c.Place, UsernameKey: c.key})
}
