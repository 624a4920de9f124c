package main

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"rolecall.example/db"
	"rolecall.example/db/dbtest"
	"rolecall.example/rbac"
)

// demoFile is a file with the demo's people in it.
func demoFile(t *testing.T, members int) (file string, k key) {
	t.Helper()
	return demoFileOf(t, nil, members)
}

// demoFileOf is one with another catalog.
func demoFileOf(t *testing.T, catalog *rbac.Catalog, members int) (file string, k key) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "rolecall.db")
	d, err := db.Open(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	k, err = sow(t.Context(), d, catalog, members, func(int64, int64) {})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	return file, k
}

// everything is what the tables at place hold, as text.
func everything(t *testing.T, place string) map[string]int {
	t.Helper()
	counts, c := map[string]int{}, dbtest.SQL(t, place) // one connection for all tables: it lasts as long as the test
	for name := range dbtest.Columns(t, place) {
		counts[name] = len(dbtest.RowsOf(t, c, "SELECT 1 FROM "+name))
	}
	delete(counts, "changes") // the feed begins anew
	return counts
}

// A file that is moved to a server is all there: whoever could sign in can, the trail is whole, what comes next goes on
// where it was, and the copies that triggers keep are as they were.
func TestCopy(t *testing.T) {
	t.Parallel()
	dbtest.ServerOnly(t)
	file, k := demoFile(t, 1000)
	place := dbtest.Blank(t)
	_, keys, _ := call(t, "", "keys", "list", "--db", file, "--json") // which makes one
	code, out, log := call(t, "", "copy", "--from", file, "--to", place)
	if code != 0 || !strings.Contains(out, "organization_members") || !strings.Contains(log, "100 %") {
		t.Fatalf("exit code %d\n%s%s", code, out, log)
	}
	if here, there := everything(t, file), everything(t, place); !reflect.DeepEqual(here, there) {
		t.Errorf("%v became %v", here, there)
	}
	if _, copied, _ := call(t, "", "keys", "list", "--db", place, "--json"); copied != keys || !strings.Contains(keys, `"kid"`) {
		t.Errorf("the keys that sign were %s, and are %s", keys, copied)
	}
	server := start(t, nil, "", "--db", place, "--http-address", "127.0.0.1:0")
	url := "http://" + server.wait(t, &server.log, `address=(\S+)`)
	if got := signIn(t, url, k.Email, k.Password); got != http.StatusCreated {
		t.Errorf("signing in: %d", got)
	}
	if got := get(t, url+"/users/me", k.Token); got != http.StatusOK {
		t.Errorf("the token: %d", got)
	}
	if code, out, log := call(t, "", "user", "create", "--db", place, "--username", "newcomer", "--email", "n@example.com", "--service-account"); code != 0 {
		t.Errorf("another account: exit code %d\n%s%s", code, out, log)
	}
	if code, out, log := call(t, "", "check", "--db", place); code != 0 {
		t.Errorf("check: exit code %d\n%s%s", code, out, log)
	}
	if code, _, log := call(t, "", "copy", "--from", file, "--to", place); code != 3 || !strings.Contains(log, "already") {
		t.Errorf("over what is there: exit code %d, %s", code, log)
	}
}

// A copy that is interrupted leaves nothing behind.
func TestCopyInterrupted(t *testing.T) {
	t.Parallel()
	dbtest.ServerOnly(t)
	file, _ := demoFile(t, 200)
	place := dbtest.Place(t)
	before := everything(t, place)
	for _, at := range []int64{1, 40, 60, 99} {
		ctx, cancel := context.WithCancel(t.Context())
		_, err := db.Copy(ctx, file, place, func(done, total int64) {
			if done*100 >= total*at {
				cancel()
			}
		})
		if err == nil {
			t.Fatalf("at %d %%: not interrupted", at)
		}
		cancel()
		if after := everything(t, place); fmt.Sprint(before) != fmt.Sprint(after) {
			t.Errorf("at %d %%: %v became %v", at, before, after)
		}
	}
	if code, out, log := call(t, "", "copy", "--from", file, "--to", place); code != 0 {
		t.Errorf("afterwards: exit code %d\n%s%s", code, out, log)
	}
}
