package local_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"rolecall.example/client"
	"rolecall.example/client/local"
	"rolecall.example/rbac/snapshot"
)

// stream sends the feed until the client disconnects, or the fake ends it.
func (f *fake) stream(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	q := r.URL.Query()
	after, _ := strconv.ParseInt(q.Get("after"), 10, 64)
	if last := r.Header.Get("Last-Event-ID"); last != "" {
		after, _ = strconv.ParseInt(last, 10, 64)
	}
	f.mu.Lock()
	drop, silent, atFirst := f.drop, f.silent, f.late
	h := snapshot.Hello{Position: int64(len(f.log)), Site: f.site.revision, Catalog: f.catalog.Version(), Heartbeat: 5}
	if !f.quiet {
		h.Organizations = map[string]int64{}
		for org, o := range f.orgs {
			if !f.hidden[org] {
				h.Organizations[org] = o.revision
			}
		}
	}
	f.mu.Unlock()
	send := func(name string, id int64, v any) error {
		data, _ := json.Marshal(v)
		var err error
		if id > 0 {
			_, err = fmt.Fprintf(w, "event: %s\nid: %d\ndata: %s\n\n", name, id, data)
		} else {
			_, err = fmt.Fprintf(w, "event: %s\ndata: %s\n\n", name, data)
		}
		return err
	}
	if silent {
		w.WriteHeader(http.StatusOK)
		<-r.Context().Done()
		return
	}
	if send(snapshot.EventHello, 0, h) != nil {
		return
	}
	sent := map[int64]bool{}
	next := time.NewTimer(5 * time.Second)
	defer next.Stop()
	for {
		f.mu.Lock()
		events, moved, silent, late, revoked := f.news(after, q.Get("organizations")), f.moved, f.silent, f.late, f.revoked
		position := int64(len(f.log))
		f.mu.Unlock()
		if revoked {
			return
		}
		for _, e := range events {
			if !silent && !sent[e.seq] {
				sent[e.seq] = true
				if send(e.kind, e.seq, e.data) != nil {
					return
				}
			}
		}
		select {
		case <-moved:
		case <-drop:
			f.mu.Lock()
			bye := f.bye
			f.mu.Unlock()
			if bye {
				_ = send(snapshot.EventBye, 0, snapshot.Bye{})
			}
			return
		case <-r.Context().Done():
			return
		case <-next.C:
			next.Reset(5 * time.Second)
			if !silent && send(snapshot.EventHeartbeat, 0, snapshot.Heartbeat{Position: position - int64(len(f.heldBack())), Now: time.Now().Add(atFirst - late)}) != nil {
				return
			}
		}
	}
}

func (f *fake) heldBack() map[string]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.lag)
}

// RoundTrip lets the fake answer in this process.
func (f *fake) RoundTrip(r *http.Request) (*http.Response, error) {
	f.mu.Lock()
	broken := f.broken
	f.mu.Unlock()
	if broken {
		return nil, errors.New("connection refused")
	}
	r = r.Clone(r.Context())
	if r.Body == nil {
		r.Body = http.NoBody
	}
	body, out := io.Pipe()
	a := &answer{header: http.Header{}, status: http.StatusOK, out: out, begun: make(chan struct{})}
	stop := make(chan struct{})
	go func() {
		select {
		case <-r.Context().Done():
			_ = body.CloseWithError(r.Context().Err())
		case <-stop:
		}
	}()
	go func() {
		defer close(stop)
		f.ServeHTTP(a, r)
		a.WriteHeader(a.status)
		_ = out.Close()
	}()
	<-a.begun
	return &http.Response{StatusCode: a.status, Status: strconv.Itoa(a.status), Header: a.header, Body: body, Request: r}, nil
}

type answer struct {
	header http.Header
	status int
	out    *io.PipeWriter
	begun  chan struct{}
	once   sync.Once
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	a.once.Do(func() { a.status = status; close(a.begun) })
}

func (a *answer) Write(b []byte) (int, error) {
	a.WriteHeader(a.status)
	return a.out.Write(b)
}

// engine opens an engine on a fake. It is closed when the test ends.
func (f *fake) engine(t *testing.T, o local.Options) *local.Engine {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	e, err := local.Open(ctx, f.client(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

func (f *fake) client() *client.Client {
	return &client.Client{BaseURL: issuer, Token: "t", HTTPClient: &http.Client{Transport: f}}
}

// inBubble runs a test in which time passes only when all goroutines wait.
func inBubble(t *testing.T, test func(t *testing.T, f *fake)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		test(t, newFake(t))
	})
}

// pass lets time pass, and everything happen that becomes due meanwhile.
func pass(d time.Duration) {
	time.Sleep(d) //nolint:forbidigo // in a bubble
	synctest.Wait()
}
