// Package webtest lets tests talk to a whole server: it makes one with people in it, sends requests in every way that a
// client can, and holds every answer to the OpenAPI document. Only tests may import it.
package webtest

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/db/dbtest"
	"rolecall.example/org"
	"rolecall.example/org/account"
	"rolecall.example/org/factor"
	"rolecall.example/org/feed"
	"rolecall.example/org/services"
	"rolecall.example/web"
)

// The people of a site. Owner is the owner of the site and a member of the default organization, like Admin, who
// administers it, and Member, who holds nothing. Outsider belongs to no organization. Rival administers Other.
const (
	Owner    = "owner"
	Admin    = "admin"
	Member   = "member"
	Outsider = "outsider"
	Rival    = "rival"
)

// Default and Other are the names of the organizations of a site.
const (
	Default = "default"
	Other   = "other"
)

// SetupToken lets the first account be made from afar.
const SetupToken = "the-setup-token"

// Password is the password of all people.
const Password = "correct horse battery staple"

// Site is a server of one test's own.
type Site struct {
	Handler       *web.Server
	Service       *services.Service
	Organizations map[string]org.Organization
	Log           *bytes.Buffer // what the server logged, as JSON

	place   string            // of the database
	raw     db.DBTX           // past all rules
	queries map[string]string // what State reads
	shut    func() error      // closes the database
	db      *db.DB
	users   map[string]org.User
	tokens  map[string]string
}

// Option changes the options of the server of a site.
type Option func(*web.Options)

// Wire makes a site answer in a style.
func Wire(w web.Wire) Option { return func(o *web.Options) { o.Wire = w } }

// New makes a site with its people in it.
func New(t testing.TB, options ...Option) *Site {
	t.Helper()
	return open(t, people(t), options).inhabited()
}

// NewWith is New with other settings of the use cases.
func NewWith(t testing.TB, service services.Options, options ...Option) *Site {
	t.Helper()
	place := people(t)
	d, err := db.Open(context.Background(), place)
	if err != nil {
		t.Fatal(err)
	}
	service.HashCost = cheapHash
	return newSite(t, d, place, append([]Option{func(o *web.Options) { o.Service = services.New(d, service) }}, options...)).inhabited()
}

// inhabited knows the people that people has put into the database.
func (s *Site) inhabited() *Site {
	s.users, s.tokens, s.Organizations = population.users, population.tokens, population.organizations
	return s
}

// Replica is another server of the same database.
func (s *Site) Replica(t testing.TB, options ...Option) *Site {
	t.Helper()
	return open(t, s.place, options).inhabited()
}

// ReplicaAt is a Replica that reaches the database by another address.
func (s *Site) ReplicaAt(t testing.TB, place string, options ...Option) *Site {
	t.Helper()
	return open(t, place, options).inhabited()
}

// NewTraced is New, with the statements that the server runs.
func NewTraced(t testing.TB) (*Site, *dbtest.Statements) {
	t.Helper()
	place := people(t)
	d, err := db.Open(context.Background(), place)
	if err != nil {
		t.Fatal(err)
	}
	d, statements := dbtest.Trace(d)
	return newSite(t, d, place, nil).inhabited(), statements
}

// NewEmpty makes a site that is not set up yet.
func NewEmpty(t testing.TB, options ...Option) *Site {
	t.Helper()
	s := open(t, dbtest.Place(t), options)
	if err := s.Service.StoreSetupToken(context.Background(), SetupToken); err != nil {
		t.Fatal(err)
	}
	return s
}

// heartbeat is how often the feed of a site says that it is alive: no test should have to wait for it.
const heartbeat = 100 * time.Millisecond

// cheapHash is the least that a password hash may cost.
var cheapHash = org.HashCost{Memory: 7 * 1024, Time: 1, Threads: 1}

func open(t testing.TB, place string, options []Option) *Site {
	t.Helper()
	d, err := db.Open(context.Background(), place)
	if err != nil {
		t.Fatal(err)
	}
	return newSite(t, d, place, options)
}

// newSite makes a server over a database, which it closes.
func newSite(t testing.TB, d *db.DB, place string, options []Option) *Site {
	t.Helper()
	log, shut := &bytes.Buffer{}, sync.OnceValue(d.Close)
	t.Cleanup(func() {
		if err := shut(); err != nil {
			t.Error(err)
		}
	})
	o := web.Options{
		Service:  services.New(d, services.Options{HashCost: cheapHash, Vault: factor.NewVault(filepath.Join(t.TempDir(), "key"), true)}),
		Sessions: account.NewSessionStore(d, nil),
		Version:  "v0.0.0-test",
		OwnName:  func(host string) bool { return host == "rolecall.test" },
		Log:      slog.New(slog.NewJSONHandler(&locked{w: log}, nil)),
	}
	for _, option := range options {
		option(&o)
	}
	o.Service.Feed.Tune(feed.Options{Clients: feed.Defaults.Clients, Beat: heartbeat})
	handler, err := web.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return &Site{Handler: handler, Service: o.Service, Log: log, db: d, place: place, raw: dbtest.SQL(t, place), shut: shut}
}

type locked struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *locked) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(b)
}

// Break takes the database away, as a fault that no request expects.
func (s *Site) Break(t testing.TB) {
	t.Helper()
	if err := s.shut(); err != nil {
		t.Fatal(err)
	}
}

// User is one of the people of the site.
func (s *Site) User(name string) org.User { return s.users[name] }

// ID is the id of one of the people, as text.
func (s *Site) ID(name string) string { return s.users[name].ID.String() }

// NameOf returns the name of the person with that id, "" if there is none.
func (s *Site) NameOf(id string) string {
	for name := range s.users {
		if s.ID(name) == id {
			return name
		}
	}
	return ""
}

// Token is an API token of one of the people.
func (s *Site) Token(name string) string { return s.tokens[name] }

// Subject is one of the people as the use cases know them.
func (s *Site) Subject(t testing.TB, name string) *org.Actor {
	t.Helper()
	subject, err := s.Service.UserSubject(context.Background(), s.users[name].ID)
	if err != nil {
		t.Fatal(err)
	}
	return subject
}

// AddUser makes another account, a member of these organizations, and gives it a token.
func (s *Site) AddUser(t testing.TB, username string, organizations ...string) org.User {
	t.Helper()
	b := builder{Service: s.Service, ctx: context.Background()}
	owner, err := s.Service.UserSubject(b.ctx, s.users[Owner].ID)
	if err != nil {
		t.Fatal(err)
	}
	b.owner = owner
	var ids []uuid.UUID
	for _, name := range organizations {
		ids = append(ids, s.Organizations[name].ID)
	}
	u := b.user(username, org.LoginNone, ids...)
	token := b.token(username)
	if b.err != nil {
		t.Fatal(b.err)
	}
	users, tokens := map[string]org.User{username: u}, map[string]string{username: token}
	for name := range s.users { // those of the site are shared with other tests
		users[name], tokens[name] = s.users[name], s.tokens[name]
	}
	s.users, s.tokens = users, tokens
	return u
}

// population is who is in the database that people copies.
var population struct {
	users         map[string]org.User
	tokens        map[string]string
	organizations map[string]org.Organization
}

// people gives places of databases with people in them.
var people = dbtest.Filled(func(ctx context.Context, d *db.DB) error {
	b := builder{Service: services.New(d, services.Options{HashCost: cheapHash}), ctx: ctx}
	b.populate()
	return b.err
})

// builder makes people, and remembers the first thing that went wrong.
type builder struct {
	*services.Service
	ctx   context.Context
	owner *org.Actor
	err   error
}

func (b *builder) populate() {
	p := &population
	p.users, p.tokens, p.organizations = map[string]org.User{}, map[string]string{}, map[string]org.Organization{}
	_, _, err := b.Signing.Current(b.ctx) // as a server does when it starts
	b.check(err)
	first := org.FirstUser{Email: Owner + "@example.com", Username: Owner, Name: "Olive Owner", Password: Password}
	owner, home, err := b.CreateFirstUser(b.ctx, org.Request{}, give(first), nil)
	b.check(err)
	b.subject(owner.ID)
	other, err := b.CreateOrganization(b.ctx, b.owner, give(org.OrganizationInput{Name: Other, DisplayName: "Other Inc"}))
	b.check(err)
	p.organizations[Default], p.organizations[Other] = home, other
	b.subject(owner.ID) // it is a member of one more

	p.users[Owner] = owner
	p.users[Admin] = b.user(Admin, org.LoginPassword, home.ID)
	p.users[Member] = b.user(Member, org.LoginPassword, home.ID)
	p.users[Rival] = b.user(Rival, org.LoginPassword, other.ID)
	p.users[Outsider] = b.user(Outsider, org.LoginPassword, other.ID)
	b.appoint(Default, Admin)
	b.appoint(Other, Rival)
	_, _, err = b.RemoveMember(b.ctx, b.owner, Other, Outsider, nil)
	b.check(err)
	_, _, err = b.RemoveMember(b.ctx, b.Operator(), Other, Owner, nil)
	b.check(err)
	for name := range p.users {
		p.tokens[name] = b.token(name)
	}
}

func (b *builder) check(err error) {
	if b.err == nil {
		b.err = err
	}
}

func (b *builder) subject(id uuid.UUID) {
	if b.err == nil {
		b.owner, b.err = b.UserSubject(b.ctx, id)
	}
}

func (b *builder) user(name, login string, organizations ...uuid.UUID) org.User {
	if b.err != nil {
		return org.User{}
	}
	in := org.NewUser{
		Email: name + "@example.com", Username: name, LoginType: login, Status: org.StatusActive, OrganizationIDs: organizations,
	}
	if login == org.LoginPassword {
		in.Password = Password
	}
	u, err := b.CreateUser(b.ctx, b.owner, give(in))
	b.check(err)
	return u
}

func (b *builder) appoint(organization, user string) {
	if b.err != nil {
		return
	}
	_, _, err := b.SetMemberRoles(b.ctx, b.owner, organization, user, give(org.RolesInput{Roles: []string{"organization-admin"}}))
	b.check(err)
}

func (b *builder) token(user string) string {
	if b.err != nil {
		return ""
	}
	secret, _, err := b.CreateToken(b.ctx, b.owner, user, give(org.TokenInput{Name: "test"}))
	b.check(err)
	return secret
}

func give[T any](v T) org.Input[T] { return org.Given(v) }
