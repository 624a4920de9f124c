package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// A Report is the result of inspecting a database.
type Report struct {
	Schema   int64            // version of its schema
	Known    int64            // the version that this program works with
	Findings []string         // what is wrong with it
	Rows     map[string]int64 // how many rows the tables have
	auditEnd int64
}

// Inspect examines the database at place, which may be in use, and changes nothing. quick skips what takes long with
// a large file: whether the indexes agree with their tables. On a server it skips what only the server can see: files and
// indexes. An error means that the database cannot be read at all, or is not one of this program.
func Inspect(ctx context.Context, place string, quick bool) (r Report, err error) {
	if IsServer(place) {
		return inspectServer(ctx, place)
	}
	c, err := attach(ctx, place)
	if err != nil {
		return r, err
	}
	check := "integrity_check"
	if quick {
		check = "quick_check"
	}
	err = r.look(ctx, c, "sqlite", `SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'goose_db_version'`,
		`SELECT * FROM pragma_`+check+` WHERE `+check+` <> 'ok'`,
		`SELECT "table" || ' has a row whose ' || parent || ' is missing' FROM pragma_foreign_key_check`)
	return r, errors.Join(explain(place, err), c.Close())
}

func inspectServer(ctx context.Context, url string) (r Report, err error) {
	config, err := parseServer(url)
	if err != nil {
		return r, err
	}
	c := pool(config, 1, anySession)
	stored, err := serverSchema(ctx, c)
	if err == nil && stored == 0 {
		err = errors.New("it has no tables yet")
	}
	var orphans []string
	if err == nil {
		orphans, err = texts(ctx, c, serverReferences)
	}
	if err == nil {
		err = r.look(ctx, c, "postgres", serverTables, orphans...)
	}
	if err != nil {
		err = explainServer(config, err)
	}
	return r, errors.Join(err, c.Close())
}

// serverTables is the query for the tables of the program on a server.
const serverTables = `SELECT table_name::text FROM information_schema.tables
	WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' AND table_name <> 'goose_db_version'`

// serverReferences is a query that returns queries, one for each reference, each of which returns a line for every row whose
// reference leads nowhere, as pragma_foreign_key_check does. A server enforces references, but not while its triggers are off:
// in a restore of data alone, on a replica, or by hand.
const serverReferences = `SELECT format('SELECT %L::text FROM %s c WHERE %s AND NOT EXISTS (SELECT 1 FROM %s p WHERE %s) LIMIT 100',
		child.relname || ' has a row whose ' || parent.relname || ' is missing', child.oid::regclass,
		string_agg(format('c.%I IS NOT NULL', a.attname), ' AND '), parent.oid::regclass, string_agg(format('p.%I = c.%I', b.attname, a.attname), ' AND '))
	FROM pg_constraint k JOIN pg_class child ON child.oid = k.conrelid JOIN pg_class parent ON parent.oid = k.confrelid
	CROSS JOIN LATERAL unnest(k.conkey, k.confkey) AS pair (here, there)
	JOIN pg_attribute a ON a.attrelid = child.oid AND a.attnum = pair.here
	JOIN pg_attribute b ON b.attrelid = parent.oid AND b.attnum = pair.there
	WHERE k.contype = 'f' AND k.connamespace = current_schema()::regnamespace
	GROUP BY k.oid, child.oid, child.relname, parent.oid, parent.relname ORDER BY k.oid`

// look fills in a report. Each of checks returns a line for everything wrong.
func (r *Report) look(ctx context.Context, c *sql.DB, engine, tables string, checks ...string) (err error) {
	if r.Known, err = known(engine); err != nil {
		return err
	}
	if err := c.QueryRowContext(ctx, "SELECT max(version_id) FROM goose_db_version WHERE is_applied").Scan(&r.Schema); err != nil {
		return err
	}
	if err := r.count(ctx, c, tables); err != nil {
		return err
	}
	if r.Schema <= r.Known {
		differences, err := compareSchema(ctx, c, engine, r.Schema)
		if err != nil {
			return err
		}
		for _, d := range differences {
			r.Findings = append(r.Findings, fmt.Sprintf("the schema is not that of version %d: %s", r.Schema, d))
		}
	}
	different := len(r.Findings) > 0
	for _, query := range append(checks, contradictions(r.Schema)...) {
		found, err := texts(ctx, c, query)
		if err != nil && !different { // otherwise it may query what is missing
			return err
		}
		r.Findings = append(r.Findings, found...)
	}
	if engine != "sqlite" {
		return nil
	}
	return c.QueryRowContext(ctx, auditPosition).Scan(&r.auditEnd)
}

// auditPosition returns the number of the newest entry of the audit trail in a file of any version.
const auditPosition = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'audit_logs'"

// count counts the rows of every table.
func (r *Report) count(ctx context.Context, c *sql.DB, tables string) error {
	r.Rows = map[string]int64{}
	names, err := texts(ctx, c, tables)
	if err != nil {
		return err
	}
	for _, name := range names {
		var n int64
		if err := c.QueryRowContext(ctx, `SELECT count(*) FROM "`+name+`"`).Scan(&n); err != nil {
			return fmt.Errorf("count %s: %w", name, err)
		}
		r.Rows[name] = n
	}
	return nil
}

// recordsSchema is the version with which roles became records.
const recordsSchema = 12

// contradictions returns a line for every copy and counter, kept by triggers, that disagrees with its sources.
func contradictions(schema int64) []string {
	const held = "(SELECT DISTINCT organization_id, username_key, role FROM member_roles WHERE role <> 'organization-member')"
	if schema < recordsSchema {
		return append(countersAndTexts("member_roles"), fmt.Sprintf(outdated, "", ""))
	}
	return append(append(countersAndTexts(held), fmt.Sprintf(outdated, ", m.site_next_end", ", u.next_end")), endsAndMemberships...)
}

// countersAndTexts compares counters and listed roles with held, which has each role of each member once.
func countersAndTexts(held string) []string {
	return []string{
		`SELECT o.name || ' has ' || o.member_count || ' members by its counter, but ' || n FROM (
			SELECT *, (SELECT count(*) FROM organization_members m WHERE m.organization_id = id) AS n FROM organizations) o WHERE n <> member_count`,
		`SELECT 'there are ' || users || ' accounts by the counter, but ' || n FROM user_counts, (SELECT count(*) AS n FROM users) c WHERE n <> users`,
		`SELECT 'the role ' || coalesce(c.role, n.role) || ' has ' || coalesce(c.members, 0) || ' members by its counter, but ' || coalesce(n.members, 0)
			FROM member_role_counts c FULL JOIN (SELECT organization_id, role, count(*) AS members FROM ` + held + ` h GROUP BY 1, 2) n USING (organization_id, role)
			WHERE coalesce(c.members, 0) <> coalesce(n.members, 0)`,
		`SELECT m.username || ' is listed with other roles than held' FROM organization_members m LEFT JOIN ` + held + ` r USING (organization_id, username_key)
			GROUP BY m.organization_id, m.username_key HAVING count(r.role) <> count(CASE WHEN instr(' ' || m.roles || ' ', ' ' || r.role || ' ') > 0 THEN 1 END)
			OR count(r.role) <> length(m.roles) - length(replace(m.roles, ' ', '')) + CASE WHEN m.roles <> '' THEN 1 ELSE 0 END`,
		`SELECT u.username || ' is listed with other site roles than held' FROM users u LEFT JOIN (SELECT DISTINCT user_id, role FROM user_roles) r ON r.user_id = u.id
			GROUP BY u.seq HAVING count(r.role) <> count(CASE WHEN instr(' ' || u.roles || ' ', ' ' || r.role || ' ') > 0 THEN 1 END)
			OR count(r.role) <> length(u.roles) - length(replace(u.roles, ' ', '')) + CASE WHEN u.roles <> '' THEN 1 ELSE 0 END`,
	}
}

// outdated compares memberships with their accounts, and with the columns copied from them.
const outdated = `SELECT m.username || ' is listed with what is no longer so' FROM organization_members m JOIN users u ON u.id = m.user_id
	WHERE (m.username, m.username_key, m.email, m.email_key, m.name, m.name_key, m.search_key, m.avatar_url, m.status, m.login_type, m.site_roles%s)
	IS DISTINCT FROM (u.username, u.username_key, u.email, u.email_key, u.name, u.name_key, u.search_key, u.avatar_url, u.status, u.login_type, u.roles%s)`

// endsAndMemberships compares the listed ends with those of the records, and finds memberships without a record.
var endsAndMemberships = []string{
	`SELECT m.username || ' is a member by no record' FROM organization_members m WHERE NOT EXISTS (
		SELECT 1 FROM member_roles r WHERE r.organization_id = m.organization_id AND r.role = 'organization-member' AND r.username_key = m.username_key)`,
	`SELECT m.username || ' is listed with another next end than that of the records' FROM organization_members m
		LEFT JOIN (SELECT organization_id, username_key, min(ends_at) AS first_end FROM member_roles GROUP BY 1, 2) r USING (organization_id, username_key)
		WHERE m.next_end IS DISTINCT FROM r.first_end`,
	`SELECT u.username || ' is listed with another next end on the site than that of the records' FROM users u
		WHERE u.next_end IS DISTINCT FROM (SELECT min(r.ends_at) FROM user_roles r WHERE r.user_id = u.id)`,
	`SELECT 'the scope ' || s.organization_id || ' has another next end than that of its records' FROM revisions s WHERE s.next_end IS DISTINCT FROM
		CASE WHEN s.organization_id = '00000000-0000-0000-0000-000000000000' THEN (SELECT min(r.ends_at) FROM user_roles r)
		ELSE (SELECT min(r.ends_at) FROM member_roles r WHERE r.organization_id = s.organization_id) END`,
}
