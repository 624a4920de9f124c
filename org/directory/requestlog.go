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

// The log is written in batches: with one write per request, each request of a directory would wait for the disk once more,
// and a directory that sends ten thousand people sends little else. No permission depends on the log, so entries not yet
// written may be lost with the process. Reading the log here first writes what is waiting.

const (
	noteTime = 5 * time.Second // how long writing may take
	noteWait = time.Second     // how long a request may wait for others
	noteMany = 100             // with this many, write at once
	maxNoted = 1_000           // this many wait if the database cannot be written; then the oldest go
)

// requestLog holds the requests that wait to be written, oldest first.
type requestLog struct {
	writing sync.Mutex // held while writing, so that requests stay in order

	mu      sync.Mutex
	waiting []noted
	lost    int
	timer   *time.Timer // nil: no write is scheduled
}

// noted is a request waiting to be logged, already truncated and without secrets: nothing else ever reaches the database.
type noted struct {
	id           uuid.UUID
	organization uuid.UUID
	org.DirectoryRequest
}

// Note puts a request into the log of its directory, where those who set it up see what it sends. Passwords are removed
// first.
func (s *Service) Note(ctx context.Context, c *Caller, r Request) {
	many := s.requests.add([]noted{{unit.NewID(), c.Organization, org.DirectoryRequest{
		ID: c.request.ID, At: s.units.Now(), Took: r.Took, Method: r.Method, Path: cut(r.Path), Status: r.Status, Body: cut(readable(r.Body)), Answer: cut(r.Detail),
	}}}, func() { s.catchUp(context.WithoutCancel(ctx)) })
	if many { // the request that fills the log up writes it, so a directory cannot be faster than the database for long
		s.catchUp(ctx)
	}
}

// catchUp writes what is waiting. A failure is retried and logged for the operator: the request was answered long ago.
func (s *Service) catchUp(ctx context.Context) {
	if err := s.WriteRequests(ctx); err != nil {
		s.log.ErrorContext(ctx, "requests of directories are not in their log yet", "error", err)
	}
}

// WriteRequests writes the waiting requests to the log. A server that shuts down calls it last.
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
	// The request has been answered, and its context may have ended with it.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteTime)
	defer cancel()
	if _, _, err = unit.Do(ctx, s.units, nil, unit.SigningIn, "write", list, planNote, applyNote); err != nil {
		s.requests.back(list, func() { s.catchUp(context.WithoutCancel(ctx)) })
	}
	return err
}

// add queues some requests, and schedules write. many is true if they should be written at once.
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

// back is add for requests that could not be written; they come before those added since.
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

// take removes all waiting requests, and returns them and how many were lost.
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

// planNote writes aside: no permission depends on the log.
func planNote(_ context.Context, a *unit.Attempt, list []noted) ([]noted, error) {
	a.Aside()
	return list, nil
}

// applyNote deletes requests too old or too many in the same transaction, so that nothing else has to clean the log.
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
