package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"rolecall.example/org"
	"rolecall.example/web"
)

// The commands that ask speak the API, whoever answers: a server, or this program itself over the file. So both give the
// same answers, and what a command prints as JSON is what a program would get.

// askSettings are the settings of the commands that ask.
var askSettings = []string{"db", "url"}

// asking runs fn with the API of the server or the file that the settings name.
func asking(ctx context.Context, c *config, fn func(*api) error) error {
	if c.server != nil {
		return fn(&api{ctx: ctx, base: c.server, token: c.token, send: newClient(c.server).Do})
	}
	c.elsewhere = ", or a server with --url"
	return operateStored(ctx, c, func(ctx context.Context, service *org.Service, operator *org.Subject, store *org.SessionStore) error {
		handler, err := web.New(web.Options{Service: service, Sessions: store, Version: version(), Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			return err
		}
		return fn(&api{ctx: ctx, base: &url.URL{Scheme: "http", Host: "localhost"}, send: inProcess(handler.As(operator))}) //nolint:bodyclose // the api closes what it is sent
	})
}

// newClient talks to one server. The token goes nowhere else: a redirect to another host is refused, not followed.
func newClient(server *url.URL) *http.Client {
	return &http.Client{
		Timeout: time.Minute,
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			if req.URL.Scheme != server.Scheme || req.URL.Host != server.Host {
				return fmt.Errorf("the server leads to %s://%s, which must not see the token; if that is right, use it as --url", req.URL.Scheme, req.URL.Host)
			}
			if len(via) > 5 {
				return errors.New("the server leads in circles")
			}
			return nil
		},
	}
}

// inProcess answers requests by a handler of this process.
func inProcess(handler http.Handler) func(*http.Request) (*http.Response, error) {
	return func(r *http.Request) (_ *http.Response, err error) {
		defer func() {
			if recover() != nil { // how a handler breaks an answer off that has begun
				err = errors.New("the answer broke off")
			}
		}()
		r.RemoteAddr, r.RequestURI = "127.0.0.1:0", r.URL.RequestURI()
		w := &answer{header: http.Header{}, status: http.StatusOK}
		handler.ServeHTTP(w, r)
		return &http.Response{StatusCode: w.status, Header: w.header, Body: io.NopCloser(&w.body)}, nil
	}
}

// answer is what a handler of this process wrote.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *answer) Header() http.Header         { return a.header }
func (a *answer) WriteHeader(status int)      { a.status = status }
func (a *answer) Write(b []byte) (int, error) { return a.body.Write(b) }

// api is somebody who answers requests.
type api struct {
	ctx   context.Context
	base  *url.URL
	token string
	send  func(*http.Request) (*http.Response, error)
}

// get reads the answer to a question into v, and gives it as it came.
func (a *api) get(v any, path string, q url.Values) (json.RawMessage, error) {
	if len(q) > 0 {
		path += "?" + q.Encode()
	}
	return a.do(v, http.MethodGet, path, nil)
}

func (a *api) do(v any, method, path string, body any) (json.RawMessage, error) {
	var text bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&text).Encode(body); err != nil {
			return nil, err
		}
	}
	req, err := http.NewRequestWithContext(a.ctx, method, strings.TrimSuffix(a.base.String(), "/")+"/api/v2"+path, &text)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "rolecall "+version())
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if a.token != "" {
		req.Header.Set("Coder-Session-Token", a.token)
	}
	res, err := a.send(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(res.Body, 1<<30))
	if err != nil {
		return nil, err
	}
	if res.StatusCode >= http.StatusBadRequest {
		return nil, told(res.StatusCode, raw)
	}
	if err := json.Unmarshal(raw, v); err != nil {
		return nil, fmt.Errorf("%s does not answer like rolecall: %w", a.base, err)
	}
	return raw, nil
}

// told is a failure as the API tells it. What is wrong with the question is an error of usage.
func told(status int, raw []byte) error {
	var e struct {
		Message, Detail string
		Validations     []struct{ Field, Detail string }
	}
	if json.Unmarshal(raw, &e) != nil || e.Message == "" {
		return fmt.Errorf("the server answered %d %s", status, http.StatusText(status))
	}
	parts := []string{strings.TrimSuffix(e.Message, ".")}
	if e.Detail != "" {
		parts = append(parts, e.Detail)
	}
	for _, v := range e.Validations {
		parts = append(parts, v.Field+": "+v.Detail)
	}
	text := strings.Join(parts, ": ")
	if status == http.StatusBadRequest {
		return usageError(text)
	}
	return errors.New(text)
}

// organization is the path of an organization.
func organization(name string) string {
	return "/organizations/" + url.PathEscape(cmp.Or(name, "default"))
}

// parseServer reads the address of a server to ask.
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

// chooseSource settles whom a command asks: a flag beats a variable, and both flags at once contradict each other.
func (c *config) chooseSource(given, env map[string]string) error {
	_, file := given["db"]
	_, server := given["url"]
	switch {
	case c.server == nil:
		return nil
	case file && server:
		return usageError("--db and --url exclude each other: either the file answers or the server does")
	case file:
		c.server = nil
		return nil
	}
	if c.token = env["ROLECALL_TOKEN"]; c.token == "" {
		return usageError("ROLECALL_TOKEN is needed to ask a server; rolecall token create makes one")
	}
	return nil
}
