package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"rolecall.example/client"
	"rolecall.example/client/local"
)

// waitLimit is how long to wait for something that must happen.
const waitLimit = 30 * time.Second

// followers are applications that decide for themselves, and a member whose role is given and taken in turn.
type followers struct {
	*server
	client  *client.Client
	user    string
	home    string // the id of its organization
	engines []*local.Engine
}

// measureFollowers measures when attached applications see a write, and how much they slow writes down.
func (s *server) measureFollowers(ctx context.Context, o decideOptions) (err error) {
	f := followers{server: s, client: &client.Client{BaseURL: "http://" + s.address, Token: s.token}}
	members, err := f.client.Members(ctx, "default", client.MemberQuery{})
	if err != nil {
		return err
	}
	// Without a role, so that the one that is given and taken decides.
	for _, m := range members {
		if m.Status == "active" && len(m.Roles) == 0 {
			f.user = m.UserID.String()
		}
	}
	if f.user == "" {
		return errors.New("every member of the demo holds a role")
	}
	if f.home, err = s.organizationID(); err != nil {
		return err
	}
	if err := f.measureWrites(ctx, writeAlone, 10*o.rounds); err != nil {
		return err
	}
	// Only from here on: no one follows the first writes.
	defer f.close()
	if err := f.attach(ctx, o.attached); err != nil {
		return err
	}
	if err := f.measureWrites(ctx, writeFed, 10*o.rounds); err != nil {
		return err
	}
	if err := f.measureRevocations(ctx, 10*o.rounds); err != nil {
		return err
	}
	return f.measureAtLeast(ctx, o.revocations)
}

// attach opens the engines, a few at a time.
func (f *followers) attach(ctx context.Context, n int) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	f.engines = make([]*local.Engine, n)
	// Opened all at once, they would wait for each other, and that wait is not what is measured.
	failures, turns := make([]error, n), make(chan struct{}, 16)
	var wait sync.WaitGroup
	begin := time.Now()
	for i := range n {
		wait.Go(func() {
			turns <- struct{}{}
			f.engines[i], failures[i] = local.Open(ctx, f.client, local.Options{Organizations: local.Organizations{"default"}})
			<-turns
		})
	}
	wait.Wait()
	f.note("clients attached, until the last is fresh", "s", time.Since(begin).Seconds())
	return errors.Join(failures...)
}

func (f *followers) close() {
	for _, e := range f.engines {
		if e != nil {
			e.Close()
		}
	}
}

// set gives the member these roles, and returns the revision of the write.
func (f *followers) set(ctx context.Context, roles ...string) (revision string, err error) {
	body, err := json.Marshal(map[string]any{"roles": append([]string{}, roles...)})
	if err != nil {
		return "", err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, "http://"+f.address+organization+"/members/"+f.user+"/roles", bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Coder-Session-Token", f.token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err == nil {
		err = good(res, answer)
	}
	return res.Header.Get("X-Rolecall-Revision"), err
}

// measureWrites gives the role and takes it, n times.
func (f *followers) measureWrites(ctx context.Context, name string, n int) error {
	// One after the other, each timed until its answer: that is what a person notices.
	var times []time.Duration
	for range n {
		for _, roles := range [][]string{{things.Taken}, nil} {
			begin := time.Now()
			if _, err := f.set(ctx, roles...); err != nil {
				return err
			}
			times = append(times, time.Since(begin))
		}
	}
	f.note(name, "ms", ms(quantile(times, 0.99)))
	return nil
}

// all waits until all engines give this decision, and returns when the last one did.
func (f *followers) all(ctx context.Context, allowed bool) (time.Time, error) {
	// One after the other: during the wait for the first one, the others learn of the change too.
	last, deadline := time.Now(), time.Now().Add(waitLimit)
	for _, e := range f.engines {
		for e.Check(f.user, f.home, local.Pair(things.WithTaken)).Allowed != allowed {
			if err := ctx.Err(); err != nil {
				return last, err
			}
			if last = time.Now(); last.After(deadline) {
				return last, fmt.Errorf("a client does not decide %v: %+v", allowed, e.Check(f.user, f.home, local.Pair(things.WithTaken)))
			}
			time.Sleep(100 * time.Microsecond) // the engines need the processor, too
		}
	}
	return time.Now(), nil
}

// measureRevocations measures how long after the answer to a write the last client denies.
func (f *followers) measureRevocations(ctx context.Context, n int) error {
	var times []time.Duration
	for range n {
		if _, err := f.set(ctx, things.Taken); err != nil {
			return err
		}
		// All must have seen the role given, or some would deny because they never knew of it.
		if _, err := f.all(ctx, true); err != nil {
			return err
		}
		if _, err := f.set(ctx); err != nil {
			return err
		}
		// From the answer on: before that, no one can rely on the write.
		begin := time.Now()
		last, err := f.all(ctx, false)
		if err != nil {
			return err
		}
		times = append(times, last.Sub(begin))
	}
	f.note(revoked, "ms", ms(quantile(times, 0.99)))
	return nil
}

// measureAtLeast takes the role away, and at once asks a client for a decision that includes that write.
func (f *followers) measureAtLeast(ctx context.Context, n int) error {
	sound := 0
	for range n {
		if _, err := f.set(ctx, things.Taken); err != nil {
			return err
		}
		revision, err := f.set(ctx)
		if err != nil {
			return err
		}
		if revision == "" {
			return errors.New("a write does not say its revision")
		}
		// It may ask the server if the feed is late; what it may not do is to allow.
		if e := f.engines[rand.IntN(len(f.engines))]; !e.Check(f.user, f.home, local.Pair(things.WithTaken), local.AtLeast(revision)).Allowed {
			sound++
		}
	}
	f.note(notStale, "", float64(sound)/float64(n))
	return nil
}
