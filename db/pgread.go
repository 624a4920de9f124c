package db

import (
	"context"
	"database/sql"
	"fmt"
)

// Read begins a read-only transaction, which keeps to the snapshot of its first query.
func (p *postgres) Read(ctx context.Context, fn func(q *Queries) error) error {
	return p.inTurn(ctx, func() error {
		tx, err := p.readers.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
		if err != nil {
			return fmt.Errorf("begin transaction: %w", err)
		}
		defer func() { _ = tx.Rollback() }() // nothing was written, so nothing is lost
		return fn(New(portable{DBTX: tx}))
	})
}

// Glance waits for its turn like a snapshot, since the table may be locked, and saves two round trips.
func (p *postgres) Glance(ctx context.Context, fn func(q Reads) error) error {
	return p.inTurn(ctx, func() error { return fn(reads{p.queries}) })
}

func (p *postgres) inTurn(ctx context.Context, fn func() error) error {
	select {
	case p.turns <- struct{}{}:
		defer func() { <-p.turns }()
	case <-ctx.Done():
		return fmt.Errorf("wait for a connection: %w", ctx.Err())
	}
	return fn()
}
