package account

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/insight"
	"rolecall.example/org/unit"
)

// RecoverOwner makes an account an active owner with a password, whatever it was before, and makes one if there is none
// of that name. Its sessions and tokens end, and its failed logins are forgiven. Only who can write the database file is
// to be let near it. Invalid: a service account, or what is wrong with the input.
func (s *Service) RecoverOwner(ctx context.Context, r org.Request, in org.OwnerRecovery) (u org.User, err error) {
	defer org.Wrap(&err, "recover owner")
	hash, err := s.hashing.hash(ctx, in.Password)
	if err != nil {
		return org.User{}, err
	}
	err = s.units.Do(ctx, s.Operator().WithRequest(r), unit.OnSite, "write", func(c *unit.Mixed) error {
		row, err := c.Q.GetUserByUsername(ctx, org.FoldCase(in.Username))
		if db.IsNotFound(err) {
			row, err = newOwner(c, in, hash)
		}
		if err != nil {
			return err
		}
		if row.LoginType != org.LoginPassword {
			return org.ErrInvalid("A service account has no password.", "It signs in with API tokens only. Name another account.")
		}
		if c.Entry.ResourceType == "" {
			c.About("user", row.ID, row.Username, uuid.Nil)
		}
		if u, err = c.User(ctx, row); err != nil {
			return err
		}
		if err := replacePassword(c, row.ID, hash); err != nil {
			return err
		}
		if err := c.W.DeleteLoginFailures(ctx, accountCounter(row.Email)); err != nil {
			return err
		}
		c.Field("status", row.Status, org.StatusActive)
		if err := c.W.UpdateStatus(ctx, db.UpdateStatusParams{Status: string(org.StatusActive), Now: c.Now, ID: row.ID}); err != nil {
			return err
		}
		if err := grantOwner(c, u); err != nil {
			return err
		}
		u, err = UserByID(c, row.ID)
		return err
	})
	return u, err
}

func newOwner(c *unit.Mixed, in org.OwnerRecovery, hash string) (db.UserRow, error) {
	account := org.NewUser{Email: in.Email, Username: in.Username, Password: in.Password, Status: org.StatusActive}
	if err := account.Check(); err != nil {
		return db.UserRow{}, err
	}
	home, err := c.DefaultOrganization()
	if err != nil {
		return db.UserRow{}, err
	}
	if err := untaken(c, account); err != nil {
		return db.UserRow{}, err
	}
	row, err := insertUser(c, account, hash)
	if err != nil {
		return row, err
	}
	return row, join(c, home, row)
}

// grantOwner gives the owner role. When another site role of the account denies what an owner must be able to do, it
// keeps that role alone.
func grantOwner(c *unit.Mixed, u org.User) error {
	before := unit.RoleNames(u.Roles)
	after := before
	if !slices.Contains(before, org.RoleOwner) {
		after = append(slices.Clone(before), org.RoleOwner)
		if err := WriteUserRoles(c, u.ID, []string{org.RoleOwner}, nil); err != nil {
			return err
		}
	}
	owner, err := c.After(u.ID)
	if err != nil {
		return err
	}
	if !unit.AdministersSite(owner) {
		others := slices.DeleteFunc(slices.Clone(before), func(name string) bool { return name == org.RoleOwner })
		if err := WriteUserRoles(c, u.ID, nil, others); err != nil {
			return err
		}
		after = []string{org.RoleOwner}
	}
	c.Field("rbac_roles", before, after)
	return c.KeepOwners()
}

// RecordRestore notes in the audit trail that a backup was put in the place of the data. What was computed from the data
// that was there before is forgotten.
func (s *Service) RecordRestore(ctx context.Context, r org.Request) (err error) {
	defer org.Wrap(&err, "record restore")
	return s.units.Do(ctx, s.Operator().WithRequest(r), unit.OnSite, "restore", func(c *unit.Mixed) error {
		c.About("system", uuid.Nil, "database", uuid.Nil)
		return nil
	})
}

// CheckIntegrity finds what is wrong with the data as a whole: an audit trail that was tampered with, roles that were given or
// taken past it, nobody who can sign in as an owner. It tells each in words.
func (s *Service) CheckIntegrity(ctx context.Context) (findings []string, err error) {
	defer org.Wrap(&err, "check integrity")
	trail, err := insight.New(s.units).VerifyAudit(ctx, org.VerifyFilter{})
	if err != nil {
		return nil, err
	}
	for _, f := range trail.Findings {
		findings = append(findings, "audit trail: "+f)
	}
	if len(findings) == 0 { // a trail that was changed proves nothing
		if findings, err = insight.HandMade(ctx, s.units); err != nil {
			return nil, err
		}
	}
	users, err := s.HasUsers(ctx)
	if err != nil || !users {
		return findings, err
	}
	owners, err := s.CountOwners(ctx)
	if err == nil && owners == 0 {
		findings = append(findings, "no active owner can sign in and manage roles and users: see rolecall help recover-owner")
	}
	return findings, err
}

// CountOwners is how many active accounts can sign in and are allowed what an owner must be able to do.
func (s *Service) CountOwners(ctx context.Context) (n int, err error) {
	defer org.Wrap(&err, "count owners")
	err = s.units.DB.View(ctx, func(q db.Reads) error {
		holders, err := q.ListActiveHoldersOfSiteRole(ctx, org.RoleOwner)
		if err != nil {
			return fmt.Errorf("list owners: %w", err)
		}
		for _, id := range holders {
			owner, err := unit.Reader{Units: s.units, Q: q}.Subject(ctx, id)
			if err != nil {
				return err
			}
			if unit.AdministersSite(owner) {
				n++
			}
		}
		return nil
	})
	return n, err
}
