package org

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/rbac"
)

// target finds the account that a change is about. Invalid: no such user.
func (c *change) target(ref string) (db.UserRow, error) {
	row, err := c.readableUser(c.ctx, c.by, ref)
	if err == nil {
		c.about("user", row.ID, row.Username, uuid.Nil)
	}
	return row, err
}

// personal finds the account whose profile or password a change is about. Invalid: no such user. Forbidden: needs
// user:update_personal, or the account holds more than the caller by that measure.
func (c *change) personal(ref string, m measure) (db.UserRow, error) {
	row, err := c.target(ref)
	if err != nil {
		return row, err
	}
	return row, c.allowed(row, "update_personal", m)
}

func (c *change) allowed(row db.UserRow, action string, m measure) error {
	if !c.by.Can(action, userObject(row.ID)) {
		return errForbidden("user:" + action)
	}
	return c.mayActOn(row.ID, m)
}

// DeleteUser deletes an account with its memberships, roles, tokens and sessions, and frees its name.
// Invalid: no such user, oneself, the last owner or organization admin. Forbidden: needs user:delete, and all that the
// account holds.
func (s *Service) DeleteUser(ctx context.Context, subject *Subject, user string) (deleted User, err error) {
	err = s.change(ctx, subject, "delete", func(c *change) error {
		row, err := c.target(user)
		if err != nil {
			return err
		}
		if row.ID == c.by.ID() {
			return invalid("You cannot delete yourself.", "")
		}
		if err := c.allowed(row, "delete", whole); err != nil {
			return err
		}
		if deleted, err = c.user(ctx, row); err != nil {
			return err
		}
		if err := c.keepAdmins(row); err != nil {
			return err
		}
		if err := c.begunFrom(deleted.Tag(), accountChanged); err != nil {
			return err
		}
		c.written()
		c.field("username", row.Username, nil)
		c.field("email", row.Email, nil)
		c.field("name", row.Name, nil)
		c.field("status", row.Status, nil)
		c.field("rbac_roles", names(deleted.Roles), nil)
		c.field("organization_ids", deleted.OrganizationIDs, nil)
		if err := c.q.DeleteUser(ctx, row.ID); err != nil {
			return err
		}
		return c.keepOwners()
	})
	return deleted, err
}

// UpdateProfile changes the username and the name of an account. An empty username stays as it is.
// Invalid: no such user, or a bad name. Forbidden: needs user:update_personal, and all that the account holds.
// Conflict: the username is taken.
func (s *Service) UpdateProfile(ctx context.Context, subject *Subject, user string, input Input[Profile]) (u User, err error) {
	err = s.change(ctx, subject, "write", func(c *change) error {
		row, err := c.personal(user, whole)
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
		var bad problems
		if in.Username != row.Username {
			bad.add("username", addressProblem(in.Username, reservedUsernames))
		}
		bad.add("name", textProblem(in.Name, 128))
		if err := bad.err("Validation failed."); err != nil {
			return err
		}
		if other, err := c.q.GetUserByUsername(ctx, Fold(in.Username)); err == nil && other.ID != row.ID {
			return &Error{Kind: Conflict, Message: "User already exists.",
				Fields: []Field{{Field: "username", Detail: "This value is already in use and should be unique."}}}
		} else if err != nil && !db.IsNotFound(err) {
			return err
		}
		if err := c.writeProfile(row, in); err != nil {
			return err
		}
		u, err = c.userByID(row.ID)
		return err
	})
	return u, err
}

func (c *change) writeProfile(row db.UserRow, in Profile) error {
	if err := c.begunFrom(tag(row.Version, row.ID), accountChanged); err != nil {
		return err
	}
	c.field("username", row.Username, in.Username)
	c.field("name", row.Name, in.Name)
	if len(c.entry.fields) == 0 {
		return nil
	}
	c.written()
	return c.q.UpdateProfile(c.ctx, db.UpdateProfileParams{
		Username: in.Username, UsernameKey: Fold(in.Username), Name: in.Name, NameKey: Fold(in.Name),
		SearchKey: searchKey(in.Username, in.Name, row.Email), Now: c.now, ID: row.ID,
	})
}

// SetPassword sets a password and ends every session and token of the account. Then it begins a session if ctx has one.
// Invalid: no such user, a weak password, a service account, or a wrong old password of one's own.
// Forbidden: needs user:update_personal, and all that the account holds. TooMany: too many wrong old passwords.
func (s *Service) SetPassword(ctx context.Context, subject *Subject, user string, input Input[PasswordInput]) error {
	// Hashes take their time: what they are made from is read in one transaction, what they give is used in another,
	// and everything is checked in both.
	var p newPassword
	if err := s.change(ctx, subject, "write", func(c *change) error { return p.read(c, user, input) }); err != nil {
		return err
	}
	if p.stored != "" {
		if err := s.knock(ctx, []door{passwordDoor(p.user)}); err != nil {
			return err
		}
	}
	if err := p.compute(ctx, s.hashing); err != nil {
		return err
	}
	return s.change(ctx, subject, "write", func(c *change) error { return p.write(c, user) })
}

// newPassword is a password on its way into the store.
type newPassword struct {
	in     PasswordInput
	user   uuid.UUID
	stored string // the hash that the old password must match, "" when none need be given
	right  bool
	hash   string
}

func (p *newPassword) account(c *change, user string) (db.UserRow, error) {
	row, err := c.personal(user, whole)
	if err == nil && row.LoginType != LoginPassword {
		err = invalid("Users without password login type cannot change their password.", "")
	}
	return row, err
}

func (p *newPassword) read(c *change, user string, input Input[PasswordInput]) error {
	row, err := p.account(c, user)
	if err != nil {
		return err
	}
	if p.in, err = input.Read(); err != nil {
		return err
	}
	var bad problems
	bad.add("password", passwordProblem(p.in.Password, row.Username, row.Email))
	if err := bad.err("Password is invalid"); err != nil {
		return err
	}
	if err := c.begunFrom(tag(row.Version, row.ID), accountChanged); err != nil {
		return err
	}
	if p.user = row.ID; row.ID == c.by.ID() {
		p.stored, err = c.q.GetPasswordHash(c.ctx, row.ID)
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

func (p *newPassword) write(c *change, user string) error {
	row, err := p.account(c, user)
	if err != nil {
		return err
	}
	if !p.right {
		return problems{{Field: "old_password", Detail: "is not your current password"}}.err("Old password is incorrect.")
	}
	if err := c.begunFrom(tag(row.Version, row.ID), accountChanged); err != nil {
		return err
	}
	if err := c.q.DeleteLoginFailures(c.ctx, passwordDoor(row.ID).name); err != nil {
		return err
	}
	if err := c.replacePassword(row.ID, p.hash); err != nil {
		return err
	}
	return beginSession(c.ctx, c.q, row.ID)
}

// replacePassword stores a password hash, and ends all that the old password opened.
func (c *change) replacePassword(user uuid.UUID, hash string) error {
	c.written()
	c.secret("hashed_password")
	if err := c.q.UpdatePassword(c.ctx, db.UpdatePasswordParams{
		PasswordHash: hash, PasswordBy: c.maker(user), Now: c.now, ID: user,
	}); err != nil {
		return err
	}
	if _, err := c.q.DeletePasswordLink(c.ctx, user); err != nil {
		return err
	}
	return c.endAccess(user)
}

// endAccess ends every session and token of an account.
func (c *change) endAccess(user uuid.UUID) error {
	if err := c.q.DeleteAPIKeysOfUser(c.ctx, user); err != nil {
		return err
	}
	return c.q.DeleteSessionsOfUser(c.ctx, nullID(user))
}

// SetStatus suspends or activates an account; suspending ends its sessions. Setting what is set already writes nothing.
// Invalid: no such user, oneself, the last owner or organization admin. Forbidden: needs user:update, and all that the
// account holds; to suspend it, all that it holds on the site.
func (s *Service) SetStatus(ctx context.Context, subject *Subject, user string, status Status) (u User, err error) {
	err = s.change(ctx, subject, "write", func(c *change) error {
		row, err := c.target(user)
		if err != nil {
			return err
		}
		m := whole
		if status == StatusSuspended {
			if row.ID == c.by.ID() {
				return invalid("You cannot suspend yourself.", "")
			}
			m = siteOnly
		}
		if err := c.allowed(row, "update", m); err != nil {
			return err
		}
		same := Status(row.Status) == status
		if status == StatusSuspended && !same {
			if err := c.keepAdmins(row); err != nil {
				return err
			}
		}
		if err := c.begunFrom(tag(row.Version, row.ID), accountChanged); err != nil {
			return err
		}
		if same {
			u, err = c.user(ctx, row)
			return err
		}
		c.written()
		c.field("status", row.Status, status)
		if err := c.q.UpdateStatus(ctx, db.UpdateStatusParams{Status: string(status), Now: c.now, ID: row.ID}); err != nil {
			return err
		}
		if status == StatusActive {
			c.widens(row.ID)
		}
		if status == StatusSuspended {
			if err := c.q.DeleteSessionsOfUser(ctx, nullID(row.ID)); err != nil {
				return err
			}
			if err := c.keepOwners(); err != nil {
				return err
			}
		}
		u, err = c.userByID(row.ID)
		return err
	})
	return u, err
}

// SetUserRoles replaces the site roles of an account. An unchanged list writes nothing.
// Invalid: no such user, oneself, a bad body, an unknown role, the last owner. Forbidden: neither assign nor unassign,
// a role that the caller may not hand out, or an account that holds more than the caller. Conflict: the form showed
// another version of the account.
func (s *Service) SetUserRoles(ctx context.Context, subject *Subject, user string, input Input[RolesInput]) (u User, err error) {
	err = s.change(ctx, subject, "write", func(c *change) error {
		row, err := c.target(user)
		if err != nil {
			return err
		}
		u, err = c.setUserRoles(row, input)
		return err
	})
	return u, err
}

// setUserRoles is the one way in which the site roles of an account change.
func (c *change) setUserRoles(row db.UserRow, input Input[RolesInput]) (User, error) {
	if row.ID == c.by.ID() {
		return User{}, invalid("You cannot change your own roles.", "")
	}
	set, err := c.roles(c.ctx, uuid.Nil)
	if err != nil {
		return User{}, err
	}
	u, err := c.user(c.ctx, row)
	if err != nil {
		return u, err
	}
	a := assignment{change: c, set: set, object: siteRolesObject, implied: roleMember}
	changed, err := a.decide(input, u.Roles, u.Tag())
	if err != nil || !changed {
		return u, err
	}
	if err := c.mayActOn(row.ID, whole); err != nil {
		return u, err
	}
	becomes := func(was *Subject) *rbac.Subject { return was.withSiteRoles(c.catalog, set, a.wanted) }
	if err := c.keepManagers(row, becomes); err != nil {
		return u, err
	}
	if err := c.watchUser(row, func(h *holding) { h.siteRoles = strings.Join(a.wanted, " ") }); err != nil {
		return u, err
	}
	if err := c.writeUserRoles(row.ID, a.added, a.removed); err != nil {
		return u, err
	}
	c.field("rbac_roles", names(u.Roles), a.wanted)
	if u, err = c.userByID(row.ID); err != nil || !slices.Contains(a.removed, roleOwner) && len(a.added) == 0 {
		return u, err
	}
	return u, c.keepOwners() // a role that was given may deny
}

func (c *change) writeUserRoles(user uuid.UUID, added, removed []string) error {
	c.written()
	c.widens(user)
	for _, name := range removed {
		if err := c.q.DeleteUserRole(c.ctx, db.DeleteUserRoleParams{UserID: user, Role: name}); err != nil {
			return err
		}
	}
	for _, name := range added {
		if err := c.q.InsertUserRole(c.ctx, db.InsertUserRoleParams{UserID: user, Role: name}); err != nil {
			return err
		}
	}
	return c.q.TouchUser(c.ctx, db.TouchUserParams{Now: c.now, ID: user})
}
