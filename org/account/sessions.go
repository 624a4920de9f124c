package account

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// SessionStore keeps browser sessions in the database, each with its account, so that all sessions of an account can be ended
// at once. The session manager of the web layer uses it.
type SessionStore struct {
	db  *db.DB
	now func() time.Time
}

// NewSessionStore keeps sessions in d. now is time.Now if nil.
func NewSessionStore(d *db.DB, now func() time.Time) *SessionStore {
	if now == nil {
		now = time.Now
	}
	return &SessionStore{db: d, now: now}
}

// newSession returns the session that begin makes for an account, or nil if begin is nil.
func newSession(ctx context.Context, begin org.BeginSession, user uuid.UUID) (*org.NewSession, error) {
	if begin == nil {
		return nil, nil
	}
	n, err := begin(ctx, user)
	return &n, err
}

// storeSession stores the session of an account, if one begins, and deletes what has expired.
func storeSession(ctx context.Context, w *unit.Writer, user uuid.UUID, n *org.NewSession) error {
	if n == nil {
		return nil
	}
	if err := purge(ctx, w); err != nil {
		return err
	}
	// The session before the sign-in ends: an attacker may have chosen it (A6 in SECURITY.md).
	if err := w.W.DeleteSession(ctx, n.Replaces); err != nil {
		return err
	}
	r := w.Actor.Request
	return w.W.UpsertSession(ctx, db.UpsertSessionParams{
		Token: n.Token, ID: unit.NewID(), UserID: unit.NullID(user), Data: n.Data, IP: r.IP, UserAgent: r.UserAgent,
		Now: w.Now, ExpiresAt: n.ExpiresAt.UTC(),
	})
}

// FindCtx returns the data of a session that has not expired.
func (s *SessionStore) FindCtx(ctx context.Context, token string) (data []byte, found bool, err error) {
	data, err = s.db.GetSession(ctx, db.GetSessionParams{Token: token, Now: s.now().UTC()})
	if db.IsNotFound(err) {
		return nil, false, nil
	}
	return data, err == nil, err
}

// endedKeys is how long a token is kept after its end.
// Until then, lists that ask for ended tokens show it (docs/spec/users.md).
const endedKeys = 90 * org.Day

// purge deletes what has expired: sessions at once, tokens after a while.
func purge(ctx context.Context, w *unit.Writer) error {
	if err := w.W.DeleteExpiredSessions(ctx, w.Now); err != nil {
		return err
	}
	return w.W.DeleteExpiredKeys(ctx, w.Now.Add(-endedKeys))
}

// errNoCommit keeps a session from being stored without the account that it belongs to.
var errNoCommit = errors.New("a session begins in the use case that lets its account in, and never changes")

// CommitCtx always fails: see org.BeginSession.
func (s *SessionStore) CommitCtx(context.Context, string, []byte, time.Time) error {
	return errNoCommit
}

// DeleteCtx ends a session, for a session manager that does so by itself. It is no unit: no caller is known here. Signing out, or
// ending the session of another device, goes through Logout and EndSession, which record it.
func (s *SessionStore) DeleteCtx(ctx context.Context, token string) error {
	return s.db.WriteIn(ctx, db.SigningIn, func(tx *db.Tx) error { return tx.Writes().DeleteSession(ctx, token) })
}

// Find is FindCtx without a context.
func (s *SessionStore) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

// Commit always fails, as CommitCtx.
func (s *SessionStore) Commit(string, []byte, time.Time) error { return errNoCommit }

// Delete is DeleteCtx without a context.
func (s *SessionStore) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }

// Sessions lists where the caller is signed in: its browser sessions, then its programs, each newest first.
func (s *Service) Sessions(ctx context.Context, subject *org.Actor) (_ []org.Session, err error) {
	defer org.Wrap(&err, "list sessions")
	rows, err := s.units.DB.ListSessions(ctx, db.ListSessionsParams{UserID: unit.NullID(subject.ID()), Now: s.units.Now()})
	if err != nil {
		return nil, err
	}
	list := make([]org.Session, len(rows))
	for i, r := range rows {
		list[i] = org.Session{
			ID: r.ID.String(), IP: r.IP, UserAgent: r.UserAgent, CreatedAt: r.CreatedAt, ExpiresAt: r.ExpiresAt,
			Current: r.Token == subject.Session,
		}
	}
	logins, err := s.units.DB.ListLogins(ctx, db.ListLoginsParams{UserID: subject.ID(), Now: s.units.Now()})
	for _, r := range logins {
		list = append(list, org.Session{
			ID: r.ID, Program: true, CLI: r.ForCli, CreatedAt: r.CreatedAt, LastUsed: r.LastUsed.Time, ExpiresAt: r.ExpiresAt, Current: r.ID == subject.TokenID,
		})
	}
	return list, err
}

// EndSession ends one of the caller's own sessions. NotFound: it has no such session.
func (s *Service) EndSession(ctx context.Context, subject *org.Actor, id string) (err error) {
	defer org.Wrap(&err, "end session %q", id)
	_, _, err = unit.Do(ctx, s.units, subject, unit.SigningIn, "delete", id, planEndSession, applyEndSession)
	return err
}

// ownSession is a session of the caller, in a browser or a program.
type ownSession struct {
	id      string
	program bool
}

// planEndSession looks only among the caller's own sessions: the id of anyone else's is as unknown as an invented one.
func planEndSession(ctx context.Context, a *unit.Attempt, id string) (ownSession, error) {
	a.About("api_key", a.Actor.ID(), a.Actor.User.Username, uuid.Nil)
	n, err := a.Q.CountSessionOfUser(ctx, db.CountSessionOfUserParams{UserID: unit.NullID(a.Actor.ID()), ID: unit.ParseID(id)})
	if err != nil || n > 0 {
		return ownSession{id: id}, err
	}
	n, err = a.Q.CountLoginOfUser(ctx, db.CountLoginOfUserParams{UserID: a.Actor.ID(), ID: id})
	if err == nil && n == 0 {
		err = org.ErrNotFound()
	}
	return ownSession{id: id, program: true}, err
}

func applyEndSession(ctx context.Context, w *unit.Writer, s ownSession) (none struct{}, err error) {
	if s.program {
		return none, w.W.DeleteLoginOfUser(ctx, db.DeleteLoginOfUserParams{UserID: w.Actor.ID(), ID: s.id})
	}
	return none, w.W.DeleteSessionOfUser(ctx, db.DeleteSessionOfUserParams{UserID: unit.NullID(w.Actor.ID()), ID: unit.ParseID(s.id)})
}

// EndSessions signs the caller out everywhere: all its sessions and API tokens end, including the one that it uses now.
func (s *Service) EndSessions(ctx context.Context, subject *org.Actor) (err error) {
	defer org.Wrap(&err, "end sessions")
	_, _, err = unit.Do(ctx, s.units, subject, unit.OnSite, "delete", struct{}{}, planEndSessions, applyEndSessions)
	return err
}

// planEndSessions checks no right: everyone may sign out.
func planEndSessions(_ context.Context, a *unit.Attempt, _ struct{}) (user uuid.UUID, err error) {
	a.About("api_key", a.Actor.ID(), a.Actor.User.Username, uuid.Nil)
	return a.Actor.ID(), nil
}

func applyEndSessions(ctx context.Context, w *unit.Writer, user uuid.UUID) (none struct{}, err error) {
	return none, endAccess(ctx, w, user)
}
