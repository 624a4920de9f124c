package ui

import (
	"context"
	"strconv"
	"time"
)

// Zone is the zone of the reader, in which pages write every time.
type Zone struct {
	Location *time.Location
	Known    bool // the reader's browser or the reader said it; else it is UTC
	Chosen   bool // the reader did: script leaves it as it is
}

type zoneKey struct{}

// InZone gives what is rendered the zone of its reader. Times stand in the smallest parts of pages, which only this reaches.
func InZone(ctx context.Context, z Zone) context.Context { return context.WithValue(ctx, zoneKey{}, z) }

// ZoneOf is the zone of the reader; UTC where nothing is known of one.
func ZoneOf(ctx context.Context) Zone {
	if z, ok := ctx.Value(zoneKey{}).(Zone); ok && z.Location != nil {
		return z
	}
	return Zone{Location: time.UTC}
}

// local is a moment as the reader's clock has it.
func local(ctx context.Context, t time.Time) time.Time { return t.In(ZoneOf(ctx).Location) }

// Name is the zone as it is told: America/New York.
func (z Zone) Name() string { return z.Location.String() }

// offset is how many minutes east of UTC the clock stands at the moment.
func (z Zone) offset() string {
	_, seconds := time.Now().In(z.Location).Zone()
	return strconv.Itoa(seconds / 60)
}
