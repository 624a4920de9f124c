package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// perSession lists the settings that are made after a session has begun: a pooler refuses them at the start.
var perSession = []string{
	"statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "default_transaction_read_only", "jit",
}

// sessionSettings returns a configuration without the settings that are made in the session, and the statements that make them.
func sessionSettings(config *pgx.ConnConfig) (startup *pgx.ConnConfig, statements string) {
	startup = config.Copy()
	for _, name := range slices.Sorted(maps.Keys(config.RuntimeParams)) {
		if slices.Contains(perSession, name) {
			statements += fmt.Sprintf("SET %s = '%s';", name, strings.ReplaceAll(config.RuntimeParams[name], "'", "''"))
			delete(startup.RuntimeParams, name)
		}
	}
	return startup, statements
}

var errPooler = errors.New("this looks like a pooler in transaction mode: use session pooling or connect directly")

// ownSessions makes sure that each connection is a session of its own. Behind a pooler in transaction mode, each transaction
// goes to a different session: timeouts would be somebody else's, or missing.
func ownSessions(ctx context.Context, pool *sql.DB) error {
	one, err := pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = one.Close() }() // returns it to the pool
	other, err := pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = other.Close() }()
	if _, err := ask(ctx, one, "SET rolecall.session = 'one'"); err != nil {
		return err
	}
	defer func() { _, _ = ask(context.WithoutCancel(ctx), one, "RESET rolecall.session") }()
	// The open transaction keeps the session that the pooler gave it, which is the one that was just used.
	seen, err := ask(ctx, other, "BEGIN; SELECT coalesce(current_setting('rolecall.session', true), '')")
	defer func() { _, _ = ask(context.WithoutCancel(ctx), other, "ROLLBACK") }()
	if err != nil {
		return err
	}
	if seen != "" {
		return errPooler
	}
	mark, err := ask(ctx, one, "SELECT coalesce(current_setting('rolecall.session', true), '') || ' ' || (extract(epoch FROM current_setting('statement_timeout')::interval) * 1000)::bigint")
	if err == nil && mark != "one "+milliseconds(statementTimeout) {
		err = errPooler
	}
	return err
}

// ask runs statements without preparing them, which a pooler may not support, and returns the first value of the last.
func ask(ctx context.Context, c *sql.Conn, statements string) (value string, err error) {
	err = c.Raw(func(conn any) error {
		results, err := conn.(*stdlib.Conn).Conn().PgConn().Exec(ctx, statements).ReadAll()
		if err == nil && len(results) > 0 {
			if rows := results[len(results)-1].Rows; len(rows) > 0 {
				value = string(rows[0][0])
			}
		}
		return err
	})
	return value, err
}
