package local_test

import (
	"fmt"
	"net/http"
	"os"
	"strconv"
	"testing"
	"time"

	"rolecall.example/client"
	"rolecall.example/client/local"
	"rolecall.example/db/dbtest"
	"rolecall.example/org"
	"rolecall.example/web/webtest"
)

// rounds returns how often to try something: few, or the number that the variable gives, or all if it is "all".
func rounds(t testing.TB, few, all int) int {
	t.Helper()
	switch text := os.Getenv("ROLECALL_ENGINE_ROUNDS"); text {
	case "":
		return few
	case "all":
		return all
	default:
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
}

// TestAtLeastIsNeverStale: after a write on one server, a check with its revision at the engine of another server never gets the
// answer from before.
func TestAtLeastIsNeverStale(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	writer, other := serve(t, s), serve(t, s.Replica(t))
	engines := []*local.Engine{other.engine(t, local.Options{Organizations: local.All}), other.engine(t, local.Options{})}
	who, where := s.ID(webtest.Member), writer.place(webtest.Default)
	decided := 0
	n := rounds(t, 300, 10_000)
	for i := range n {
		var roles []string
		if i%2 == 0 {
			roles = []string{"organization-auditor"}
		}
		revision := writer.give(t, webtest.Default, webtest.Member, roles...)
		if revision == "" {
			t.Fatal("the write says no revision")
		}
		for _, e := range engines {
			d := e.Check(who, where, read, local.AtLeast(revision))
			late := d.Reason == local.Behind && !d.Allowed // a machine that is busy: no answer in time is a no, and nothing stale
			if d.Allowed != (i%2 == 0) && !late {
				t.Fatalf("round %d, at least %s: %+v", i, revision, d)
			}
			if d.Reason == local.Decided {
				decided++
			}
		}
	}
	t.Logf("%d writes, %d of %d decisions by the engine", n, decided, 2*n)
	if decided == 0 {
		t.Error("the engines decided nothing themselves")
	}
}

// TestSuspended: a suspended user may do nothing, with roles of an organization and of the site; an active one may again.
func TestSuspended(t *testing.T) {
	t.Parallel()
	b := serve(t, webtest.New(t))
	e := b.engine(t, local.Options{Organizations: local.All})
	who, where := b.ID(webtest.Member), b.place(webtest.Default)
	b.give(t, webtest.Default, webtest.Member, "organization-auditor")
	b.write(t, http.MethodPut, "users/"+webtest.Member+"/roles", `{"roles":["user-admin"]}`)
	allowed := func(p local.Pair, revision string) bool {
		return e.Check(who, where, p, local.AtLeast(revision)).Allowed
	}
	eventually(t, "both count", func() bool {
		return e.Check(who, where, read).Allowed && e.Check(who, where, "organization_member:create").Allowed
	})
	revision := b.write(t, http.MethodPut, "users/"+webtest.Member+"/status/suspend", "")
	if allowed(read, revision) || allowed("organization_member:create", revision) || allowed("organization:read", revision) {
		t.Error("a suspended member may do something")
	}
	for _, p := range []local.Pair{read, "organization_member:create"} {
		if d := e.Check(who, b.place(webtest.Other), p); d.Allowed {
			t.Errorf("elsewhere: %+v", d)
		}
	}
	revision = b.write(t, http.MethodPut, "users/"+webtest.Member+"/status/activate", "")
	if !allowed(read, revision) || !allowed("organization_member:create", revision) {
		t.Error("who was suspended and is not any more may do nothing")
	}
}

// TestTokenEnds: after its token is revoked, an engine denies everything at once, for everyone.
func TestTokenEnds(t *testing.T) {
	t.Parallel()
	b := serve(t, webtest.New(t))
	made, err := b.owner.CreateToken(t.Context(), webtest.Owner, client.CreateTokenRequest{Name: "engine"})
	if err != nil {
		t.Fatal(err)
	}
	b.token = made.Key
	e := b.engine(t, local.Options{OnStale: local.Ask})
	who, where := b.ID(webtest.Admin), b.place(webtest.Default)
	eventually(t, "the engine decides", func() bool { return e.Check(who, where, read).Reason == local.Decided })
	if !e.Check(who, where, read).Allowed {
		t.Error("an administrator may not read")
	}
	if err := b.owner.DeleteToken(t.Context(), webtest.Owner, made.Key[:10]); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the token is refused", func() bool { return e.Check(who, where, read).Reason == local.TokenRefused })
	if d := e.Check(who, b.place(webtest.Other), read); d.Allowed || d.Reason != local.TokenRefused {
		t.Errorf("%+v", d)
	}
}

// TestKeysRotate: documents by a new key are accepted while everything else goes on.
func TestKeysRotate(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	b := serve(t, s)
	e := b.engine(t, local.Options{})
	who := s.ID(webtest.Owner)
	eventually(t, "one is here", func() bool { return e.Check(who, b.place(webtest.Default), read).Reason == local.Decided })
	before, _, err := s.Service.Signing.Current(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Service.Signing.Rotate(t.Context(), s.Service.Operator()); err != nil {
		t.Fatal(err)
	}
	hour := "3600000000"
	if dbtest.OnServer() {
		hour = "interval '1 hour'"
	}
	s.Exec(t, "UPDATE signing_keys SET active_from = active_from - "+hour+", retired_at = retired_at - "+hour) // an hour later
	far := serve(t, s.Replica(t))
	if now, _, err := far.Service.Signing.Current(t.Context()); err != nil || now == before {
		t.Fatalf("%q signs, %v", now, err)
	}
	e2 := far.engine(t, local.Options{Organizations: local.All})
	for name := range s.Organizations {
		eventually(t, name+" by the new key", func() bool { return e2.Check(who, b.place(name), read).Reason == local.Decided })
		eventually(t, name+" by either", func() bool { return e.Check(who, b.place(name), read).Reason == local.Decided })
	}
	if s := e.Stats(); s.Status != local.Fresh {
		t.Errorf("%+v", s)
	}
}

// TestCatalogsUnderLoad: a catalog is applied and rolled back again and again while people are given roles. The engine keeps
// deciding, and never allows what neither version gives: printing is new in one, and denied to clerks.
func TestCatalogsUnderLoad(t *testing.T) {
	t.Parallel()
	b := serve(t, webtest.New(t))
	first := b.catalog(t, fmt.Sprintf(yaml, "void", ""))
	e := b.engine(t, local.Options{Organizations: local.All})
	who, where := b.ID(webtest.Member), b.place(webtest.Default)
	b.give(t, webtest.Default, webtest.Member, "organization-clerk")
	eventually(t, "the role counts", func() bool { return e.Check(who, where, "report:read").Allowed })
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			default:
			}
			if d := e.Check(who, where, "report:read"); d.Reason != local.Decided || !d.Allowed {
				t.Errorf("while catalogs change: %+v", d)
				return
			}
			if e.Check(who, where, "report:print").Allowed || e.Check(who, where, "report:print", local.Owner("me")).Allowed {
				t.Error("a deny of the new version is missing")
				return
			}
		}
	}()
	for i := range rounds(t, 4, 40) {
		var version int64
		if i%2 == 0 {
			version = b.catalog(t, renamed)
		} else {
			version = b.rollback(t, first)
		}
		b.give(t, webtest.Default, webtest.Admin, "organization-admin", "organization-clerk")
		b.give(t, webtest.Default, webtest.Admin, "organization-admin")
		eventually(t, fmt.Sprintf("version %d", version), func() bool { return e.Stats().Catalog == version })
		b.same(t, e, []string{"report:read", "report:void", "report:cancel", "report:write", "report:print"})
	}
	close(stop)
	<-done
}

// same compares the engine with the server about everyone and everything, once both know the same.
func (b *backend) same(t testing.TB, e *local.Engine, permissions []string) {
	t.Helper()
	var wrong string
	for begin := time.Now(); ; time.Sleep(5 * time.Millisecond) { //nolint:forbidigo // between two looks
		if wrong = b.differs(t, e, permissions); wrong == "" {
			return
		}
		if time.Since(begin) > 20*time.Second {
			t.Fatal(wrong)
		}
	}
}

func (b *backend) differs(t testing.TB, e *local.Engine, permissions []string) string {
	t.Helper()
	var qs []org.SubjectCheck
	var got []local.Decision
	for _, name := range []string{webtest.Owner, webtest.Admin, webtest.Member, webtest.Rival, webtest.Outsider} {
		for _, o := range b.Organizations {
			for _, p := range permissions {
				for _, owner := range []string{"", "me"} {
					a := client.Access{Permission: p}
					resourceType, action, _ := a.Pair()
					qs = append(qs, org.SubjectCheck{Subject: b.ID(name), AuthCheck: org.AuthCheck{
						Action: action, ResourceType: resourceType, OrganizationID: o.ID.String(), OwnerID: owner,
					}})
					got = append(got, e.Check(b.ID(name), o.ID.String(), local.Pair(p), local.Owner(owner)))
				}
			}
		}
	}
	for i, want := range b.truth(t, qs) {
		if !b.agree(t, qs[i], got[i], want) || !got[i].Sound() && want.Problem == nil { // what may not be read is not loaded
			return fmt.Sprintf("%+v: the engine says %+v, the server %+v", qs[i], got[i], want)
		}
	}
	return ""
}

// catalog puts a file in force, and returns its version.
func (b *backend) catalog(t testing.TB, file string) int64 {
	t.Helper()
	f := client.CatalogFile{Data: []byte(file), Replace: true}
	plan, err := b.owner.PreviewCatalog(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	for _, use := range plan.InUse {
		f.Retire = append(f.Retire, use.What)
	}
	done, err := b.owner.PutCatalog(t.Context(), f, client.IfMatch(strconv.FormatInt(plan.From, 10)))
	if err != nil {
		t.Fatal(err)
	}
	return done.Version
}

// rollback goes back to a version, and returns its new number.
func (b *backend) rollback(t testing.TB, version int64) int64 {
	t.Helper()
	back := client.CatalogRollback{Version: version}
	plan, err := b.owner.PreviewRollbackCatalog(t.Context(), back)
	if err != nil {
		t.Fatal(err)
	}
	for _, use := range plan.InUse {
		back.Retire = append(back.Retire, use.What)
	}
	done, err := b.owner.RollbackCatalog(t.Context(), back, client.IfMatch(strconv.FormatInt(plan.From, 10)))
	if err != nil {
		t.Fatal(err)
	}
	return done.Version
}
