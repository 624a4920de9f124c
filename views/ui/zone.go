package ui

import (
	"context"
	"strconv"
	"time"
)

// Zone is the zone of the reader, in which pages write every time.
type Zone struct {
	Location *time.Location
	Known    bool // the reader or the browser has said it; otherwise it is UTC
	Chosen   bool // the reader has chosen it, so script leaves it alone
}

type zoneKey struct{}

// InZone passes the reader's zone to what is rendered. Times are in the smallest parts of pages, which only a context
// reaches.
func InZone(ctx context.Context, z Zone) context.Context { return context.WithValue(ctx, zoneKey{}, z) }

// ZoneOf returns the zone of the reader; UTC if it is not known.
func ZoneOf(ctx context.Context) Zone {
	if z, ok := ctx.Value(zoneKey{}).(Zone); ok && z.Location != nil {
		return z
	}
	return Zone{Location: time.UTC}
}

// local returns a moment by the reader's clock.
func local(ctx context.Context, t time.Time) time.Time { return t.In(ZoneOf(ctx).Location) }

// Name returns the name of the zone: America/New York.
func (z Zone) Name() string { return z.Location.String() }

// offset returns how many minutes east of UTC the clock is at the moment.
func (z Zone) offset() string {
	_, seconds := time.Now().In(z.Location).Zone()
	return strconv.Itoa(seconds / 60)
}
