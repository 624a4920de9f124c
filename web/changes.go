package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"rolecall.example/org"
	"rolecall.example/org/feed"
	"rolecall.example/rbac/snapshot"
)

const (
	typeEvents = "text/event-stream"
	maxWait    = 60 // seconds of a long poll
	// A client that takes nothing for this long is disconnected.
	eventPatience = 10 * time.Second
)

// changes sends changes as they happen: as a stream of events, or to a program that polls.
func (s *Server) changes(c *call) (reply, error) {
	in, wait, err := c.wantsChanges()
	if err != nil {
		return reply{}, err
	}
	streams := c.wantsEvents()
	c.takeTime()
	who := *c.actor
	who.Request.Form, who.Request.Done = nil, nil // they would keep the request in memory
	in.Actor = &who
	entering, cancel := context.WithTimeout(c.ctx, requestTime)
	defer cancel()
	sub, first, err := s.Service.Feed.Subscribe(entering, in)
	if err != nil {
		return reply{}, err
	}
	if streams {
		return reply{events: &events{sub, first}}, nil
	}
	defer sub.Close()
	p, err := poll(c.ctx, sub, first, in.After, wait)
	if err != nil {
		return reply{}, err
	}
	p.Now = s.Now().UTC()
	return reply{json: p}, nil
}

// wantsChanges reads the parameters of a request for changes.
func (c *call) wantsChanges() (in feed.Ask, wait time.Duration, err error) {
	q := c.query()
	names := q.text("organizations")
	in.All = names == "all"
	if !in.All {
		for name := range strings.SplitSeq(names, ",") {
			if name = strings.TrimSpace(name); name != "" {
				in.Organizations = append(in.Organizations, name)
			}
		}
		if len(in.Organizations) == 0 {
			q.addError("organizations", `Query param "organizations" must be ids or names with commas between them, or all`)
		}
	}
	after := q.text("after")
	if last := c.request().Header.Get("Last-Event-ID"); last != "" { // how a browser resumes a stream
		after = last
	}
	if after != "" {
		if in.After, err = strconv.ParseInt(after, 10, 64); err != nil || in.After < 0 {
			q.addError("after", `Query param "after" must be a position`)
		}
	}
	seconds := q.count("wait")
	if seconds > maxWait {
		q.addError("wait", fmt.Sprintf(`Query param "wait" must be at most %d`, maxWait))
	}
	return in, time.Duration(seconds) * time.Second, q.problem()
}

// poll waits for a while until something has changed since a position.
func poll(ctx context.Context, sub *feed.Subscription, first []*feed.Event, after int64, wait time.Duration) (p snapshot.Poll, err error) {
	p = snapshot.Poll{Events: []snapshot.Event{}, Position: after}
	add := func(list []*feed.Event) {
		for _, e := range list {
			p.Position = max(p.Position, e.ID)
			if e.Name != snapshot.EventHeartbeat {
				p.Events = append(p.Events, snapshot.Event{Event: e.Name, ID: e.ID, Data: e.Data})
			}
		}
	}
	add(first)
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	for after > 0 && len(p.Events) <= 1 { // only hello
		list, err := sub.Next(ctx)
		if errors.Is(err, context.DeadlineExceeded) {
			break
		}
		if err != nil {
			return p, org.SignedOut()
		}
		add(list)
	}
	return p, nil
}

// events is an open stream.
type events struct {
	sub   *feed.Subscription
	first []*feed.Event
}

// beginEvents sends the headers of a stream of events.
func (c *call) beginEvents() (http.ResponseWriter, *http.ResponseController) {
	res := c.response()
	c.header("Content-Type", typeEvents)
	c.header("Cache-Control", "no-store")
	c.header("X-Accel-Buffering", "no")
	control := http.NewResponseController(res.Writer)
	_ = control.SetReadDeadline(time.Time{}) // only network connections have a deadline
	res.WriteHeader(http.StatusOK)
	return res, control
}

// send sends changes until the client or the server ends, or the caller may no longer listen.
func (r *events) send(c *call) error {
	defer r.sub.Close()
	first := r.first
	r.first = nil
	return c.sendEvents(frames(first), func() ([][]byte, error) {
		list, err := r.sub.Next(c.ctx)
		return frames(list), err
	})
}

func frames(list []*feed.Event) [][]byte {
	out := make([][]byte, len(list))
	for i, e := range list {
		out[i] = e.Frame()
	}
	return out
}

// sendEvents sends events until the client goes or next ends the stream. Both are normal ends: the client connects
// again and continues from its last event.
func (c *call) sendEvents(list [][]byte, next func() ([][]byte, error)) error {
	res, control := c.beginEvents()
	for {
		_ = control.SetWriteDeadline(time.Now().Add(eventPatience))
		for _, frame := range list {
			if _, err := res.Write(frame); err != nil {
				return errClientGone
			}
		}
		if err := control.Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) {
			return errClientGone
		}
		var err error
		if list, err = next(); err != nil {
			return nil //nolint:nilerr // the client learns it when it connects again
		}
	}
}
