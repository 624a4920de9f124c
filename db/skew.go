package db

import (
	"context"
	"fmt"
	"time"
)

// MaxSkew is by how much the clock of this machine may differ from that of the database before it is worth a warning: each
// server decides by its own clock when roles end.
const MaxSkew = 5 * time.Second

// Skew returns by how much the clock of this machine is ahead of the server's, as far as the duration of the query lets it be
// measured. A file has no clock of its own.
func (d *DB) Skew(ctx context.Context) (time.Duration, error) { return d.skew(ctx) }

// SkewWarning reports what is wrong with a clock, "" if nothing is.
func SkewWarning(skew time.Duration) string {
	if skew.Abs() <= MaxSkew {
		return ""
	}
	way := "ahead of"
	if skew < 0 {
		way = "behind"
	}
	return fmt.Sprintf("the clock of this machine is %s %s that of the database: what ends, ends at another moment here; synchronize the clocks", skew.Abs().Round(time.Millisecond), way)
}

func (f *file) skew(context.Context) (time.Duration, error) { return 0, nil }

// skew assumes that the server read its clock halfway through the query. Any uncertainty counts as no difference.
func (p *postgres) skew(ctx context.Context) (time.Duration, error) {
	var there time.Time
	before := time.Now()
	if err := p.probe.QueryRowContext(ctx, "SELECT clock_timestamp()").Scan(&there); err != nil {
		return 0, err
	}
	after := time.Now()
	switch {
	case there.Before(before):
		return before.Sub(there), nil
	case there.After(after):
		return after.Sub(there), nil
	}
	return 0, nil
}
