package feed_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"rolecall.example/db"
	"rolecall.example/db/dbtest"
	"rolecall.example/org"
	"rolecall.example/org/feed"
	"rolecall.example/org/services"
	"rolecall.example/rbac/snapshot"
)

// site is a site with an owner.
type site struct {
	*services.Service
	db    *db.DB
	owner *org.Actor
	home  org.Organization
}

func newSite(t *testing.T) *site {
	t.Helper()
	d, err := db.Open(t.Context(), dbtest.Place(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	s := &site{Service: services.New(d, services.Options{HashCost: org.HashCost{Memory: 7 * 1024, Time: 1, Threads: 1}}), db: d}
	// Heartbeats come when a test says so.
	s.Feed.Tune(feed.Options{Clients: 2000, Beat: time.Hour})
	u, home, err := s.CreateFirstUser(t.Context(), org.Request{}, org.Given(org.FirstUser{Email: "o@example.com", Username: "olive", Password: "correct horse battery"}), nil)
	if err == nil {
		s.home = home
		s.owner, err = s.UserSubject(t.Context(), u.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// listen listens to the default organization, past hello.
func (s *site) listen(t *testing.T, after int64) (*feed.Subscription, []*feed.Event) {
	t.Helper()
	sub, first, err := s.Feed.Subscribe(t.Context(), feed.Ask{Actor: s.owner, Organizations: []string{"default"}, After: after})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sub.Close)
	if len(first) == 0 || first[0].Name != snapshot.EventHello {
		t.Fatalf("it begins with %v", first)
	}
	return sub, first
}

// change changes the organization.
func (s *site) change(t *testing.T, name string) {
	t.Helper()
	in := org.RoleInput{Name: name, DisplayName: name}
	if _, err := s.PutRole(t.Context(), s.owner, org.In("default"), org.Given(in)); err != nil {
		t.Fatal(err)
	}
}

func next(t *testing.T, sub *feed.Subscription) *feed.Event {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	list, err := sub.Next(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return list[0]
}

// TestOneEventForAll: a change is encoded once, however many listen.
func TestOneEventForAll(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	subs := make([]*feed.Subscription, 1000)
	for i := range subs {
		subs[i], _ = s.listen(t, 0)
	}
	s.change(t, "ci")
	first := next(t, subs[0])
	for _, sub := range subs[1:] {
		if e := next(t, sub); e != first || e.Name != snapshot.EventChange {
			t.Fatalf("one got %p %s, another one %p", first, first.Frame(), e)
		}
	}
	if s.Feed.Clients() != 1000 || s.Feed.Lag() <= 0 {
		t.Errorf("%d listen, read %v ago", s.Feed.Clients(), s.Feed.Lag())
	}
}

// TestHeartbeatNeedsTheDatabase: a server that cannot read what changes sends no heartbeat.
func TestHeartbeatNeedsTheDatabase(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	sub, _ := s.listen(t, 0)
	s.Feed.Beat(t.Context())
	if e := next(t, sub); e.Name != snapshot.EventHeartbeat || e.ID == 0 {
		t.Fatalf("got %s", e.Frame())
	}
	if err := s.db.Close(); err != nil {
		t.Fatal(err)
	}
	s.Feed.Beat(t.Context())
	now, cancel := context.WithCancel(t.Context())
	cancel()
	if list, err := sub.Next(now); len(list) > 0 {
		t.Errorf("without a database: %s, %v", list[0].Frame(), err)
	}
}

// TestSlowClientIsCutOff: no more events wait for a client than it may have.
func TestSlowClientIsCutOff(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	sub, first := s.listen(t, 0)
	for range feed.MaxQueue {
		sub.Push(first[0])
	}
	if list, err := sub.Next(t.Context()); err != nil || len(list) != feed.MaxQueue {
		t.Fatalf("%d events, %v", len(list), err)
	}
	for range feed.MaxQueue + 1 {
		sub.Push(first[0])
	}
	if list, err := sub.Next(t.Context()); !errors.Is(err, feed.ErrSlow) || len(list) > 0 {
		t.Errorf("%d events, %v", len(list), err)
	}
}

// TestTooManyListen: there is a limit, and one who goes makes room.
func TestTooManyListen(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Feed.Tune(feed.Options{Clients: 1, Beat: time.Hour})
	sub, _ := s.listen(t, 0)
	ask := feed.Ask{Actor: s.owner, All: true}
	if _, _, err := s.Feed.Subscribe(t.Context(), ask); org.KindOf(err) != org.Unavailable {
		t.Errorf("the second: %v", err)
	}
	sub.Close()
	second, _, err := s.Feed.Subscribe(t.Context(), ask)
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	s.Feed.Close()
	if e := next(t, second); e.Name != snapshot.EventBye {
		t.Errorf("got %s", e.Frame())
	}
	if _, err := second.Next(t.Context()); !errors.Is(err, io.EOF) {
		t.Errorf("after the end: %v", err)
	}
}

// TestFoundation: with an organization somebody begins to be a member, whom others know of from then on.
func TestFoundation(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	sub, _ := s.listen(t, 0)
	o, err := s.CreateOrganization(t.Context(), s.owner, org.Given(org.OrganizationInput{Name: "papers"}))
	if err != nil {
		t.Fatal(err)
	}
	if e := next(t, sub); e.Name != snapshot.EventReload || bytes.Contains(e.Data, []byte("organization")) {
		t.Errorf("a new one: %s", e.Frame())
	}
	s.owner, err = s.UserSubject(t.Context(), s.owner.ID())
	if err == nil {
		_, err = s.DeleteOrganization(t.Context(), s.owner, o.Name, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	if e := next(t, sub); e.Name != snapshot.EventReload || bytes.Contains(e.Data, []byte("organization")) {
		t.Errorf("one that is no more: %s", e.Frame())
	}
}

// TestPrune: who goes on from before what is kept fetches documents, and from after it gets what came.
func TestPrune(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, first := s.listen(t, 0)
	old := first[0].ID
	for _, name := range []string{"a", "b", "c"} {
		s.change(t, name)
	}
	if n, err := s.Feed.Prune(t.Context()); err != nil || n != 0 {
		t.Fatalf("deleted %d of a day, %v", n, err)
	}
	if _, missed := s.listen(t, old); len(missed) != 4 || missed[1].Name != snapshot.EventChange || missed[3].ID == 0 {
		t.Fatalf("before: %d events", len(missed))
	}
	if n, err := s.Feed.PruneAll(t.Context(), -time.Hour, 1); err != nil || n == 0 {
		t.Fatalf("deleted %d, %v", n, err)
	}
	_, missed := s.listen(t, old)
	if len(missed) != 3 || missed[1].Name != snapshot.EventReload || missed[2].Name != snapshot.EventReload || missed[2].ID <= old {
		t.Errorf("from before what is kept: %d events, the last is %s", len(missed), missed[len(missed)-1].Frame())
	}
	if _, again := s.listen(t, missed[2].ID); len(again) != 1 {
		t.Errorf("from there on: %d events", len(again))
	}
	if _, later := s.listen(t, missed[2].ID+1_000_000); len(later) != 3 {
		t.Errorf("from a position that is not there yet: %d events", len(later))
	}
}
