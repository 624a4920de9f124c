package account

import (
	"context"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// SessionStore keeps browser sessions in the database, each with the account that it belongs to, so that all of an
// account's sessions can be ended at once. It serves the session manager of the web layer.
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

type (
	sessionUserKey struct{}
	sessionTxKey   struct{}
	newSessionKey  struct{}
)

// WithSessionUser tells CommitCtx whose session it is given.
func WithSessionUser(ctx context.Context, user uuid.UUID) context.Context {
	return context.WithValue(ctx, sessionUserKey{}, user)
}

// WithNewSession makes the use case that lets an account in begin a session of it, in the same transaction: a password
// change ends it or comes before, and can not fall between. begin must store it with the context that it is given.
func WithNewSession(ctx context.Context, begin func(ctx context.Context, user uuid.UUID) error) context.Context {
	return context.WithValue(ctx, newSessionKey{}, begin)
}

// beginSession begins the session that ctx has, if it has one. What its store writes becomes part of q's transaction.
func beginSession(ctx context.Context, q *db.Queries, user uuid.UUID) error {
	begin, ok := ctx.Value(newSessionKey{}).(func(context.Context, uuid.UUID) error)
	if !ok {
		return nil
	}
	return begin(context.WithValue(db.Writing(ctx), sessionTxKey{}, q), user)
}

func (s *SessionStore) write(ctx context.Context, fn func(q *db.Queries) error) error {
	if q, ok := ctx.Value(sessionTxKey{}).(*db.Queries); ok {
		return fn(q)
	}
	return s.db.WriteIn(ctx, db.SigningIn, fn)
}

// FindCtx gives the data of a session that has not expired.
func (s *SessionStore) FindCtx(ctx context.Context, token string) (data []byte, found bool, err error) {
	data, err = s.db.GetSession(ctx, db.GetSessionParams{Token: token, Now: s.now().UTC()})
	if db.IsNotFound(err) {
		return nil, false, nil
	}
	return data, err == nil, err
}

// endedTokens is how long an API token is still listed after its end.
const endedTokens = 30 * org.Day

// purge forgets what has ended by itself: sessions, logins of programs, and tokens after a while.
func purge(ctx context.Context, q *db.Queries, now time.Time) error {
	if err := q.DeleteExpiredSessions(ctx, now); err != nil {
		return err
	}
	return q.DeleteExpiredKeys(ctx, db.DeleteExpiredKeysParams{Now: now, NamedBefore: now.Add(-endedTokens)})
}

// CommitCtx stores a session until expiry, and forgets what is over.
func (s *SessionStore) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	user, _ := ctx.Value(sessionUserKey{}).(uuid.UUID)
	return s.write(ctx, func(q *db.Queries) error {
		if err := purge(ctx, q, s.now().UTC()); err != nil {
			return err
		}
		r := org.RequestOf(ctx)
		return q.UpsertSession(ctx, db.UpsertSessionParams{
			Token: token, ID: unit.NewID(), UserID: unit.NullID(user), Data: data, IP: r.IP, UserAgent: r.UserAgent,
			Now: s.now().UTC().Truncate(time.Microsecond), ExpiresAt: expiry.UTC(),
		})
	})
}

// DeleteCtx ends a session.
func (s *SessionStore) DeleteCtx(ctx context.Context, token string) error {
	return s.write(ctx, func(q *db.Queries) error { return q.DeleteSession(ctx, token) })
}

// Find is FindCtx without a context.
func (s *SessionStore) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

// Commit is CommitCtx without a context.
func (s *SessionStore) Commit(token string, data []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, data, expiry)
}

// Delete is DeleteCtx without a context.
func (s *SessionStore) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }

// Sessions is where the caller is signed in: its own browser sessions, then its programs, each newest first.
func (s *Service) Sessions(ctx context.Context, subject *org.Actor) ([]org.Session, error) {
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
			ID: r.ID, Program: true, CreatedAt: r.CreatedAt, LastUsed: r.LastUsed.Time, ExpiresAt: r.ExpiresAt, Current: r.ID == subject.TokenID,
		})
	}
	return list, err
}

// EndSession ends one of the caller's own sessions. NotFound: it has no such session.
func (s *Service) EndSession(ctx context.Context, subject *org.Actor, id string) error {
	return s.units.Do(ctx, subject, unit.SigningIn, "delete", func(c *unit.Attempt) error {
		c.About("api_key", c.Actor.ID(), c.Actor.User.Username, uuid.Nil)
		c.Written()
		n, err := c.Q.DeleteSessionOfUser(ctx, db.DeleteSessionOfUserParams{UserID: unit.NullID(c.Actor.ID()), ID: unit.ParseID(id)})
		if err == nil && n == 0 {
			n, err = c.Q.DeleteLoginOfUser(ctx, db.DeleteLoginOfUserParams{UserID: c.Actor.ID(), ID: id})
		}
		if err == nil && n == 0 {
			return org.ErrNotFound()
		}
		return err
	})
}

// EndSessions signs the caller out everywhere: its sessions and its API tokens end, the one that asks too.
func (s *Service) EndSessions(ctx context.Context, subject *org.Actor) error {
	return s.units.Do(ctx, subject, unit.OnSite, "delete", func(c *unit.Attempt) error {
		c.About("api_key", c.Actor.ID(), c.Actor.User.Username, uuid.Nil)
		c.Written()
		return endAccess(c, c.Actor.ID())
	})
}
