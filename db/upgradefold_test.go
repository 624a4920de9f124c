package db_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/db/dbtest"
	"rolecall.example/org/fold"
)

// The keys of searches are folded anew as the program folds them, character by character of the scripts that names are
// written in; the index of texts and the memberships follow, all else stays as it was, and there is a way back.
func TestUpgradeToFoldedSearch(t *testing.T) {
	t.Parallel()
	place := newPlace(t)
	if err := db.MigrateTo(t.Context(), place, 1); err != nil {
		t.Fatal(err)
	}
	o := &old{t: t, to: dbtest.SQL(t, place)}
	o.fill()
	if err := db.MigrateTo(t.Context(), place, 26); err != nil {
		t.Fatal(err)
	}
	for _, script := range [][2]rune{
		{0x20, 0x1fff}, {0x2000, 0x2bff}, {0x2c60, 0x2dff}, {0x3000, 0x33ff}, {0x4e00, 0x4fff}, {0xa640, 0xa7ca}, {0xac00, 0xd7ff},
		{0xf900, 0xffef}, {0x1d400, 0x1d7ff}, {0x1f100, 0x1f1ff}, {0x2f800, 0x2fa1d},
	} {
		for from := script[0]; from <= script[1]; from += 1024 {
			var name strings.Builder
			for r := from; r < from+1024 && r <= script[1]; r++ {
				name.WriteString(string(r) + "\x01")
			}
			key := fmt.Sprintf("n%05x", from)
			o.insert("users", fields{"id": uuid.New(), "username": key, "username_key": key, "email": "", "email_key": key, "name": name.String(),
				"name_key": strings.ToLower(name.String()), "search_key": strings.ToLower(key + "\n" + name.String() + "\n"), "avatar_url": "",
				"status": "active", "login_type": "none", "password_hash": "", "created_at": o.day, "updated_at": o.day})
		}
	}
	const keys, names = "SELECT username, name, search_key FROM users ORDER BY seq", "SELECT username, username_key, name, name_key, email_key, version FROM users ORDER BY seq"
	before, unique := dbtest.Rows(t, place, keys), dbtest.Rows(t, place, names)
	if err := db.MigrateTo(t.Context(), place, 27); err != nil {
		t.Fatal(err)
	}
	for _, row := range dbtest.Rows(t, place, keys) {
		parts := strings.Split(row[2], "\n")
		if len(parts) != 3 || parts[0] != fold.Text(row[0]) {
			t.Errorf("the key of %s has %d lines and begins with %q", row[0], len(parts), parts[0])
			continue
		}
		got := strings.Split(parts[1], "\x01")
		for i, one := range strings.Split(row[1], "\x01") {
			if want := fold.Text(one); i >= len(got) || got[i] != want {
				t.Errorf("%q %U has become %q, want %q", one, []rune(one), got[min(i, len(got)-1)], want)
			}
		}
	}
	if diff := cmp.Diff(unique, dbtest.Rows(t, place, names)); diff != "" {
		t.Error(diff)
	}
	if n := dbtest.Rows(t, place, "SELECT count(*) FROM user_search(search_pattern('ada name'))")[0][0]; n != "1" {
		t.Errorf("%s accounts are found without their accent, want 1", n)
	}
	if r, err := db.Inspect(t.Context(), place, false); err != nil || len(r.Findings) > 0 {
		t.Errorf("%+v, %v", r, err)
	}
	if err := db.MigrateTo(t.Context(), place, 26); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, dbtest.Rows(t, place, keys)); diff != "" {
		t.Errorf("back: %s", diff)
	}
}
