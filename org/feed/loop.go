package feed

import (
	"context"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org/unit"
	"rolecall.example/rbac/snapshot"
)

// loop reads for as long as anybody listens. Only it uses its knowledge of the table.
type loop struct {
	*Hub
	place   place
	version db.Version      // of the data when the table was read
	checked db.Version      // likewise when tokens were checked
	seen    map[int64]int64 // the transactions of rows that were sent and will be read again, by seq
}

func (l *loop) run(ctx context.Context) {
	every := pollFile
	if l.units.DB.Shared() {
		every = pollServer
	}
	poll, beat, check := time.NewTicker(every), time.NewTicker(l.o.Beat), time.NewTicker(min(l.o.Beat, checkEvery))
	defer poll.Stop()
	defer beat.Stop()
	defer check.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.wake:
			l.look(ctx, false)
		case <-poll.C:
			l.look(ctx, true)
		case <-check.C:
			l.check(ctx)
		case <-beat.C:
			l.beat(ctx)
		}
	}
}

// look reads new rows and distributes them. It reports whether the table could be read or, if lazy, did not need to
// be.
func (l *loop) look(ctx context.Context, lazy bool) bool {
	version, known := l.units.DB.Version()
	if lazy && known && version == l.version {
		return true
	}
	reading, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	found, err := l.units.DB.ListNewChanges(reading, db.ListNewChangesParams{After: l.place.position - l.place.base, MaxRows: maxRows})
	if err != nil || len(found) == 0 {
		return false
	}
	now := place{found[0].Position, found[0].Base, found[0].Floor}
	if now.base != l.place.base || len(found) == maxRows {
		l.cutAll()
		l.place = now
		return false
	}
	var rows []row
	for _, r := range found {
		if _, sent := l.seen[r.Seq.Int64]; r.Seq.Valid && !sent {
			rows = append(rows, row{
				seq: r.Seq.Int64, xact: r.Xact.Int64, about: r.OrganizationID.UUID, kind: r.Kind.String,
				from: r.RevisionFrom.Int64, to: r.RevisionTo.Int64, payload: r.Payload.String,
			})
		}
	}
	// Before they are sent: a change may be the one that takes away the right to hear about it.
	if len(rows) > 0 {
		l.ask(ctx, l.concerned(rows))
	}
	l.hand(rows, now)
	l.version = version
	return true
}

// hand sends rows to all who may have them, and moves on to a place. Events have the place before, and the last one the new
// one: a client that continues from there has everything before it.
func (l *loop) hand(rows []row, now place) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range rows {
		r := &rows[i]
		id := l.place.position
		if i == len(rows)-1 {
			id = now.position
		}
		l.send1(r, r.event(id))
		l.seen[r.seq] = r.xact
	}
	// Rows below the position will not be read again.
	for seq, xact := range l.seen {
		if xact <= now.position-now.base {
			delete(l.seen, seq)
		}
	}
	l.place, l.lastRead = now, time.Now()
}

// send1 sends one event to all who may have it. l.mu is held.
func (l *loop) send1(r *row, e *Event) {
	if r.about == uuid.Nil {
		for s := range l.clients {
			s.take(e)
		}
		return
	}
	for s := range l.of[r.about] {
		if s.caller.may(r.about) {
			s.take(e)
		}
	}
	for s := range l.all {
		if s.caller.may(r.about) {
			s.take(e)
		}
	}
	if l.existing != nil {
		l.existing[r.about] = true
	}
	if r.kind == unit.KindGone {
		delete(l.existing, r.about)
	}
}

// concerned returns the callers whose rights some changes may have affected.
func (l *loop) concerned(rows []row) []*caller {
	accounts := map[string]bool{}
	for i := range rows {
		some, everybody := rows[i].touches()
		if everybody {
			return l.everyone()
		}
		for _, id := range some {
			accounts[id] = true
		}
	}
	var list []*caller
	for _, c := range l.everyone() {
		if accounts[c.id.User.String()] {
			list = append(list, c)
		}
	}
	return list
}

// beat sends a heartbeat to those who may still listen, if the table could be read just now.
func (l *loop) beat(ctx context.Context) {
	if !l.look(ctx, false) {
		return
	}
	l.ask(ctx, l.everyone())
	l.mu.Lock()
	defer l.mu.Unlock()
	e := encoded(snapshot.EventHeartbeat, l.place.position, uuid.Nil, snapshot.Heartbeat{Position: l.place.position, Now: l.units.Now()})
	for s := range l.clients {
		if s.caller.sure {
			s.push(e)
		}
	}
}

// check finds tokens that have ended meanwhile: that changes no list and no decision, so there is no row for it.
func (l *loop) check(ctx context.Context) {
	version, known := l.units.DB.Version()
	same := known && version == l.checked
	l.checked = version
	now := l.units.Now()
	var tokens []string
	var ask []*caller
	byToken := map[string]*caller{}
	for _, c := range l.everyone() {
		switch {
		case c.id.Session != "" || !c.ends.IsZero() && !c.ends.After(now):
			ask = append(ask, c)
		case c.id.Token != "" && !same:
			tokens = append(tokens, c.id.Token)
			byToken[c.id.Token] = c
		}
	}
	for len(tokens) > 0 {
		n := min(len(tokens), unit.ChunkSize)
		reading, cancel := context.WithTimeout(ctx, readTimeout)
		standing, err := l.units.DB.ListStandingKeys(reading, db.ListStandingKeysParams{Ids: tokens[:n], Now: now})
		cancel()
		if err != nil {
			break
		}
		for _, id := range standing {
			delete(byToken, id)
		}
		for _, id := range tokens[:n] {
			if c := byToken[id]; c != nil {
				ask = append(ask, c)
			}
		}
		tokens = tokens[n:]
	}
	l.ask(ctx, ask)
}

// cutAll ends all streams: clients continue from their positions.
func (l *loop) cutAll() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for s := range l.clients {
		s.end(nil)
	}
}
