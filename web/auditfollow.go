package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"rolecall.example/org"
)

const (
	typeLines = "application/x-ndjson"
	// auditPause is how often the trail is read for its followers.
	auditPause = time.Second
	// auditBeat is how often a stream shows that it is alive.
	auditBeat = 15 * time.Second
	// maxFollowers bounds the streams of the trail: each asks the database once a second.
	maxFollowers = 50
)

// follows reports whether a request wants the trail from some entry on, in the order in which it was written.
func (c *call) follows() bool { return c.values.Has("after_seq") || c.wantsEvents() }

// wantsEvents reports whether the client asks for a stream of events.
func (c *call) wantsEvents() bool {
	accept := strings.Join(c.request().Header.Values("Accept"), ",")
	return quality(accept, typeEvents) > 0 && strings.Contains(strings.ToLower(accept), typeEvents) && c.request().Method != http.MethodHead
}

// follower reads the trail as it is written.
type follower struct {
	call  *call
	query string
	after int64 // the last entry that it has, or does not need
}

// followAudit sends what was written after an entry. A program gets the entries that exist, and may wait for the first;
// a stream of events goes on until the client or the server ends it.
func (s *Server) followAudit(c *call, q *query, f org.AuditFilter) (reply, error) {
	in := &follower{call: c, query: f.Query}
	from := q.text("after_seq")
	if last := c.request().Header.Get("Last-Event-ID"); last != "" && c.wantsEvents() { // how a browser resumes a stream
		from = last
	}
	var err error
	if in.after, err = strconv.ParseInt(from, 10, 64); from != "" && (err != nil || in.after < 0) {
		q.addError("after_seq", `Query param "after_seq" must be the number of an entry, or 0`)
	}
	wait := q.count("wait")
	if wait > maxWait {
		q.addError("wait", fmt.Sprintf(`Query param "wait" must be at most %d`, maxWait))
	}
	for _, other := range []string{"before", "after", "offset", "limit", "format"} {
		if q.text(other) != "" {
			q.addError(other, fmt.Sprintf(`Query params "after_seq" and %q exclude each other`, other))
		}
	}
	if err := q.problem(); err != nil {
		return reply{}, err
	}
	if s.followers.Add(1) > maxFollowers {
		s.followers.Add(-1)
		return reply{}, &org.Error{Kind: org.Unavailable, Message: "Too many programs follow the audit trail.", RetryAfter: patience}
	}
	// Before the first byte, so that a caller who may not read the trail gets an error.
	entries, err := in.next()
	if err != nil {
		s.followers.Add(-1)
		return reply{}, err
	}
	c.following = true
	c.takeTime()
	return reply{live: func() error {
		defer s.followers.Add(-1)
		if c.wantsEvents() {
			return in.send(entries)
		}
		err := s.sendStream(c, &stream{contentType: typeLines, plain: true, write: func(out *sink) error {
			return in.lines(out, entries, time.Duration(wait)*time.Second)
		}})
		if err == nil && !c.response().Committed { // there was none
			return c.send(http.StatusOK, typeLines, nil)
		}
		return err
	}}, nil
}

// next returns the next batch of entries. The caller is checked again: its token may have ended, or its rights.
func (f *follower) next() ([]org.AuditEntry, error) {
	if err := f.call.server.stillHere(f.call); err != nil {
		return nil, err
	}
	entries, upTo, err := f.call.server.insight.AuditAfter(f.call.ctx, f.call.actor, f.query, f.after)
	if err == nil {
		f.after = upTo
	}
	return entries, err
}

// stillHere admits the caller of a long answer again.
func (s *Server) stillHere(c *call) error {
	if !c.session {
		return s.authenticate(c)
	}
	id, err := uuid.Parse(s.sessions.GetString(c.ctx, sessionUser))
	if err != nil {
		return org.SignedOut()
	}
	subject, err := s.account.SessionSubject(c.ctx, c.origin(), id, storedToken(s.sessions.Token(c.ctx)))
	if err == nil {
		c.actor = subject
	}
	return err
}

// lines sends the entries, one per line, oldest first. If there are none, it waits for a while.
func (f *follower) lines(out *sink, entries []org.AuditEntry, wait time.Duration) (err error) {
	lines := json.NewEncoder(out)
	for until, sent := time.Now().Add(wait), false; ; {
		for i := range entries {
			if err := lines.Encode(wireAuditEntry(&entries[i])); err != nil {
				return err
			}
			sent = true
		}
		before := f.after
		if entries, err = f.next(); err != nil {
			return err
		}
		switch {
		case f.after != before: // there was more
		case sent, time.Now().After(until), !f.pause():
			return nil
		}
	}
}

// pause waits until the trail is to be read again. It reports whether the client is still there.
func (f *follower) pause() bool {
	select {
	case <-f.call.ctx.Done():
		return false
	case <-time.After(auditPause):
		return !f.call.server.draining.Load()
	}
}

// send sends entries as events until the client or the server ends, or the caller may no longer read the trail.
func (f *follower) send(entries []org.AuditEntry) error {
	var beat time.Time
	first, err := f.frames(entries, &beat)
	if err != nil {
		return err
	}
	return f.call.sendEvents(first, func() ([][]byte, error) {
		if len(entries) == 0 && !f.pause() {
			return nil, errClientGone
		}
		if entries, err = f.next(); err != nil {
			return nil, err
		}
		return f.frames(entries, &beat)
	})
}

// frames turns entries into events, with a heartbeat if one is due. A heartbeat has the position of the follower, which
// may be past entries that the follower may not see.
func (f *follower) frames(entries []org.AuditEntry, beat *time.Time) (list [][]byte, err error) {
	for i := range entries {
		line, err := json.Marshal(wireAuditEntry(&entries[i]))
		if err != nil {
			return nil, err
		}
		list = append(list, fmt.Appendf(nil, "id: %d\nevent: audit\ndata: %s\n\n", entries[i].Seq, line))
	}
	if time.Since(*beat) >= auditBeat {
		list, *beat = append(list, fmt.Appendf(nil, ":\nid: %d\n\n", f.after)), time.Now()
	}
	return list, nil
}
