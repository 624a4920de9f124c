package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestStatements(t *testing.T) {
	t.Parallel()
	list, err := statements(`-- name: GetName :one
-- What to delete, or to insert: a comment.
SELECT replace(name, 'DELETE', ''), updated_at FROM t;

-- name: Rename :exec
-- unit: organization, site
UPDATE t SET name = @name;

-- name: Take :execrows
-- It may be gone.
-- unit: signin
DELETE FROM t;
`)
	want := []statement{{name: "GetName"}, {"Rename", []string{"OrganizationUnit", "SiteUnit"}}, {"Take", []string{"SignInUnit"}}}
	if diff := cmp.Diff(want, list, cmp.AllowUnexported(statement{})); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestStatementsRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"-- name: A :exec\nINSERT INTO t (a) VALUES (1);":                                    "A writes, and needs a line",
		"-- name: A :exec\n-- unit:\nDELETE FROM t;":                                         "A writes, and needs a line",
		"-- name: A :exec\n-- unit: organisation\nDELETE FROM t;":                            `A: there is no unit "organisation"`,
		"-- name: A :exec\n-- unit: site,signin\nDELETE FROM t;":                             `A: there is no unit "site,signin"`,
		"-- name: A :one\n-- unit: site\nUPDATE t SET a = 1 RETURNING b;":                    "A writes, and must be :exec or :execrows, not :one",
		"-- name: A :many\n-- unit: site\nSELECT a FROM t;":                                  "A reads, and needs no unit",
		"-- name: A :exec\nWITH f AS (SELECT 1) delete FROM t WHERE a IN (SELECT * FROM f);": "A writes, and needs a line",
		"-- name: A :one\nSELECT 1;\n-- name: B :exec\nREPLACE  INTO t (a) VALUES (1);":      "B writes, and needs a line",
	} {
		if _, err := statements(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\n= %v, want %q", text, err, want)
		}
	}
}
