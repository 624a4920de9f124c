package db

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// What each migration does to the schema is recorded beside it, as in 00002.schema: a line for every table, column, index,
// trigger, view and function that it creates or alters, and one for each that it drops. All of them up to a version add up to its
// schema. A version number in a table does not prove that the schema is the one of that version.

// schemaPart is one thing that a schema is made of: its kind and its name.
type schemaPart struct{ kind, name string }

// of reports whether f has the table or view to which a column, an index or a trigger belongs.
func (p schemaPart) of(f fingerprint) bool {
	name, _, _ := strings.Cut(p.name, ".")
	_, table := f[schemaPart{"table", name}]
	_, view := f[schemaPart{"view", name}]
	return table || view
}

func (p schemaPart) String() string { return p.kind + " " + p.name }

// fingerprint is the parts of a schema, each with its definition.
type fingerprint map[schemaPart]string

// expected returns the recorded schema of a version.
func expected(engine string, version int64) (fingerprint, error) {
	f := fingerprint{}
	for before := range version {
		text, err := fs.ReadFile(migrations, fmt.Sprintf("migrations/%s/%05d.schema", engine, before+1))
		if err != nil {
			return nil, err
		}
		for line := range strings.Lines(string(text)) {
			kind, rest, _ := strings.Cut(strings.TrimSuffix(line[1:], "\n"), " ")
			name, definition, _ := strings.Cut(rest, " ")
			if line[0] == '-' {
				delete(f, schemaPart{kind, name})
			} else {
				f[schemaPart{kind, name}] = definition
			}
		}
	}
	return f, nil
}

// since returns a schema in the form in which it is recorded, given the one before it.
func (f fingerprint) since(before fingerprint) string {
	var lines []string
	for part, definition := range f {
		if was, ok := before[part]; !ok || was != definition {
			lines = append(lines, "+"+strings.TrimSpace(part.String()+" "+definition)+"\n")
		}
	}
	for part := range before {
		if _, ok := f[part]; !ok {
			lines = append(lines, "-"+part.String()+"\n")
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}

// differences reports how a schema differs from what it should be. Additional tables and indexes do not count: tools put theirs
// beside ours. Additional columns and triggers do, since they change what our writes do.
func (f fingerprint) differences(is fingerprint) (list []string) {
	for part, definition := range f {
		switch got, ok := is[part]; {
		case !ok && strings.Contains(part.name, ".") && !part.of(is): // it was dropped with its table
		case !ok:
			list = append(list, part.String()+" is missing")
		case got != definition:
			list = append(list, part.String()+" is not as it was made")
		}
	}
	for part := range is {
		if _, ok := f[part]; ok || part.kind != "column" && part.kind != "trigger" {
			continue
		}
		if part.of(f) {
			list = append(list, part.String()+" does not belong there")
		}
	}
	slices.Sort(list)
	return list
}

// compareSchema reports how the schema of a database differs from the recorded one of a version.
func compareSchema(ctx context.Context, c *sql.DB, engine string, version int64) (differences []string, err error) {
	want, err := expected(engine, version)
	if err != nil {
		return nil, err
	}
	is, err := readSchema(ctx, c, engine)
	if err != nil {
		return nil, err
	}
	return want.differences(is), nil
}

// sameSchema refuses a database whose schema is not that of its version: statements would fail one by one, or worse,
// triggers would be missing unnoticed.
func sameSchema(ctx context.Context, c *sql.DB, engine, place string, version int64) error {
	differences, err := compareSchema(ctx, c, engine, version)
	if err != nil || len(differences) == 0 {
		return err
	}
	more := ""
	if n := len(differences) - 1; n > 0 {
		more = fmt.Sprintf(", and %d more: see `rolecall check`", n)
	}
	return fmt.Errorf("the schema of %s is not that of version %d: %s%s", place, version, differences[0], more)
}

// readSchema returns the schema of a database.
func readSchema(ctx context.Context, c *sql.DB, engine string) (fingerprint, error) {
	rows, err := c.QueryContext(ctx, schemaQueries[engine])
	if err != nil {
		return nil, fmt.Errorf("read the schema: %w", err)
	}
	defer rows.Close()
	f := fingerprint{}
	for rows.Next() {
		var part schemaPart
		var definition string
		if err := rows.Scan(&part.kind, &part.name, &definition); err != nil {
			return nil, fmt.Errorf("read the schema: %w", err)
		}
		definition = strings.Join(strings.Fields(definition), " ")
		if definition != "" && slices.Contains([]string{"trigger", "function", "view"}, part.kind) {
			definition = fmt.Sprintf("%x", sha256.Sum256([]byte(definition)))[:16] // they are long
		}
		f[part] = definition
	}
	return f, rows.Err()
}

// schemaQueries return kind, name and definition of every part. They avoid what PostgreSQL words
// itself: its next version may word it differently.
var schemaQueries = map[string]string{
	"sqlite": `SELECT 'table', name, '' FROM pragma_table_list
		WHERE schema = 'main' AND type IN ('table', 'virtual') AND name NOT LIKE 'sqlite_%' AND name <> 'goose_db_version'
	UNION ALL SELECT 'column', t.name || '.' || c.name, lower(c.type) || iif(c."notnull", ' not null', '') || iif(c.pk, ' key ' || c.pk, '')
		FROM pragma_table_list t, pragma_table_xinfo(t.name) c
		WHERE t.schema = 'main' AND t.type IN ('table', 'view') AND t.name NOT LIKE 'sqlite_%' AND t.name <> 'goose_db_version'
	UNION ALL SELECT type, iif(type = 'view', '', tbl_name || '.') || name, sql FROM sqlite_schema WHERE type IN ('index', 'trigger', 'view') AND sql IS NOT NULL`,
	"postgres": `SELECT CASE c.relkind WHEN 'v' THEN 'view' WHEN 'S' THEN 'sequence' ELSE 'table' END, c.relname::text, ''
		FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'v', 'S') AND c.relname NOT LIKE 'goose_db_version%'
	UNION ALL SELECT 'column', c.relname || '.' || a.attname, format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
		WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'v') AND c.relname <> 'goose_db_version'
	UNION ALL SELECT 'index', t.relname || '.' || i.relname, CASE WHEN x.indisunique THEN 'unique (' ELSE '(' END
			|| (SELECT string_agg(coalesce(a.attname, 'expression'), ', ' ORDER BY k.place)
				FROM unnest(x.indkey::int2[]) WITH ORDINALITY k (number, place) LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.number) || ')'
			|| CASE WHEN x.indpred IS NOT NULL THEN ' in part' ELSE '' END || CASE WHEN x.indisvalid THEN '' ELSE ' invalid' END
		FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
		WHERE t.relnamespace = current_schema()::regnamespace AND t.relkind = 'r' AND t.relname <> 'goose_db_version'
	UNION ALL SELECT 'trigger', c.relname || '.' || g.tgname, g.tgtype || ' ' || p.proname
			|| coalesce((SELECT ' of ' || string_agg(a.attname, ', ' ORDER BY a.attname) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = ANY (g.tgattr)), '')
		FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid JOIN pg_proc p ON p.oid = g.tgfoid
		WHERE c.relnamespace = current_schema()::regnamespace AND NOT g.tgisinternal AND g.tgenabled IN ('O', 'A')
	UNION ALL SELECT 'function', p.proname::text, p.prosrc
		FROM pg_proc p WHERE p.pronamespace = current_schema()::regnamespace
			AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')`,
}
