package org

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"time"

	"github.com/google/uuid"

	"rolecall/db"
)

// passwordLinkLifetime is how long somebody has to follow a link and set a password.
const passwordLinkLifetime = 3 * day

// PasswordLink is a link with which the holder sets the password of an account, once.
type PasswordLink struct {
	User      User
	Secret    string // stands in the link; "" when the link is only told about
	CreatedAt time.Time
	ExpiresAt time.Time
}

// CreatePasswordLink makes the link of an account; the one before it stops working. Nothing else changes until the link
// is used. Invalid: no such user, or a service account. Forbidden: needs user:update_personal, and all that the account
// holds.
func (s *Service) CreatePasswordLink(ctx context.Context, subject *Subject, user string) (link PasswordLink, err error) {
	err = s.change(ctx, subject, "write", func(c *change) error {
		row, err := c.actOn(user, "update_personal", whole)
		if err != nil {
			return err
		}
		if row.LoginType != LoginPassword {
			return invalid("A service account has no password.", "It signs in with API tokens only.")
		}
		if link.User, err = c.user(ctx, row); err != nil {
			return err
		}
		key := newToken()
		hash := sha256.Sum256([]byte(key.secret))
		link.Secret, link.CreatedAt, link.ExpiresAt = key.String(), c.now, c.now.Add(passwordLinkLifetime)
		c.written()
		c.secret("password_link")
		return c.q.UpsertPasswordLink(ctx, db.UpsertPasswordLinkParams{
			UserID: row.ID, ID: key.id, SecretHash: hash[:], Now: c.now, ExpiresAt: link.ExpiresAt,
		})
	})
	return link, err
}

// DeletePasswordLink makes the link of an account stop working. Invalid: no such user. Forbidden: needs
// user:update_personal, and all that the account holds on the site. NotFound: there is no link.
func (s *Service) DeletePasswordLink(ctx context.Context, subject *Subject, user string) error {
	return s.change(ctx, subject, "write", func(c *change) error {
		row, err := c.actOn(user, "update_personal", siteOnly)
		if err != nil {
			return err
		}
		c.written()
		c.secret("revoked_password_link")
		n, err := c.q.DeletePasswordLink(ctx, row.ID)
		if err == nil && n == 0 {
			return errNotFound()
		}
		return err
	})
}

// PasswordLinkOf tells about the link of an account, without its secret; ok is false when there is none that works.
// Errors as CreatePasswordLink.
func (s *Service) PasswordLinkOf(ctx context.Context, subject *Subject, user string) (link PasswordLink, ok bool, err error) {
	row, err := s.snapshot(subject).readableUser(ctx, subject, user)
	if err != nil {
		return link, false, err
	}
	if !subject.Can("update_personal", userObject(row.ID)) {
		return link, false, errForbidden()
	}
	stored, err := s.db.GetPasswordLinkOfUser(ctx, row.ID)
	if db.IsNotFound(err) {
		return link, false, nil
	}
	link.CreatedAt, link.ExpiresAt = stored.CreatedAt, stored.ExpiresAt
	return link, err == nil && stored.ExpiresAt.After(s.now()), err
}

// OpenPasswordLink tells whose password a link sets. NotFound: there is no such link any more.
func (s *Service) OpenPasswordLink(ctx context.Context, secret string) (User, error) {
	row, err := s.passwordLink(ctx, s.db.Queries, secret)
	return User{ID: row.UserID, Username: row.Username, Email: row.Email, Name: row.Name}, err
}

// UsePasswordLink sets the password of the link's account and ends the link, and every session and token of the account.
// NotFound: there is no such link any more. Invalid: a weak password.
func (s *Service) UsePasswordLink(ctx context.Context, secret string, body Body[PasswordInput]) error {
	row, err := s.passwordLink(ctx, s.db.Queries, secret)
	if err != nil {
		return err
	}
	in, err := body()
	if err != nil {
		return err
	}
	var bad problems
	bad.add("password", passwordProblem(in.Password, row.Username, row.Email))
	if err := bad.err("Password is invalid"); err != nil {
		return err
	}
	hash, err := s.hashing.hash(ctx, in.Password)
	if err != nil {
		return err
	}
	return s.change(ctx, nil, "write", func(c *change) error {
		if row, err = s.passwordLink(ctx, c.q, secret); err != nil { // used meanwhile, by somebody quicker
			return err
		}
		c.by = &Subject{User: User{ID: row.UserID, Username: row.Username}}
		c.about("user", row.UserID, row.Username, uuid.Nil)
		return c.replacePassword(row.UserID, hash)
	})
}

// passwordLink finds the link that a secret belongs to.
func (s *Service) passwordLink(ctx context.Context, q *db.Queries, secret string) (db.GetPasswordLinkRow, error) {
	gone := &Error{Kind: NotFound, Message: "This link does not work any more.",
		Detail: "It was used, replaced or revoked, or it is too old. Ask an administrator for a new one."}
	id, secret, err := splitToken(secret)
	if err != nil {
		return db.GetPasswordLinkRow{}, gone
	}
	row, err := q.GetPasswordLink(ctx, id)
	if err != nil && !db.IsNotFound(err) {
		return row, err
	}
	hash := sha256.Sum256([]byte(secret))
	if err != nil || subtle.ConstantTimeCompare(hash[:], row.SecretHash) != 1 || !row.ExpiresAt.After(s.now()) {
		return db.GetPasswordLinkRow{}, gone
	}
	return row, nil
}
