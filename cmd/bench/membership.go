package main

import (
	"context"
	"strings"
	"time"
)

// measureRoles creates roles, and deletes a role that very many members hold.
func (s *server) measureRoles(ctx context.Context, some []person) error {
	var names []string
	for _, p := range some[:min(len(some), 1000)] {
		names = append(names, p.Username)
	}
	role := func(name string) []byte {
		return s.send("POST", members+"/roles", `{"name":"`+name+`","display_name":"","organization_permissions":[`+
			`{"resource_type":"`+things.Granted+`","action":"read","negate":false}]}`)
	}
	create := &target{name: "create a role", address: s.address, requests: [][]byte{role("b" + fresh)}}
	if err := create.sample(ctx, 20, time.Second); err != nil {
		return err
	}
	s.note("create a role, median", "ms", ms(median(create.times)))
	// A role of its own, so that what it costs to delete does not depend on the demo.
	if _, err := once(s.address, role("bench")); err != nil {
		return err
	}
	begin, body := time.Now(), `{"action":"add-role","role":"bench","users":["`+strings.Join(names, `","`)+`"]}`
	if _, err := once(s.address, s.send("POST", members, body)); err != nil {
		return err
	}
	s.note(bulk, "members/s", float64(len(names))/time.Since(begin).Seconds())
	if err := give(ctx, s.database, "bench", 100_000); err != nil {
		return err
	}
	deleted := make(chan error, 1)
	reads := &target{name: "first page meanwhile", address: s.address, requests: [][]byte{s.get(pages+"?limit=25&n="+fresh, asJSON)}}
	var took time.Duration
	// Pages are read while the role is deleted: no reader may have to wait for that.
	go func() {
		begin := time.Now()
		_, err := once(s.address, s.send("DELETE", members+"/roles/bench", ""))
		took = time.Since(begin)
		deleted <- err
	}()
	var err error
	if failed := reads.client(func(d time.Duration) bool {
		reads.times = append(reads.times, d)
		select {
		case err = <-deleted:
			return false
		default:
			return true
		}
	}); failed != nil {
		return failed
	}
	s.note("delete a role that 100,000 hold, or all", "ms", ms(took))
	s.note("first page meanwhile, p99", "ms", ms(quantile(reads.times, 0.99)))
	s.note("memory at most, after changes of very many", "MiB", max(s.peak, s.memory("VmHWM")))
	if err != nil {
		return err
	}
	return s.measureRemoving(ctx, some)
}

// measureRemoving removes members, one after the other: what each of them holds has to be found among the records of everyone.
// It comes last, since the other figures are about people who are still there.
func (s *server) measureRemoving(ctx context.Context, some []person) error {
	t := &target{name: "remove a member", address: s.address, inTurn: true}
	// The last of them: the first are those that the benchmark has given roles to.
	for _, p := range some[len(some)-50:] {
		t.requests = append(t.requests, s.send("DELETE", members+"/"+p.ID, ""))
	}
	if err := t.sample(ctx, len(t.requests)-1, time.Second); err != nil {
		return err
	}
	s.note("remove a member, median", "ms", ms(median(t.times)))
	return nil
}
