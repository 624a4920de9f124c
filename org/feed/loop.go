package feed

import (
	"context"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org/unit"
	"rolecall.example/rbac/snapshot"
)

// loop reads for as long as somebody listens. What it knows of the table is its own.
type loop struct {
	*Hub
	place   place
	version db.Version      // of the data when the table was read
	checked db.Version      // likewise when tokens were looked for
	seen    map[int64]int64 // the transactions of rows that were sent and come again, by seq
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

// look reads what is new and hands it out. It reports whether the table could be read, or, of a lazy look, whether it need
// not be.
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
	// Before they are handed out: a change may be the one that takes the right to hear of it.
	if len(rows) > 0 {
		l.ask(ctx, l.concerned(rows))
	}
	l.hand(rows, now)
	l.version = version
	return true
}

// hand gives rows to all who may have them, and goes on to a place. Events carry the place before, and the last one the new
// one: who goes on from there has all that came before it.
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
	// What is below the position does not come again.
	for seq, xact := range l.seen {
		if xact <= now.position-now.base {
			delete(l.seen, seq)
		}
	}
	l.place, l.lastRead = now, time.Now()
}

// send1 gives one event to all who may have it. l.mu is held.
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

// concerned is those whose rights may not be what they were, after some changes.
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

// beat sends a heartbeat, if the table could be read just now, to those who may still listen.
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

// check finds the tokens that have ended meanwhile: that changes no list and no decision, and so makes no row.
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

// cutAll ends all streams: who listens goes on from where it was.
func (l *loop) cutAll() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for s := range l.clients {
		s.end(nil)
	}
}
