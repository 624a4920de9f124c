package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"rolecall.example/db"
	"rolecall.example/db/dbtest"
)

// raw sends bytes to a server and gives the status lines of everything that it answers until it closes, or is quiet.
func raw(t *testing.T, address, request string) (statuses []int, closed bool) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(1500 * time.Millisecond))
	_, _ = io.WriteString(conn, request) // it may close before it has read all
	r := bufio.NewReader(conn)
	for {
		res, err := http.ReadResponse(r, nil)
		if err != nil {
			timeout, _ := errors.AsType[net.Error](err)
			return statuses, timeout == nil || !timeout.Timeout()
		}
		_, _ = io.Copy(io.Discard, res.Body)
		statuses = append(statuses, res.StatusCode)
	}
}

// C12, C13: what two readers of HTTP could understand in two ways is refused, or read in the one way that the standard
// has for it; and nobody gets past the routes by spelling them differently.
func TestC13_AmbiguousRequests(t *testing.T) {
	t.Parallel()
	server := start(t, nil, "", "--db", dbtest.Place(t), "--http-address", "127.0.0.1:0")
	address := server.wait(t, &server.log, `address=(\S+)`)
	const host = "Host: x\r\n"
	const smuggled = "GET /healthz HTTP/1.1\r\n" + host + "\r\n"
	for name, tt := range map[string]struct {
		request string
		want    []int
	}{
		"two lengths":                {"POST /users/login HTTP/1.1\r\n" + host + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef", []int{400}},
		"length that is no number":   {"POST /users/login HTTP/1.1\r\n" + host + "Content-Length: +5\r\n\r\nabcde", []int{400}},
		"space before the colon":     {"POST /users/login HTTP/1.1\r\n" + host + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", []int{400}},
		"unknown transfer encoding":  {"POST /users/login HTTP/1.1\r\n" + host + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", []int{501}},
		"two transfer encodings":     {"POST /users/login HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n", []int{501}},
		"folded header":              {"GET /users HTTP/1.1\r\n" + host + "X: a\r\n b: c\r\n\r\n", nil},
		"two hosts":                  {"GET /users HTTP/1.1\r\n" + host + host + "\r\n", []int{400}},
		"no host":                    {"GET /users HTTP/1.1\r\n\r\n", []int{400}},
		"NUL in a header":            {"GET /users HTTP/1.1\r\n" + host + "X: a\x00b\r\n\r\n", []int{400}},
		"line break in a header":     {"GET /users HTTP/1.1\r\n" + host + "X: a\nAuthorization: b\r\n\r\n", nil},
		"TRACE":                      {"TRACE /users HTTP/1.1\r\n" + host + "\r\n", []int{405}},
		"CONNECT":                    {"CONNECT evil.example:443 HTTP/1.1\r\n" + host + "\r\n", []int{404}},
		"another host's URL":         {"GET http://evil.example/users HTTP/1.1\r\n" + host + "\r\n", []int{401}},
		"dots":                       {"GET /static/../users HTTP/1.1\r\n" + host + "\r\n", nil},
		"encoded dots":               {"GET /static/%2e%2e/users HTTP/1.1\r\n" + host + "\r\n", nil},
		"semicolon":                  {"GET /login/..;/users HTTP/1.1\r\n" + host + "\r\n", []int{404}},
		"two slashes":                {"GET //users HTTP/1.1\r\n" + host + "\r\n", nil},
		"encoded slash":              {"GET /users%2Fme HTTP/1.1\r\n" + host + "\r\n", []int{404}},
		"backslash":                  {"GET /users\\me HTTP/1.1\r\n" + host + "\r\n", nil},
		"method in a header":         {"GET /users HTTP/1.1\r\n" + host + "X-HTTP-Method-Override: DELETE\r\n\r\n", []int{401}},
		"headers of 15 KiB":          {"GET /users HTTP/1.1\r\n" + host + "X: " + strings.Repeat("x", 15<<10) + "\r\n\r\n", []int{401}},
		"headers of 16.1 KiB":        {"GET /users HTTP/1.1\r\n" + host + "X: " + strings.Repeat("x", 16<<10+100) + "\r\n\r\n", []int{431}},
		"headers of 40 KB":           {"GET /users HTTP/1.1\r\n" + host + "X: " + strings.Repeat("x", 40<<10) + "\r\n\r\n", []int{431}},
		"ten thousand short headers": {"GET /users HTTP/1.1\r\n" + host + strings.Repeat("X: y\r\n", 10_000) + "\r\n", []int{431}},
		"length and chunks":          {"POST /users/login HTTP/1.1\r\n" + host + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, _ := raw(t, address, tt.request)
			if tt.want != nil && fmt.Sprint(got) != fmt.Sprint(tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
			for _, status := range got {
				// The one that is answered twice is read as the standard says: the chunks count, and what follows is a request.
				if status == 200 && name != "length and chunks" || status >= 500 && status != 501 {
					t.Errorf("got %v", got)
				}
			}
		})
	}
}

// Slow clients: those that send their headers by the byte hold a connection for seconds, and nobody else up.
func TestSlowClients(t *testing.T) {
	t.Parallel()
	server := start(t, nil, "", "--db", dbtest.Place(t), "--http-address", "127.0.0.1:0")
	address := server.wait(t, &server.log, `address=(\S+)`)
	for range 500 {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_, _ = io.WriteString(conn, "POST /users/login HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\nX-")
	}
	if got := get(t, "http://"+address+"/healthz", ""); got != http.StatusOK {
		t.Errorf("beside 500 slow clients: got %d", got)
	}
	s := newServer(nil, slog.New(slog.DiscardHandler))
	if s.ReadHeaderTimeout == 0 || s.ReadTimeout == 0 || s.WriteTimeout == 0 || s.IdleTimeout == 0 || s.MaxHeaderBytes != 12<<10 {
		t.Errorf("the server waits for ever: %+v", s)
	}
}

// A database that another program does not let go takes no writes; what only reads is still answered.
func TestHeldDatabase(t *testing.T) {
	t.Parallel()
	file := dbtest.Place(t)
	token := ownerIn(t, file)
	server := start(t, nil, "", "--db", file, "--http-address", "127.0.0.1:0")
	url := "http://" + server.wait(t, &server.log, `address=(\S+)`)
	if got := get(t, url+"/users/me", token); got != http.StatusOK {
		t.Fatalf("before: %d", got)
	}
	hold(t, file)
	req := request(t.Context(), t, http.MethodPut, url+"/users/me/profile", `{"name":"Ada"}`)
	req.Header.Set("Coder-Session-Token", token)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	text, _ := io.ReadAll(res.Body)
	res.Body.Close()
	if res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") == "" || strings.Contains(string(text), "SQL") {
		t.Errorf("a write got %d %s", res.StatusCode, text)
	}
	if got := get(t, url+"/users/me", token); got != http.StatusOK {
		t.Errorf("a read got %d", got)
	}
}

func ownerIn(t *testing.T, file string) (token string) {
	t.Helper()
	callJSON(t, new(printedAccount), "", "user", "create", "--db", file, "--username", "ada", "--email", "ada@example.com", "--role", "owner", "--json")
	var made struct{ Token string }
	callJSON(t, &made, "", "token", "create", "--db", file, "--username", "ada", "--json")
	return made.Token
}

// hold keeps the write lock of a database until the test ends.
func hold(t *testing.T, file string) {
	t.Helper()
	d, err := db.Open(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	held, release, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		_ = d.Write(context.Background(), func(q *db.Queries) error {
			close(held)
			for { // a server ends a transaction that asks nothing for long
				select {
				case <-release:
					return nil
				case <-time.After(time.Second):
					if _, err := q.GetUserCount(context.Background()); err != nil {
						return err
					}
				}
			}
		})
	}()
	<-held
	t.Cleanup(func() {
		close(release)
		<-done
		_ = d.Close()
	})
}
