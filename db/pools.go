package db

import (
	"context"
	"database/sql"
	"fmt"
	"sync/atomic"
	"time"
)

// Pool is how busy the connections of one kind are. When all of them are, whoever needs one waits.
type Pool struct {
	Name              string // readers, writers, snapshots or standby
	Open, InUse, Most int
	Waits             int64 // how often somebody waited, since the database was opened
	Waited            time.Duration
}

func poolOf(name string, d *sql.DB) Pool {
	s := d.Stats()
	return Pool{name, s.OpenConnections, s.InUse, s.MaxOpenConnections, s.WaitCount, s.WaitDuration}
}

// Pools is of the readers alone: the one connection that writes is never waited for here, writes wait in their own line.
func (f *file) Pools() []Pool { return []Pool{poolOf("readers", f.readers)} }

// Pools has the turns of snapshots beside the connections: they are waited for first.
func (p *postgres) Pools() []Pool {
	n := len(p.turns)
	all := []Pool{
		poolOf("readers", p.readers), poolOf("writers", p.writers),
		{"snapshots", n, n, cap(p.turns), p.waits.count.Load(), time.Duration(p.waits.nanoseconds.Load())},
	}
	if p.standby != nil {
		all = append(all, poolOf("standby", p.standby.pool))
	}
	return all
}

// waits counts how often, and for how long, something was waited for.
type waits struct{ count, nanoseconds atomic.Int64 }

func (w *waits) since(start time.Time) {
	w.count.Add(1)
	w.nanoseconds.Add(int64(time.Since(start)))
}

// turn waits for the turn of a snapshot.
func (p *postgres) turn(ctx context.Context) error {
	select {
	case p.turns <- struct{}{}:
		return nil
	default:
	}
	defer p.waits.since(time.Now())
	select {
	case p.turns <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for a connection: %w", ctx.Err())
	}
}

// Ask takes a turn of snapshots: a table that is locked must not hold every connection.
func (p *postgres) Ask(ctx context.Context, fn func(q *Queries) error) error {
	if err := p.turn(ctx); err != nil {
		return err
	}
	defer func() { <-p.turns }()
	return fn(p.queries)
}

// Ask takes any reader.
func (f *file) Ask(_ context.Context, fn func(q *Queries) error) error { return fn(New(f.readers)) }
