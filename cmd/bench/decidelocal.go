package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"rolecall.example/rbac/snapshot"
)

// read decodes the answer to a GET.
func (s *server) read(path string, into any) error {
	body, err := once(s.address, s.get(path, asJSON))
	if err != nil {
		return err
	}
	return json.Unmarshal(body, into)
}

// keys returns the public keys of the server.
func (s *server) keys() (snapshot.KeySet, error) {
	body, err := once(s.address, s.get("/.well-known/rolecall-keys", asJSON))
	if err != nil {
		return nil, err
	}
	return snapshot.ParseJWKS(body)
}

// document fetches a signed document.
func (s *server) document(path string) ([]byte, error) {
	return once(s.address, s.get(path, "Accept: application/vnd.rolecall.snapshot\r\n"))
}

const homeSnapshot = organization + "/snapshot"

// measureDocument measures the document of the crowd, and decisions in this process by that document.
func (s *server) measureDocument(ctx context.Context) error {
	keys, err := s.keys()
	if err != nil {
		return err
	}
	begin := time.Now()
	data, err := s.document(homeSnapshot)
	if err != nil {
		return err
	}
	s.note("document, made and fetched", "ms", ms(time.Since(begin)))
	s.note(largeBytes, "MB", float64(len(data))/1e6)
	site, err := s.document("/api/v2/snapshot")
	if err != nil {
		return err
	}
	before := heap()
	state := snapshot.NewState("http://127.0.0.1", time.Now) // the host of all requests, see request
	if err := load(state, site, keys); err != nil {
		return err
	}
	begin = time.Now()
	if err := load(state, data, keys); err != nil {
		return err
	}
	s.note(loadTime, "ms", ms(time.Since(begin)))
	// The document itself is still in memory, as it was before, so it does not count as memory of the state.
	size := len(data)
	s.note(goHeap, "MiB", (heap()-before)/(1<<20))
	runtime.KeepAlive(data)
	s.note("document, bytes a member", "", float64(size)/float64(s.members))
	return s.measureAllowed(ctx, state)
}

func load(state *snapshot.State, data []byte, keys snapshot.KeySet) error {
	d, err := snapshot.Read(bytes.NewReader(data), keys)
	if err != nil {
		return err
	}
	return state.Load(d)
}

// heap returns the memory in use, in bytes.
func heap() float64 {
	runtime.GC()
	runtime.GC() // what had a finalizer goes with the second
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// aBatch is how many decisions are timed together: reading the clock takes as long as a few of them.
const aBatch = 16

// measureAllowed measures decisions about random people of the crowd.
func (s *server) measureAllowed(ctx context.Context, state *snapshot.State) error {
	// The crowd is in one organization. If there were more, the questions could be about the wrong one.
	home := state.Organizations()
	if len(home) != 1 {
		return fmt.Errorf("the state has %d organizations", len(home))
	}
	// So many that they do not stay in the caches of the processor. Their ids are those that crowd makes.
	users := make([]snapshot.ID, 1<<16)
	for i := range users {
		n := rand.IntN(s.members)
		users[i] = snapshot.ID{0: byte(n >> 24), 1: byte(n >> 16), 2: byte(n >> 8), 3: byte(n), 6: 0x70, 8: 0x80, 12: byte(n >> 24), 13: byte(n >> 16), 14: byte(n >> 8), 15: byte(n)}
	}
	pairs := state.Catalog().Pairs()
	times := make([]time.Duration, 0, 1<<16)
	allowed := 0
	var before, after runtime.MemStats
	// This would also count memory that other code takes meanwhile, but nothing else runs.
	runtime.ReadMemStats(&before)
	for batch := range cap(times) {
		begin := time.Now()
		for i := range aBatch {
			at := batch*aBatch + i
			if ok, _ := state.Allowed(users[at&(len(users)-1)], home[0], at%pairs, at&1 == 0); ok {
				allowed++
			}
		}
		times = append(times, time.Since(begin)/aBatch)
	}
	runtime.ReadMemStats(&after)
	// A state that denies everything would be fast, too.
	if allowed == 0 {
		return errors.New("nobody may do anything")
	}
	s.note(goMedian, "µs", float64(median(times).Nanoseconds())/1000)
	s.note(goTail, "µs", float64(quantile(times, 0.99).Nanoseconds())/1000)
	s.note(goAllocs, "", float64(after.Mallocs-before.Mallocs)/float64(len(times)*aBatch))
	return ctx.Err()
}

// measureTogether lets many clients fetch the document of the crowd at once from a server that has not made it yet.
func (s *server) measureTogether(o decideOptions) error {
	// After a change the server has to make the document again.
	if _, err := once(s.address, s.send("PATCH", organization, fmt.Sprintf(`{"description":"at %d"}`, time.Now().UnixNano()))); err != nil {
		return err
	}
	// The peak of earlier measurements must not count here.
	s.forgetPeak()
	begin, failures := time.Now(), make(chan error, o.attached)
	var wait sync.WaitGroup
	for range o.attached {
		wait.Go(func() { failures <- s.discard(homeSnapshot) })
	}
	wait.Wait()
	close(failures)
	for err := range failures {
		if err != nil {
			return err
		}
	}
	s.note("clients starting at once, until the last has its document", "s", time.Since(begin).Seconds())
	s.note(atOnce, "MiB", s.memory("VmHWM"))
	return nil
}

// discard fetches something without keeping it.
func (s *server) discard(path string) error {
	req, err := http.NewRequest(http.MethodGet, "http://"+s.address+path, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Coder-Session-Token", s.token)
	// A connection of its own for each: they stand for programs on a thousand machines.
	transport := http.Transport{DialContext: (&net.Dialer{}).DialContext, DisableKeepAlives: true}
	res, err := transport.RoundTrip(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered %s", path, res.Status)
	}
	_, err = io.Copy(io.Discard, res.Body)
	return err
}

// measureSmall measures the document of a small organization.
func (s *server) measureSmall(context.Context) error {
	data, err := s.document(homeSnapshot)
	if err == nil {
		s.note(smallBytes, "kB", float64(len(data))/1e3)
	}
	return err
}

// measureTypeScript runs the measurement of the TypeScript client, if there is Node and the client is built.
func measureTypeScript(ctx context.Context, members int, note func(name, unit string, value float64)) error {
	folder := filepath.Join("client", "js")
	if _, err := exec.LookPath("node"); err != nil {
		return nil //nolint:nilerr // what is not there is not measured
	}
	if _, err := os.Stat(filepath.Join(folder, "dist")); err != nil {
		return nil //nolint:nilerr // likewise
	}
	cmd := exec.CommandContext(ctx, "node", "--expose-gc", filepath.Join("test", "speed.mjs"), fmt.Sprint(members))
	// Its progress messages are for the person who waits, not for the table.
	cmd.Dir, cmd.Stderr = folder, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("TypeScript: %w", err)
	}
	var got struct {
		P50    float64 `json:"p50us"`
		P99    float64 `json:"p99us"`
		Memory float64 `json:"memoryMiB"`
	}
	if err := json.Unmarshal(out, &got); err != nil {
		return fmt.Errorf("TypeScript: %w", err)
	}
	note(jsMedian, "µs", got.P50)
	note(jsTail, "µs", got.P99)
	note(jsMemory, "MiB", got.Memory)
	return nil
}
