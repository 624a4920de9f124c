package unit

import (
	"cmp"
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
)

// Refusals are recorded for good, and anyone who may sign in can cause them. So this many are recorded per account in a
// window, then one row that says that more are not recorded, and none until the window ends.
const (
	recordedRefusals = 30
	refusalWindow    = 10 * time.Minute
)

// refusalCounts counts, in this process, how often each account was refused lately.
type refusalCounts struct {
	mu         sync.Mutex
	known      map[uuid.UUID]refusedLately
	suppressed atomic.Int64
}

type refusedLately struct {
	since time.Time
	times int
}

// recording says how a refusal is recorded in the audit trail.
type recording uint8

const (
	recordWhole recording = iota
	recordLast            // with a note that those after it are not recorded
	recordNone
)

// note counts a refusal of an account.
func (r *refusalCounts) note(account uuid.UUID, now time.Time) recording {
	r.mu.Lock()
	defer r.mu.Unlock()
	of := r.known[account]
	if now.Sub(of.since) >= refusalWindow || now.Before(of.since) {
		of = refusedLately{since: now}
	}
	of.times++
	if len(r.known) >= shelfLimit {
		r.forget(now)
	}
	if r.known == nil {
		r.known = map[uuid.UUID]refusedLately{}
	}
	r.known[account] = of
	switch {
	case of.times <= recordedRefusals:
		return recordWhole
	case of.times == recordedRefusals+1:
		return recordLast
	}
	r.suppressed.Add(1)
	return recordNone
}

// forget makes room: it drops accounts whose window has ended or, if all are being refused at once, everyone.
func (r *refusalCounts) forget(now time.Time) {
	for account, of := range r.known {
		if now.Sub(of.since) >= refusalWindow {
			delete(r.known, account)
		}
	}
	if len(r.known) >= shelfLimit {
		clear(r.known)
	}
}

// recordRefusal records that the caller was refused, unless that was recorded too often lately.
func (a *Attempt) recordRefusal(ctx context.Context, refusal *org.Error) error {
	how := recordWhole
	if a.Actor != nil && !a.Actor.Operator { // wrong logins are counted elsewhere
		how = a.refused.note(cmp.Or(a.door, a.Actor.ID()), a.Now)
	}
	if how == recordNone {
		return nil
	}
	where := a.scope
	if where.Everything() { // an entry alone must not block the whole site
		where = db.SigningIn
	}
	refused := a.Entry
	refused.Fields, refused.Status = nil, refusal.Kind.Status()
	if a.cause != "" {
		refused.Field("cause", nil, a.cause)
	}
	if how == recordLast {
		refused.Field("suppressed", nil, true)
	}
	return a.DB.WriteIn(ctx, where, func(tx *db.Tx) error {
		src := a.reader(tx.Reads(), nil)
		src.scope, src.When = where, a.Now
		u := src.attempt(a.Actor, "")
		u.Entry = refused
		w, err := u.writer(ctx, tx)
		if err == nil {
			err = w.Record(ctx)
		}
		if err != nil {
			return err
		}
		return w.finish(ctx, false, false)
	})
}

// SuppressedRefusals is how many refusals were not recorded since the process began, because their account had too many.
func (s *Units) SuppressedRefusals() int64 { return s.refused.suppressed.Load() }
