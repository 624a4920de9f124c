package db_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/db/dbtest"
)

// query is one of queries/, as the program runs it.
type query struct {
	text   string
	reason string // why it may read a whole table, "" if it may not
}

// generated reads the queries from the code that is made of them, with their comments.
func generated(t *testing.T) map[string]query {
	t.Helper()
	files, err := filepath.Glob("*.sql.go")
	if err != nil {
		t.Fatal(err)
	}
	found, reasons := map[string]query{}, map[string]string{}
	exception := regexp.MustCompile(`(?m)^reads all( on PostgreSQL)?: (.+)`)
	name, slice := regexp.MustCompile(`^-- name: (\w+) `), regexp.MustCompile(`/\*SLICE:\w+\*/\?`)
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				why := exception.FindStringSubmatch(n.Doc.Text())
				if why != nil && (why[1] == "" || dbtest.OnServer()) {
					reasons[n.Name.Name] = why[2]
				}
			case *ast.BasicLit:
				if text, err := strconv.Unquote(n.Value); err == nil && name.MatchString(text) {
					found[name.FindStringSubmatch(text)[1]] = query{text: slice.ReplaceAllString(text, "?,?,?")}
				}
			}
			return true
		})
	}
	for name, why := range reasons {
		q := found[name]
		q.reason = why
		found[name] = q
	}
	return found
}

// TestSlicesComeLast: a list in a query becomes as many parameters as it has items, which moves the numbers of those after it.
func TestSlicesComeLast(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.sql.go")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	late := regexp.MustCompile("(?s)-- name: (\\w+)[^`]*/\\*SLICE:[^`]*\\?[0-9][^`]*`")
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range late.FindAllSubmatch(text, -1) {
			t.Errorf("%s: %s has a parameter after a list", path, m[1])
		}
	}
}

// TestQueriesScanNothing: no query reads a whole table or index, whether the engine has counted the rows or not. Those
// that must say why, in a line of their comment: "reads all: why", or "reads all on PostgreSQL: why".
func TestQueriesScanNothing(t *testing.T) {
	t.Parallel()
	queries := generated(t)
	if len(queries) < 100 {
		t.Fatalf("found only %d queries", len(queries))
	}
	place := crowded(t)
	for _, counted := range []bool{false, true} {
		if !counted && dbtest.OnServer() {
			continue // it counts by itself
		}
		if counted {
			if _, err := dbtest.SQL(t, place).ExecContext(t.Context(), "ANALYZE"); err != nil {
				t.Fatal(err)
			}
		}
		scans := scansOf(t, place, queries)
		for _, name := range slices.Sorted(maps.Keys(queries)) {
			q, found := queries[name], scans[name]
			if len(found) > 0 && q.reason == "" || slices.Contains(found, "the organization") {
				t.Errorf("rows counted %v: %s reads all of %q, and does not say why", counted, name, found)
			}
			if len(found) == 0 && q.reason != "" && counted && !dbtest.OnServer() { // whose functions show nothing of what they do
				t.Errorf("%s says that it reads all, and does not: %q", name, q.reason)
			}
		}
	}
}

// TestGroupsAreInOrder: the first members who hold something are the first entries of an index. By username alone, those
// of a small group would be looked for among all members.
func TestGroupsAreInOrder(t *testing.T) {
	t.Parallel()
	dbtest.FileOnly(t, "the server has the same index")
	text := generated(t)["ListKeysOfGroup"].text
	plan := dbtest.Rows(t, crowded(t), "EXPLAIN QUERY PLAN "+text, make([]any, strings.Count(text, "?"))...)
	if len(plan) != 1 || !strings.Contains(plan[0][3], "organization_members_by_holding (organization_id=? AND roles=? AND site_roles=? AND status=?)") {
		t.Errorf("the plan is %q", plan)
	}
}

// TestReferencesScanNothing: the rows that refer to one that is deleted are found by an index.
func TestReferencesScanNothing(t *testing.T) {
	t.Parallel()
	dbtest.FileOnly(t, "the server has the same tables and indexes")
	place := crowded(t)
	queries := map[string]query{}
	for _, r := range dbtest.Rows(t, place, `SELECT m.name, f.id, group_concat(f."from" || ' = ?', ' AND ')
		FROM sqlite_schema m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table' GROUP BY m.name, f.id`) {
		queries[r[0]+" "+r[1]] = query{text: "SELECT * FROM " + r[0] + " WHERE " + r[2]}
	}
	if len(queries) < 8 {
		t.Fatalf("found only %d references", len(queries))
	}
	for name, scans := range scansOf(t, place, queries) {
		t.Errorf("%s reads all of %q: %s", name, scans, queries[name].text)
	}
	// An index of some of the columns may lead to very many rows.
	for name, q := range queries {
		for _, row := range dbtest.Rows(t, place, "EXPLAIN QUERY PLAN "+q.text, make([]any, strings.Count(q.text, "?"))...) {
			if strings.Count(row[3], "=?") < strings.Count(q.text, "?") {
				t.Errorf("%s finds rows by some of the columns that refer: %s", name, row[3])
			}
		}
	}
}

func scansOf(t *testing.T, place string, queries map[string]query) map[string][]string {
	t.Helper()
	if dbtest.OnServer() {
		return scansOnServer(t, place, queries)
	}
	all, derived := map[string][]string{}, regexp.MustCompile(`(?:CO-ROUTINE|MATERIALIZE) (\S+)`)
	partial := dbtest.Rows(t, place, "SELECT name FROM sqlite_schema WHERE type = 'index' AND sql LIKE '% WHERE %'")
	for name, q := range queries {
		var steps []string
		for _, row := range dbtest.Rows(t, place, "EXPLAIN QUERY PLAN "+q.text, make([]any, strings.Count(q.text, "?"))...) {
			steps = append(steps, row[3])
		}
		harmless := []string{"CONSTANT"}
		for _, m := range derived.FindAllStringSubmatch(strings.Join(steps, "\n"), -1) {
			harmless = append(harmless, m[1]) // what it holds was read in another step
		}
		for _, step := range steps {
			table, ok := strings.CutPrefix(step, "SCAN ")
			_, index, _ := strings.Cut(step, " INDEX ")
			// A virtual table that is asked for something says for what behind the colon.
			asked := strings.Contains(step, "VIRTUAL TABLE INDEX") && !strings.HasSuffix(index, ":")
			if ok && !asked && !slices.Contains(harmless, strings.Fields(table)[0]) && !has(partial, index) {
				all[name] = append(all[name], table)
			}
		}
		if found := walked(name, strings.Join(steps, "\n")); found != nil {
			all[name] = append(all[name], found...)
		}
		if steps == nil && strings.Contains(q.text, "DELETE") && !strings.Contains(q.text, "WHERE") {
			all[name] = []string{"what it empties"}
		}
	}
	return all
}

// walked names the organization if a plan reads all of it where the accounts that have a text are fewer.
func walked(name, plan string) []string {
	if strings.HasPrefix(name, "SearchMembers") && !strings.Contains(plan, "organization_members_by_user") {
		return []string{"the organization"}
	}
	return nil
}

// has reports whether a name is in a list: of the indexes that hold a part of their table, or of the small tables.
func has(names [][]string, name string) bool {
	return slices.ContainsFunc(names, func(row []string) bool { return row[0] == name })
}

// scansOnServer asks for plans that hold for all parameters, as the server makes them in the end. It may read all of a
// table that fits in a few pages: that costs less than an index.
func scansOnServer(t *testing.T, place string, queries map[string]query) map[string][]string {
	t.Helper()
	pool, err := sql.Open("pgx", place)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	conn, err := pool.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c, ctx := db.Portable(conn), t.Context()
	for _, setting := range []string{"plan_cache_mode = force_generic_plan"} {
		if _, err := c.ExecContext(ctx, "SET "+setting); err != nil {
			t.Fatal(err)
		}
	}
	partial := dbtest.Rows(t, place, "SELECT CAST(CAST(indexrelid AS regclass) AS text) FROM pg_index WHERE indpred IS NOT NULL")
	small := dbtest.Rows(t, place, "SELECT relname FROM pg_class WHERE reltuples BETWEEN 0 AND 1000")
	all := map[string][]string{}
	for name, q := range queries {
		var parameters int
		var text string
		_, err := c.ExecContext(ctx, "PREPARE asked AS "+q.text)
		if err == nil {
			err = c.QueryRowContext(ctx, "SELECT cardinality(parameter_types) FROM pg_prepared_statements WHERE name = 'asked'").Scan(&parameters)
		}
		values := ""
		if parameters > 0 {
			values = "(NULL" + strings.Repeat(", NULL", parameters-1) + ")"
		}
		if err == nil {
			err = c.QueryRowContext(ctx, "EXPLAIN (FORMAT JSON) EXECUTE asked"+values).Scan(&text)
		}
		if err == nil {
			_, err = c.ExecContext(ctx, "DEALLOCATE asked")
		}
		var plans []struct{ Plan step }
		if err := errors.Join(err, json.Unmarshal([]byte(text), &plans)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if found := append(plans[0].Plan.scans(partial, small), walked(name, text)...); len(found) > 0 {
			all[name] = found
		}
	}
	return all
}

// step is one of a plan of the server, with those that it is fed by.
type step struct {
	Type     string `json:"Node Type"`
	Relation string `json:"Relation Name"`
	Index    string `json:"Index Name"`
	Cond     string `json:"Index Cond"`
	Plans    []step
}

func (s step) scans(partial, small [][]string) (found []string) {
	whole := s.Type == "Seq Scan" || s.Index != "" && s.Cond == "" && !has(partial, s.Index)
	if whole && !has(small, s.Relation) {
		found = append(found, strings.TrimSpace(s.Relation+" "+s.Index))
	}
	for _, p := range s.Plans {
		found = append(found, p.scans(partial, small)...)
	}
	return found
}

// Sizes of the crowded database. Every member holds one role, so there are as many assignments as memberships.
const (
	crowdedOrganizations = 200
	crowdedUsers         = 2000
	crowdedMemberships   = 10 // of each user
)

// crowded is the place of a database with something in every large table: what one organization has is a small part.
var crowded = dbtest.Filled(func(ctx context.Context, d *db.DB) error {
	return d.Fill(ctx, func(q *db.Queries) (err error) {
		now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		try := func(failed error) { err = errors.Join(err, failed) }
		var organizations []uuid.UUID
		for i := range crowdedOrganizations {
			id, name := uuid.New(), fmt.Sprint("organization-", i)
			organizations = append(organizations, id)
			try(q.InsertOrganization(ctx, db.InsertOrganizationParams{ID: id, Name: name, NameKey: name, IsDefault: i == 0, Now: now}))
			for _, of := range []uuid.NullUUID{{UUID: id, Valid: true}, {}} {
				role := uuid.New()
				try(q.InsertRole(ctx, db.InsertRoleParams{CatalogVersion: 1, ID: role, OrganizationID: of, Name: name, Now: now}))
				try(q.InsertRoleVersion(ctx, db.InsertRoleVersionParams{CatalogVersion: 1, RoleID: role, Version: 1, Now: now}))
				for _, action := range []string{"read", "update"} {
					try(q.InsertPermission(ctx, db.InsertPermissionParams{RoleID: role, Level: "organization", ResourceType: "template", Action: action}))
				}
			}
		}
		for i := range crowdedUsers {
			id, name := uuid.New(), fmt.Sprint("user-", i)
			user, made := uuid.NullUUID{UUID: id, Valid: true}, uuid.NullUUID{UUID: id, Valid: i%100 == 0}
			try(q.InsertUser(ctx, db.InsertUserParams{ID: id, Username: name, UsernameKey: name, Email: name, EmailKey: name,
				SearchKey: name, Status: "active", LoginType: "none", PasswordBy: made, Now: now}))
			try(q.InsertUserRole(ctx, db.InsertUserRoleParams{Source: "manual", UserID: id, Role: fmt.Sprint("role-", i%200)}))
			try(q.InsertAPIKey(ctx, db.InsertAPIKeyParams{ID: name, UserID: id, SecretHash: []byte(name), Name: name, LoginType: "token", Now: now, ExpiresAt: now, CreatedBy: made}))
			try(q.UpsertSession(ctx, db.UpsertSessionParams{Token: name, ID: uuid.New(), UserID: user, Data: []byte(name), Now: now, ExpiresAt: now}))
			try(q.UpsertPasswordLink(ctx, db.UpsertPasswordLinkParams{UserID: id, ID: name, SecretHash: []byte(name), Now: now, ExpiresAt: now, CreatedBy: made}))
			try(q.UpsertLoginFailures(ctx, db.UpsertLoginFailuresParams{Door: name, WindowStart: now}))
			try(q.InsertSentForm(ctx, db.InsertSentFormParams{UserID: id, ID: name, Now: now}))
			try(q.InsertAuditLog(ctx, db.InsertAuditLogParams{ChainSeq: int64(i + 1), ID: uuid.New(), Time: now, ActorID: user,
				OrganizationID: uuid.NullUUID{UUID: organizations[i%len(organizations)], Valid: true}, ResourceID: id.String(), Hash: []byte(name)}))
		}
		for n := range crowdedMemberships {
			try(db.Exec(ctx, q, `INSERT INTO organization_members (organization_id, user_id, version, created_at, updated_at, username,
				username_key, email, email_key, name, name_key, search_key, avatar_url, status, login_type, site_roles)
				SELECT o.id, u.id, 1, u.created_at, u.updated_at, u.username, u.username_key, u.email, u.email_key, u.name, u.name_key,
				u.search_key, u.avatar_url, u.status, u.login_type, u.roles
				FROM users u JOIN organizations o ON o.name_key = 'organization-' || ((u.seq + 7 * ?) % ?)`, n, crowdedOrganizations))
		}
		try(db.Exec(ctx, q, `INSERT INTO member_roles (organization_id, role, username_key, user_id)
			SELECT m.organization_id, 'role-' || (u.seq % 7), m.username_key, u.id FROM users u JOIN organization_members m ON m.user_id = u.id`))
		try(db.Exec(ctx, q, `INSERT INTO member_roles (organization_id, role, username_key, user_id)
			SELECT m.organization_id, 'organization-member', m.username_key, m.user_id FROM organization_members m`))
		return err
	})
})
