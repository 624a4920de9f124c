package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"

	"rolecall.example/client"
	"rolecall.example/org"
	"rolecall.example/org/account"
	"rolecall.example/org/services"
	"rolecall.example/web"
)

// The commands that ask are clients of the API, served by another process or by this one from the file. So both sources
// give the same answers, and --json prints what a program would get.

// askSettings are the settings of the commands that ask.
var askSettings = []string{"db", "url", "ca-file"}

// asking runs fn with a client of the server, or of the file, that the settings name.
func asking(ctx context.Context, c *config, fn func(*client.Client) error) error {
	if c.server != nil {
		return fn(c.remote())
	}
	c.elsewhere = ", or a server with --url"
	return operateStored(ctx, c, func(ctx context.Context, service *services.Service, operator *org.Actor, store *account.SessionStore) error {
		handler, err := web.New(web.Options{Service: service, Sessions: store, Version: version(), Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			return err
		}
		return fn(&client.Client{BaseURL: "http://localhost", HTTPClient: &http.Client{Transport: inProcess{handler.InProcess(operator)}}})
	})
}

// inProcess answers requests with a handler in this process.
type inProcess struct{ handler http.Handler }

// RoundTrip implements http.RoundTripper.
func (p inProcess) RoundTrip(r *http.Request) (_ *http.Response, err error) {
	defer func() {
		if recover() != nil { // a handler panics to abort an answer that has begun
			err = errors.New("the answer broke off")
		}
	}()
	r = r.Clone(r.Context())
	r.RemoteAddr, r.RequestURI = "127.0.0.1:0", r.URL.RequestURI()
	if r.Body == nil {
		r.Body = http.NoBody
	}
	w := &answer{header: http.Header{}, status: http.StatusOK}
	p.handler.ServeHTTP(w, r)
	return &http.Response{StatusCode: w.status, Header: w.header, Body: io.NopCloser(&w.body), Request: r}, nil
}

// answer records what a handler writes.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *answer) Header() http.Header         { return a.header }
func (a *answer) WriteHeader(status int)      { a.status = status }
func (a *answer) Write(b []byte) (int, error) { return a.body.Write(b) }
