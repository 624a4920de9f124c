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

// TokenSubject is who an API token belongs to.
// Unauthenticated: malformed, unknown, wrong, expired, or of an account that is suspended.
func (s *Service) TokenSubject(ctx context.Context, token string) (*org.Actor, error) {
	id, secret, err := splitToken(token)
	if err != nil {
		return nil, err
	}
	revision, err := s.units.DB.Revision(ctx)
	if err != nil {
		return nil, err
	}
	key, err := s.key(ctx, id, revision)
	if err != nil {
		return nil, err
	}
	hash := sha256.Sum256([]byte(secret))
	now := s.units.Now()
	switch {
	case subtle.ConstantTimeCompare(hash[:], key.Hash) != 1:
		return nil, org.ErrSignedOut("API key secret is invalid.")
	case !key.ExpiresAt.After(now):
		return nil, org.ErrSignedOut(fmt.Sprintf("API key expired at %q.", key.ExpiresAt.Format(time.RFC3339)))
	}
	subject, err := s.activeSubject(ctx, key.UserID, revision)
	if err != nil {
		return nil, err
	}
	used := key.LastUsed.Load()
	stale := now.UnixMicro()-used >= time.Hour.Microseconds() || subject.User.Status == org.StatusDormant
	if stale && key.LastUsed.CompareAndSwap(used, now.UnixMicro()) {
		err := s.units.DB.Write(ctx, func(q *db.Queries) error {
			if err := q.UpdateLastUsed(ctx, db.UpdateLastUsedParams{Now: unit.NullTime(now), ID: id}); err != nil {
				return err
			}
			_, err := s.arrive(ctx, q, key.UserID, now)
			return err
		})
		if err != nil { // it must not fail the request; the next one notes it
			key.LastUsed.CompareAndSwap(now.UnixMicro(), used)
		}
	}
	with := *subject
	with.TokenID, with.MadeBy = id, key.CreatedBy
	return &with, nil
}

// key finds a stored token. Unauthenticated: there is none of that id.
func (s *Service) key(ctx context.Context, id string, revision db.Revision) (*unit.KnownKey, error) {
	if k, ok := s.units.Memory.Keys.Recall(id, revision.Value); ok {
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
	if row.LastUsed.Valid {
		k.LastUsed.Store(row.LastUsed.Time.UnixMicro())
	}
	s.units.Memory.Keys.Remember(id, revision.Value, k)
	return k, nil
}

// SessionSubject is who a browser session belongs to; session is its token as its store knows it.
// Unauthenticated: the account is gone or suspended.
func (s *Service) SessionSubject(ctx context.Context, id uuid.UUID, session string) (*org.Actor, error) {
	subject, err := s.UserSubject(ctx, id)
	if err != nil {
		return nil, err
	}
	with := *subject
	with.Session = session
	return &with, nil
}

// UserSubject is an account as a caller, whatever it came with.
// Unauthenticated: the account is gone or suspended.
func (s *Service) UserSubject(ctx context.Context, id uuid.UUID) (*org.Actor, error) {
	revision, err := s.units.DB.Revision(ctx)
	if err != nil {
		return nil, err
	}
	return s.activeSubject(ctx, id, revision)
}

func (s *Service) activeSubject(ctx context.Context, id uuid.UUID, revision db.Revision) (*org.Actor, error) {
	subject, ok := s.units.Memory.Subjects.Recall(id, revision.Value)
	var err error
	if !ok {
		// An account, its grants and their roles must be of one moment: pieces of two could add up to rights that nobody
		// ever gave.
		err = s.units.DB.Read(ctx, func(q *db.Queries) (err error) {
			if revision, err = q.GetRevision(ctx); err == nil {
				subject, err = unit.Reader{Units: s.units, Q: q, Revision: revision}.Subject(ctx, id)
			}
			return err
		})
	}
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
