package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"rolecall.example/org/account"
	"rolecall.example/org/services"

	"rolecall.example/client"
	"rolecall.example/org"
	"rolecall.example/web"
)

// The commands that ask are clients of the API, served by another process or by this one from the file. So both sources
// give the same answers, and --json prints what a program would get.

// askSettings are the settings of the commands that ask.
var askSettings = []string{"db", "url"}

// asking runs fn with a client of the server, or of the file, that the settings name.
func asking(ctx context.Context, c *config, fn func(*client.Client) error) error {
	if c.server != nil {
		return usage(fn(&client.Client{
			BaseURL: c.server.String(), Token: c.token, UserAgent: "rolecall " + version(), HTTPClient: &http.Client{Timeout: time.Minute},
		}))
	}
	c.elsewhere = ", or a server with --url"
	return operateStored(ctx, c, func(ctx context.Context, service *services.Service, operator *org.Actor, store *account.SessionStore) error {
		handler, err := web.New(web.Options{Service: service, Sessions: store, Version: version(), Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			return err
		}
		return usage(fn(&client.Client{BaseURL: "http://localhost", HTTPClient: &http.Client{Transport: inProcess{handler.InProcess(operator)}}}))
	})
}

// usage turns a refusal of the question itself into an error of usage.
func usage(err error) error {
	if client.StatusOf(err) == http.StatusBadRequest {
		return usageError(err.Error())
	}
	return err
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

// parseServer parses the address of the server to ask.
func parseServer(c *config, v string) error {
	if v == "" {
		return nil
	}
	u, err := url.Parse(v)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return fmt.Errorf("%q is not a URL like https://roles.example.com", v)
	}
	c.server = u
	return nil
}

// chooseSource decides whether a command asks a file or a server: a flag beats a variable, and both flags at once
// contradict each other.
func (c *config) chooseSource(given, env map[string]string) error {
	_, file := given["db"]
	_, server := given["url"]
	switch {
	case c.server == nil:
		return nil
	case file && server:
		return usageError("--db and --url exclude each other: name either the file or the server")
	case file:
		c.server = nil
		return nil
	}
	if c.token = env["ROLECALL_TOKEN"]; c.token == "" {
		return usageError("ROLECALL_TOKEN is needed to ask a server; rolecall token create makes one")
	}
	return nil
}
