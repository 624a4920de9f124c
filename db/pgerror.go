package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Errors of the server, by the codes of its manual (appendix A).
const (
	serializationFailure  = "40001"
	deadlockDetected      = "40P01"
	insufficientPrivilege = "42501"
	undefinedTable        = "42P01"
	invalidDatabase       = "3D000"
	readOnlyTransaction   = "25006" // it became a standby
	idleInTransaction     = "25P03"
	lockNotAvailable      = "55P03"
)

func hasState(err error, states ...string) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && slices.ContainsFunc(states, func(s string) bool { return strings.HasPrefix(e.Code, s) })
}

// serverFailed reports whether err means that the server cannot be reached, has no room, is shutting down, or was too busy.
func serverFailed(err error) bool {
	if err == nil || errors.Is(err, context.Canceled) {
		return false
	}
	if _, ok := errors.AsType[*pgconn.PgError](err); ok {
		return hasState(err, "08", "53", "57", "58", "XX", serializationFailure, deadlockDetected,
			readOnlyTransaction, idleInTransaction, lockNotAvailable)
	}
	_, connecting := errors.AsType[*pgconn.ConnectError](err)
	_, network := errors.AsType[net.Error](err)
	return connecting || network || slices.ContainsFunc([]error{
		io.EOF, io.ErrUnexpectedEOF, net.ErrClosed, driver.ErrBadConn, sql.ErrConnDone, pgconn.ErrConnClosed,
	}, func(target error) bool { return errors.Is(err, target) })
}

// explainServer adds to an error from opening a database what to do about it. It never contains the password.
func explainServer(c *pgx.ConnConfig, err error) error {
	where := describe(c)
	switch _, connecting := errors.AsType[*pgconn.ConnectError](err); {
	case hasState(err, "08P01") && strings.Contains(err.Error(), "startup parameter"):
		return fmt.Errorf("%s refuses a parameter of the URL: this looks like a pooler: leave the parameter out, or name it in ignore_startup_parameters (%w)", where, err)
	case hasState(err, "28"):
		return fmt.Errorf("%s does not let %s in: check the password, and pg_hba.conf (%w)", where, c.User, err)
	case hasState(err, invalidDatabase):
		return fmt.Errorf("%s is not there: make it with createdb --owner %s %s (%w)", where, c.User, c.Database, err)
	case hasState(err, insufficientPrivilege):
		return fmt.Errorf("%s belongs to somebody else: %s needs the right to make tables in it, as its owner has (%w)", where, c.User, err)
	case connecting:
		return fmt.Errorf("%s cannot be reached: check address, port and TLS settings, and whether the server runs (%w)", where, err)
	}
	return fmt.Errorf("open %s: %w", where, err)
}
