package db

import (
	"context"
	"database/sql/driver"

	"github.com/jackc/pgx/v5/stdlib"
)

// channel is what servers of one database tell each other that something was committed. They do so after the commit:
// inside of it the server would let one transaction after the other notify, of whatever organization.
const channel = "rolecall_changes"

// Shared is false: a second server on the same file does not start.
func (f *file) Shared() bool { return false }

// Notify tells nobody.
func (f *file) Notify(context.Context) error { return nil }

// Listen hears nothing.
func (f *file) Listen(ctx context.Context, _ func()) error {
	<-ctx.Done()
	return ctx.Err()
}

// Shared is true.
func (p *postgres) Shared() bool { return true }

// Notify is a transaction that writes nothing, and yet would wait for the disk like any other.
func (p *postgres) Notify(ctx context.Context) error {
	_, err := p.readers.ExecContext(ctx, "SELECT set_config('synchronous_commit', 'off', true), pg_notify($1, '')", channel)
	return err
}

// Listen holds a connection of its own. Behind a pooler that gives each transaction another one it hears nothing.
func (p *postgres) Listen(ctx context.Context, fn func()) error {
	conn, err := p.ears.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	return conn.Raw(func(c any) error {
		one := c.(*stdlib.Conn).Conn()
		_, err := one.Exec(ctx, "LISTEN "+channel)
		for err == nil {
			if _, err = one.WaitForNotification(ctx); err == nil {
				fn()
			}
		}
		return driver.ErrBadConn // it is not for anything else
	})
}
