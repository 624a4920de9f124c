package web_test

import (
	"strings"
	"testing"

	"rolecall.example/db/dbtest"
	"rolecall.example/web/webtest"
)

// Where a newer server has changed the schema, an older one serves nobody, and tells its operator what to do.
func TestNewerSchema(t *testing.T) {
	t.Parallel()
	dbtest.ServerOnly(t)
	s := webtest.New(t)
	for _, statement := range []string{ // what db.TestOlderServerStops has a migration do
		"INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, true)",
		"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
	} {
		if _, err := dbtest.SQL(t, s.Place()).ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	if res := s.Get(t, "", "/readyz"); res.StatusCode != 503 || !strings.HasPrefix(res.Text(), "the database has changed: its schema is 999, ") ||
		!strings.HasSuffix(res.Text(), ": run a newer version of it\n") {
		t.Errorf("/readyz: got %d %q", res.StatusCode, res.Text())
	}
	if res := s.Get(t, "owner", "/api/v2/users/me"); res.StatusCode != 503 || res.Header.Get("Retry-After") == "" {
		t.Errorf("a request: got %d %q", res.StatusCode, res.Text())
	}
	if res := s.Get(t, "", "/healthz"); res.StatusCode != 200 {
		t.Errorf("alive: got %d", res.StatusCode)
	}
}
