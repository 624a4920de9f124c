package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// target is one kind of request. It is sent as prepared bytes over plain connections, because client and server share the
// machine: the server lacks the time that the client uses.
type target struct {
	name     string
	address  string
	clients  int
	requests [][]byte // sent in random order
	inTurn   bool     // sent in turn instead
	disturb  [][]byte // sent in turn beside the requests, one a second
	rates    []float64
	times    []time.Duration
	turn     atomic.Int64
}

// fresh is replaced by a new number in each request. The server ignores the parameter, but has no cached answer for it.
const fresh = "<number>"

// numbers are shared by all targets, so no two requests of a run are the same.
var numbers atomic.Int64

// Headers that select the form of the answer.
const (
	asJSON     = "Accept: application/json\r\n"
	asPage     = "Accept: text/html\r\n"
	asFragment = asPage + "HX-Request: true\r\nHX-Request-Type: partial\r\n"
	asCSV      = "Accept: text/csv\r\n"
)

// request returns the bytes of an HTTP request.
func request(method, path, headers, token, body string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%s", method, path, headers)
	if token != "" {
		fmt.Fprintf(&b, "Coder-Session-Token: %s\r\n", token)
	}
	if body != "" {
		fmt.Fprintf(&b, "Content-Type: application/json\r\nContent-Length: %d\r\n", len(body))
	}
	b.WriteString("\r\n" + body)
	return b.Bytes()
}

// next returns the request to send, which may use buffer.
func (t *target) next(buffer *[]byte) []byte {
	r := t.requests[rand.IntN(len(t.requests))]
	if t.inTurn {
		r = t.requests[int(t.turn.Add(1))%len(t.requests)]
	}
	i := bytes.Index(r, []byte(fresh))
	if i < 0 {
		return r
	}
	*buffer = append((*buffer)[:0], r...)
	// As wide as the placeholder, since Content-Length has been written already.
	copy((*buffer)[i:], fmt.Appendf(nil, "%0*d", len(fresh), numbers.Add(1)))
	return *buffer
}

// measure sends requests from all clients for one turn and records the rate.
func (t *target) measure(ctx context.Context, turn time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, turn)
	defer cancel()
	var answered atomic.Int64
	// With room for all, so that no client waits for a reader.
	failures := make(chan error, t.clients+1)
	var wait sync.WaitGroup
	begin := time.Now()
	for range t.clients {
		wait.Go(func() {
			failures <- t.client(func(time.Duration) bool {
				answered.Add(1)
				return ctx.Err() == nil
			})
		})
	}
	if len(t.disturb) > 0 {
		wait.Go(func() { failures <- t.disturber(ctx) })
	}
	wait.Wait()
	// To the end of the last answer, as that one is counted.
	took := time.Since(begin)
	close(failures)
	for err := range failures {
		if err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
	}
	t.rates = append(t.rates, float64(answered.Load())/took.Seconds())
	return nil
}

// sample sends up to most requests over one connection and records the time of each. It stops at limit, but not before five
// requests. The first one is a warm-up.
func (t *target) sample(ctx context.Context, most int, limit time.Duration) error {
	begin, n := time.Now(), -1
	err := t.client(func(took time.Duration) bool {
		if n++; n > 0 {
			t.times = append(t.times, took)
		}
		return ctx.Err() == nil && n < most && (n < 5 || time.Since(begin) < limit)
	})
	if err != nil {
		return fmt.Errorf("%s: %w", t.name, err)
	}
	return ctx.Err()
}

// client sends one request after the other until answered, which gets the time of each, returns false. It keeps its
// connection, as browsers and proxies do.
func (t *target) client(answered func(time.Duration) bool) error {
	c, err := net.Dial("tcp", t.address)
	if err != nil {
		return err
	}
	defer c.Close()
	// Room for a whole page, so that the client takes little time from the server with system calls.
	r := bufio.NewReaderSize(c, 64<<10)
	var body bytes.Buffer // reused, to leave time to the server
	var buffer []byte
	for {
		begin := time.Now()
		if err := exchange(c, r, t.next(&buffer), &body); err != nil {
			return err
		}
		if !answered(time.Since(begin)) {
			return nil
		}
	}
}

// disturber changes something once a second, so that caches do not stay valid.
func (t *target) disturber(ctx context.Context) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	// It begins anywhere, so that a turn does not repeat the changes of the turn before.
	for n := rand.IntN(len(t.disturb)); ; n++ {
		if _, err := once(t.address, t.disturb[n%len(t.disturb)]); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// once sends a single request over a new connection.
func once(address string, request []byte) ([]byte, error) {
	c, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	var body bytes.Buffer
	err = exchange(c, bufio.NewReader(c), request, &body)
	return body.Bytes(), err
}

// exchange sends a request and reads the answer, which must be a success. Errors that come back fast must not look like a good
// rate.
func exchange(c net.Conn, r *bufio.Reader, request []byte, body *bytes.Buffer) error {
	if _, err := c.Write(request); err != nil {
		return err
	}
	res, err := http.ReadResponse(r, nil)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	body.Reset()
	if _, err := body.ReadFrom(res.Body); err != nil {
		return err
	}
	return good(res, body.Bytes())
}

// good returns an error unless the status is a success. It quotes the answer, because the server is gone when the error is read.
func good(res *http.Response, body []byte) error {
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return fmt.Errorf("answered %s: %.300s", res.Status, body)
	}
	return nil
}

// download reads a long answer and returns when its first and its last byte arrived.
func download(address string, request []byte) (first, last time.Duration, err error) {
	c, err := net.Dial("tcp", address)
	if err != nil {
		return 0, 0, err
	}
	defer c.Close()
	begin := time.Now()
	if _, err := c.Write(request); err != nil {
		return 0, 0, err
	}
	res, err := http.ReadResponse(bufio.NewReaderSize(c, 64<<10), nil)
	if err != nil {
		return 0, 0, err
	}
	defer res.Body.Close()
	// Enough for the message of a refusal.
	start := make([]byte, 300)
	n, err := io.ReadAtLeast(res.Body, start, 1)
	if err != nil {
		return 0, 0, err
	}
	first = time.Since(begin)
	if err := good(res, start[:n]); err != nil {
		return 0, 0, err
	}
	_, err = io.Copy(io.Discard, res.Body)
	return first, time.Since(begin), err
}

// quantile returns the value below which the given part of the values lies; 0 if there are none.
func quantile[T float64 | time.Duration](values []T, part float64) T {
	if len(values) == 0 {
		return 0
	}
	// A copy: the values are in the order of their rounds.
	sorted := slices.Sorted(slices.Values(values))
	// A measured value, not one between two: no request took a p99 between two values.
	return sorted[max(0, int(math.Ceil(part*float64(len(sorted))))-1)]
}

func median[T float64 | time.Duration](values []T) T { return quantile(values, 0.5) }
