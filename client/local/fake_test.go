package local_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"rolecall.example/client"
	"rolecall.example/org/catalogfile"
	"rolecall.example/rbac"
	"rolecall.example/rbac/snapshot"
)

// id returns an id that tests can tell from others.
func id(n byte) snapshot.ID { return snapshot.ID{0: 1, 15: n} }

func text(n byte) string { return snapshot.FormatID(id(n)) }

// The people and places of the tests.
const (
	ada, bob, eve   = 1, 2, 3
	acme, labs, zoo = 101, 102, 103
	issuer          = "http://127.0.0.1:1"
)

// fakeOrg is an organization of the fake, or the site.
type fakeOrg struct {
	revision int64
	holders  map[string][]string
	until    map[string]int64 // when what they hold ends
	roles    map[string]rbac.Role
}

// fakeEvent is a row of its feed.
type fakeEvent struct {
	seq  int64
	kind string
	org  string
	data any
}

// fake answers like a server.
type fake struct {
	t  testing.TB
	mu sync.Mutex

	catalog *rbac.Catalog
	site    fakeOrg
	orgs    map[string]*fakeOrg
	log     []fakeEvent
	floor   int64 // positions before it are too old
	signer  snapshot.Signer
	public  snapshot.JWKS

	moved     chan struct{} // closed when the log grows
	broken    bool          // connections fail
	silent    bool          // streams say nothing
	hidden    map[string]bool
	revoked   bool
	quiet     bool              // hello names no organization
	lag       map[string]int    // events of these organizations that are held back
	stored    map[string][]byte // documents that are sent instead of new ones
	drop      chan struct{}     // closed to end streams
	bye       bool              // and then they say bye
	answers   map[string]bool   // of authcheck, by user and organization
	noRoles   bool              // the roles of organizations are refused
	slowRoles time.Duration     // they take so long
	slowSite  time.Duration     // likewise the document of the site
	late      time.Duration     // by how much heartbeats of the streams that are open are older than they should be
	asked     map[string]int    // requests, by path
}

const yaml = `format: rolecall/catalog/1
product: papers
label: Papers
types:
  report:
    label: Report
    plural: Reports
    owned: true
    actions: {read: See, %s: Cancel, write: Write%s}
  rate: {label: Rate, plural: Rates, parent: site, actions: {read: See}}
roles:
  member: {label: Everyone, user: ["report:read"]}
  organization-clerk: {label: Clerk, scope: organization, organization: ["report:*", "!report:%[1]s"]}
  teller: {label: Teller, scope: site, site: ["rate:read"]}
`

// catalogOf makes a catalog from a file, as the successor of the one before.
func catalogOf(t testing.TB, before *rbac.Catalog, version int64, source string) *rbac.Catalog {
	t.Helper()
	d, problems := catalogfile.Read("c.yaml", []byte(source))
	if err := catalogfile.Errors("c.yaml", problems); err != nil {
		t.Fatal(err)
	}
	var old *rbac.Document
	if before != nil {
		old = before.Document()
	}
	d, _, problems = rbac.Succeed(old, d)
	if err := catalogfile.Errors("c.yaml", problems); err != nil {
		t.Fatal(err)
	}
	c, err := rbac.NewVersion(d, version)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func newFake(t testing.TB) *fake {
	f := &fake{
		t: t, orgs: map[string]*fakeOrg{}, moved: make(chan struct{}), hidden: map[string]bool{}, lag: map[string]int{},
		stored: map[string][]byte{}, drop: make(chan struct{}), answers: map[string]bool{}, asked: map[string]int{},
	}
	f.catalog = catalogOf(t, nil, 1, fmt.Sprintf(yaml, "void", ""))
	f.rotate("k1")
	f.site = fakeOrg{revision: 100, until: map[string]int64{}, holders: map[string][]string{}, roles: map[string]rbac.Role{}}
	for _, n := range []byte{acme, labs, zoo} {
		f.orgs[text(n)] = &fakeOrg{revision: 1000 * int64(n), until: map[string]int64{}, holders: map[string][]string{text(ada): {"organization-clerk"}, text(bob): nil}, roles: map[string]rbac.Role{}}
	}
	return f
}

// rotate signs documents with another key from now on. Only that key is published.
func (f *fake) rotate(kid string) {
	seed := sha256.Sum256([]byte(kid))
	f.signer = snapshot.Signer{ID: kid, Key: ed25519.NewKeyFromSeed(seed[:])}
	f.public = snapshot.JWKS{Keys: []snapshot.JWK{snapshot.JWKOf(kid, f.signer.Key.Public().(ed25519.PublicKey))}}
}

// change makes one, as a write does.
func (f *fake) change(n byte, set map[string][]string, gone ...string) string {
	return f.lend(n, time.Time{}, set, gone...)
}

// lend is a change that gives roles until a time.
func (f *fake) lend(n byte, until time.Time, set map[string][]string, gone ...string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	o, c := &f.site, snapshot.Change{Set: map[string][]snapshot.Holding{}, Gone: gone}
	kind := snapshot.EventSite
	if n != 0 {
		o, kind, c.Organization = f.orgs[text(n)], snapshot.EventChange, text(n)
	}
	c.From, c.To = o.revision, o.revision+10
	o.revision = c.To
	for user, roles := range set {
		c.Set[user], o.holders[user] = snapshot.Lasting(roles...), roles
		if delete(o.until, user); !until.IsZero() {
			o.until[user] = until.UnixMicro()
			for i := range c.Set[user] {
				c.Set[user][i].Until = until.UnixMicro()
			}
		}
	}
	for _, g := range gone {
		delete(o.holders, g)
	}
	f.append(kind, c.Organization, c)
	if n == 0 {
		return fmt.Sprintf("site@%d", c.To)
	}
	return fmt.Sprintf("%s@%d", c.Organization, c.To)
}

func (f *fake) append(kind, org string, data any) {
	f.log = append(f.log, fakeEvent{int64(len(f.log) + 1), kind, org, data})
	f.stir()
}

func (f *fake) stir() {
	close(f.moved)
	f.moved = make(chan struct{})
}

// with changes how the fake behaves.
func (f *fake) with(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
	f.stir()
}

// cut ends all streams.
func (f *fake) cut() {
	f.with(func() {
		close(f.drop)
		f.drop = make(chan struct{})
	})
}

// count returns how often a path was requested.
func (f *fake) count(path string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.asked[path]
}

func (f *fake) rolesOf(o *fakeOrg, site bool) []snapshot.Role {
	scope, implied := f.catalog.BuiltInOrganizationRoles(), f.catalog.ImpliedOrganization()
	if site {
		scope, implied = f.catalog.BuiltInSiteRoles(), f.catalog.ImpliedSite()
	}
	list := []snapshot.Role{snapshot.RoleOf(implied)}
	for _, r := range scope {
		list = append(list, snapshot.RoleOf(r))
	}
	for _, name := range slices.Sorted(maps.Keys(o.roles)) {
		list = append(list, snapshot.RoleOf(f.catalog.Compile(o.roles[name])))
	}
	return list
}

// document writes the document of an organization, "" for the site.
func (f *fake) document(org string, rolesAlone, all bool) []byte {
	o, h := &f.site, snapshot.Header{Kind: snapshot.KindSite}
	if org != "" {
		o, h = f.orgs[org], snapshot.Header{Kind: snapshot.KindOrganization, Organization: org}
	}
	h.Issuer, h.Revision, h.SiteRevision, h.Position, h.IssuedAt = issuer, o.revision, f.site.revision, int64(len(f.log)), time.Now()
	h.Catalog = snapshot.HeaderCatalog{Version: f.catalog.Version(), Hash: fmt.Sprintf("%x", f.catalog.Hash())}
	roles := f.rolesOf(o, org == "")
	section, err := snapshot.RolesSection(roles)
	sections := []snapshot.Section{section}
	if !rolesAlone {
		b := snapshot.NewBuilder(len(o.holders))
		for user, held := range o.holders {
			end := int64(snapshot.Endless)
			if until, ok := o.until[user]; ok {
				end = until
			}
			var numbers []snapshot.Until
			for _, name := range held {
				n := slices.IndexFunc(roles, func(r snapshot.Role) bool { return r.Name == name })
				numbers = append(numbers, snapshot.Until{Role: uint16(n), End: end})
			}
			who, _ := snapshot.ParseID(user)
			b.Add(who, b.Held(numbers, snapshot.Endless))
		}
		list, err := b.Sections()
		if err != nil {
			f.t.Error(err)
		}
		sections = append(sections, list...)
	}
	if org == "" {
		sections = append(sections, snapshot.CatalogSection(f.catalog.Document().Bytes()))
	}
	if all {
		var list []snapshot.OrganizationRevision
		for name, o := range f.orgs {
			if who, _ := snapshot.ParseID(name); !f.hidden[name] {
				list = append(list, snapshot.OrganizationRevision{ID: who, Revision: o.revision})
			}
		}
		sections = append(sections, snapshot.OrganizationsSection(list))
	}
	var out bytes.Buffer
	if err := errors.Join(err, snapshot.Write(&out, h, sections, f.signer)); err != nil {
		f.t.Error(err)
	}
	return out.Bytes()
}

// ServeHTTP answers requests.
func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/api/v2")
	f.mu.Lock()
	name := path
	if path == "/changes" && r.Header.Get("Accept") == "application/json" {
		name = "/poll"
	}
	f.asked[name]++
	revoked := f.revoked
	f.mu.Unlock()
	w.Header().Set("Date", time.Now().UTC().Format(http.TimeFormat))
	switch {
	case path == "/.well-known/rolecall-keys":
		f.reply(w, f.public)
	case revoked:
		w.WriteHeader(http.StatusUnauthorized)
	case path == "/changes" && name == "/poll":
		f.poll(w, r)
	case path == "/changes":
		f.stream(w, r)
	case path == "/authcheck":
		f.authCheck(w, r)
	case path == "/snapshots":
		f.many(w, r)
	default:
		f.one(w, r, path)
	}
}

func (f *fake) reply(w io.Writer, v any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := json.NewEncoder(w).Encode(v); err != nil {
		f.t.Log(err)
	}
}

func (f *fake) one(w http.ResponseWriter, r *http.Request, path string) {
	f.mu.Lock()
	org := strings.TrimSuffix(strings.TrimPrefix(path, "/organizations/"), "/snapshot")
	if path == "/snapshot" {
		org = ""
	} else if f.orgs[org] == nil || f.hidden[org] {
		f.mu.Unlock()
		w.WriteHeader(http.StatusNotFound)
		return
	}
	data := f.stored[org]
	if data == nil {
		data = f.document(org, false, r.URL.Query().Get("organizations") == "all")
	}
	wait := f.slowSite
	f.mu.Unlock()
	if org == "" && wait > 0 {
		time.Sleep(wait) //nolint:forbidigo // in a bubble
	}
	_, _ = w.Write(data)
}

func (f *fake) many(w http.ResponseWriter, r *http.Request) {
	var in struct{ Organizations, Sections []string }
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		f.t.Error(err)
	}
	f.mu.Lock()
	if len(in.Sections) > 0 && f.noRoles {
		f.mu.Unlock()
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	var out bytes.Buffer
	for _, org := range in.Organizations {
		if f.orgs[org] == nil || f.hidden[org] {
			continue
		}
		data := f.document(org, len(in.Sections) > 0, false)
		out.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(data))))
		out.Write(data)
	}
	slow := f.slowRoles
	f.mu.Unlock()
	time.Sleep(slow) //nolint:forbidigo // in a bubble
	out.Write(make([]byte, 4))
	_, _ = w.Write(out.Bytes())
}

func (f *fake) authCheck(w http.ResponseWriter, r *http.Request) {
	var in client.AuthCheckRequest
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		f.t.Error(err)
	}
	answers := map[string]bool{}
	f.mu.Lock()
	for key, c := range in.Checks {
		answers[key] = f.answers[in.User+"/"+c.Object.OrganizationID+"/"+c.Action]
	}
	f.mu.Unlock()
	f.reply(w, answers)
}

// news returns the events after a position, except those that are held back.
func (f *fake) news(after int64, organizations string) (events []fakeEvent) {
	held := maps.Clone(f.lag)
	for _, e := range f.log[min(int(after), len(f.log)):] {
		concerns := e.org == "" || !f.hidden[e.org] && (organizations == "all" || strings.Contains(organizations, e.org))
		if held[e.org] > 0 {
			held[e.org]--
			continue
		}
		if concerns {
			events = append(events, e)
		}
	}
	return events
}

func (f *fake) poll(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	after, _ := strconv.ParseInt(r.URL.Query().Get("after"), 10, 64)
	p := snapshot.Poll{Position: int64(len(f.log)), Now: time.Now(), Events: []snapshot.Event{}}
	org := r.URL.Query().Get("organizations")
	h, _ := json.Marshal(snapshot.Hello{Site: f.site.revision, Organizations: map[string]int64{org: f.revision(org)}})
	p.Events = append(p.Events, snapshot.Event{Event: snapshot.EventHello, Data: h})
	if after < f.floor {
		data, _ := json.Marshal(snapshot.Reload{Organization: org, To: f.revision(org)})
		p.Events = append(p.Events, snapshot.Event{Event: snapshot.EventReload, Data: data})
	} else {
		for _, e := range f.log[min(int(after), len(f.log)):] {
			if e.org == org || e.org == "" || org == "all" {
				data, _ := json.Marshal(e.data)
				p.Events = append(p.Events, snapshot.Event{Event: e.kind, ID: e.seq, Data: data})
			}
		}
	}
	f.mu.Unlock()
	f.reply(w, p)
}

func (f *fake) revision(org string) int64 {
	if o := f.orgs[org]; o != nil {
		return o.revision
	}
	return f.site.revision
}
