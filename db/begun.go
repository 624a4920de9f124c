package db

import "context"

// NewTransaction returns the number of a transaction that begins and ends now: any that has already written has a lower number.
// It is 0 where one process does all the writing.
func (d *DB) NewTransaction(ctx context.Context) (int64, error) { return d.newTransaction(ctx) }

func (f *file) newTransaction(context.Context) (int64, error) { return 0, nil }

func (p *postgres) newTransaction(ctx context.Context) (n int64, err error) {
	err = p.writers.QueryRowContext(ctx, "SELECT pg_current_xact_id()::text::bigint").Scan(&n)
	return n, err
}
