package org

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
)

// How long somebody has to follow a link and set a password: one that was passed on, and one that a sign-in leads to.
const (
	passwordLinkLifetime = 3 * day
	ownLinkLifetime      = 15 * time.Minute
)

// PasswordLink is a link with which the holder sets the password of an account, once.
type PasswordLink struct {
	User      User
	Secret    string // stands in the link; "" when the link is only told about
	CreatedAt time.Time
	ExpiresAt time.Time
	MustSet   bool // the password that the account has lets nobody in any more
}

// CreatePasswordLink makes the link of an account; the one before it stops working. Nothing else changes until the link
// is used. Invalid: no such user, or a service account. Forbidden: needs user:update_personal, and all that the account
// holds.
func (s *Service) CreatePasswordLink(ctx context.Context, subject *Subject, user string) (link PasswordLink, err error) {
	err = s.change(ctx, subject, "write", func(c *change) error {
		row, err := c.personal(user, whole)
		if err != nil {
			return err
		}
		if row.LoginType != LoginPassword {
			return invalid("A service account has no password.", "It signs in with API tokens only.")
		}
		if link, err = c.makeLink(row.ID, passwordLinkLifetime); err != nil {
			return err
		}
		link.User, err = c.user(ctx, row)
		return err
	})
	return link, err
}

// makeLink makes the one link of an account.
func (c *change) makeLink(user uuid.UUID, lifetime time.Duration) (PasswordLink, error) {
	key := newToken()
	hash := sha256.Sum256([]byte(key.secret))
	link := PasswordLink{Secret: key.String(), CreatedAt: c.now, ExpiresAt: c.now.Add(lifetime)}
	c.written()
	c.secret("password_link")
	return link, c.q.UpsertPasswordLink(c.ctx, db.UpsertPasswordLinkParams{
		UserID: user, ID: key.id, SecretHash: hash[:], Now: c.now, ExpiresAt: link.ExpiresAt, CreatedBy: c.maker(user),
	})
}

// DeletePasswordLink makes the link of an account stop working. Invalid: no such user. Forbidden: needs
// user:update_personal, and all that the account holds on the site. NotFound: there is no link.
func (s *Service) DeletePasswordLink(ctx context.Context, subject *Subject, user string) error {
	return s.change(ctx, subject, "write", func(c *change) error {
		row, err := c.personal(user, siteOnly)
		if err != nil {
			return err
		}
		ended, err := c.unlink(row.ID)
		if err == nil && !ended {
			return errNotFound()
		}
		return err
	})
}

// unlink ends the link of an account, and reports whether there was one.
func (c *change) unlink(user uuid.UUID) (bool, error) {
	c.written()
	c.secret("revoked_password_link")
	n, err := c.q.DeletePasswordLink(c.ctx, user)
	return n > 0, err
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
func (s *Service) OpenPasswordLink(ctx context.Context, secret string) (PasswordLink, error) {
	row, err := s.readPasswordLink(ctx, secret)
	return PasswordLink{
		User:      User{ID: row.UserID, Username: row.Username, Email: row.Email, Name: row.Name},
		CreatedAt: row.CreatedAt, ExpiresAt: row.ExpiresAt, MustSet: row.MustChange,
	}, err
}

// UsePasswordLink sets the password of the link's account and ends the link, and every session and token of the account.
// NotFound: there is no such link any more. Invalid: a weak password.
func (s *Service) UsePasswordLink(ctx context.Context, secret string, input Input[PasswordInput]) error {
	row, err := s.readPasswordLink(ctx, secret)
	if err != nil {
		return err
	}
	in, err := input.Read()
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
		if row, err = c.passwordLink(ctx, secret); err != nil { // used meanwhile, by somebody quicker
			return err
		}
		c.by = &Subject{User: User{ID: row.UserID, Username: row.Username}}
		c.about("user", row.UserID, row.Username, uuid.Nil)
		return c.replacePassword(row.UserID, hash)
	})
}

// readPasswordLink is passwordLink on a reader.
func (s *Service) readPasswordLink(ctx context.Context, secret string) (row db.GetPasswordLinkRow, err error) {
	err = s.db.Read(ctx, func(q *db.Queries) error {
		row, err = source{Service: s, q: q}.passwordLink(ctx, secret)
		return err
	})
	return row, err
}

// passwordLink finds the link that a secret belongs to. NotFound: there is none, it is over, or whoever made it for the
// account could not make it now.
func (s source) passwordLink(ctx context.Context, secret string) (db.GetPasswordLinkRow, error) {
	gone := &Error{Kind: NotFound, Message: "This link does not work any more.",
		Detail: "It was used, replaced or revoked, or it is too old. Ask an administrator for a new one."}
	id, secret, err := splitToken(secret)
	if err != nil {
		return db.GetPasswordLinkRow{}, gone
	}
	row, err := s.q.GetPasswordLink(ctx, id)
	if err != nil && !db.IsNotFound(err) {
		return row, err
	}
	hash := sha256.Sum256([]byte(secret))
	if err != nil || subtle.ConstantTimeCompare(hash[:], row.SecretHash) != 1 || !row.ExpiresAt.After(s.now()) {
		return db.GetPasswordLinkRow{}, gone
	}
	stands, err := s.stands(ctx, row)
	if err == nil && !stands {
		err = gone
	}
	return row, err
}

// stands reports whether whoever made a link for the account of somebody else could still make it.
func (s source) stands(ctx context.Context, link db.GetPasswordLinkRow) (bool, error) {
	if !link.CreatedBy.Valid {
		return true, nil
	}
	maker, err := s.subject(ctx, link.CreatedBy.UUID)
	if db.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	target, err := s.subject(ctx, link.UserID)
	if err != nil {
		return false, err
	}
	able := maker.User.Status != StatusSuspended && maker.Can("update_personal", userObject(link.UserID))
	return able && holdsAllOf(maker, target), nil
}
