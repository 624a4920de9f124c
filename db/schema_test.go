package db_test

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rolecall.example/db"
	"rolecall.example/db/dbtest"
)

var update = flag.Bool("update", false, "write the schema of every version down anew")

// newPlace is where a database can be made.
func newPlace(t *testing.T) string {
	t.Helper()
	if dbtest.OnServer() {
		return dbtest.Blank(t)
	}
	return filepath.Join(t.TempDir(), "rolecall.db")
}

func engine() string {
	if dbtest.OnServer() {
		return "postgres"
	}
	return "sqlite"
}

// What each migration does to the schema is written down as it does it.
func TestSchemasAreWrittenDown(t *testing.T) {
	t.Parallel()
	newest, err := db.Known()
	if err != nil {
		t.Fatal(err)
	}
	before, err := db.SchemaOf(t.Context(), newPlace(t))
	if err != nil {
		t.Fatal(err)
	}
	for version := int64(1); version <= newest; version++ {
		place, file := newPlace(t), fmt.Sprintf("migrations/%s/%05d.schema", engine(), version)
		if err := db.MigrateTo(t.Context(), place, version); err != nil {
			t.Fatal(err)
		}
		schema, err := db.SchemaOf(t.Context(), place)
		if err != nil {
			t.Fatal(err)
		}
		made := schema.Since(before)
		before = schema
		if *update {
			if err := os.WriteFile(file, []byte(made), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if written, err := os.ReadFile(file); err != nil || string(written) != made {
			t.Errorf("%s is not what the migration does, %v; after a change of the newest one write it down with\n"+
				"go test ./db -run TestSchemasAreWrittenDown -update, and the same with ROLECALL_TEST_POSTGRES=start", file, err)
		}
	}
}

// A migration that was released is never edited: databases have been through it. One that was not is the newest, and
// stands in SHA256SUMS as soon as it is released.
func TestReleasedMigrationsStay(t *testing.T) {
	t.Parallel()
	f, err := os.Open("migrations/SHA256SUMS")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	released := map[string]string{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if sum, name, ok := strings.Cut(lines.Text(), "  "); ok && !strings.HasPrefix(sum, "#") {
			released[name] = sum
		}
	}
	newest, err := db.Known()
	if err != nil {
		t.Fatal(err)
	}
	for _, engine := range []string{"sqlite", "postgres"} {
		files, err := filepath.Glob("migrations/" + engine + "/*.sql")
		if err != nil || len(files) != int(newest) {
			t.Fatalf("%d migrations of %s, want %d, %v", len(files), engine, newest, err)
		}
		for i, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			name := strings.TrimPrefix(filepath.ToSlash(file), "migrations/")
			sum, hash := released[name], sha256.Sum256(text)
			switch {
			case sum == "" && i < len(files)-1:
				t.Errorf("%s is not in SHA256SUMS", file)
			case sum != "" && sum != hex.EncodeToString(hash[:]):
				t.Errorf("%s was released, and is no longer what it was: put it back, and write another migration", file)
			}
			delete(released, name)
		}
	}
	if len(released) > 0 {
		t.Errorf("released and gone: %v", released)
	}
}

// A database that is not what its version says is not opened, and nothing is written to it.
func TestSchemaIsCompared(t *testing.T) {
	t.Parallel()
	disabled := "DROP TRIGGER users_shown"
	if dbtest.OnServer() {
		disabled = "ALTER TABLE users DISABLE TRIGGER users_shown"
	}
	for statements, says := range map[string]string{
		disabled: "trigger users.users_shown is missing",
		"ALTER TABLE setup_tokens DROP COLUMN created_at":                          "column setup_tokens.created_at is missing",
		"ALTER TABLE setup_tokens ADD COLUMN note text":                            "column setup_tokens.note does not belong there",
		"DROP INDEX audit_logs_by_resource":                                        "index audit_logs.audit_logs_by_resource is missing",
		"DROP INDEX users_by_email; CREATE INDEX users_by_email ON users (email)":  "index users.users_by_email is not as it was made",
		"DROP TABLE setup_tokens":                                                  "table setup_tokens is missing",
		"DROP VIEW member_rows":                                                    "view member_rows is missing",
		"CREATE TABLE litestream (n bigint); CREATE INDEX extra ON users (status)": "",
	} {
		place := dbtest.Place(t)
		if _, err := dbtest.SQL(t, place).ExecContext(t.Context(), statements); err != nil {
			t.Fatal(statements, err)
		}
		before := contents(t, place)
		version, err := db.Known()
		if err != nil {
			t.Fatal(err)
		}
		d, err := db.Open(t.Context(), place)
		if err == nil {
			_ = d.Close()
		}
		want := fmt.Sprintf("is not that of version %d: %s", version, says)
		if says == "" && err != nil || says != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", statements, err, want)
		}
		if says != "" && contents(t, place) != before {
			t.Errorf("%s: something was written", statements)
		}
		r, err := db.Inspect(t.Context(), place, false)
		first, _, _ := strings.Cut(says, ",")
		if found := strings.Join(r.Findings, "\n"); err != nil || (says == "") != (found == "") || !strings.Contains(found, first) {
			t.Errorf("%s: check finds %q, %v", statements, found, err)
		}
		if d, err := db.OpenTampered(t.Context(), place); err == nil {
			_ = d.Close()
		} else if strings.Contains(err.Error(), "schema of") {
			t.Errorf("%s: not opened for looking: %v", statements, err)
		}
	}
}

// contents is the bytes of a file, or of a server's database what names its state.
func contents(t *testing.T, place string) string {
	t.Helper()
	if db.IsServer(place) {
		s, err := db.SchemaOf(t.Context(), place)
		if err != nil {
			t.Fatal(err)
		}
		return s.Since(nil)
	}
	b, err := os.ReadFile(place)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
