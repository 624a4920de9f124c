package db_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/db/dbtest"
)

func organization(name string, at time.Time) db.InsertOrganizationParams {
	return db.InsertOrganizationParams{ID: uuid.New(), Name: name, NameKey: name, Now: at}
}

func TestWriteCommitsOrRollsBack(t *testing.T) {
	t.Parallel()
	d, ctx := dbtest.Open(t), t.Context()
	at := time.Date(2026, 3, 29, 1, 30, 0, 123456000, time.UTC)
	want := organization("kept", at)
	if err := d.Write(ctx, func(q *db.Queries) error { return q.InsertOrganization(ctx, want) }); err != nil {
		t.Fatal(err)
	}
	refusal := errors.New("refused")
	err := d.Write(ctx, func(q *db.Queries) error {
		return errors.Join(q.InsertOrganization(ctx, organization("lost", at)), refusal)
	})
	if !errors.Is(err, refusal) {
		t.Fatalf("error %v, want the one of the function", err)
	}
	got, err := d.ListOrganizations(ctx, 10)
	if err != nil || len(got) != 1 {
		t.Fatalf("%d organizations, error %v; want the committed one", len(got), err)
	}
	if got[0].ID != want.ID || !got[0].CreatedAt.Equal(at) {
		t.Errorf("read back %v at %v, want %v at %v", got[0].ID, got[0].CreatedAt, want.ID, at)
	}
	err = d.Write(ctx, func(q *db.Queries) error { return q.InsertOrganization(ctx, organization("kept", at)) })
	if err == nil {
		t.Error("there are two rows of one name")
	}
}

func TestReadersCannotWrite(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t)
	if err := db.Readers(d).InsertOrganization(t.Context(), organization("x", time.Now())); err == nil {
		t.Error("a reader wrote")
	}
}

func TestReadSeesOneSnapshot(t *testing.T) {
	t.Parallel()
	d, ctx := dbtest.Open(t), t.Context()
	err := d.Read(ctx, func(q *db.Queries) error {
		before, err := q.ListOrganizations(ctx, 10)
		if err != nil {
			return err
		}
		if err := d.Write(ctx, func(w *db.Queries) error {
			return w.InsertOrganization(ctx, organization("new", time.Now()))
		}); err != nil {
			return err
		}
		after, err := q.ListOrganizations(ctx, 10)
		if len(before) != len(after) {
			t.Errorf("%d rows became %d within one snapshot", len(before), len(after))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestMemberCountIsKept(t *testing.T) {
	t.Parallel()
	d, ctx, now := dbtest.Open(t), t.Context(), time.Now().UTC()
	o, user := organization("acme", now), uuid.New()
	err := d.Write(ctx, func(q *db.Queries) error {
		return errors.Join(
			q.InsertOrganization(ctx, o),
			q.InsertUser(ctx, db.InsertUserParams{ID: user, Username: "u", UsernameKey: "u", Email: "e", EmailKey: "e",
				Status: "active", LoginType: "none", Now: now}),
			q.Join(ctx, o.ID, user, now))
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := d.GetOrganization(ctx, o.ID); got.MemberCount != 1 {
		t.Errorf("count %d after adding one", got.MemberCount)
	}
	if err := d.Write(ctx, func(q *db.Queries) error { return q.DeleteUser(ctx, user) }); err != nil {
		t.Fatal(err)
	}
	if got, _ := d.GetOrganization(ctx, o.ID); got.MemberCount != 0 {
		t.Errorf("count %d after the account went", got.MemberCount)
	}
}

func TestFileIsPrivate(t *testing.T) {
	t.Parallel()
	dbtest.FileOnly(t, "there is no file")
	path := filepath.Join(t.TempDir(), "a name with ? and #.db")
	d, err := db.Open(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	for _, suffix := range []string{"", "-wal", "-shm"} {
		info, err := os.Stat(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", suffix, info.Mode())
		}
	}
}

// Writes at once share commits, each is kept or undone alone, and none is acknowledged before its commit.
func TestWritesShareCommits(t *testing.T) {
	t.Parallel()
	dbtest.FileOnly(t, "the server decides what shares a commit")
	d, ctx := dbtest.Reopen(t, dbtest.PlaceOnDisk(t)), t.Context()
	refusal := errors.New("refused")
	const rounds, clients = 5, 64
	for round := range rounds {
		var wg sync.WaitGroup
		var asked atomic.Int64
		// The writer is held until all have come: what waits when it is free is what shares a commit.
		wg.Go(func() {
			_ = d.Write(ctx, func(*db.Queries) error {
				for asked.Load() < clients {
					runtime.Gosched()
				}
				return refusal
			})
		})
		for i := range clients {
			wg.Go(func() {
				asked.Add(1)
				name := fmt.Sprintf("o-%d-%d", round, i)
				err := d.Write(ctx, func(q *db.Queries) error {
					if err := q.InsertOrganization(ctx, organization(name, time.Now())); err != nil {
						return err
					}
					switch i % 8 {
					case 0:
						return refusal
					case 1:
						panic("broken")
					}
					return nil
				})
				kept := i%8 > 1
				if (err == nil) != kept {
					t.Errorf("%s: error %v", name, err)
				}
				_, found := d.GetOrganizationByName(ctx, name)
				if (found == nil) != kept {
					t.Errorf("%s: after the acknowledgement a reader finds it: %v", name, found == nil)
				}
			})
		}
		wg.Wait()
	}
	writes, commits := d.WriteStats()
	if writes != rounds*(clients+1) || commits*4 > writes {
		t.Errorf("%d commits for %d writes", commits, writes)
	}
}

func TestCancelledWriteIsRefusedOrKept(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t)
	ctx, cancel := context.WithCancel(t.Context())
	err := d.Write(ctx, func(q *db.Queries) error {
		cancel() // under way: it must not tear the transaction that it shares with others
		return q.InsertOrganization(ctx, organization("under-way", time.Now()))
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Write(ctx, func(*db.Queries) error { t.Error("ran"); return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if _, err := d.GetOrganizationByName(t.Context(), "under-way"); err != nil {
		t.Error("an acknowledged write is not there:", err)
	}
}
