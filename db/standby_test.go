package db_test

import (
	"context"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/db/dbtest"
)

// aside is a database that reads from a standby, and what was told of that.
type aside struct {
	*db.DB
	mu   sync.Mutex
	told []string
}

func openAside(t *testing.T, primary, standby string) *aside {
	t.Helper()
	a := &aside{}
	d, err := db.Open(t.Context(), primary, db.ReadFrom(standby, func(err error) {
		a.mu.Lock()
		defer a.mu.Unlock()
		if err == nil {
			a.told = append(a.told, "used again")
		} else {
			a.told = append(a.told, err.Error())
		}
	}))
	if err != nil {
		t.Fatal(err)
	}
	a.DB = d
	t.Cleanup(func() { _ = d.Close() })
	return a
}

// fresh stores something and expects the next read to see it, whoever answers.
func (a *aside) fresh(t *testing.T) {
	t.Helper()
	o := organization("acme"+uuid.NewString(), time.Now())
	if err := a.Write(t.Context(), func(q *db.Queries) error { return q.InsertOrganization(t.Context(), o) }); err != nil {
		t.Fatal(err)
	}
	if err := a.find(t.Context(), o.ID); err != nil {
		t.Errorf("what was written is not read: %v", err)
	}
}

func (a *aside) find(ctx context.Context, id uuid.UUID) error {
	return a.ViewAside(ctx, func(r db.Reads) error {
		_, err := r.GetOrganization(ctx, id)
		return err
	})
}

// until writes and reads until the statistics are as wanted. A read may fail with the standby that answers it, and the one
// after it does not.
func (a *aside) until(t *testing.T, what string, want func(was, is db.StandbyStats) bool) {
	t.Helper()
	was, _ := a.Standby()
	for begun := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		a.fresh(t)
		is, ok := a.Standby()
		if ok && want(was, is) {
			return
		}
		if time.Since(begun) > time.Minute {
			t.Fatalf("%s: %+v, was %+v, told %q", what, is, was, a.told)
		}
	}
}

func (a *aside) says(text string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, s := range a.told {
		if strings.Contains(s, text) {
			return true
		}
	}
	return false
}

// Reads of a standby see all that was acknowledged before them, however far it is behind, and whatever becomes of it: then the
// primary answers. A standby that was promoted, and one of another history of the same database, are not used.
func TestStandby(t *testing.T) {
	t.Parallel()
	dbtest.ServerOnly(t)
	primary, err := dbtest.StartServer("fsync=off")
	if err != nil {
		t.Fatal(err)
	}
	second, err := primary.Standby()
	if err != nil {
		t.Fatal(err)
	}
	a := openAside(t, primary.URL, second.URL)
	read := func(was, is db.StandbyStats) bool { return is.Read > was.Read+20 && is.Usable }
	a.until(t, "the standby answers", read)

	if _, err := dbtest.SQL(t, second.URL).ExecContext(t.Context(), "SELECT pg_wal_replay_pause()"); err != nil {
		t.Fatal(err)
	}
	a.until(t, "the standby is behind", func(was, is db.StandbyStats) bool { return is.Behind > was.Behind && is.Rested > was.Rested })
	if _, err := dbtest.SQL(t, second.URL).ExecContext(t.Context(), "SELECT pg_wal_replay_resume()"); err != nil {
		t.Fatal(err)
	}
	a.until(t, "the standby has caught up", read)
	if lag, err := a.StandbyLag(t.Context()); err != nil || lag < 0 || lag > 1<<30 {
		t.Errorf("lag %d, %v", lag, err)
	}

	// A read that is under way when the standby stops fails, and says why; the next one does not.
	err = a.ViewAside(t.Context(), func(r db.Reads) error {
		if _, err := r.GetRevision(t.Context(), uuid.Nil); err != nil {
			return err
		}
		if err := second.Control("stop", "--mode=immediate"); err != nil {
			return err
		}
		_, err := r.GetRevision(t.Context(), uuid.Nil)
		return err
	})
	if !db.StandbyFailed(err) || !db.IsUnavailable(err) {
		t.Errorf("the standby stopped under a read: %v", err)
	}
	a.until(t, "the standby is away", func(was, is db.StandbyStats) bool { return is.Failed > was.Failed })
	if err := second.Control("start"); err != nil {
		t.Fatal(err)
	}
	a.until(t, "the standby is back", read)

	if err := second.Control("promote"); err != nil {
		t.Fatal(err)
	}
	a.until(t, "the standby was promoted", func(was, is db.StandbyStats) bool { return is.Failed > was.Failed && !is.Usable })
	third, err := second.Standby() // its history is not that of the first any more, though its log may go farther
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		other := openAside(t, second.URL, third.URL)
		other.fresh(t)
	}
	b := openAside(t, primary.URL, third.URL)
	b.until(t, "the standby of another", func(was, is db.StandbyStats) bool {
		return is.Failed > was.Failed+1 && b.says("does not follow the primary")
	})
	if s, _ := b.Standby(); s.Read > 0 {
		t.Errorf("the standby of another primary: %+v, %q", s, b.told)
	}
	if !a.says("it is behind the primary") || !a.says("used again") {
		t.Errorf("told %q", a.told)
	}
}

// A server that takes writes is no standby, and neither is one that is reached through a pooler in transaction mode.
func TestNoStandby(t *testing.T) {
	t.Parallel()
	dbtest.ServerOnly(t)
	s, err := dbtest.StartServer("fsync=off")
	if err != nil {
		t.Fatal(err)
	}
	a := openAside(t, s.URL, s.URL)
	a.until(t, "the primary itself", func(was, is db.StandbyStats) bool { return is.Failed > was.Failed })
	if s, _ := a.Standby(); s.Read > 0 || s.Usable {
		t.Errorf("a primary was read as a standby: %+v, %q", s, a.told)
	}
	if _, err := exec.LookPath("pgbouncer"); err != nil {
		t.Skip(err)
	}
	standby, err := s.Standby()
	if err != nil {
		t.Fatal(err)
	}
	b := openAside(t, s.URL, pooler(t, standby, "transaction"))
	b.until(t, "a pooler in transaction mode", func(was, is db.StandbyStats) bool {
		return is.Failed > was.Failed && b.says("pooler in transaction mode")
	})
	if s, _ := b.Standby(); s.Read > 0 {
		t.Errorf("a standby behind a pooler in transaction mode: %+v, %q", s, b.told)
	}
	c := openAside(t, s.URL, pooler(t, standby, "session"))
	c.until(t, "a pooler in session mode", func(was, is db.StandbyStats) bool { return is.Read > was.Read })
}
