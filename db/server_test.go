package db_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/db/dbtest"
)

// Replicas that start together on an empty database bring it up to date once, and all of them work with it.
func TestReplicasStartTogether(t *testing.T) {
	t.Parallel()
	dbtest.ServerOnly(t)
	place := dbtest.Blank(t)
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			d, err := db.Open(t.Context(), place)
			if err != nil {
				t.Error(err)
				return
			}
			if n, err := d.GetRevision(t.Context(), uuid.Nil); err != nil || n.Value != 1 {
				t.Errorf("revision %v, %v", n, err)
			}
			_ = d.Close()
		})
	}
	wg.Wait()
}

// What keeps a server from starting is told in a line that helps, and without the password.
func TestServerErrors(t *testing.T) {
	t.Parallel()
	dbtest.ServerOnly(t)
	s, err := dbtest.StartServer("fsync=off")
	if err != nil {
		t.Fatal(err)
	}
	at := func(user, database string) string {
		return fmt.Sprintf("postgres://%s:s3cret@127.0.0.1:%d/%s?sslmode=disable", user, s.Port, database)
	}
	admin := dbtest.SQL(t, s.URL)
	for _, statement := range []string{
		"CREATE ROLE stranger LOGIN", "CREATE DATABASE taken", "CREATE DATABASE newer", "CREATE DATABASE foreign_one",
		"CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' LOCALE_PROVIDER libc TEMPLATE template0",
	} {
		if _, err := admin.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	for place, statement := range map[string]string{
		at("rolecall", "newer"):       "INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, true)",
		at("rolecall", "foreign_one"): "DROP TABLE audit_logs",
	} {
		dbtest.Reopen(t, place)
		if _, err := dbtest.SQL(t, place).ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Let("host all nobody all scram-sha-256\nhost all all all trust\n"); err != nil {
		t.Fatal(err)
	}
	for place, says := range map[string]string{
		at("nobody", "taken"):         "check the password",
		at("rolecall", "missing"):     "createdb",
		at("stranger", "taken"):       "needs the right to make tables",
		at("rolecall", "newer"):       "schema is 999",
		at("rolecall", "foreign_one"): "another program",
		at("rolecall", "latin"):       "ENCODING 'UTF8'",
		"postgres://rolecall:s3cret@127.0.0.1:1,127.0.0.1:2/x?sslmode=disable": "cannot be reached",
		"postgres://rolecall:s3cret@localhost:x/y":                             "not a URL",
	} {
		d, err := db.Open(t.Context(), place)
		if err == nil {
			_ = d.Close()
		}
		if err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v, want %q", place, err, says)
		}
	}
}

// load writes and reads from many sides at once, and remembers what was acknowledged.
type load struct {
	d                *db.DB
	mu               sync.Mutex
	acked            []string
	failed, surprise atomic.Int64
	strange          atomic.Pointer[error]
}

func (l *load) run(ctx context.Context, clients int) {
	var wg sync.WaitGroup
	for client := range clients {
		wg.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				name := fmt.Sprintf("c%d-%d", client, i)
				err := l.d.Write(context.WithoutCancel(ctx), func(q *db.Queries) error {
					return errors.Join(q.InsertOrganization(ctx, organization(name, time.Now())), q.BumpRevision(ctx, 0))
				})
				if err == nil {
					l.mu.Lock()
					l.acked = append(l.acked, name)
					l.mu.Unlock()
				}
				_, reading := l.d.GetRevision(context.WithoutCancel(ctx), uuid.Nil)
				for _, err := range []error{err, reading} {
					if err != nil && !db.IsUnavailable(err) && ctx.Err() == nil {
						l.surprise.Add(1)
						l.strange.Store(&err)
					}
				}
				if err != nil {
					l.failed.Add(1)
					time.Sleep(20 * time.Millisecond)
				}
			}
		})
	}
	wg.Wait()
}

func (l *load) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.acked)
}

// until waits for so many more acknowledged writes.
func (l *load) until(t *testing.T, more int) {
	t.Helper()
	want := l.count() + more
	for deadline := time.Now().Add(time.Minute); l.count() < want; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d acknowledged, want %d; last strange error %v", l.count(), want, l.strange.Load())
		}
	}
}

// check finds out whether all that was acknowledged is there, and whether each failure was known for what it is.
func (l *load) check(t *testing.T, d *db.DB) {
	t.Helper()
	lost := 0
	for _, name := range l.acked {
		if _, err := d.GetOrganizationByName(t.Context(), name); err != nil {
			lost++
		}
	}
	t.Logf("%d writes acknowledged, %d refused, %d lost", len(l.acked), l.failed.Load(), lost)
	if lost > 0 {
		t.Errorf("%d acknowledged writes are lost", lost)
	}
	if l.surprise.Load() > 0 {
		t.Errorf("%d errors were not known for a server that is away, like %v", l.surprise.Load(), *l.strange.Load())
	}
}

// The server crashes and comes back under load: nothing that was acknowledged is lost, and the program finds it again.
func TestServerCrash(t *testing.T) {
	t.Parallel()
	dbtest.ServerOnly(t)
	s, err := dbtest.StartServer() // which keeps what it promises: it waits for the disk
	if err != nil {
		t.Fatal(err)
	}
	l := &load{d: dbtest.Reopen(t, s.URL)}
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { l.run(ctx, 8) })
	for range 3 {
		l.until(t, 100)
		if err := s.Control("restart", "--mode=immediate"); err != nil {
			t.Fatal(err)
		}
	}
	l.until(t, 100)
	stop()
	running.Wait()
	l.check(t, l.d)
}

// The standby takes over when the primary is gone: the program finds it by itself.
func TestFailover(t *testing.T) {
	t.Parallel()
	dbtest.ServerOnly(t)
	primary, err := dbtest.StartServer("synchronous_standby_names='*'")
	if err != nil {
		t.Fatal(err)
	}
	standby, err := primary.Standby()
	if err != nil {
		t.Fatal(err)
	}
	place := fmt.Sprintf("postgres://rolecall@127.0.0.1:%d,127.0.0.1:%d/postgres?sslmode=disable&target_session_attrs=read-write", standby.Port, primary.Port)
	l := &load{d: dbtest.Reopen(t, place)}
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { l.run(ctx, 4) })
	l.until(t, 100)
	if err := primary.Control("stop", "--mode=immediate"); err != nil {
		t.Fatal(err)
	}
	if err := standby.Control("promote"); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	l.until(t, 100)
	t.Logf("writes again %v after the standby was promoted", time.Since(began).Round(time.Millisecond))
	stop()
	running.Wait()
	l.check(t, l.d)
}

// Writers of two replicas do not get in each other's way: they queue, and none has to begin anew.
func TestReplicasQueue(t *testing.T) {
	t.Parallel()
	place := dbtest.PlaceOnDisk(t)
	here, there := dbtest.Reopen(t, place), dbtest.Reopen(t, place)
	const each = 100
	var wg sync.WaitGroup
	var runs atomic.Int64
	for i := range 8 {
		d := []*db.DB{here, there}[i%2]
		wg.Go(func() {
			for range each {
				if err := d.Write(t.Context(), func(q *db.Queries) error {
					runs.Add(1)
					return q.BumpRevision(t.Context(), 0)
				}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if got, err := here.GetRevision(t.Context(), uuid.Nil); err != nil || got.Value != 8*each+1 {
		t.Errorf("revision %v after %d changes, %v", got, 8*each, err)
	}
	if runs.Load() != 8*each {
		t.Errorf("%d runs for %d writes", runs.Load(), 8*each)
	}
}

// A search begins at the accounts that may have the text, whatever it is: the server plans once for all texts.
func TestSearchesBeginOnServer(t *testing.T) {
	t.Parallel()
	dbtest.ServerOnly(t)
	place := dbtest.Place(t)
	ctx, o := t.Context(), organization("acme", time.Now())
	d, err := db.Open(ctx, place)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	if err := d.Fill(ctx, func(q *db.Queries) error {
		err := q.InsertOrganization(ctx, o)
		for n := range 3000 {
			id, name := uuid.New(), fmt.Sprintf("user-%d", n)
			err = errors.Join(err, q.InsertUser(ctx, db.InsertUserParams{ID: id, Username: name, UsernameKey: name, Email: name, EmailKey: name,
				SearchKey: name, Status: "active", LoginType: "none", Now: time.Now()}),
				q.Join(ctx, o.ID, id, time.Now()))
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := dbtest.SQL(t, place).ExecContext(ctx, "ANALYZE"); err != nil {
		t.Fatal(err)
	}
	for n := range 20 { // the server decides on a plan for all after the fifth time
		if rows, err := d.SearchMembersByUsername(ctx, db.SearchMembersByUsernameParams{
			OrganizationID: o.ID, Query: fmt.Sprintf("user-%d", n), BeforeKey: "\U0010FFFF",
		}); err != nil || len(rows) == 0 {
			t.Fatal(len(rows), err)
		}
	}
	_ = d.Close() // a connection that ends tells what it has read
	for wait := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		read := dbtest.Rows(t, place, `SELECT coalesce(sum(idx_tup_read) FILTER (WHERE indexrelname = 'organization_members_by_user'), 0),
			coalesce(sum(idx_tup_read) FILTER (WHERE indexrelname = 'organization_members_pkey'), 0) FROM pg_stat_user_indexes`)[0]
		if read[0] != "0" || time.Since(wait) > time.Minute {
			if looked, _ := strconv.Atoi(read[1]); read[0] == "0" || looked > 3000 {
				t.Errorf("members read by account %s, by username %s", read[0], read[1])
			}
			return
		}
	}
}
