package db

import (
	"context"
	"database/sql/driver"

	"github.com/jackc/pgx/v5/stdlib"
)

// channel is where servers of one database tell each other that something was committed. They do so after the commit:
// inside it, the server would serialize the commits of all transactions that notify, whatever their organization.
const channel = "rolecall_changes"

// Shared is false: a second server on the same file does not start.
func (f *file) Shared() bool { return false }

// Notify does nothing.
func (f *file) Notify(context.Context) error { return nil }

// Listen waits for ctx to end.
func (f *file) Listen(ctx context.Context, _ func()) error {
	<-ctx.Done()
	return ctx.Err()
}

// Shared is true: replicas share a server.
func (p *postgres) Shared() bool { return true }

// Notify runs in a transaction that writes nothing and yet would wait for the disk like any other.
func (p *postgres) Notify(ctx context.Context) error {
	_, err := p.readers.ExecContext(ctx, "SELECT set_config('synchronous_commit', 'off', true), pg_notify($1, '')", channel)
	return err
}

// Listen uses a connection of its own. Behind a pooler that gives each transaction a different one it hears nothing.
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
		return driver.ErrBadConn // it must not be reused
	})
}
