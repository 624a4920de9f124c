package org

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"rolecall.example/db"
)

// What the person at the machine itself may do, when nobody can sign in any more or the data was put back.

// Recovery is an account that is to get back in as an owner.
type Recovery struct {
	Username string
	Email    string // of an account that must be made
	Password string
}

// RecoverOwner makes an account an active owner with a password, whatever it was before, and makes one if there is none
// of that name. Its sessions and tokens end, and its failed logins are forgiven. Only who can write the database file is
// to be let near it. Invalid: a service account, or what is wrong with the input.
func (s *Service) RecoverOwner(ctx context.Context, in Recovery) (u User, err error) {
	hash, err := s.hashing.hash(ctx, in.Password)
	if err != nil {
		return User{}, err
	}
	err = s.change(ctx, s.Operator(), "write", func(c *change) error {
		row, err := c.q.GetUserByUsername(ctx, Fold(in.Username))
		if db.IsNotFound(err) {
			row, err = c.newOwner(in, hash)
		}
		if err != nil {
			return err
		}
		if row.LoginType != LoginPassword {
			return invalid("A service account has no password.", "It signs in with API tokens only. Name another account.")
		}
		if c.entry.resourceType == "" {
			c.about("user", row.ID, row.Username, uuid.Nil)
		}
		if u, err = c.user(ctx, row); err != nil {
			return err
		}
		if err := c.replacePassword(row.ID, hash); err != nil {
			return err
		}
		if err := c.q.DeleteLoginFailures(ctx, accountDoor(row.Email)); err != nil {
			return err
		}
		c.field("status", row.Status, StatusActive)
		if err := c.q.UpdateStatus(ctx, db.UpdateStatusParams{Status: string(StatusActive), Now: c.now, ID: row.ID}); err != nil {
			return err
		}
		if err := c.enthrone(u); err != nil {
			return err
		}
		u, err = c.userByID(row.ID)
		return err
	})
	return u, err
}

func (c *change) newOwner(in Recovery, hash string) (db.UserRow, error) {
	account := NewUser{Email: in.Email, Username: in.Username, Password: in.Password, Status: StatusActive}
	if err := account.check(); err != nil {
		return db.UserRow{}, err
	}
	home, err := c.defaultOrganization()
	if err != nil {
		return db.UserRow{}, err
	}
	row, err := c.insertUser(account, hash)
	if err != nil {
		return row, err
	}
	return row, c.join(home, row)
}

// enthrone gives the owner role. When another site role of the account denies what an owner must be able to do, it
// keeps that role alone.
func (c *change) enthrone(u User) error {
	before := names(u.Roles)
	after := before
	if !slices.Contains(before, roleOwner) {
		after = append(slices.Clone(before), roleOwner)
		if err := c.writeUserRoles(u.ID, []string{roleOwner}, nil); err != nil {
			return err
		}
	}
	owner, err := c.after(u.ID)
	if err != nil {
		return err
	}
	if !owner.administersSite() {
		others := slices.DeleteFunc(slices.Clone(before), func(name string) bool { return name == roleOwner })
		if err := c.writeUserRoles(u.ID, nil, others); err != nil {
			return err
		}
		after = []string{roleOwner}
	}
	c.field("rbac_roles", before, after)
	return c.keepOwners()
}

// RecordRestore notes in the audit trail that a backup was put in the place of the data. What was computed from the data
// that was there before is forgotten.
func (s *Service) RecordRestore(ctx context.Context) error {
	return s.change(ctx, s.Operator(), "restore", func(c *change) error {
		c.about("system", uuid.Nil, "database", uuid.Nil)
		c.written()
		return nil
	})
}

// Examine finds what is wrong with the data as a whole: an audit trail that was tampered with, roles that were given or
// taken past it, nobody who can sign in as an owner. It tells each in words.
func (s *Service) Examine(ctx context.Context) (findings []string, err error) {
	trail, err := s.VerifyAudit(ctx)
	if err != nil {
		return nil, err
	}
	if trail.Broken != "" {
		findings = append(findings, "audit trail: "+trail.Broken)
	} else if findings, err = s.handMade(ctx); err != nil { // a trail that was changed proves nothing
		return nil, err
	}
	users, err := s.HasUsers(ctx)
	if err != nil || !users {
		return findings, err
	}
	owners, err := s.Owners(ctx)
	if err == nil && owners == 0 {
		findings = append(findings, "no active owner can sign in and manage roles and users: see rolecall help recover-owner")
	}
	return findings, err
}

// Owners is how many active accounts can sign in and are allowed what an owner must be able to do.
func (s *Service) Owners(ctx context.Context) (n int, err error) {
	err = s.db.Read(ctx, func(q *db.Queries) error {
		holders, err := q.ListActiveHoldersOfSiteRole(ctx, roleOwner)
		if err != nil {
			return fmt.Errorf("list owners: %w", err)
		}
		for _, id := range holders {
			owner, err := source{Service: s, q: q}.subject(ctx, id)
			if err != nil {
				return err
			}
			if owner.administersSite() {
				n++
			}
		}
		return nil
	})
	return n, err
}

// MemberCounts is how many members the organizations have, by name: the first so many organizations.
func (s *Service) MemberCounts(ctx context.Context, limit int) (map[string]int64, error) {
	rows, err := s.db.ListOrganizations(ctx, int64(limit))
	counts := make(map[string]int64, len(rows))
	for _, row := range rows {
		counts[row.Name] = row.MemberCount
	}
	return counts, err
}
