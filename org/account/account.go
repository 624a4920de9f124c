package account

import (
	"context"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// Target finds the account that a change is about. Invalid: no such user.
func Target(c *unit.Mixed, ref string) (db.UserRow, error) {
	row, err := c.ReadableUser(c.Ctx, c.Actor, ref)
	if err == nil {
		c.About("user", row.ID, row.Username, uuid.Nil)
	}
	return row, err
}

// personal finds the account whose profile or password a change is about. Invalid: no such user. Forbidden: needs
// user:update_personal, or the account holds more than the caller by that measure.
func personal(c *unit.Mixed, ref string, m unit.Measure) (db.UserRow, error) {
	row, err := Target(c, ref)
	if err != nil {
		return row, err
	}
	return row, allowed(c, row, "update_personal", m)
}

func allowed(c *unit.Mixed, row db.UserRow, action string, m unit.Measure) error {
	if !c.Actor.Can(action, org.UserObject(row.ID)) {
		return org.ErrForbidden("user:" + action)
	}
	return c.MayActOn(row.ID, m)
}

// DeleteUser deletes an account with its memberships, roles, tokens and sessions, and frees its name.
// Invalid: no such user, oneself, the last owner or organization admin. Forbidden: needs user:delete, and all that the
// account holds. Conflict: ifMatch is without the version that is stored.
func (s *Service) DeleteUser(ctx context.Context, subject *org.Actor, user string, ifMatch org.Versions) (deleted org.User, err error) {
	defer org.Wrap(&err, "delete user %q", user)
	err = s.units.Do(ctx, subject, unit.OnSite, "delete", func(c *unit.Mixed) error {
		row, err := Target(c, user)
		if err != nil {
			return err
		}
		if row.ID == c.Actor.ID() {
			return &org.Error{Kind: org.Forbidden, Message: "You cannot delete yourself!"}
		}
		if err := allowed(c, row, "delete", unit.Whole); err != nil {
			return err
		}
		if deleted, err = c.User(ctx, row); err != nil {
			return err
		}
		if err := c.KeepAdmins(row); err != nil {
			return err
		}
		if err := c.BegunFrom(ifMatch, deleted.Tag(), unit.AccountChanged); err != nil {
			return err
		}
		c.Field("username", row.Username, nil)
		c.Field("email", row.Email, nil)
		c.Field("name", row.Name, nil)
		c.Field("status", row.Status, nil)
		c.Field("rbac_roles", unit.RoleNames(deleted.Roles), nil)
		c.Field("organization_ids", deleted.OrganizationIDs, nil)
		if err := c.W.DeleteUser(ctx, row.ID); err != nil {
			return err
		}
		return c.KeepOwners()
	})
	return deleted, err
}

// UpdateProfile changes the username, the name and the picture of an account. An empty username stays as it is.
// Invalid: no such user, or a bad name. Forbidden: needs user:update_personal, and all that the account holds.
// Conflict: the username is taken.
func (s *Service) UpdateProfile(ctx context.Context, subject *org.Actor, user string, input org.Input[org.Profile]) (u org.User, err error) {
	defer org.Wrap(&err, "update profile of %q", user)
	err = s.units.Do(ctx, subject, unit.OnSite, "write", func(c *unit.Mixed) error {
		row, err := personal(c, user, unit.Whole)
		if err != nil {
			return err
		}
		in, err := input.Read()
		if err != nil {
			return err
		}
		if in.Username == "" {
			in.Username = row.Username
		}
		var bad org.FieldErrors
		if in.Username != row.Username {
			bad.Add("username", org.AddressProblem(in.Username, org.ReservedUsernames))
		}
		bad.Add("name", org.TextProblem(in.Name, 128))
		if in.AvatarURL == nil {
			in.AvatarURL = &row.AvatarURL
		} else {
			bad.Add("avatar_url", org.AvatarProblem(*in.AvatarURL))
		}
		if err := bad.Err("Validation failed."); err != nil {
			return err
		}
		if other, err := c.Q.GetUserByUsername(ctx, org.FoldCase(in.Username)); err == nil && other.ID != row.ID {
			return &org.Error{Kind: org.Conflict, Message: "User already exists.",
				Fields: []org.Field{{Field: "username", Detail: "This value is already in use and should be unique."}}}
		} else if err != nil && !db.IsNotFound(err) {
			return err
		}
		if err := writeProfile(c, row, in); err != nil {
			return err
		}
		u, err = UserByID(c, row.ID)
		return err
	})
	return u, err
}

func writeProfile(c *unit.Mixed, row db.UserRow, in org.Profile) error {
	if err := c.BegunFrom(in.IfMatch, org.Tag(row.Version, row.ID), unit.AccountChanged); err != nil {
		return err
	}
	c.Field("username", row.Username, in.Username)
	c.Field("name", row.Name, in.Name)
	c.Field("avatar_url", row.AvatarURL, *in.AvatarURL)
	if len(c.Entry.Fields) == 0 {
		return nil
	}
	return c.W.UpdateProfile(c.Ctx, db.UpdateProfileParams{
		Username: in.Username, UsernameKey: org.FoldCase(in.Username), Name: in.Name, NameKey: org.FoldCase(in.Name),
		SearchKey: unit.SearchKey(in.Username, in.Name, row.Email), AvatarURL: *in.AvatarURL, Now: c.Now, ID: row.ID,
	})
}

// SetPassword sets a password and ends every session and token of the account. Then it begins a session.
// Invalid: no such user, a weak password, a service account, or a wrong old password of one's own.
// Forbidden: needs user:update_personal, and all that the account holds. TooMany: too many wrong old passwords.
func (s *Service) SetPassword(ctx context.Context, subject *org.Actor, user string, input org.Input[org.PasswordInput], begin org.BeginSession) (err error) {
	defer org.Wrap(&err, "set password of %q", user)
	// Hashes take their time: what they are made from is read in one transaction, what they give is used in another,
	// and everything is checked in both.
	var p newPassword
	if err := s.units.Do(ctx, subject, unit.SigningIn, "write", func(c *unit.Mixed) error { return p.read(c, user, input) }); err != nil {
		return err
	}
	if p.stored != "" {
		if err := s.countAttempt(ctx, []failureCounter{passwordCounter(p.user)}); err != nil {
			return err
		}
	}
	if err := p.compute(ctx, s.hashing); err != nil {
		return err
	}
	return s.units.Do(ctx, subject, unit.OnSite, "write", func(c *unit.Mixed) error { return p.write(c, user, begin) })
}

// newPassword is a password on its way into the store.
type newPassword struct {
	in     org.PasswordInput
	user   uuid.UUID
	stored string // the hash that the old password must match, "" when none need be given
	right  bool
	hash   string
}

func (p *newPassword) account(c *unit.Mixed, user string) (db.UserRow, error) {
	row, err := personal(c, user, unit.Whole)
	if err == nil && row.LoginType != org.LoginPassword {
		err = org.ErrInvalid("Users without password login type cannot change their password.", "")
	}
	return row, err
}

func (p *newPassword) read(c *unit.Mixed, user string, input org.Input[org.PasswordInput]) error {
	row, err := p.account(c, user)
	if err != nil {
		return err
	}
	if p.in, err = input.Read(); err != nil {
		return err
	}
	var bad org.FieldErrors
	bad.Add("password", org.PasswordProblem(p.in.Password, row.Username, row.Email))
	if err := bad.Err("Password is invalid"); err != nil {
		return err
	}
	if err := c.BegunFrom(p.in.IfMatch, org.Tag(row.Version, row.ID), unit.AccountChanged); err != nil {
		return err
	}
	if p.user = row.ID; row.ID == c.Actor.ID() {
		p.stored, err = c.Q.GetPasswordHash(c.Ctx, row.ID)
	}
	return err
}

func (p *newPassword) compute(ctx context.Context, h hashing) (err error) {
	if p.right = p.stored == ""; !p.right {
		if p.right, err = h.matches(ctx, p.stored, p.in.OldPassword); err != nil || !p.right {
			return err
		}
	}
	p.hash, err = h.hash(ctx, p.in.Password)
	return err
}

func (p *newPassword) write(c *unit.Mixed, user string, begin org.BeginSession) error {
	row, err := p.account(c, user)
	if err != nil {
		return err
	}
	if !p.right {
		return org.FieldErrors{{Field: "old_password", Detail: "is not your current password"}}.Err("Old password is incorrect.")
	}
	if err := c.BegunFrom(p.in.IfMatch, org.Tag(row.Version, row.ID), unit.AccountChanged); err != nil {
		return err
	}
	if err := c.W.DeleteLoginFailures(c.Ctx, passwordCounter(row.ID).name); err != nil {
		return err
	}
	if err := replacePassword(c, row.ID, p.hash); err != nil {
		return err
	}
	return beginSession(c, row.ID, begin)
}

// replacePassword stores a password hash, and ends all that the old password opened.
func replacePassword(c *unit.Mixed, user uuid.UUID, hash string) error {
	c.Secret("hashed_password")
	if err := c.W.UpdatePassword(c.Ctx, db.UpdatePasswordParams{
		PasswordHash: hash, PasswordBy: c.Maker(user), Now: c.Now, ID: user,
	}); err != nil {
		return err
	}
	if _, err := c.W.DeletePasswordLink(c.Ctx, user); err != nil {
		return err
	}
	return endAccess(c, user)
}

// endAccess ends every session and token of an account.
func endAccess(c *unit.Mixed, user uuid.UUID) error {
	if err := c.W.DeleteAPIKeysOfUser(c.Ctx, user); err != nil {
		return err
	}
	return c.W.DeleteSessionsOfUser(c.Ctx, unit.NullID(user))
}

// SetStatus suspends or activates an account; suspending ends its sessions. Setting what is set already writes nothing.
// Invalid: no such user, oneself, the last owner or organization admin. Forbidden: needs user:update, and all that the
// account holds; to suspend it, all that it holds on the site. Conflict: ifMatch is without the version that is stored.
func (s *Service) SetStatus(ctx context.Context, subject *org.Actor, user string, status org.Status, ifMatch org.Versions) (u org.User, err error) {
	defer org.Wrap(&err, "set status of %q to %s", user, status)
	err = s.units.Do(ctx, subject, unit.OnSite, "write", func(c *unit.Mixed) error {
		row, err := Target(c, user)
		if err != nil {
			return err
		}
		m := unit.Whole
		if status == org.StatusSuspended {
			if row.ID == c.Actor.ID() {
				return org.ErrInvalid("You cannot suspend yourself.", "")
			}
			m = unit.SiteOnly
		}
		if err := allowed(c, row, "update", m); err != nil {
			return err
		}
		same := org.Status(row.Status) == status
		if status == org.StatusSuspended && !same {
			if err := c.KeepAdmins(row); err != nil {
				return err
			}
		}
		if err := c.BegunFrom(ifMatch, org.Tag(row.Version, row.ID), unit.AccountChanged); err != nil {
			return err
		}
		if same {
			u, err = c.User(ctx, row)
			return err
		}
		c.Field("status", row.Status, status)
		if err := c.W.UpdateStatus(ctx, db.UpdateStatusParams{Status: string(status), Now: c.Now, ID: row.ID}); err != nil {
			return err
		}
		if status == org.StatusActive {
			c.Widens(row.ID)
		}
		if status == org.StatusSuspended {
			if err := c.W.DeleteSessionsOfUser(ctx, unit.NullID(row.ID)); err != nil {
				return err
			}
			if err := c.KeepOwners(); err != nil {
				return err
			}
		}
		u, err = UserByID(c, row.ID)
		return err
	})
	return u, err
}

// WriteUserRoles stores which roles of the site an account gains and loses.
func WriteUserRoles(c *unit.Mixed, user uuid.UUID, added, removed []string) error {
	c.Widens(user)
	for _, name := range removed {
		if err := c.W.DeleteUserRole(c.Ctx, db.DeleteUserRoleParams{UserID: user, Role: name}); err != nil {
			return err
		}
	}
	for _, name := range added {
		if err := c.W.InsertUserRole(c.Ctx, db.InsertUserRoleParams{UserID: user, Role: name}); err != nil {
			return err
		}
	}
	return c.W.TouchUser(c.Ctx, db.TouchUserParams{Now: c.Now, ID: user})
}
