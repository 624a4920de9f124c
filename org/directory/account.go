package directory

import (
	"context"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/account"
	"rolecall.example/org/scim"
	"rolecall.example/org/unit"
)

// What a directory may write depends on whose the account is. An account that it created is its own: name, address and status
// follow it. An existing account is linked and stays as its owner made it; otherwise the address of a victim would be enough to
// rename it, redirect its mail, or suspend it. The same holds for an account with a site role, whoever created it: a directory of
// one organization must not decide who runs the site. Nor may it decide who somebody is in another organization: where settings
// link sign-ins by address, another address would be another person.

// accountChange is what a directory changes about an account. The zero value changes nothing.
type accountChange struct {
	follows *db.FollowDirectoryParams // the new names of a managed account
	wakes   bool                      // the directory had suspended it, and now activates it
	status  org.Status                // the status before
}

// any reports whether there is anything to store.
func (c *accountChange) any() bool { return c.follows != nil || c.wakes }

// adjust decides how the account of a person changes. It changes nothing about an account that the directory does not manage, or
// that has a site role. Conflict: a person suspended the account, or another account has the address.
func (c *Caller) adjust(ctx context.Context, a *unit.Attempt, row db.UserRow, u *scim.User) (p accountChange, err error) {
	manager, err := a.Q.GetManager(ctx, row.ID)
	if err != nil && !db.IsNotFound(err) {
		return p, err
	}
	ours := err == nil && manager.OrganizationID == c.Organization
	if p.status = org.Status(row.Status); u.Active && p.status == org.StatusSuspended {
		if !ours || !manager.DirectorySuspended {
			return p, &org.Error{Kind: org.Conflict, Message: "An account with this address is suspended."}
		}
		p.wakes = true
	}
	if !ours || row.Roles != "" {
		return p, nil
	}
	name, email := account.FullName(u.Name), address(u)
	if email != row.Email {
		elsewhere, err := a.BelongsElsewhere(ctx, row.ID, c.Organization)
		if err != nil {
			return p, err
		}
		if elsewhere {
			email = row.Email
		}
	}
	if name == row.Name && email == row.Email {
		return p, nil
	}
	key := org.FoldCase(email)
	if email == "" { // the key of an account must be unique
		key = row.ID.String()
	} else if other, err := a.Q.GetUserByEmail(ctx, key); err == nil && other.ID != row.ID {
		return p, scim.Taken("e-mail address")
	} else if err != nil && !db.IsNotFound(err) {
		return p, err
	}
	p.follows = &db.FollowDirectoryParams{
		ID: row.ID, Name: name, NameKey: org.FoldCase(name), Email: email, EmailKey: key,
		SearchKey: unit.SearchKey(row.Username, name, email), Now: a.Now,
	}
	return p, nil
}

// store stores the change, with an audit entry of its own.
func (c *accountChange) store(ctx context.Context, w *unit.Writer, row db.UserRow) error {
	if !c.any() {
		return nil
	}
	w.Begin("write", 200)
	w.About("user", row.ID, row.Username, uuid.Nil)
	if f := c.follows; f != nil {
		w.Field("name", row.Name, f.Name)
		w.Field("email", row.Email, f.Email)
		if err := w.W.FollowDirectory(ctx, *f); err != nil {
			return err
		}
	}
	if c.wakes {
		w.Field("status", c.status, org.StatusActive)
		if err := w.SetStatus(ctx, row.ID, c.status, org.StatusActive); err != nil {
			return err
		}
	}
	return w.Record(ctx)
}

// accountPlan is what must be stored before a membership can be given.
type accountPlan struct {
	id     uuid.UUID // of the person in the directory
	insert *db.InsertDirectoryUserParams
	drops  []uuid.UUID   // leftovers of other people under these names, from earlier requests
	made   *account.Made // a new account
	row    db.UserRow
	change accountChange
	home   uuid.UUID
	ends   bool // the new account is not in use yet
}

// planAccount finds or creates the account of a person, and changes it as the directory says.
func planAccount(ctx context.Context, a *unit.Attempt, in userChange) (p accountPlan, err error) {
	in.caller.become(a)
	p.id, p.home = in.id, in.caller.Organization
	if in.creates && in.id == uuid.Nil {
		return p.create(ctx, a, &in)
	}
	row, err := in.read(ctx, a)
	if err != nil {
		return p, err
	}
	u, err := in.after(ctx, a, row)
	if err == nil {
		p.row, err = a.Q.GetUser(ctx, row.UserID)
	}
	if err != nil {
		return p, err
	}
	return p.adjusted(ctx, a, in.caller, &u)
}

// adjusted adds to the plan how an existing account changes.
// From here on a refusal is about that account, so that the audit trail names it.
func (p accountPlan) adjusted(ctx context.Context, a *unit.Attempt, c *Caller, u *scim.User) (_ accountPlan, err error) {
	a.About("user", p.row.ID, p.row.Username, uuid.Nil)
	if p.change, err = c.adjust(ctx, a, p.row, u); err != nil {
		return p, err
	}
	if p.change.wakes {
		a.Widens(p.row.ID) // it can act again, so what others made for it ends if it holds more than they do (R4)
	}
	if !p.change.any() {
		a.Aside()
	}
	return p, nil
}

// create is planAccount for a person new to the directory. It reuses what an interrupted request has left.
func (p accountPlan) create(ctx context.Context, a *unit.Attempt, in *userChange) (accountPlan, error) {
	a.About(userType, uuid.Nil, in.whole.Text("userName"), p.home)
	u, err := scim.ReadUser(in.whole, true)
	if err != nil {
		return p, err
	}
	if p, err = p.left(ctx, a, in.caller, &u); err != nil {
		return p, err
	}
	if err := free(ctx, a, p.home, &u, append(p.drops, p.id)...); err != nil {
		return p, err
	}
	if p.id != uuid.Nil {
		return p.adjusted(ctx, a, in.caller, &u)
	}
	if p, err = p.find(ctx, a, in.caller, &u); err != nil || p.id != uuid.Nil {
		return p, err
	}
	p.id = unit.NewID()
	p.insert = &db.InsertDirectoryUserParams{
		ID: p.id, OrganizationID: p.home, UserID: p.row.ID, UserName: u.UserName, UserNameKey: org.FoldCase(u.UserName),
		DisplayNameKey: org.FoldCase(u.DisplayName), ExternalID: u.ExternalID, Active: u.Active, Document: u.Document.JSON(), Now: a.Now,
	}
	return p, nil
}

// left finds what is stored about a person but not shown to the directory: leftovers of an interrupted or refused request, or the
// names kept by a DELETE. Leftovers of another person are dropped. Conflict: the userName alone does not tell who it is.
func (p accountPlan) left(ctx context.Context, a *unit.Attempt, c *Caller, u *scim.User) (accountPlan, error) {
	byID, errID := a.Q.GetDirectoryUserByExternalID(ctx, db.GetDirectoryUserByExternalIDParams{OrganizationID: p.home, ExternalID: u.ExternalID})
	named, errNamed := a.Q.GetDirectoryUserNamed(ctx, db.GetDirectoryUserNamedParams{OrganizationID: p.home, UserNameKey: org.FoldCase(u.UserName)})
	for _, found := range []struct {
		row db.DirectoryUser
		err error
	}{{byID, errID}, {named, errNamed}} {
		row, err := found.row, found.err
		if db.IsNotFound(err) || err == nil && (row.Settled || row.ID == p.id) {
			continue
		}
		if err != nil {
			return p, err
		}
		user, err := a.Q.GetUser(ctx, row.UserID)
		if err != nil {
			return p, err
		}
		switch same, err := c.isLeft(ctx, a, &row, &user, u); {
		case err != nil:
			return p, err
		case same && p.id == uuid.Nil:
			p.id, p.row = row.ID, user
		default:
			p.drops = append(p.drops, row.ID)
		}
	}
	return p, nil
}

// isLeft reports whether the leftovers belong to the person being sent. An account with their address belongs to nobody
// else; one that the directory manages is recognized by its externalId, whatever its address is now. Conflict as left.
func (c *Caller) isLeft(ctx context.Context, a *unit.Attempt, row *db.DirectoryUser, user *db.UserRow, u *scim.User) (bool, error) {
	sameID := row.ExternalID != "" && row.ExternalID == u.ExternalID // the directory never reuses its own ids
	if user.Email == "" {
		// Names are reused for people who come later, and the account would go to them along with the name.
		if !sameID && (row.ExternalID != "" && u.ExternalID != "" || address(u) != "") {
			return false, &org.Error{
				Kind: org.Conflict, Code: scim.Uniqueness, Message: "Someone who was deleted had this userName, and the account has no e-mail address to tell the two apart.",
				Detail: "Send the same externalId to take that person back. For another person, delete the account " + user.Username + " first.",
			}
		}
		return true, nil
	}
	if same := org.FoldCase(user.Email) == org.FoldCase(address(u)); same || !sameID {
		return same, nil
	}
	manager, err := a.Q.GetManager(ctx, user.ID)
	if db.IsNotFound(err) {
		return false, nil
	}
	return manager.OrganizationID == c.Organization, err
}

// find returns the account with the address that the directory states, or a new one. Conflict: the account already belongs to
// someone else in the directory, or was suspended by a person.
func (p accountPlan) find(ctx context.Context, a *unit.Attempt, c *Caller, u *scim.User) (accountPlan, error) {
	email := address(u)
	found, err := db.UserRow{}, error(nil)
	if email != "" {
		found, err = a.Q.GetUserByEmail(ctx, org.FoldCase(email))
	}
	if err != nil && !db.IsNotFound(err) {
		return p, err
	}
	if err == nil && email != "" {
		there, err := a.Q.GetDirectoryUserOfAccount(ctx, db.GetDirectoryUserOfAccountParams{OrganizationID: p.home, UserID: found.ID})
		if err != nil && !db.IsNotFound(err) {
			return p, err
		}
		if err == nil && there.Settled {
			return p, scim.Taken("e-mail address")
		}
		p.id, p.row = there.ID, found // left by a request refused under other names, or uuid.Nil
		return p.adjusted(ctx, a, c, u)
	}
	username, err := account.FreeUsername(ctx, a, account.UsernameOf(u.UserName))
	if err != nil {
		return p, err
	}
	in := org.NewUser{Username: username, Name: account.FullName(u.Name), Email: email, LoginType: org.LoginOIDC, Status: org.StatusActive}
	if p.ends = !u.Active; p.ends {
		in.Status = org.StatusSuspended
	}
	made, err := account.Make(ctx, a, in, nil, org.Origin{Source: c.source()})
	p.made, p.row = &made, made.Row()
	return p, err
}

// applyAccount stores the account first, and then its link to the person in the directory.
func applyAccount(ctx context.Context, w *unit.Writer, p accountPlan) (uuid.UUID, error) {
	for _, id := range p.drops {
		if err := w.W.DeleteDirectoryUser(ctx, id); err != nil {
			return p.id, err
		}
	}
	if p.made != nil {
		w.Begin("create", 201)
		w.About("user", p.row.ID, p.row.Username, uuid.Nil)
		if err := p.made.Store(ctx, w); err != nil {
			return p.id, err
		}
		w.Field("managed_by", nil, p.home)
		if err := w.W.ManageAccount(ctx, db.ManageAccountParams{OrganizationID: unit.NullID(p.home), ID: p.row.ID}); err != nil {
			return p.id, err
		}
		if p.ends {
			if err := w.W.NoteSuspension(ctx, p.row.ID); err != nil {
				return p.id, err
			}
		}
		if err := w.Record(ctx); err != nil {
			return p.id, err
		}
	}
	if err := p.change.store(ctx, w, p.row); err != nil || p.insert == nil {
		return p.id, err
	}
	w.Entry = unit.Entry{} // the unit of the membership records the person
	return p.id, w.W.InsertDirectoryUser(ctx, *p.insert)
}

// userEnd asks to suspend the account of a person who has lost access.
type userEnd struct {
	caller *Caller
	user   uuid.UUID
}

// planEnd skips an account that is in another organization, has a site role, or has access again.
func planEnd(ctx context.Context, a *unit.Attempt, in userEnd) (row db.UserRow, err error) {
	in.caller.become(a)
	if row, err = a.Q.GetUser(ctx, in.user); err != nil {
		if db.IsNotFound(err) {
			return db.UserRow{}, nil
		}
		return row, err
	}
	a.About("user", row.ID, row.Username, uuid.Nil)
	manager, err := a.Q.GetManager(ctx, row.ID)
	managed := err == nil
	if err != nil && !db.IsNotFound(err) {
		return row, err
	}
	if !managed || manager.OrganizationID != in.caller.Organization || row.Roles != "" || org.Status(row.Status) == org.StatusSuspended {
		return db.UserRow{}, nil
	}
	homes, err := a.Memberships(ctx, row.ID)
	if err != nil || len(homes) > 0 {
		return db.UserRow{}, err
	}
	return row, nil
}

// applyEnd ends the sessions and the tokens too: by the time the account returns, someone else could have its tokens.
func applyEnd(ctx context.Context, w *unit.Writer, row db.UserRow) (none struct{}, err error) {
	if row.ID == uuid.Nil {
		return none, nil
	}
	w.Field("status", row.Status, org.StatusSuspended)
	if err := w.SetStatus(ctx, row.ID, org.Status(row.Status), org.StatusSuspended); err != nil {
		return none, err
	}
	if err := w.W.NoteSuspension(ctx, row.ID); err != nil {
		return none, err
	}
	return none, account.EndTokens(ctx, w, row.ID)
}
