package account

import (
	"context"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// keyLifetime is how long a key of a command line lives, unless tokens must end earlier.
const keyLifetime = 7 * org.Day

// KeyLifetime is how long a key of a command line lives.
func (s *Service) KeyLifetime() time.Duration { return min(keyLifetime, s.maxTokenLifetime) }

// CreateKey makes a key of an account for a command line. Only this call ever returns the whole key. It is no API token: it is
// listed with the sessions of the account, and ends with them. Invalid: no such user. Forbidden: needs api_key:create on the
// account, and all that it holds.
func (s *Service) CreateKey(ctx context.Context, subject *org.Actor, user string) (secret string, err error) {
	defer org.Wrap(&err, "create key of %q", user)
	command := keyCommand{user: user, lifetime: s.KeyLifetime()}
	secret, _, err = unit.Do(ctx, s.units, subject, unit.OnSite, "create", command, planKey, applyKey)
	return secret, err
}

// keyCommand names an account, and one of its keys or the lifetime of a new one.
type keyCommand struct {
	user, id string
	lifetime time.Duration
}

// plannedKey is a key that is about to be stored.
type plannedKey struct {
	secret string
	row    db.InsertAPIKeyParams
}

// planKey checks the right, and then R1 (docs/spec/roles.md): anyone who has a key of an account acts as that account.
func planKey(ctx context.Context, a *unit.Attempt, in keyCommand) (p plannedKey, err error) {
	row, err := a.ReadableUser(ctx, a.Actor, in.user)
	if err != nil {
		return p, err
	}
	a.About("api_key", row.ID, row.Username, uuid.Nil)
	if !a.Actor.Can("create", org.KeyObject(row.ID)) {
		return p, org.ErrForbidden()
	}
	if err := a.MayActOn(ctx, row.ID, unit.Whole); err != nil {
		return p, err
	}
	key := newToken()
	p = plannedKey{key.String(), key.row(row.ID, "cli "+key.id, "password", a.Now, in.lifetime)}
	p.row.CreatedBy, p.row.ForCli = a.Maker(row.ID), true
	return p, store(&p.row, a.Actor.Limits()) // a key does no more than the token that it is made with
}

func applyKey(ctx context.Context, w *unit.Writer, p plannedKey) (string, error) {
	w.Status = 201
	w.Field("expires_at", nil, p.row.ExpiresAt)
	if err := purge(ctx, w); err != nil {
		return "", err
	}
	return p.secret, w.W.InsertAPIKey(ctx, p.row)
}

// Key returns a token, or a key that a program signed in with, by its id. Invalid: no such user. NotFound: the account has no
// such key, or the caller lacks api_key:read on the account.
func (s *Service) Key(ctx context.Context, subject *org.Actor, user, id string) (_ org.Token, err error) {
	defer org.Wrap(&err, "read key %q of %q", id, user)
	return s.findKey(ctx, subject, user, db.FindAPIKeyParams{ID: id})
}

// TokenNamed is Key for an API token by its name, compared exactly.
func (s *Service) TokenNamed(ctx context.Context, subject *org.Actor, user, name string) (_ org.Token, err error) {
	defer org.Wrap(&err, "read token %q of %q", name, user)
	return s.findKey(ctx, subject, user, db.FindAPIKeyParams{Name: name})
}

// findKey finds a key that the caller may read. Any other is NotFound, as if it did not exist (docs/spec/refusals.md).
func (s *Service) findKey(ctx context.Context, subject *org.Actor, user string, p db.FindAPIKeyParams) (org.Token, error) {
	row, err := s.units.AccountNow(ctx, subject, user)
	if err != nil {
		return org.Token{}, err
	}
	if !subject.Can("read", org.KeyObject(row.ID)) {
		return org.Token{}, org.ErrNotFound()
	}
	p.UserID = row.ID
	key, err := s.units.DB.FindAPIKey(ctx, p)
	if db.IsNotFound(err) {
		err = org.ErrNotFound()
	}
	if err != nil {
		return org.Token{}, err
	}
	return s.units.Snapshot(subject).Token(ctx, subject, key)
}

// ExpireKey ends a key of an account now. The key stays on record, and ending it again changes nothing. Invalid: no such user.
// NotFound: the account has no such key, or the caller may not read it. Forbidden: needs api_key:update, and all that the account
// holds on the site.
func (s *Service) ExpireKey(ctx context.Context, subject *org.Actor, user, id string) (err error) {
	defer org.Wrap(&err, "expire key %q of %q", id, user)
	_, _, err = unit.Do(ctx, s.units, subject, unit.OnSite, "write", keyCommand{user: user, id: id}, planExpiry, applyExpiry)
	return err
}

// planExpiry returns the key to end.
// It compares only what is held on the site, since ending a key takes power away.
func planExpiry(ctx context.Context, a *unit.Attempt, in keyCommand) (key db.FindAPIKeyRow, err error) {
	row, err := a.ReadableUser(ctx, a.Actor, in.user)
	if err != nil {
		return key, err
	}
	key, err = a.Q.FindAPIKey(ctx, db.FindAPIKeyParams{UserID: row.ID, ID: in.id})
	if db.IsNotFound(err) || err == nil && !a.Actor.Can("read", org.KeyObject(row.ID)) {
		err = org.ErrNotFound()
	}
	if err != nil {
		return key, err
	}
	a.About("api_key", row.ID, row.Username, uuid.Nil)
	if !a.Actor.Can("update", org.KeyObject(row.ID)) {
		return key, org.ErrForbidden()
	}
	return key, a.MayActOn(ctx, row.ID, unit.SiteOnly)
}

// applyExpiry writes nothing for a key that has ended, and so leaves no entry in the trail either.
func applyExpiry(ctx context.Context, w *unit.Writer, key db.FindAPIKeyRow) (none struct{}, err error) {
	if !key.ExpiresAt.After(w.Now) {
		return none, nil
	}
	w.Status = 204
	w.Field("expires_at", key.ExpiresAt, w.Now)
	return none, w.W.EndAPIKey(ctx, db.EndAPIKeyParams{Now: w.Now, ID: key.ID})
}

// MaxTokenLifetime returns how long a token of an account may live at most. Invalid: no such user.
func (s *Service) MaxTokenLifetime(ctx context.Context, subject *org.Actor, user string) (_ time.Duration, err error) {
	defer org.Wrap(&err, "read token settings of %q", user)
	_, err = s.units.AccountNow(ctx, subject, user)
	return s.maxTokenLifetime, err
}

// CountTokensEnding counts the API tokens that end soon.
func (s *Service) CountTokensEnding(ctx context.Context) (_ int64, err error) {
	defer org.Wrap(&err, "count tokens that end")
	now := s.units.Now()
	return s.units.DB.CountTokensEnding(ctx, db.CountTokensEndingParams{Now: now, Until: now.Add(org.EndingSoon)})
}

// LoginType returns how the caller signs in. Invalid: no such user. Forbidden: user is another account.
func (s *Service) LoginType(ctx context.Context, subject *org.Actor, user string) (_ string, err error) {
	defer org.Wrap(&err, "read login type of %q", user)
	row, err := s.units.AccountNow(ctx, subject, user)
	if err == nil && row.ID != subject.ID() {
		err = &org.Error{Kind: org.Forbidden, Message: "You are not authorized to view this user's login type."}
	}
	return row.LoginType, err
}

// UserOrganization returns an organization that an account belongs to. Invalid: no such user. NotFound: the account is no member
// of it, or the caller may not read the organization or the membership.
func (s *Service) UserOrganization(ctx context.Context, subject *org.Actor, user, organization string) (o org.Organization, err error) {
	defer org.Wrap(&err, "read organization %q of %q", organization, user)
	err = s.units.Moment(ctx, subject, func(src unit.Reader) error {
		if _, err := src.ReadableUser(ctx, subject, user); err != nil {
			return err
		}
		row, err := src.Organization(ctx, subject, organization)
		if err != nil {
			return err
		}
		o = unit.OrganizationOf(row)
		_, err = src.Member(ctx, subject, row.ID, user)
		return err
	})
	return o, err
}
