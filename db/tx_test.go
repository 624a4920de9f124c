package db_test

import (
	"context"
	"errors"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/db/dbtest"
)

func someUser(name string) db.InsertUserParams {
	return db.InsertUserParams{ID: uuid.New(), Username: name, UsernameKey: name, Email: name, EmailKey: name, SearchKey: name,
		Status: "active", LoginType: "none", Now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
}

// Every statement that writes says in which units it may run, and is a method of Writes alone; every other one is a method
// of Reads alone.
func TestStatementsAreSplit(t *testing.T) {
	t.Parallel()
	writing := regexp.MustCompile(`(?m)^(INSERT|UPDATE|DELETE) `)
	reads, writes := reflect.TypeFor[db.Reads](), reflect.TypeFor[db.Writes]()
	for name, q := range generated(t) {
		_, inReads := reads.MethodByName(name)
		_, inWrites := writes.MethodByName(name)
		w := writing.MatchString(q.text)
		if (db.UnitsOf(name) != 0) != w || inWrites != w || inReads == w {
			t.Errorf("%s: writes %v, units %d, in Writes %v, in Reads %v", name, w, db.UnitsOf(name), inWrites, inReads)
		}
	}
}

func TestWrongUnit(t *testing.T) {
	t.Parallel()
	d, ctx := dbtest.Open(t), t.Context()
	for scope, want := range map[db.Scope]string{
		db.InOrganization(uuid.New()): "unit: InsertUser in an organization's unit",
		db.SigningIn:                  "unit: InsertUser in a sign-in's unit",
	} {
		u := someUser("wendy")
		err := d.WriteIn(ctx, scope, func(tx *db.Tx) error {
			_ = tx.Writes().InsertUser(ctx, u) // what nobody looks at must not be committed either
			return nil
		})
		if !errors.Is(err, db.ErrUnit) || err.Error() != want {
			t.Errorf("WriteIn(%v) = %v, want %s", scope, err, want)
		}
	}
	// What comes before a refusal is rolled back with it.
	first := organization("acme", someUser("").Now)
	err := d.WriteIn(ctx, db.OnSite, func(tx *db.Tx) error {
		return errors.Join(tx.Writes().InsertOrganization(ctx, first), tx.Writes().DeleteOldLoginFailures(ctx, first.Now))
	})
	if !errors.Is(err, db.ErrUnit) {
		t.Errorf("a statement of a sign-in on the site: %v", err)
	}
	if _, err := d.GetOrganization(ctx, first.ID); !db.IsNotFound(err) {
		t.Errorf("the organization of a refused transaction: %v", err)
	}
}

func TestWrote(t *testing.T) {
	t.Parallel()
	d, ctx, u := dbtest.Open(t), t.Context(), someUser("wendy")
	var over *db.Tx
	err := d.WriteIn(ctx, db.OnSite, func(tx *db.Tx) error {
		over = tx
		if n, err := tx.Reads().GetUserCount(ctx); err != nil || n != 0 || tx.Wrote() {
			t.Errorf("before the write: %d accounts, wrote %v, %v", n, tx.Wrote(), err)
		}
		if err := tx.Writes().InsertUser(ctx, u); err != nil || !tx.Wrote() {
			t.Errorf("the write: wrote %v, %v", tx.Wrote(), err)
		}
		n, err := tx.Reads().GetUserCount(ctx)
		if n != 1 {
			t.Errorf("after the write: %d accounts", n)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := over.Writes().DeleteUser(ctx, u.ID); !errors.Is(err, db.ErrUnit) {
		t.Errorf("a write after the end: %v", err)
	}
	err = d.View(ctx, func(r db.Reads) error {
		if _, ok := r.(interface{ DeleteUser(uuid.UUID) error }); ok {
			t.Error("what reads can be turned into what writes")
		}
		if _, ok := r.(*db.Queries); ok {
			t.Error("what reads can be turned into all queries")
		}
		_, err := r.GetUser(ctx, u.ID)
		return err
	})
	if err != nil {
		t.Error(err)
	}
	if err := d.WriteIn(db.Writing(ctx), db.OnSite, func(*db.Tx) error { return nil }); !errors.Is(err, db.ErrNested) {
		t.Errorf("an update inside a write: %v", err)
	}
}

// An error begins with the name of its query, and stays recognizable.
func TestErrorsNameTheirQuery(t *testing.T) {
	t.Parallel()
	d, ctx, u := dbtest.Open(t), t.Context(), someUser("wendy")
	if _, err := d.GetUser(ctx, u.ID); !db.IsNotFound(err) || !strings.HasPrefix(err.Error(), "GetUser: ") {
		t.Errorf("outside a transaction: %v", err)
	}
	err := d.WriteIn(ctx, db.OnSite, func(tx *db.Tx) error {
		if _, err := tx.Reads().GetUser(ctx, u.ID); !db.IsNotFound(err) || !strings.HasPrefix(err.Error(), "GetUser: ") {
			t.Errorf("inside a transaction: %v", err)
		}
		return errors.Join(tx.Writes().InsertUser(ctx, u), tx.Writes().InsertUser(ctx, u))
	})
	if err == nil || !strings.HasPrefix(err.Error(), "InsertUser: ") {
		t.Errorf("a statement that failed: %v", err)
	}
	canceled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := d.GetUserCount(canceled); !errors.Is(err, context.Canceled) || !strings.HasPrefix(err.Error(), "GetUserCount: ") {
		t.Errorf("a query that was canceled: %v", err)
	}
}

// A statement that fails takes the whole write with it, wherever it is noticed, and the error names the statement. On
// PostgreSQL it is noticed when the statements that waited are sent: with a query, with one whose rows count, or in the end.
func TestStatementsThatFail(t *testing.T) {
	t.Parallel()
	d, ctx := dbtest.Open(t), t.Context()
	twice := func(w db.Writes) error {
		u := someUser("wendy")
		return errors.Join(w.InsertUser(ctx, u), w.InsertUser(ctx, u))
	}
	for name, then := range map[string]func(tx *db.Tx) error{
		"the end":        func(*db.Tx) error { return nil },
		"a query":        func(tx *db.Tx) error { _, err := tx.Reads().ListOrganizations(ctx, 1); return err },
		"a row":          func(tx *db.Tx) error { _, err := tx.Reads().GetUser(ctx, uuid.New()); return err },
		"counted rows":   func(tx *db.Tx) error { _, err := tx.Writes().DeletePasswordLink(ctx, uuid.New()); return err },
		"another one":    func(tx *db.Tx) error { return tx.Writes().InsertUser(ctx, someUser("xaver")) },
		"no look at all": func(tx *db.Tx) error { _, _ = tx.Reads().GetUser(ctx, uuid.New()); return nil },
	} {
		err := d.WriteIn(ctx, db.OnSite, func(tx *db.Tx) error {
			if err := twice(tx.Writes()); err != nil {
				return err
			}
			return then(tx)
		})
		if err == nil || !strings.HasPrefix(err.Error(), "InsertUser: ") {
			t.Errorf("%s: %v, want the error of InsertUser", name, err)
		}
		if _, err := d.GetUserByUsername(ctx, "wendy"); !db.IsNotFound(err) {
			t.Errorf("%s: half of it was written: %v", name, err)
		}
	}
	// The rows of a statement that has waited are counted.
	u := someUser("wendy")
	link := db.UpsertPasswordLinkParams{UserID: u.ID, ID: "klmnopqrst", SecretHash: []byte{1}, Now: u.Now, ExpiresAt: u.Now}
	err := d.WriteIn(ctx, db.OnSite, func(tx *db.Tx) error {
		w := tx.Writes()
		if err := errors.Join(w.InsertUser(ctx, u), w.UpsertPasswordLink(ctx, link)); err != nil {
			return err
		}
		if n, err := w.DeletePasswordLink(ctx, u.ID); err != nil || n != 1 {
			t.Errorf("DeletePasswordLink = %d, %v, want 1", n, err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
