package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
)

// crowd is very many members of some organizations, whose roles are rarely alike: they hold as many sets of roles as below, some
// of which many people hold and most of which few hold, and custom roles too.
type crowd struct{ people, organizations int }

const (
	manySets   = 500
	manyCustom = 1000
)

// settle writes the crowd into a file without the program. It drops the triggers that run for each row, and brings their
// counts up to date at the end. Search does not find people of the crowd.
func (c crowd) settle(ctx context.Context, database string) (err error) {
	d, err := open(database, url.Values{"_pragma": {"journal_mode(MEMORY)", "synchronous(OFF)", "cache_size(-256000)", "temp_store(MEMORY)"}})
	if err != nil {
		return err
	}
	d.SetMaxOpenConns(1) // the tables below are temporary: they belong to one connection
	defer func() { err = errors.Join(err, d.Close()) }()
	tx, err := d.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after a commit
	again, err := dropTriggers(ctx, tx)
	if err != nil {
		return err
	}
	for _, list := range [][]string{c.places(), sets(), c.members(), c.roles(), counts, again} {
		for _, statement := range list {
			if _, err := tx.ExecContext(ctx, statement); err != nil {
				return fmt.Errorf("%.60s: %w", strings.TrimSpace(statement), err)
			}
		}
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	return flush(database)
}

// flush waits until a file is on the disk. Otherwise the server would wait for that when it starts.
func flush(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// dropTriggers drops the triggers that run for each row of people, and returns the statements that create them again.
func dropTriggers(ctx context.Context, tx *sql.Tx) (again []string, err error) {
	for _, name := range []string{"users_added", "users_searched", "organization_members_added", "member_roles_added"} {
		var definition string
		if err := tx.QueryRowContext(ctx, "SELECT sql FROM sqlite_schema WHERE name = ?", name).Scan(&definition); err != nil {
			return nil, err
		}
		if _, err := tx.ExecContext(ctx, "DROP TRIGGER "+name); err != nil {
			return nil, err
		}
		again = append(again, definition)
	}
	return again, nil
}

// series returns the SQL of a table c with the numbers n from 0.
func series(many int) string {
	return fmt.Sprintf("WITH RECURSIVE c (n) AS (VALUES (0) UNION ALL SELECT n + 1 FROM c WHERE n + 1 < %d) ", many)
}

// places makes the organizations and numbers them; the default one is there already.
func (c crowd) places() (list []string) {
	if c.organizations > 1 {
		list = append(list, series(c.organizations-1)+`INSERT INTO organizations (id, name, name_key, display_name, description, icon, is_default, created_at, updated_at)
			SELECT printf('%08x-0000-7000-9000-%012x', n, n), 'bench-' || n, 'bench-' || n, 'Bench ' || n, '', '', false, o.created_at, o.updated_at
			FROM c CROSS JOIN organizations o WHERE o.is_default`)
	}
	return append(list, "CREATE TEMP TABLE places (i integer PRIMARY KEY, id uuid)",
		"INSERT INTO places SELECT row_number() OVER (ORDER BY id) - 1, id FROM organizations WHERE is_default OR name_key LIKE 'bench-%'")
}

// sets makes the sets of built-in roles: none, each role, each two, and then three.
func sets() []string {
	list := [][]string{{}}
	for size, begin := 1, 0; size <= 3; size++ {
		end := len(list)
		for _, smaller := range list[begin:end] {
			for i := range manyRoles {
				if len(smaller) == 0 || smaller[len(smaller)-1] < roleName(i) {
					list = append(list, append(smaller[:len(smaller):len(smaller)], roleName(i)))
				}
			}
		}
		begin = end
	}
	out := []string{"CREATE TEMP TABLE sets (i integer PRIMARY KEY, roles text)", "CREATE TEMP TABLE set_roles (i integer, role text)"}
	for i, set := range list[:manySets] {
		out = append(out, fmt.Sprintf("INSERT INTO sets VALUES (%d, '%s')", i, strings.Join(set, " ")))
		for _, role := range set {
			out = append(out, fmt.Sprintf("INSERT INTO set_roles VALUES (%d, '%s')", i, role))
		}
	}
	return out
}

// members makes accounts and memberships. The lower the number of a set, the more people hold it. One person in five holds a
// custom role. With one organization that role depends on the set, so that few people hold the same.
func (c crowd) members() []string {
	custom := "CASE WHEN n % 5 <> 0 OR place >= 1000 THEN '' ELSE printf('custom-%03d', place) END"
	if c.organizations == 1 {
		custom = "CASE WHEN n % 5 <> 0 THEN '' ELSE printf('custom-%03d', 2 * held + n / 5 % 2) END"
	}
	const who = "username, username_key, email, email_key, name, name_key, search_key, avatar_url, status, login_type"
	return []string{
		"CREATE TEMP TABLE people (n integer PRIMARY KEY, place integer, held integer, custom text, rare text)",
		series(c.people) + fmt.Sprintf(`INSERT INTO people SELECT n, place, held, %s, CASE WHEN n %% %d = 7 THEN '%s' ELSE '' END
			FROM (SELECT n, n * %d / %d AS place, CAST(%d * u * u * u AS integer) AS held FROM (SELECT n, n * 7919 %% 1000003 / 1000003.0 AS u FROM c))`,
			custom, max(8, c.people/1000), rareRole, c.organizations, c.people, manySets),
		`INSERT INTO users (id, ` + who + `, password_hash, created_at, updated_at)
			SELECT printf('%08x-0000-7000-8000-%012x', n, n), k, k, k || '@bench.example', k || '@bench.example', 'Person ' || n, 'person ' || n, k || char(10) || 'person ' || n || char(10) || k || '@bench.example',
				'', CASE WHEN n % 31 = 0 THEN 'suspended' ELSE 'active' END, 'password', '', at, at
			FROM (SELECT p.n, printf('person-%07d', p.n) AS k, o.created_at AS at FROM people p CROSS JOIN organizations o WHERE o.is_default)`,
		`INSERT INTO organization_members (organization_id, user_id, version, created_at, updated_at, site_roles, roles, ` + who + `)
			SELECT l.id, u.id, 1, u.created_at, u.updated_at, u.roles, replace(trim(s.roles || ' ' || p.custom || ' ' || p.rare), '  ', ' '),
				u.` + strings.ReplaceAll(who, ", ", ", u.") + `
			FROM people p CROSS JOIN places l ON l.i = p.place CROSS JOIN sets s ON s.i = p.held
			CROSS JOIN users u ON u.username_key = printf('person-%07d', p.n)`,
		`INSERT INTO member_roles (organization_id, role, username_key, user_id)
			SELECT organization_id, 'organization-member', username_key, user_id FROM organization_members WHERE true ON CONFLICT DO NOTHING`,
	}
}

// roles makes the custom roles, in one organization after the other, and gives people their roles.
func (c crowd) roles() []string {
	give := func(role, from string) string {
		return `INSERT INTO member_roles (organization_id, role, username_key, user_id)
			SELECT l.id, ` + role + `, printf('person-%07d', p.n), printf('%08x-0000-7000-8000-%012x', p.n, p.n)
			FROM people p CROSS JOIN places l ON l.i = p.place ` + from + " ORDER BY 1, 2, 3"
	}
	pair := func(kind, action, negate, of string) string {
		return fmt.Sprintf(`%s INSERT INTO role_permissions (role_id, level, resource_type, action, negate)
			SELECT printf('%%08x-0000-7000-a000-%%012x', n, n), 'organization', %s, %s, %s FROM c WHERE %s`, series(manyCustom), kind, action, negate, of)
	}
	thing, doing := "printf('t%02d', 16 + n % 12)", fmt.Sprintf("substr('%s', 1 + 3 * (n / 12 %% 5), 3)", strings.Join(doings, ""))
	return []string{
		series(manyCustom) + fmt.Sprintf(`INSERT INTO roles (id, organization_id, name, display_name, version, created_at, updated_at, updated_by)
			SELECT printf('%%08x-0000-7000-a000-%%012x', n, n), l.id, printf('custom-%%03d', n), 'Custom ' || n, 1, o.created_at, o.created_at, ''
			FROM c CROSS JOIN places l ON l.i = n %% %d CROSS JOIN organizations o ON o.is_default`, c.organizations),
		pair(thing, doing, "n % 7 = 0", "true"),
		pair("'t28'", doing, "n % 11 = 0", "n % 2 = 0"),
		pair("'t29'", "'sow'", "false", "n % 3 = 0"),
		pair("'*'", "'see'", "false", "n % 10 = 0"),
		give("r.role", "CROSS JOIN set_roles r ON r.i = p.held"),
		give("p.custom", "WHERE p.custom <> ''"),
		give("p.rare", "WHERE p.rare <> ''"),
	}
}

// counts are the statements that update what the dropped triggers would have counted.
var counts = []string{
	"UPDATE user_counts SET users = (SELECT count(*) FROM users)",
	"UPDATE organizations SET member_count = (SELECT count(*) FROM organization_members m WHERE m.organization_id = organizations.id)",
	"DELETE FROM member_role_counts",
	"INSERT INTO member_role_counts (organization_id, role, members) SELECT organization_id, role, count(*) FROM member_roles WHERE role <> 'organization-member' GROUP BY 1, 2",
	"UPDATE revisions SET value = value + 1",
}
