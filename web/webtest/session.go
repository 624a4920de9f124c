package webtest

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
)

// Cookie is a browser session of one of the people, as a Cookie header. It does without the password, which takes long.
func (s *Site) Cookie(t testing.TB, name string) string {
	t.Helper()
	id := s.users[name].ID
	cookie, n := s.NewSession(t, id)
	err := s.db.Write(t.Context(), func(q *db.Queries) error {
		return q.UpsertSession(t.Context(), db.UpsertSessionParams{
			Token: n.Token, ID: uuid.New(), UserID: uuid.NullUUID{UUID: id, Valid: true}, Data: n.Data, Now: time.Now(), ExpiresAt: n.ExpiresAt,
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return cookie
}

// NewSession is a session that is not stored yet, and its Cookie header.
func (s *Site) NewSession(t testing.TB, user uuid.UUID) (cookie string, n org.NewSession) {
	t.Helper()
	m := scs.New()
	m.Store, m.HashTokenInStore, m.Lifetime = unstored{&n}, true, time.Hour
	ctx, err := m.Load(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	m.Put(ctx, "user", user.String())
	token, _, err := m.Commit(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return "rolecall=" + token, n
}

// unstored is a store that gives what it is to store.
type unstored struct{ *org.NewSession }

func (u unstored) Find(string) ([]byte, bool, error) { return nil, false, nil }

func (u unstored) Commit(token string, data []byte, expiry time.Time) error {
	u.Token, u.Data, u.ExpiresAt = token, data, expiry
	return nil
}

func (u unstored) Delete(string) error { return nil }

// serve gives r to the handler and takes down what it answers.
func (s *Site) serve(r *http.Request) *http.Response {
	w := httptest.NewRecorder()
	s.Handler.ServeHTTP(w, r)
	return w.Result()
}
