package account

import (
	"context"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// personal finds the account whose profile or password a caller wants to change. Invalid: no such user. Forbidden: needs
// user:update_personal, or the account holds more than the caller by that measure.
func personal(ctx context.Context, a *unit.Attempt, ref string, m unit.Measure) (db.UserRow, error) {
	row, err := a.Account(ctx, ref)
	if err != nil {
		return row, err
	}
	return row, allowed(ctx, a, row, "update_personal", m)
}

// allowed checks the right to act on an account, and then R1 of docs/spec/roles.md. Without R1, anyone who may update accounts
// could set the password of an owner and sign in as one. Forbidden: the right is missing, or the account holds more.
func allowed(ctx context.Context, a *unit.Attempt, row db.UserRow, action string, m unit.Measure) error {
	if !a.Actor.Can(action, org.UserObject(row.ID)) {
		return org.ErrForbidden("user:" + action)
	}
	return a.MayActOn(ctx, row.ID, m)
}

// named asks to change the account that a path names.
type named struct {
	user    string
	ifMatch org.Versions
}

// DeleteUser deletes an account with its memberships, roles, tokens and sessions, and frees its name.
// Invalid: no such user, the last owner or organization admin. Forbidden: oneself; needs user:delete, and all that the
// account holds. Conflict: ifMatch does not contain the stored version.
func (s *Service) DeleteUser(ctx context.Context, subject *org.Actor, user string, ifMatch org.Versions) (deleted org.User, err error) {
	defer org.Wrap(&err, "delete user %q", user)
	deleted, _, err = unit.Do(ctx, s.units, subject, unit.OnSite, "delete", named{user, ifMatch}, planDeletion, applyDeletion)
	return deleted, err
}

// planDeletion finds the account and lets decideDeletion decide.
func planDeletion(ctx context.Context, a *unit.Attempt, in named) (u org.User, err error) {
	row, err := a.Account(ctx, in.user)
	if err != nil {
		return u, err
	}
	return decideDeletion(ctx, a, row, in.ifMatch)
}

// decideDeletion decides every deletion by a caller, of one account or many. It refuses the caller's own account before it
// checks rights, so that the answer says what is wrong. Guard rails come after WillEnd: they judge the state without the account.
func decideDeletion(ctx context.Context, a *unit.Attempt, row db.UserRow, ifMatch org.Versions) (u org.User, err error) {
	if row.ID == a.Actor.ID() {
		return u, &org.Error{Kind: org.Forbidden, Message: "You cannot delete yourself!"}
	}
	if err := allowed(ctx, a, row, "delete", unit.Whole); err != nil {
		return u, err
	}
	if u, err = a.User(ctx, row); err != nil {
		return u, err
	}
	a.WillEnd(row.ID)
	if err := a.KeepAdmins(ctx, row); err != nil {
		return u, err
	}
	if err := a.BegunFrom(ctx, ifMatch, u.Tag(), unit.AccountChanged); err != nil {
		return u, err
	}
	return u, a.KeepOwners(ctx)
}

// applyDeletion records everything that the account had: once it is gone, only the trail can tell.
func applyDeletion(ctx context.Context, w *unit.Writer, u org.User) (org.User, error) {
	w.Field("username", u.Username, nil)
	w.Field("email", u.Email, nil)
	w.Field("name", u.Name, nil)
	w.Field("status", u.Status, nil)
	w.Field("rbac_roles", unit.RoleNames(u.Roles), nil)
	w.Field("organization_ids", u.OrganizationIDs, nil)
	return u, w.DeleteUser(ctx, u.ID)
}

// UpdateProfile changes username, name, picture and e-mail address of an account. An empty username keeps the old one.
// Invalid: no such user, or a bad name or address. Forbidden: needs user:update_personal, for another address user:update on the
// site, and all that the account holds. Conflict: username or address is taken, or the input is based on another version.
func (s *Service) UpdateProfile(ctx context.Context, subject *org.Actor, user string, input org.Input[org.Profile]) (u org.User, err error) {
	defer org.Wrap(&err, "update profile of %q", user)
	u, _, err = unit.Do(ctx, s.units, subject, unit.OnSite, "write", profile{user, input}, planProfile, applyProfile)
	return u, err
}

// profile asks to change the names of an account.
type profile struct {
	user  string
	input org.Input[org.Profile]
}

// accountChange is an account before and after.
type accountChange struct {
	before db.UserRow
	user   org.User // afterwards
}

// planProfile checks rights before it reads the input: a caller who may not write learns nothing from how a body is received
// (docs/spec/refusals.md).
func planProfile(ctx context.Context, a *unit.Attempt, in profile) (c accountChange, err error) {
	row, err := personal(ctx, a, in.user, unit.Whole)
	if err != nil {
		return c, err
	}
	p, err := readProfile(row, in.input)
	if err != nil {
		return c, err
	}
	if other, err := a.Q.GetUserByUsername(ctx, org.FoldCase(p.Username)); err == nil && other.ID != row.ID {
		return c, &org.Error{Kind: org.Conflict, Message: "User already exists.",
			Fields: []org.Field{{Field: "username", Detail: "This value is already in use and should be unique."}}}
	} else if err != nil && !db.IsNotFound(err) {
		return c, err
	}
	if err := mayReaddress(ctx, a, row, *p.Email); err != nil {
		return c, err
	}
	if p.Name != row.Name {
		if err := notManaged(ctx, a, row, "name"); err != nil {
			return c, err
		}
	}
	if err := a.BegunFrom(ctx, p.IfMatch, org.Tag(row.Version, row.ID), unit.AccountChanged); err != nil {
		return c, err
	}
	c.before = row
	row.Username, row.Name, row.AvatarURL, row.Email = p.Username, p.Name, *p.AvatarURL, *p.Email
	if row != c.before {
		row.Version, row.UpdatedAt = row.Version+1, a.Now
	}
	c.user, err = a.User(ctx, row)
	return c, err
}

// readProfile fills in what the input leaves unchanged, and finds what is wrong with the rest.
func readProfile(row db.UserRow, input org.Input[org.Profile]) (p org.Profile, err error) {
	if p, err = input.Read(); err != nil {
		return p, err
	}
	if p.Username == "" {
		p.Username = row.Username
	}
	var bad org.FieldErrors
	// An account keeps a name that was reserved only later (docs/spec/users.md).
	if p.Username != row.Username {
		bad.Add("username", org.AddressProblem(p.Username, org.ReservedUsernames))
	}
	bad.Add("name", org.TextProblem(p.Name, 128))
	if p.AvatarURL == nil {
		p.AvatarURL = &row.AvatarURL
	} else {
		bad.Add("avatar_url", org.AvatarProblem(*p.AvatarURL))
	}
	switch {
	case p.Email == nil:
		p.Email = &row.Email
	case *p.Email == row.Email:
	case row.LoginType == org.LoginNone:
		bad.Add("email", "cannot be set for service accounts")
	default:
		bad.Add("email", org.EmailProblem(*p.Email))
	}
	return p, bad.Err("Validation failed.")
}

// mayReaddress checks whether the caller may change an e-mail address. Nothing proves whose address it is, and links that set
// passwords go there: so even one's own takes user:update. Forbidden. Conflict: it is taken. Invalid: a directory manages it.
func mayReaddress(ctx context.Context, a *unit.Attempt, row db.UserRow, email string) error {
	if email == row.Email {
		return nil
	}
	if !a.Actor.Can("update", org.UsersObject) {
		return org.ErrForbidden("user:update")
	}
	if other, err := a.Q.GetUserByEmail(ctx, org.FoldCase(email)); err == nil && other.ID != row.ID {
		return &org.Error{Kind: org.Conflict, Message: "User already exists.",
			Fields: []org.Field{{Field: "email", Detail: "This value is already in use and should be unique."}}}
	} else if err != nil && !db.IsNotFound(err) {
		return err
	}
	return notManaged(ctx, a, row, "email")
}

func applyProfile(ctx context.Context, w *unit.Writer, c accountChange) (org.User, error) {
	u := c.user
	if u.Version == c.before.Version {
		return u, nil
	}
	w.Field("username", c.before.Username, u.Username)
	w.Field("name", c.before.Name, u.Name)
	w.Field("avatar_url", c.before.AvatarURL, u.AvatarURL)
	w.Field("email", c.before.Email, u.Email)
	key := org.FoldCase(u.Email)
	if key == "" { // the key of an account must be its own
		key = u.ID.String()
	}
	return u, w.W.UpdateProfile(ctx, db.UpdateProfileParams{
		Username: u.Username, UsernameKey: org.FoldCase(u.Username), Name: u.Name, NameKey: org.FoldCase(u.Name),
		SearchKey: unit.SearchKey(u.Username, u.Name, u.Email), AvatarURL: u.AvatarURL, Email: u.Email, EmailKey: key, Now: w.Now, ID: u.ID,
	})
}

// SetStatus suspends or activates an account; suspending ends its sessions. Setting the status that it has writes nothing.
// Invalid: no such user, oneself, the last owner or organization admin. Forbidden: needs user:update, and all that the
// account holds; to suspend it, all that it holds on the site. Conflict: ifMatch does not contain the stored version.
func (s *Service) SetStatus(ctx context.Context, subject *org.Actor, user string, status org.Status, ifMatch org.Versions) (_ org.User, _ org.Receipt, err error) {
	defer org.Wrap(&err, "set status of %q to %s", user, status)
	return unit.Do(ctx, s.units, subject, unit.OnSite, "write", statusCommand{named{user, ifMatch}, status}, planStatus, applyStatus)
}

// statusCommand suspends or activates an account.
type statusCommand struct {
	named
	status org.Status
}

// planStatus finds the account and lets decideStatus decide.
func planStatus(ctx context.Context, a *unit.Attempt, in statusCommand) (c accountChange, err error) {
	row, err := a.Account(ctx, in.user)
	if err != nil {
		return c, err
	}
	return decideStatus(ctx, a, row, in.status, in.ifMatch)
}

// decideStatus decides every suspension and activation by a caller, of one account or many. Suspending compares only what is held
// on the site: an emergency stop must not need all that the account holds (R1 in docs/spec/roles.md). Activating compares it all.
func decideStatus(ctx context.Context, a *unit.Attempt, row db.UserRow, status org.Status, ifMatch org.Versions) (c accountChange, err error) {
	suspends, m := status == org.StatusSuspended, unit.Whole
	if suspends {
		if row.ID == a.Actor.ID() {
			return c, org.ErrInvalid("You cannot suspend yourself.", "")
		}
		m = unit.SiteOnly
	}
	if err := allowed(ctx, a, row, "update", m); err != nil {
		return c, err
	}
	changes := org.Status(row.Status) != status
	if changes {
		if err := notManaged(ctx, a, row, "status"); err != nil {
			return c, err
		}
	}
	if suspends && changes {
		a.WillEnd(row.ID)
		if err := a.KeepAdmins(ctx, row); err != nil {
			return c, err
		}
	}
	if err := a.BegunFrom(ctx, ifMatch, org.Tag(row.Version, row.ID), unit.AccountChanged); err != nil {
		return c, err
	}
	c.before = row
	if changes {
		row.Status, row.Version, row.UpdatedAt = string(status), row.Version+1, a.Now
	}
	switch {
	case changes && suspends:
		err = a.KeepOwners(ctx)
	case changes && status == org.StatusActive:
		// It can act again, so credentials that others made for it end if it holds more than they do (R4).
		a.WillReturn(row.ID)
	}
	if err != nil {
		return c, err
	}
	c.user, err = a.User(ctx, row)
	return c, err
}

func applyStatus(ctx context.Context, w *unit.Writer, c accountChange) (org.User, error) {
	u := c.user
	if u.Version == c.before.Version {
		return u, nil
	}
	w.Field("status", c.before.Status, u.Status)
	if err := w.SetStatus(ctx, u.ID, org.Status(c.before.Status), u.Status); err != nil {
		return u, err
	}
	if u.Status != org.StatusSuspended {
		return u, nil
	}
	// Tokens stay stored. They are refused while the account is suspended, and work again afterwards (A8 in SECURITY.md).
	return u, w.W.DeleteSessionsOfUser(ctx, unit.NullID(u.ID))
}
