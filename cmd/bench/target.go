package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// target is one kind of request. It is sent as prepared bytes over plain connections, because both sides share the
// machine: what the client spends, the server lacks.
type target struct {
	name     string
	address  string
	requests [][]byte  // one of them at random each time
	disturb  [][]byte  // sent in turn, one a second, beside the requests
	rates    []float64 // of each round, requests a second
}

// request writes an HTTP request down.
func request(method, path, token, body string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n", method, path)
	if token != "" {
		fmt.Fprintf(&b, "Coder-Session-Token: %s\r\n", token)
	}
	if body != "" {
		fmt.Fprintf(&b, "Content-Type: application/json\r\nContent-Length: %d\r\n", len(body))
	}
	b.WriteString("\r\n" + body)
	return b.Bytes()
}

// measure sends requests for the time of a turn and notes the rate.
func (t *target) measure(ctx context.Context, turn time.Duration, clients int) error {
	ctx, cancel := context.WithTimeout(ctx, turn)
	defer cancel()
	var answered atomic.Int64
	failures := make(chan error, clients+1)
	var wait sync.WaitGroup
	begin := time.Now()
	for range clients {
		wait.Go(func() { failures <- t.client(ctx, &answered) })
	}
	if len(t.disturb) > 0 {
		wait.Go(func() { failures <- t.disturber(ctx) })
	}
	wait.Wait()
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

// client sends one request after the other until ctx ends.
func (t *target) client(ctx context.Context, answered *atomic.Int64) error {
	c, err := net.Dial("tcp", t.address)
	if err != nil {
		return err
	}
	defer c.Close()
	r := bufio.NewReaderSize(c, 64<<10)
	var body bytes.Buffer // used again: what the client spends, the server lacks
	for ctx.Err() == nil {
		if err := exchange(c, r, t.requests[rand.IntN(len(t.requests))], &body); err != nil {
			return err
		}
		answered.Add(1)
	}
	return nil
}

// disturber changes something once a second, so that nothing can be remembered for ever.
func (t *target) disturber(ctx context.Context) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for n := rand.IntN(len(t.disturb)); ; n++ {
		if _, err := t.once(t.disturb[n%len(t.disturb)]); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// once sends one request over a connection of its own.
func (t *target) once(request []byte) ([]byte, error) {
	c, err := net.Dial("tcp", t.address)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	var body bytes.Buffer
	err = exchange(c, bufio.NewReader(c), request, &body)
	return body.Bytes(), err
}

// exchange sends a request and reads the answer, which must be a good one.
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
	if res.StatusCode != http.StatusOK || body.Len() == 0 {
		return fmt.Errorf("answered %s: %.300s", res.Status, body)
	}
	return nil
}

// rate is the median of the rounds.
func (t *target) rate() float64 {
	sorted := slices.Sorted(slices.Values(t.rates))
	if len(sorted) == 0 {
		return 0
	}
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}
