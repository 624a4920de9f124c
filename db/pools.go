package db

import (
	"context"
	"database/sql"
	"fmt"
	"sync/atomic"
	"time"
)

// Pool says how busy the connections of one kind are. If all are busy, callers wait.
type Pool struct {
	Name              string // readers, writers, snapshots or standby
	Open, InUse, Most int
	Waits             int64 // how often a caller waited since the database was opened
	Waited            time.Duration
}

func poolOf(name string, d *sql.DB) Pool {
	s := d.Stats()
	return Pool{name, s.OpenConnections, s.InUse, s.MaxOpenConnections, s.WaitCount, s.WaitDuration}
}

// Pools returns only the readers: nothing waits here for the single connection that writes, since writes have their own queue.
func (f *file) Pools() []Pool { return []Pool{poolOf("readers", f.readers)} }

// Pools returns the turns of snapshots along with the connections: callers wait for a turn first.
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

// waits counts how often, and for how long, callers waited for something.
type waits struct{ count, nanoseconds atomic.Int64 }

func (w *waits) since(start time.Time) {
	w.count.Add(1)
	w.nanoseconds.Add(int64(time.Since(start)))
}

// turn waits for a snapshot's turn.
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

// Ask takes a snapshot's turn: a locked table must not occupy every connection.
func (p *postgres) Ask(ctx context.Context, fn func(q *Queries) error) error {
	if err := p.turn(ctx); err != nil {
		return err
	}
	defer func() { <-p.turns }()
	return fn(p.queries)
}

// Ask takes any reader.
func (f *file) Ask(_ context.Context, fn func(q *Queries) error) error { return fn(New(f.readers)) }
