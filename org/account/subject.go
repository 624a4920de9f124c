package account

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// TokenSubject returns the actor of an API token that came with a request.
// Unauthenticated: malformed, unknown, wrong, expired, or of an account that is suspended.
func (s *Service) TokenSubject(ctx context.Context, r org.Request, token string) (_ *org.Actor, err error) {
	defer org.Wrap(&err, "authenticate a token")
	id, secret, err := splitToken(token)
	if err != nil {
		return nil, err
	}
	key, err := s.key(ctx, id)
	if err != nil {
		return nil, err
	}
	c := unit.Credential{User: key.UserID, Token: id}
	b, err := s.units.BasisNow(ctx, c)
	over := db.IsNotFound(err)
	if over { // deleted or ended, perhaps through another server of this database
		s.units.Memory.Keys.Forget(id)
		key, err = s.key(ctx, id)
	}
	if err != nil {
		return nil, err
	}
	hash := sha256.Sum256([]byte(secret))
	now := s.units.Now()
	// The secret comes first: only those who have it learn that the token ended, and when.
	switch {
	case subtle.ConstantTimeCompare(hash[:], key.Hash) != 1:
		return nil, org.ErrSignedOut("API key secret is invalid.")
	case over || !key.ExpiresAt.After(now):
		s.noteExpiryOf(ctx, r, id, key)
		return nil, org.ErrSignedOut(fmt.Sprintf("API key expired at %q.", key.ExpiresAt.Format(time.RFC3339)))
	}
	subject, err := s.activeSubject(ctx, c, b)
	if err != nil {
		return nil, err
	}
	used := key.LastUsed.Load()
	stale := now.UnixMicro()-used >= time.Hour.Microseconds() || subject.User.Status == org.StatusDormant
	if stale && key.LastUsed.CompareAndSwap(used, now.UnixMicro()) {
		if err := s.noteUse(ctx, r, id, subject.User, now); err != nil { // it must not fail the request; the next one notes it
			s.log.WarnContext(ctx, "time of use of a token not stored", "request_id", r.ID, "token", id, "error", err)
			key.LastUsed.CompareAndSwap(now.UnixMicro(), used)
		}
	}
	with := subject.WithRequest(r)
	with.TokenID, with.TokenEnds, with.MadeBy = id, key.ExpiresAt, key.CreatedBy
	if err := s.units.Limit(ctx, with, key.Limits); err != nil {
		return nil, err
	}
	return with, nil
}

// noteUse records that a token and its account are in use.
func (s *Service) noteUse(ctx context.Context, r org.Request, token string, user org.User, now time.Time) error {
	_, _, err := unit.Do(ctx, s.units, nil, scopeOfUse(user.Status), "write", use{r, token, user.ID, now}, planUse, applyUse)
	return err
}

// use is the use of a token.
type use struct {
	request org.Request
	token   string
	account uuid.UUID
	at      time.Time
}

// used is a use, decided but not yet stored.
type used struct {
	use
	row   db.UserRow
	wakes bool // the account was dormant, and is active from now on
}

// planUse makes a dormant account active only in the scope of the site, because lists show its status.
func planUse(ctx context.Context, a *unit.Attempt, in use) (u used, err error) {
	u.use, a.Now = in, in.at
	if u.row, err = a.Q.GetUser(ctx, in.account); err != nil {
		return u, err
	}
	a.Become(u.row.ID, u.row.Username, in.request)
	a.Actor.TokenID = in.token
	u.wakes = org.Status(u.row.Status) == org.StatusDormant
	switch {
	case !u.wakes:
		a.Aside()
	case !a.Scope().Everything():
		return u, errOnSite
	}
	return u, nil
}

func applyUse(ctx context.Context, w *unit.Writer, u used) (none struct{}, err error) {
	if err := w.W.UpdateLastUsed(ctx, db.UpdateLastUsedParams{Now: unit.NullTime(u.at), ID: u.token}); err != nil {
		return none, err
	}
	return none, storeSeen(ctx, w, u.row, u.wakes)
}

// key finds a token as it was stored, perhaps in memory and perhaps deleted since. Only its time of use and its end ever change,
// and the basis of the caller shows the end.
// Unauthenticated: no token has this id.
func (s *Service) key(ctx context.Context, id string) (*unit.KnownKey, error) {
	if k, ok := s.units.Memory.Keys.Recall(id); ok {
		return k, nil
	}
	row, err := s.units.DB.GetAPIKey(ctx, id)
	if db.IsNotFound(err) {
		return nil, org.ErrSignedOut("API key is invalid.")
	}
	if err != nil {
		return nil, err
	}
	k := &unit.KnownKey{UserID: row.UserID, Hash: row.SecretHash, ExpiresAt: row.ExpiresAt, CreatedBy: row.CreatedBy}
	if k.Limits, err = unit.LimitsOf(row.Scopes, row.Organizations, row.Catalog); err != nil {
		return nil, err
	}
	if row.LastUsed.Valid {
		k.LastUsed.Store(row.LastUsed.Time.UnixMicro())
	}
	k.Noted.Store(row.ExpiryNoted || row.LoginType != unit.LoginToken)
	s.units.Memory.Keys.Remember(id, k)
	return k, nil
}

// SessionSubject returns the actor of a browser session that came with a request; session is its token in the session store.
// Unauthenticated: the account is gone or suspended.
func (s *Service) SessionSubject(ctx context.Context, r org.Request, id uuid.UUID, session string) (_ *org.Actor, err error) {
	defer org.Wrap(&err, "authenticate a session")
	subject, err := s.UserSubject(ctx, id)
	if err != nil {
		return nil, err
	}
	with := subject.WithRequest(r)
	with.Session = session
	return with, nil
}

// UserSubject returns an account as an actor, without a token or a session.
// Unauthenticated: the account is gone or suspended.
func (s *Service) UserSubject(ctx context.Context, id uuid.UUID) (_ *org.Actor, err error) {
	defer org.Wrap(&err, "read actor %s", id)
	c := unit.Credential{User: id}
	b, err := s.units.BasisNow(ctx, c)
	if err != nil && !db.IsNotFound(err) {
		return nil, err
	}
	return s.activeSubject(ctx, c, b)
}

// activeSubject returns the actor of a credential. Unauthenticated: its account is gone or suspended.
func (s *Service) activeSubject(ctx context.Context, c unit.Credential, b org.Basis) (*org.Actor, error) {
	subject, err := s.units.Compiled(ctx, c, b)
	if db.IsNotFound(err) {
		return nil, org.ErrSignedOut("This account is gone.")
	}
	if err != nil {
		return nil, err
	}
	if err := unit.MustBeActive(subject.User.Status); err != nil {
		return nil, err
	}
	return subject, nil
}
