package local_test

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"rolecall.example/client/local"
	"rolecall.example/rbac/snapshot"
)

// apply puts another version of the catalog in force.
func (f *fake) apply(version int64, source string) {
	c := catalogOf(f.t, f.catalog, version, source)
	hash := c.Hash()
	f.with(func() {
		f.catalog = c
		f.append(snapshot.EventCatalog, "", snapshot.Catalog{Version: version, Hash: hex.EncodeToString(hash[:]), Document: c.Document().Bytes()})
	})
}

const renamed = `format: rolecall/catalog/1
product: papers
label: Papers
types:
  report:
    label: Report
    plural: Reports
    owned: true
    actions: {read: See, cancel: {description: Cancel, renamed_from: [void]}, print: Print}
  rate: {label: Rate, plural: Rates, parent: site, actions: {read: See}}
roles:
  member: {label: Everyone, user: ["report:read", "report:print"]}
  organization-clerk: {label: Clerk, scope: organization, organization: ["report:read,cancel", "!report:print"]}
  teller: {label: Teller, scope: site, site: ["rate:read"]}
`

// A new catalog takes effect as a whole: its names, its new names of pairs, and what roles mean in it.
func TestCatalog(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fake) {
		e := loaded(t, f, local.Options{})
		void, write := e.Must("report", "void"), e.Must("report", "write")
		if _, err := e.Find("report", "wirte"); err == nil || !strings.Contains(err.Error(), "report:write") {
			t.Errorf("a typo: %v", err)
		}
		expect(t, "write before", e.Check(text(ada), text(acme), write), true, local.Decided)
		expect(t, "void before", e.Check(text(ada), text(acme), void), false, local.Decided)
		documents := f.count("/organizations/" + text(acme) + "/snapshot")
		f.apply(2, renamed)
		pass(time.Second)
		expect(t, "an old name", e.Check(text(ada), text(acme), void), true, local.Decided)
		expect(t, "its new name", e.Check(text(ada), text(acme), "report:cancel"), true, local.Decided)
		expect(t, "what is gone", e.Check(text(ada), text(acme), write), false, local.UnknownPermission)
		expect(t, "a new deny", e.Check(text(ada), text(acme), "report:print", local.Owner("me")), false, local.Decided)
		expect(t, "a new allow", e.Check(text(bob), text(acme), "report:print", local.Owner("me")), true, local.Decided)
		if n := f.count("/organizations/" + text(acme) + "/snapshot"); n != documents {
			t.Errorf("%d documents were fetched for their roles", n-documents)
		}
		if e.Stats().Catalog != 2 {
			t.Errorf("%+v", e.Stats())
		}
		if !panics(func() { e.Must("report", "write") }) {
			t.Error("Must takes what is gone")
		}
		f.apply(3, fmt.Sprintf(yaml, "cancel", "")) // back, as far as that goes
		pass(time.Second)
		expect(t, "back", e.Check(text(ada), text(acme), "report:cancel"), false, local.Decided)
		expect(t, "a name that is told no more", e.Check(text(ada), text(acme), void), false, local.UnknownPermission)
	})
}

// Until the roles of the new version are here, the version before decides, but for no longer than MaxStaleness.
func TestCatalogWithoutRoles(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fake) {
		e := loaded(t, f, local.Options{})
		f.with(func() { f.noRoles = true })
		f.apply(2, renamed)
		pass(20 * time.Second)
		expect(t, "the version before", e.Check(text(ada), text(acme), "report:write"), true, local.Decided)
		expect(t, "the version before", e.Check(text(ada), text(acme), "report:cancel"), false, local.UnknownPermission)
		pass(15 * time.Second)
		expect(t, "too long", e.Check(text(ada), text(acme), "report:write"), false, local.StaleReason)
		f.with(func() { f.noRoles = false })
		pass(6 * time.Second)
		expect(t, "the new version", e.Check(text(ada), text(acme), "report:cancel"), true, local.Decided)
	})
}

// Changes that arrive while roles are being fetched are not lost.
func TestCatalogDuringChanges(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fake) {
		e := loaded(t, f, local.Options{})
		f.with(func() { f.slowRoles = 2 * time.Second })
		f.apply(2, renamed)
		pass(time.Second)
		f.change(acme, map[string][]string{text(eve): {"organization-clerk"}}, text(ada))
		pass(4 * time.Second)
		expect(t, "who came", e.Check(text(eve), text(acme), "report:cancel"), true, local.Decided)
		expect(t, "who went", e.Check(text(ada), text(acme), "report:cancel"), false, local.Decided)
	})
}

func panics(f func()) (did bool) {
	defer func() { did = recover() != nil }()
	f()
	return false
}

// Roles of the site count everywhere, and objects of the site have no organization and no owner.
func TestSite(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fake) {
		e := loaded(t, f, local.Options{})
		f.change(0, map[string][]string{text(eve): {"teller"}, text(bob): {"owner"}})
		pass(0)
		expect(t, "a teller", e.Check(text(eve), "", "rate:read"), true, local.Decided)
		expect(t, "an owner", e.Check(text(bob), text(acme), "report:write"), true, local.Decided)
		expect(t, "in an organization", e.Check(text(eve), text(acme), "rate:read"), false, local.SiteType)
		expect(t, "with an owner", e.Check(text(eve), "", "rate:read", local.Owner("me")), false, local.NoOwner)
		expect(t, "who is not in it", e.Check(text(ada), "", "rate:read"), false, local.Asked)
		expect(t, "a thing of organizations", e.Check(text(bob), "", "report:write"), false, local.Asked)
		for _, wrong := range [][2]string{{"", text(acme)}, {"ada", text(acme)}, {text(ada), "acme"}, {text(0)[:35] + "x", text(acme)}} {
			expect(t, "no ids", e.Check(wrong[0], wrong[1], "report:read"), false, local.InvalidID)
		}
		f.change(0, nil, text(eve))
		pass(0)
		expect(t, "no teller", e.Check(text(eve), "", "rate:read"), false, local.Asked)
		// What the event does not tell is fetched, even at the same revision.
		f.with(func() {
			f.site.holders[text(eve)] = []string{"teller"}
			f.append(snapshot.EventReload, "", snapshot.Reload{To: f.site.revision})
		})
		pass(8 * time.Second)
		expect(t, "after reload", e.Check(text(eve), "", "rate:read"), true, local.Decided)
	})
}

// A decision that must include a write waits for it, then asks the server, then says no.
func TestAtLeast(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fake) {
		e := loaded(t, f, local.Options{})
		write := f.change(acme, nil, text(ada))
		expect(t, "on its way", e.Check(text(ada), text(acme), "report:read", local.AtLeast(write)), false, local.Decided)
		f.with(func() { f.lag[text(acme)] = 99 })
		write = f.change(acme, map[string][]string{text(ada): {"organization-clerk"}})
		begin := time.Now()
		expect(t, "held up", e.Check(text(ada), text(acme), "report:read", local.AtLeast(write)), false, local.Asked)
		if waited := time.Since(begin); waited != 100*time.Millisecond {
			t.Errorf("waited %s", waited)
		}
		f.with(func() { f.broken = true })
		d := e.Check(text(ada), text(acme), "report:read", local.AtLeast(write))
		if expect(t, "without an answer", d, false, local.Behind); d.Sound() {
			t.Error("that is no decision")
		}
		for _, nonsense := range []string{"x", "@1", "site@", "site@-1", text(acme) + "@x", "acme@5", text(zoo) + "@5"} {
			expect(t, nonsense, e.Check(text(ada), text(acme), "report:read", local.AtLeast(nonsense)), false, local.Behind)
		}
		f.with(func() { f.broken = false; f.lag = map[string]int{} })
		pass(0)
		expect(t, "in the end", e.Check(text(ada), text(acme), "report:read", local.AtLeast(write)), true, local.Decided)
		write = f.change(0, map[string][]string{text(eve): {"owner"}})
		expect(t, "of the site", e.Check(text(eve), text(acme), "report:read", local.AtLeast(write)), true, local.Decided)
	})
}

// A revision that hello names may be here before what was written elsewhere together with it: that follows hello.
func TestAtLeastAfterHello(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fake) {
		e := loaded(t, f, local.Options{})
		f.with(func() {
			f.lag[""], f.lag[text(acme)] = 99, 99
			f.site.holders[text(eve)] = []string{"owner"}
			f.append(snapshot.EventReload, "", snapshot.Reload{To: f.site.revision})
		})
		write := f.change(acme, map[string][]string{text(eve): {}})
		f.cut()
		pass(20 * time.Second)
		expect(t, "it is here", e.Check(text(ada), text(acme), "report:read"), true, local.Decided)
		expect(t, "and not what came with it", e.Check(text(eve), text(acme), "report:read", local.AtLeast(write)), false, local.Asked)
		f.with(func() { f.lag = map[string]int{} })
		pass(time.Second)
		expect(t, "all", e.Check(text(eve), text(acme), "report:read", local.AtLeast(write)), true, local.Decided)
	})
}

// A document of the site that was already on its way is not enough if the site has to be fetched again at the same revision.
func TestReloadOfWhatIsOnItsWay(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fake) {
		e := loaded(t, f, local.Options{})
		f.with(func() {
			f.slowSite = 2 * time.Second
			f.site.revision += 10
			f.append(snapshot.EventReload, "", snapshot.Reload{To: f.site.revision})
		})
		pass(time.Second)
		f.with(func() {
			f.slowSite = 0
			f.site.holders[text(eve)] = []string{"owner"}
			f.append(snapshot.EventReload, "", snapshot.Reload{To: f.site.revision})
		})
		pass(10 * time.Second)
		expect(t, "who came at last", e.Check(text(eve), text(acme), "report:read"), true, local.Decided)
	})
}

// All loads every organization, also later ones. A list loads nothing else.
func TestAllAndList(t *testing.T) {
	for _, quiet := range []bool{false, true} {
		inBubbleNamed(t, quiet, func(t *testing.T, f *fake) {
			f.quiet = quiet
			all := f.engine(t, local.Options{Organizations: local.All})
			list := f.engine(t, local.Options{Organizations: local.Organizations{text(acme), text(labs)}})
			for _, org := range []byte{acme, labs, zoo} {
				expect(t, "all", all.Check(text(ada), text(org), "report:read"), true, local.Decided)
			}
			expect(t, "in the list", list.Check(text(ada), text(labs), "report:read"), true, local.Decided)
			expect(t, "not in the list", list.Check(text(ada), text(zoo), "report:read"), false, local.NotLoaded)
			const fresh = 104
			f.with(func() {
				f.orgs[text(fresh)] = &fakeOrg{revision: 1, holders: map[string][]string{}}
			})
			f.change(fresh, map[string][]string{text(ada): {"organization-clerk"}})
			pass(time.Second)
			expect(t, "a new one", all.Check(text(ada), text(fresh), "report:read"), true, local.Decided)
			f.with(func() {
				f.hidden[text(acme)] = true
				f.append("denied", text(acme), snapshot.Denied{Organization: text(acme)})
			})
			f.cut()
			pass(7 * time.Second)
			expect(t, "hidden", all.Check(text(ada), text(acme), "report:read"), false, local.NotLoaded)
			expect(t, "not hidden", all.Check(text(ada), text(labs), "report:read"), true, local.Decided)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			_, err := local.Open(ctx, f.client(), local.Options{Organizations: []string{text(acme)}})
			if err == nil || errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Open with an organization that may not be read: %v", err)
			}
		})
	}
}

// The organization that no check has been about for the longest time is dropped first.
func TestMaxBytes(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fake) {
		e := loaded(t, f, local.Options{})
		one := e.Stats().Bytes
		e.Check(text(ada), text(labs), "report:read")
		pass(time.Second)
		two := e.Stats().Bytes
		atMost := two + (two-one)/2
		e = f.engine(t, local.Options{MaxBytes: atMost})
		var reasons []local.Reason
		for _, org := range []byte{acme, labs, acme, zoo, acme, labs} {
			reasons = append(reasons, e.Check(text(ada), text(org), "report:read").Reason)
			pass(2 * time.Second)
			if b := e.Stats().Bytes; b > atMost {
				t.Errorf("%d bytes", b)
			}
		}
		want := []local.Reason{local.Asked, local.Asked, local.Decided, local.Asked, local.Decided, local.Asked}
		if !slices.Equal(reasons, want) {
			t.Errorf("%v, want %v", reasons, want)
		}
		f.change(acme, nil, text(ada))
		pass(0)
		expect(t, "who stayed is current", e.Check(text(ada), text(acme), "report:read"), false, local.Decided)
	})
}

// A check allocates no memory.
func TestNoAllocations(t *testing.T) {
	f := newFake(t)
	e := f.engine(t, local.Options{Organizations: local.All})
	void := e.Must("report", "void")
	who, where, write := text(ada), text(acme), f.change(acme, nil, text(bob))
	eventually(t, "the write is known", func() bool { return e.Check(who, where, void, local.AtLeast(write)).Reason == local.Decided })
	n := testing.AllocsPerRun(1000, func() {
		e.Check(who, where, void)
		e.Check(who, where, void, local.Owner(who), local.AtLeast(write))
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkCheck(b *testing.B) {
	f := newFake(b)
	e, err := local.Open(b.Context(), f.client(), local.Options{Organizations: local.All})
	if err != nil {
		b.Fatal(err)
	}
	defer e.Close()
	void, who, where := e.Must("report", "void"), text(ada), text(acme)
	b.ReportAllocs()
	for b.Loop() {
		e.Check(who, where, void)
	}
}
