package oidc

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"rolecall.example/org"
)

// The upper limits of the settings for syncing.
const (
	maxTruncatedAt  = 100_000
	maxFusePeople   = 1_000_000
	maxSyncLifetime = 10 * 366 * org.Day
)

// sync fills in what the provider may take away, and checks it.
func (e *entry) sync(p *org.Provider) (err error) {
	p.TruncatedAt, p.FusePeople, p.FusePercent = e.TruncatedAt, org.DefaultFusePeople, org.DefaultFusePercent
	if p.TruncatedAt < 0 || p.TruncatedAt > maxTruncatedAt {
		return fmt.Errorf("truncated_at: %d is not 0 to %d", p.TruncatedAt, maxTruncatedAt)
	}
	if e.FusePeople != nil {
		p.FusePeople = *e.FusePeople
	}
	if p.FusePeople < 0 || p.FusePeople > maxFusePeople {
		return fmt.Errorf("fuse_people: %d is not 0 to %d", p.FusePeople, maxFusePeople)
	}
	if e.FusePercent != nil {
		p.FusePercent = *e.FusePercent
	}
	if p.FusePercent < 0 || p.FusePercent > 100 {
		return fmt.Errorf("fuse_percent: %d is not 0 to 100", p.FusePercent)
	}
	p.SyncLifetime, err = lifetime(e.SyncLifetime)
	return err
}

// lifetime reads how long a record lasts: 0, or a text like "720h" or "30d".
func lifetime(v jsontext.Value) (time.Duration, error) {
	if v == nil || string(v) == "0" || string(v) == "null" {
		return 0, nil
	}
	text := strings.Trim(string(v), `"`)
	d, err := time.ParseDuration(text)
	if days, ok := strings.CutSuffix(text, "d"); ok {
		var n int
		n, err = strconv.Atoi(days)
		d = time.Duration(min(max(n, -1), 10*366)) * org.Day
	}
	switch {
	case err != nil || v.Kind() != '"':
		return 0, fmt.Errorf(`sync_lifetime: %s is no duration like "720h" or "30d"`, v)
	case d != 0 && (d < time.Hour || d > maxSyncLifetime):
		return 0, errors.New("sync_lifetime: it must be an hour to ten years, or 0")
	}
	return d, nil
}
