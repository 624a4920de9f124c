package directory

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// The log is written some requests at a time: a row of its own would have each request of a directory wait for the disk once
// more than its effect does, and a directory that sends ten thousand people sends little else. Nothing that anybody may do rests
// on the log, so what waits may be lost with the process; whoever reads the log here writes first what waits here.

const (
	noteTime = 5 * time.Second // how long writing may take
	noteWait = time.Second     // how long a request may wait for others
	noteMany = 100             // so many do not wait
	maxNoted = 1_000           // so many wait for a database that does not write; then the oldest go
)

// requestLog is the requests that wait to be written, the oldest first.
type requestLog struct {
	writing sync.Mutex // held while some are written, so that they stay in order

	mu      sync.Mutex
	waiting []noted
	lost    int
	timer   *time.Timer // nil: nobody comes to write
}

// noted is a request on its way into the log, cut and without secrets already: nothing else ever reaches the database.
type noted struct {
	id           uuid.UUID
	organization uuid.UUID
	org.DirectoryRequest
}

// Note puts a request into the log of its directory, from which those who set it up see what it sends. Passwords are taken out
// before.
func (s *Service) Note(ctx context.Context, c *Caller, r Request) {
	many := s.requests.add([]noted{{unit.NewID(), c.Organization, org.DirectoryRequest{
		ID: c.request.ID, At: s.units.Now(), Took: r.Took, Method: r.Method, Path: cut(r.Path), Status: r.Status, Body: cut(readable(r.Body)), Answer: cut(r.Detail),
	}}}, func() { s.catchUp(context.WithoutCancel(ctx)) })
	if many { // the request that fills the log up writes it, so a directory cannot be faster than the database for long
		s.catchUp(ctx)
	}
}

// catchUp writes what waits. What fails is tried again, and told to the operator: a request has been answered long ago.
func (s *Service) catchUp(ctx context.Context) {
	if err := s.WriteRequests(ctx); err != nil {
		s.log.ErrorContext(ctx, "requests of directories are not in their log yet", "error", err)
	}
}

// WriteRequests writes the requests that wait to be in the log. A server that ends calls it last.
func (s *Service) WriteRequests(ctx context.Context) (err error) {
	defer org.Wrap(&err, "write requests of directories")
	s.requests.writing.Lock()
	defer s.requests.writing.Unlock()
	list, lost := s.requests.take()
	if lost > 0 {
		s.log.WarnContext(ctx, "the oldest requests of directories are not kept", "requests", lost)
	}
	if len(list) == 0 || s.units.DB.Closed() {
		return nil
	}
	// The request has been answered, and with that its context may have ended.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteTime)
	defer cancel()
	if _, _, err = unit.Do(ctx, s.units, nil, unit.SigningIn, "write", list, planNote, applyNote); err != nil {
		s.requests.back(list, func() { s.catchUp(context.WithoutCancel(ctx)) })
	}
	return err
}

// add lets some wait, and has write called after a while. many is true if they should not wait.
func (l *requestLog) add(list []noted, write func()) (many bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting = append(l.waiting, list...)
	l.bound()
	if l.timer == nil {
		l.timer = time.AfterFunc(noteWait, write)
	}
	return len(l.waiting) >= noteMany
}

// back is add for some that could not be written, which come before those that came since.
func (l *requestLog) back(list []noted, write func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting = append(list, l.waiting...)
	l.bound()
	if l.timer == nil {
		l.timer = time.AfterFunc(noteWait, write)
	}
}

func (l *requestLog) bound() {
	if more := len(l.waiting) - maxNoted; more > 0 {
		l.waiting, l.lost = l.waiting[more:], l.lost+more
	}
}

// take takes all that wait, and how many are gone.
func (l *requestLog) take() (list []noted, lost int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.timer != nil {
		l.timer.Stop()
	}
	list, lost = l.waiting, l.lost
	l.waiting, l.lost, l.timer = nil, 0, nil
	return list, lost
}

// planNote writes aside: nothing that anybody may do rests on the log.
func planNote(_ context.Context, a *unit.Attempt, list []noted) ([]noted, error) {
	a.Aside()
	return list, nil
}

// applyNote forgets in the same transaction what is too old or too much, so that the log needs no one to sweep it.
func applyNote(ctx context.Context, w *unit.Writer, list []noted) (none struct{}, err error) {
	directories := map[uuid.UUID]bool{}
	for _, r := range list {
		directories[r.organization] = true
		if err := w.W.InsertDirectoryRequest(ctx, db.InsertDirectoryRequestParams{
			ID: r.id, OrganizationID: r.organization, RequestID: r.ID, At: r.At, TookUs: r.Took.Microseconds(), Method: r.Method, Path: r.Path,
			Status: int64(r.Status), Body: r.Body, Answer: r.Answer,
		}); err != nil {
			return none, err
		}
	}
	for id := range directories {
		if err := w.W.DeleteOldDirectoryRequests(ctx, db.DeleteOldDirectoryRequestsParams{OrganizationID: id, Kept: org.DirectoryRequestsKept}); err != nil {
			return none, err
		}
	}
	return none, w.W.DeletePastDirectoryRequests(ctx, w.Now.Add(-org.DirectoryRequestsKeptFor))
}
