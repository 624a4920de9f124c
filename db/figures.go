package db

import (
	"context"
	"database/sql"
	"strings"
)

// figures tell SQLite what memberships and their records are like: rows of the table, then rows with the same first column of
// the index, with the same first two, and so on, as ANALYZE finds them in a large organization. Without them it expects ten
// records in an organization, and reads all of them to find those of one member. Nothing is counted, or the same
// query would have a different plan on another day.
var figures = []struct{ table, index, rows string }{
	{"member_roles", "member_roles", "1500000 10000 700 1 1"},
	{"member_roles", "member_roles_by_end", "20000 100 1"},
	{"member_roles", "member_roles_by_member", "1500000 10000 2"},
	{"member_roles", "member_roles_by_source", "500000 50000 2"},
	{"member_roles", "member_roles_by_user", "1500000 2 1"},
	{"organization_members", "organization_members", "1000000 7000 1"},
	{"organization_members", "organization_members_by_age", "1000000 7000 1 1"},
	{"organization_members", "organization_members_by_email", "1000000 7000 1 1"},
	{"organization_members", "organization_members_by_holding", "1000000 7000 170 120 90 1 1 1"},
	{"organization_members", "organization_members_by_name", "1000000 7000 2 1"},
	{"organization_members", "organization_members_by_user", "1000000 2 1"},
	{"organization_members", "organization_members_in_order", "1000000 7000 1"},
}

// hasFigures reports whether a file has them: dropping a table or an index drops its figures.
func hasFigures(ctx context.Context, c *sql.DB) (bool, error) {
	var tables, right int
	err := c.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema WHERE name = 'sqlite_stat1'").Scan(&tables)
	if err != nil || tables == 0 {
		return false, err
	}
	err = c.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_stat1 WHERE (tbl, idx, stat) IN (VALUES "+figureRows()+")").Scan(&right)
	return right == len(figures), err
}

// writeFigures returns the statements that store them; the same connection must run them all.
func writeFigures() []string {
	const load = "ANALYZE sqlite_schema" // which makes the table, and counts nothing
	return []string{
		load,
		"DELETE FROM sqlite_stat1 WHERE tbl IN ('member_roles', 'organization_members')",
		"INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES " + figureRows(),
		load,
	}
}

func figureRows() string {
	var rows []string
	for _, f := range figures {
		rows = append(rows, "('"+f.table+"', '"+f.index+"', '"+f.rows+"')")
	}
	return strings.Join(rows, ", ")
}
