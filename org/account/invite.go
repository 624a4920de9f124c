package account

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// How long a link to set a password works: one that an administrator passes on, and one that a sign-in leads to.
const (
	passwordLinkLifetime = 3 * org.Day
	ownLinkLifetime      = 15 * time.Minute
)

// CreatePasswordLink makes a link that sets the password of an account; an earlier link stops working. Nothing else changes
// until the link is used. Invalid: no such user, or an account without a password. Forbidden: needs user:update_personal, and all
// that the account holds.
func (s *Service) CreatePasswordLink(ctx context.Context, subject *org.Actor, user string) (link org.PasswordLink, err error) {
	defer org.Wrap(&err, "create link to set the password of %q", user)
	link, _, err = unit.Do(ctx, s.units, subject, unit.OnSite, "write", user, planLink, applyLink)
	return link, err
}

// newLink is a link that is about to be stored, with its account.
type newLink struct {
	secret string
	row    db.UpsertPasswordLinkParams
	user   org.User
}

// planLink compares all that the account holds (R1 in docs/spec/roles.md): anyone who has the link can become the account.
func planLink(ctx context.Context, a *unit.Attempt, user string) (l newLink, err error) {
	row, err := personal(ctx, a, user, unit.Whole)
	if err != nil {
		return l, err
	}
	if row.LoginType != org.LoginPassword {
		return l, errNoPassword(row.LoginType)
	}
	l = *linkOf(a, row.ID, passwordLinkLifetime)
	l.user, err = a.User(ctx, row)
	return l, err
}

// linkOf makes the one link of an account.
// Only a hash of its secret is stored, so reading the database does not let anyone use it.
func linkOf(a *unit.Attempt, user uuid.UUID, lifetime time.Duration) *newLink {
	key := newToken()
	hash := sha256.Sum256([]byte(key.secret))
	return &newLink{secret: key.String(), row: db.UpsertPasswordLinkParams{
		UserID: user, ID: key.id, SecretHash: hash[:], Now: a.Now, ExpiresAt: a.Now.Add(lifetime), CreatedBy: a.Maker(user),
	}}
}

func applyLink(ctx context.Context, w *unit.Writer, l newLink) (org.PasswordLink, error) {
	made := org.PasswordLink{User: l.user, Secret: l.secret, CreatedAt: l.row.Now, ExpiresAt: l.row.ExpiresAt}
	return made, storeLink(ctx, w, l)
}

// storeLink stores a link; the account's earlier one stops working.
func storeLink(ctx context.Context, w *unit.Writer, l newLink) error {
	w.Secret("password_link")
	return w.W.UpsertPasswordLink(ctx, l.row)
}

// DeletePasswordLink revokes the password link of an account. Invalid: no such user. Forbidden: needs
// user:update_personal, and all that the account holds on the site. NotFound: there is no link.
func (s *Service) DeletePasswordLink(ctx context.Context, subject *org.Actor, user string) (err error) {
	defer org.Wrap(&err, "delete link to set the password of %q", user)
	_, _, err = unit.Do(ctx, s.units, subject, unit.OnSite, "write", user, planUnlink, applyUnlink)
	return err
}

// planUnlink compares only what is held on the site: revoking a link gives nobody anything (R1).
func planUnlink(ctx context.Context, a *unit.Attempt, user string) (uuid.UUID, error) {
	row, err := personal(ctx, a, user, unit.SiteOnly)
	if err != nil {
		return uuid.Nil, err
	}
	_, err = a.Q.GetPasswordLinkOfUser(ctx, row.ID)
	if db.IsNotFound(err) {
		err = org.ErrNotFound()
	}
	return row.ID, err
}

func applyUnlink(ctx context.Context, w *unit.Writer, user uuid.UUID) (none struct{}, err error) {
	return none, w.Unlink(ctx, user)
}

// PasswordLinkOf returns the link of an account, without its secret; ok is false if it has expired or there is none.
// Invalid: no such user. Forbidden: needs user:update_personal.
func (s *Service) PasswordLinkOf(ctx context.Context, subject *org.Actor, user string) (link org.PasswordLink, ok bool, err error) {
	defer org.Wrap(&err, "read link to set the password of %q", user)
	row, err := s.units.AccountNow(ctx, subject, user)
	if err != nil {
		return link, false, err
	}
	if !subject.Can("update_personal", org.UserObject(row.ID)) {
		return link, false, org.ErrForbidden()
	}
	stored, err := s.units.DB.GetPasswordLinkOfUser(ctx, row.ID)
	if db.IsNotFound(err) {
		return link, false, nil
	}
	link.CreatedAt, link.ExpiresAt = stored.CreatedAt, stored.ExpiresAt
	return link, err == nil && stored.ExpiresAt.After(s.units.Now()), err
}

// OpenPasswordLink says whose password a link sets. NotFound: the link no longer works.
func (s *Service) OpenPasswordLink(ctx context.Context, secret string) (_ org.PasswordLink, err error) {
	defer org.Wrap(&err, "open the link to set a password")
	row, err := s.readPasswordLink(ctx, secret)
	return org.PasswordLink{
		User:      org.User{ID: row.UserID, Username: row.Username, Email: row.Email, Name: row.Name},
		CreatedAt: row.CreatedAt, ExpiresAt: row.ExpiresAt, MustSet: row.MustChange,
	}, err
}

// UsePasswordLink sets the password of the link's account and ends the link, and every session and token of the account.
// NotFound: the link no longer works. Invalid: a weak password.
func (s *Service) UsePasswordLink(ctx context.Context, r org.Request, secret string, input org.Input[org.PasswordInput]) (err error) {
	defer org.Wrap(&err, "use the link to set a password")
	row, err := s.readPasswordLink(ctx, secret)
	if err != nil {
		return err
	}
	in, err := input.Read()
	if err != nil {
		return err
	}
	var bad org.FieldErrors
	bad.Add("password", org.PasswordProblem(in.Password, row.Username, row.Email))
	if err := bad.Err("Password is invalid"); err != nil {
		return err
	}
	// Hashing is slow, so no transaction waits for it. The plan checks the link again.
	hash, err := s.hashing.hash(ctx, in.Password)
	if err != nil {
		return err
	}
	_, _, err = unit.Do(ctx, s.units, nil, unit.OnSite, "write", linkUse{r, secret, hash}, planLinkUse, applyPassword)
	return err
}

// linkUse is the use of a link, with the hash of the chosen password.
type linkUse struct {
	request      org.Request
	secret, hash string
}

func planLinkUse(ctx context.Context, a *unit.Attempt, in linkUse) (p passwordChange, err error) {
	row, err := passwordLink(ctx, a.Reader, in.secret) // it may have been used meanwhile, by somebody quicker
	if err != nil {
		return p, err
	}
	a.Become(row.UserID, row.Username, in.request)
	a.About("user", row.UserID, row.Username, uuid.Nil)
	return replaced(a, row.UserID, in.hash), nil
}

// readPasswordLink is passwordLink on a reader.
func (s *Service) readPasswordLink(ctx context.Context, secret string) (row db.GetPasswordLinkRow, err error) {
	err = s.units.Moment(ctx, nil, func(src unit.Reader) error {
		row, err = passwordLink(ctx, src, secret)
		return err
	})
	return row, err
}

// passwordLink finds the link that a secret belongs to. NotFound: there is none, it has expired, or its maker could no longer
// make it.
func passwordLink(ctx context.Context, s unit.Reader, secret string) (db.GetPasswordLinkRow, error) {
	gone := &org.Error{Kind: org.NotFound, Message: "This link no longer works.",
		Detail: "It was used, replaced or revoked, or it is too old. Ask an administrator for a new one."}
	id, secret, err := splitToken(secret)
	if err != nil {
		return db.GetPasswordLinkRow{}, gone
	}
	row, err := s.Q.GetPasswordLink(ctx, id)
	if err != nil && !db.IsNotFound(err) {
		return row, err
	}
	hash := sha256.Sum256([]byte(secret))
	if err != nil || subtle.ConstantTimeCompare(hash[:], row.SecretHash) != 1 || !row.ExpiresAt.After(s.Now()) {
		return db.GetPasswordLinkRow{}, gone
	}
	stands, err := stands(ctx, s, row)
	if err == nil && !stands {
		err = gone
	}
	return row, err
}

// stands reports whether the maker of a link for another account could still make it now.
// A link must not outlive the right of its maker (B3 in SECURITY.md).
func stands(ctx context.Context, s unit.Reader, link db.GetPasswordLinkRow) (bool, error) {
	// The account itself or the operator made it, or it is older than version 2 (SECURITY.md).
	if !link.CreatedBy.Valid {
		return true, nil
	}
	maker, err := s.Subject(ctx, link.CreatedBy.UUID)
	if db.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	target, err := s.Subject(ctx, link.UserID)
	if err != nil {
		return false, err
	}
	able := maker.User.Status != org.StatusSuspended && maker.Can("update_personal", org.UserObject(link.UserID))
	return able && unit.HoldsAllOf(maker, target), nil
}
