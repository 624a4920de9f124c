package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/uuid"
)

func openTemp(t testing.TB) *DB {
	t.Helper()
	d, err := Open(t.Context(), filepath.Join(t.TempDir(), "test.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

func pathOf(d *DB) string { return d.engine.(*file).path }

func writerOf(d *DB) *writer { return d.engine.(*file).writer }

func insert(ctx context.Context, d *DB, name string) error {
	return d.Write(ctx, func(q *Queries) error {
		return q.InsertOrganization(ctx, InsertOrganizationParams{ID: uuid.New(), Name: name, NameKey: name, Now: time.Now()})
	})
}

func stored(t testing.TB, d *DB, name string) bool {
	t.Helper()
	_, err := d.GetOrganizationByName(t.Context(), name)
	if err != nil && !IsNotFound(err) {
		t.Fatal(err)
	}
	return err == nil
}

// together hands all writes in so that they share one batch, and gives what each was told.
func together(d *DB, writes ...func(q *Queries) error) []error {
	errs := make([]error, len(writes))
	var wg sync.WaitGroup
	gate := make(chan struct{})
	held := make(chan struct{})
	wg.Go(func() { // holds the writer until all the others wait for it
		_ = d.Write(context.Background(), func(*Queries) error { close(held); <-gate; return nil })
	})
	<-held
	for i, fn := range writes {
		wg.Go(func() { errs[i] = d.Write(context.Background(), fn) })
		for d.Waiting() < int64(i+2) {
			runtime.Gosched()
		}
		time.Sleep(time.Millisecond) // it has counted itself, and is about to stand in line: in this order
	}
	close(gate)
	wg.Wait()
	return errs
}

func inserting(name, text string) func(q *Queries) error {
	return func(q *Queries) error {
		return q.InsertOrganization(context.Background(), InsertOrganizationParams{
			ID: uuid.New(), Name: name, NameKey: name, Description: text, Now: time.Now(),
		})
	}
}

// A full disk refuses the batch that needed the room: whoever was told yes is there, whoever was told no is not, and
// there is room for smaller things afterwards.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	d := openTemp(t)
	var pages int
	if err := writerOf(d).conn.QueryRowContext(t.Context(), "PRAGMA page_count").Scan(&pages); err != nil {
		t.Fatal(err)
	}
	limit := fmt.Sprintf("PRAGMA max_page_count(%d)", pages+40)
	if _, err := writerOf(d).conn.ExecContext(t.Context(), limit); err != nil {
		t.Fatal(err)
	}
	errs := together(d, inserting("before", ""), inserting("huge", strings.Repeat("x", 1<<20)), inserting("after", ""))
	for i, name := range []string{"before", "huge", "after"} {
		if stored(t, d, name) != (errs[i] == nil) {
			t.Errorf("%s was told %v, and is stored: %v", name, errs[i], stored(t, d, name))
		}
		if errs[i] != nil && !IsUnavailable(errs[i]) {
			t.Errorf("%s was told %v, which is not known for a full disk", name, errs[i])
		}
	}
	if errs[1] == nil {
		t.Fatal("there was room for everything: this test shows nothing")
	}
	if err := insert(t.Context(), d, "later"); err != nil || !stored(t, d, "later") {
		t.Errorf("afterwards: %v", err)
	}
}

// When the engine gives a transaction up on its own, what comes after must not stand alone, as if the rest had never
// been asked for; and what stood before must not be acknowledged.
func TestTransactionGivenUp(t *testing.T) {
	t.Parallel()
	d := openTemp(t)
	giveUp := func(q *Queries) error {
		err := inserting("lost", "")(q)
		return errors.Join(err, writerOf(d).exec("ROLLBACK")) // as the engine does
	}
	errs := together(d, inserting("before", ""), giveUp, inserting("after", ""))
	for i, name := range []string{"before", "lost", "after"} {
		if stored(t, d, name) != (errs[i] == nil) {
			t.Errorf("%s was told %v, and is stored: %v", name, errs[i], stored(t, d, name))
		}
	}
	if errs[0] == nil || errs[1] == nil {
		t.Errorf("a transaction that is gone was acknowledged: %v", errs)
	}
	if err := insert(t.Context(), d, "later"); err != nil || !stored(t, d, "later") {
		t.Errorf("afterwards: %v", err)
	}
}

// One write's failure is nobody else's: neither its error nor its panic reach the others of the batch.
func TestFailuresStayApart(t *testing.T) {
	t.Parallel()
	d := openTemp(t)
	secret := errors.New("canary of one client")
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	errs := together(d,
		inserting("one", ""),
		func(q *Queries) error { return errors.Join(inserting("two", "")(q), secret) },
		func(q *Queries) error { _ = inserting("three", "")(q); panic(secret) },
		func(q *Queries) error { _, err := q.GetOrganizationByName(canceled, "one"); return err },
		inserting("five", ""))
	for i, want := range []bool{true, false, false, true, true} {
		if (errs[i] == nil) != want {
			t.Errorf("write %d was told %v", i, errs[i])
		}
		if errs[i] != nil && i != 1 && i != 2 && strings.Contains(errs[i].Error(), "canary") {
			t.Errorf("write %d was told of another's failure: %v", i, errs[i])
		}
	}
	for name, want := range map[string]bool{"one": true, "two": false, "three": false, "five": true} {
		if stored(t, d, name) != want {
			t.Errorf("%s is stored: %v", name, !want)
		}
	}
}

// A write that fails after it has changed more than undoMemory is undone like any other, and costs the others nothing.
func TestUndoOfMuch(t *testing.T) {
	t.Parallel()
	d := openTemp(t)
	ctx := t.Context()
	const many = 4 * undoMemory / 4096
	if err := d.Write(ctx, func(q *Queries) (err error) {
		for i := range many {
			err = errors.Join(err, inserting(fmt.Sprint("o-", i), strings.Repeat("x", 3000))(q)) // a page each
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	failure := errors.New("after all")
	errs := together(d, inserting("before", ""), func(q *Queries) error {
		_, err := writerOf(d).ExecContext(ctx, "UPDATE organizations SET description = 'y'")
		return errors.Join(err, failure)
	}, inserting("after", ""))
	if errs[0] != nil || errs[1] == nil || errs[1].Error() != failure.Error() || errs[2] != nil {
		t.Errorf("the writes were told %v", errs)
	}
	var kept int
	row := writerOf(d).QueryRowContext(ctx, "SELECT count(*) FROM organizations WHERE description LIKE 'x%'")
	if err := row.Scan(&kept); err != nil || kept != many {
		t.Errorf("%d of %d rows are as they were, %v", kept, many, err)
	}
}

// After one failure of the disk nothing is acknowledged any more, though the disk seems to work again.
func TestDiskFailureIsRemembered(t *testing.T) {
	t.Parallel()
	d := openTemp(t)
	if _, err := writerOf(d).ExecContext(t.Context(), "SELECT nothing FROM nowhere"); err == nil || d.Err() != nil {
		t.Fatalf("error %v was taken for one of the disk", err)
	}
	failure := errors.New("disk I/O error: canary")
	writerOf(d).failed.Store(&failure)
	err := insert(t.Context(), d, "refused")
	if !errors.Is(err, ErrReadOnly) || !IsUnavailable(err) || !strings.Contains(err.Error(), "canary") {
		t.Errorf("a write after it was told %v", err)
	}
	if stored(t, d, "refused") {
		t.Error("it was stored nevertheless")
	}
	if d.Err() == nil {
		t.Error("nothing tells that writes are refused")
	}
}

func TestWritesAfterClose(t *testing.T) {
	t.Parallel()
	d := openTemp(t)
	var wg sync.WaitGroup
	errs := make([]error, 64)
	for i := range errs {
		wg.Go(func() { errs[i] = insert(context.Background(), d, fmt.Sprint("o-", i)) })
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	again, err := Open(t.Context(), pathOf(d))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = again.Close() }()
	for i, err := range errs {
		if stored(t, again, fmt.Sprint("o-", i)) != (err == nil) {
			t.Errorf("write %d was told %v", i, err)
		}
		if err != nil && !IsUnavailable(err) {
			t.Errorf("write %d was told %v", i, err)
		}
	}
}

// The log is folded into the file as it grows, not when the last connection goes.
func TestLogStaysSmall(t *testing.T) {
	t.Parallel()
	d := openTemp(t)
	for i := range 40 {
		if err := d.Write(t.Context(), inserting(fmt.Sprint("o-", i), strings.Repeat("x", 1<<20))); err != nil {
			t.Fatal(err)
		}
	}
	if log, file := fileSize(pathOf(d)+"-wal"), fileSize(pathOf(d)); log > 16<<20 || file < 20<<20 {
		t.Errorf("after 40 MB the log has %d bytes, the file %d", log, file)
	}
}

// A migration keeps the file as it was; one of an empty database has nothing to keep.
func TestMigrationKeepsTheOldFile(t *testing.T) {
	t.Parallel()
	d := openTemp(t)
	if fileSize(pathOf(d)+".before-1") != 0 {
		t.Error("there is a backup of nothing")
	}
	if err := insert(t.Context(), d, "old"); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	first, err := migrations.ReadFile("migrations/sqlite/00001_init.sql")
	if err != nil {
		t.Fatal(err)
	}
	current, err := known("sqlite")
	if err != nil {
		t.Fatal(err)
	}
	next := current + 1
	files := fstest.MapFS{fmt.Sprintf("%05d_next.sql", next): {Data: []byte("-- +goose Up\nDROP TABLE revisions;\n")}}
	for v := int64(1); v <= current; v++ {
		files[fmt.Sprintf("%05d_old.sql", v)] = &fstest.MapFile{Data: first}
	}
	again := reopen(t, pathOf(d))
	if err := migrate(t.Context(), again, pathOf(d), files); err != nil {
		t.Fatal(err)
	}
	r, err := Inspect(t.Context(), fmt.Sprintf("%s.before-%d", pathOf(d), next), false)
	if err != nil || len(r.Findings) > 0 || r.Schema != current || r.Rows["organizations"] != 1 || r.Rows["revisions"] != 2 {
		t.Errorf("before the migration: %+v, %v", r, err)
	}
	if _, err := Open(t.Context(), pathOf(d)); err == nil || !strings.Contains(err.Error(), "newer version") {
		t.Errorf("a file with a newer schema was opened: %v", err)
	}
}

func reopen(t testing.TB, path string) *sql.DB {
	t.Helper()
	c, err := sql.Open("sqlite", dsn(path))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// The log that one large write made grow gives its place on the disk back.
func TestLogShrinks(t *testing.T) {
	t.Parallel()
	d := openTemp(t)
	size := func() int64 { return fileSize(pathOf(d) + "-wal") }
	if err := d.Write(t.Context(), func(q *Queries) error {
		return q.InsertOrganization(t.Context(), InsertOrganizationParams{
			ID: uuid.New(), Name: "large", NameKey: "large", Description: strings.Repeat("x", 40<<20), Now: time.Now()})
	}); err != nil {
		t.Fatal(err)
	}
	if grown := size(); grown < 40<<20 {
		t.Fatalf("the log has %d bytes after a write of 40 MiB", grown)
	}
	for i := range 2 * checkpointEvery {
		if err := insert(t.Context(), d, fmt.Sprint("small-", i)); err != nil {
			t.Fatal(err)
		}
	}
	if left := size(); left > 16<<20 {
		t.Errorf("the log has %d bytes after small writes, want 16 MiB at most", left)
	}
}
