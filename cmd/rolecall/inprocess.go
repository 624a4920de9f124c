package main

import (
	"errors"
	"io"
	"net/http"
	"sync"
)

// inProcess answers requests with a handler in this process. The operator uses the same routes as everyone, and every
// check of the web layer also applies to the file.
type inProcess struct{ handler http.Handler }

// RoundTrip implements http.RoundTripper. The handler keeps running while its answer is read, so that a long one is
// never in memory as a whole.
func (p inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	// A RoundTripper must not change the request that it is given.
	r = r.Clone(r.Context())
	r.RemoteAddr, r.RequestURI = "127.0.0.1:0", r.URL.RequestURI()
	if r.Body == nil {
		r.Body = http.NoBody
	}
	body, out := io.Pipe()
	a := &answer{header: http.Header{}, status: http.StatusOK, out: out, begun: make(chan struct{}), done: make(chan struct{})}
	go func() {
		defer close(a.done)
		defer func() {
			var err error
			if recover() != nil { // a handler panics to abort an answer in progress
				err = errors.New("the answer broke off")
			}
			_ = out.CloseWithError(err) // always nil
			a.begin()
		}()
		p.handler.ServeHTTP(a, r)
	}()
	// The status is not known before the handler writes, or ends without writing.
	<-a.begun
	return &http.Response{StatusCode: a.status, Header: a.sent, Body: &answerBody{body, a.done}, Request: r}, nil
}

// answer passes on what a handler writes.
type answer struct {
	header, sent http.Header // as the handler sets it, and as it was when the body began
	status       int
	out          *io.PipeWriter
	begun, done  chan struct{}
	once         sync.Once
}

func (a *answer) Header() http.Header { return a.header }

// WriteHeader sends the status and the header.
func (a *answer) WriteHeader(status int) {
	a.once.Do(func() {
		// As in net/http, later changes of the header are not sent.
		a.status, a.sent = status, a.header.Clone()
		close(a.begun)
	})
}

// begin sends the header if that has not been done.
func (a *answer) begin() { a.WriteHeader(a.status) }

func (a *answer) Write(b []byte) (int, error) {
	a.begin()
	return a.out.Write(b)
}

// answerBody is the body of an answer. Closing it waits for the handler, which reads the database.
type answerBody struct {
	*io.PipeReader
	done chan struct{}
}

func (b *answerBody) Close() error {
	err := b.PipeReader.Close()
	<-b.done
	return err
}
