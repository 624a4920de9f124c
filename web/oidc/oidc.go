// Package oidc is the part of a relying party of OpenID Connect that speaks HTTP: it leads browsers to providers, checks what
// they bring back, and takes notices of sessions that ended there. It knows no account and no database: whose a sign-in is
// decides org/signin. docs/spec/signin.md has the rules, docs/adr/0023-sign-in-providers.md why they are these.
package oidc

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"sync/atomic"
	"time"

	goidc "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"rolecall.example/org"
)

// Options configure the providers of a server.
type Options struct {
	AccessURL *url.URL          // where browsers reach this server
	Now       func() time.Time  // time.Now if nil
	Log       *slog.Logger      // slog.Default() if nil
	Transport http.RoundTripper // of requests that go out; the standard one with bounds if nil
}

// Providers are those that people may sign in with. It is safe for concurrent use.
type Providers struct {
	Options
	list []*provider
}

// provider is one of them, with what it says of itself.
type provider struct {
	Settings
	out   *outgoing
	known atomic.Pointer[known] // nil until it has answered
	wrong atomic.Pointer[error] // why what it said of itself last can't be used; nil: it can, or was not asked
}

// known is what a provider says of itself.
type known struct {
	endpoint oauth2.Endpoint
	userInfo string // "" if it has none
	end      string // where sessions end there, "" if they can't be ended from here
	sendsIss bool   // its answers name it
	keysURL  string
	keys     goidc.KeySet
}

// New makes the providers of checked settings. None is asked before Start.
func New(list []Settings, o Options) (*Providers, error) {
	if o.AccessURL == nil {
		return nil, errors.New("sign-in providers need the address at which people reach this server")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Transport == nil {
		o.Transport = transport()
	}
	p := &Providers{Options: o}
	for _, s := range list {
		p.list = append(p.list, &provider{Settings: s, out: &outgoing{base: o.Transport, now: o.Now}})
	}
	return p, nil
}

// State is a provider as people see it.
type State struct {
	ID, Name, Issuer string
	Ready            bool      // one can sign in with it
	Down             time.Time // since when it does not answer; zero: it does, or was not asked
	Trouble          string    // what is wrong with it, for people; "" if nothing is known to be
}

// List returns the providers in the order of the settings.
func (p *Providers) List() []State {
	if p == nil {
		return nil
	}
	list := make([]State, len(p.list))
	for i, one := range p.list {
		list[i] = State{
			ID: one.ID, Name: one.Name, Issuer: one.Issuer, Ready: one.known.Load() != nil, Down: one.out.since(), Trouble: one.trouble(),
		}
	}
	return list
}

// trouble is what is wrong with the provider: how it answers, or else what it said of itself.
func (one *provider) trouble() string {
	err := one.out.trouble()
	if wrong := one.wrong.Load(); err == nil && wrong != nil {
		err = *wrong
	}
	return inWords(err)
}

// Policy returns what decides whose a sign-in with a provider is. NotFound: there is no such provider.
func (p *Providers) Policy(id string) (*org.Provider, error) {
	one, err := p.find(id)
	if err != nil {
		return nil, err
	}
	return &one.Provider, nil
}

// ForCoder returns the id of the provider that also answers at the address that clients of Coder have registered, "" if none
// does.
func (p *Providers) ForCoder() string {
	if p == nil {
		return ""
	}
	if i := slices.IndexFunc(p.list, func(one *provider) bool { return one.CoderCallback }); i >= 0 {
		return p.list[i].ID
	}
	return ""
}

func (p *Providers) find(id string) (*provider, error) {
	if p != nil {
		if i := slices.IndexFunc(p.list, func(one *provider) bool { return one.ID == id }); i >= 0 {
			return p.list[i], nil
		}
	}
	return nil, &org.Error{Kind: org.NotFound, Message: "There is no such sign-in provider."}
}

const (
	firstRetry = time.Second
	lastRetry  = time.Minute
	askAgain   = time.Hour // what a provider says of itself may change
)

// Start asks all providers who they are, and goes on until ctx ends. It returns at once: a provider that is away keeps no
// server from starting.
func (p *Providers) Start(ctx context.Context) {
	if p == nil {
		return
	}
	for _, one := range p.list {
		go p.follow(ctx, one)
	}
}

func (p *Providers) follow(ctx context.Context, one *provider) {
	wait := firstRetry
	for {
		err := one.discover(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err == nil:
			wait = askAgain
		default:
			p.Log.Warn("a sign-in provider does not say who it is", "provider", one.ID, "issuer", one.Issuer, "error", err.Error())
			if wait = min(2*wait, lastRetry); one.known.Load() != nil {
				wait = lastRetry
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		if wait == askAgain {
			wait = firstRetry
		}
	}
}

// Discover asks all providers once who they are.
func (p *Providers) Discover(ctx context.Context) error {
	var errs []error
	for _, one := range p.list {
		errs = append(errs, one.discover(ctx))
	}
	return errors.Join(errs...)
}

// discover asks the provider who it is, and notes what is wrong with the answer.
func (one *provider) discover(ctx context.Context) error {
	err := one.ask(ctx)
	if err == nil {
		one.wrong.Store(nil)
	} else {
		one.wrong.Store(&err)
	}
	return err
}

// ask reads what the provider says of itself. Addresses in it must be as safe as the issuer.
func (one *provider) ask(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*outgoingTime)
	defer cancel()
	ctx = goidc.ClientContext(ctx, one.out.client())
	found, err := goidc.NewProvider(ctx, one.Issuer)
	if err != nil {
		return err
	}
	var more struct {
		JWKS     string   `json:"jwks_uri"`
		End      string   `json:"end_session_endpoint"`
		Methods  []string `json:"token_endpoint_auth_methods_supported"`
		SendsIss bool     `json:"authorization_response_iss_parameter_supported"`
	}
	if err := found.Claims(&more); err != nil {
		return err
	}
	k := &known{endpoint: found.Endpoint(), userInfo: found.UserInfoEndpoint(), end: more.End, sendsIss: more.SendsIss, keysURL: more.JWKS}
	for _, address := range []string{k.endpoint.AuthURL, k.endpoint.TokenURL, k.keysURL} {
		if !safe(address) {
			return errors.New("an address that it names is missing, or neither https nor on this machine")
		}
	}
	for _, address := range []string{k.userInfo, k.end} {
		if address != "" && !safe(address) {
			return errors.New("an address that it names is neither https nor on this machine")
		}
	}
	// Without being told, the library tries one way and then the other, and the code would go out twice.
	k.endpoint.AuthStyle = oauth2.AuthStyleInHeader
	if len(more.Methods) > 0 && !slices.Contains(more.Methods, "client_secret_basic") {
		k.endpoint.AuthStyle = oauth2.AuthStyleInParams
	}
	if before := one.known.Load(); before != nil && before.keysURL == k.keysURL {
		k.keys = before.keys
	} else {
		one.out.useKeys(k.keysURL)
		k.keys = goidc.NewRemoteKeySet(ctx, k.keysURL)
	}
	one.known.Store(k)
	return nil
}

func safe(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Host != "" && u.User == nil && secure(u)
}

// ready is what the provider says of itself. Unavailable: it has not answered yet.
func (one *provider) ready() (*known, error) {
	if k := one.known.Load(); k != nil {
		return k, nil
	}
	return nil, one.unreachable(errors.New("it has not said who it is"))
}

// unreachable is the refusal while the provider does not answer.
func (one *provider) unreachable(cause error) *org.Error {
	return &org.Error{
		Kind: org.Unavailable, RetryAfter: time.Minute, Err: cause, Message: one.Name + " can't be reached at the moment.",
		Detail: "No one can sign in with it until it answers again. People with a password can use that.",
	}
}

// verifier checks the signature, the issuer, the audience and the time of tokens.
func (p *Providers) verifier(one *provider, k *known) *goidc.IDTokenVerifier {
	return goidc.NewVerifier(one.Issuer, k.keys, &goidc.Config{ClientID: one.ClientID, SupportedSigningAlgs: one.Algorithms, Now: p.Now})
}

// exchange is how a code becomes tokens.
func (p *Providers) exchange(one *provider, k *known, coder bool) *oauth2.Config {
	path := CallbackPath(one.ID)
	if coder {
		path = CoderCallback
	}
	return &oauth2.Config{
		ClientID: one.ClientID, ClientSecret: one.ClientSecret, Endpoint: k.endpoint, Scopes: one.Scopes,
		RedirectURL: p.AccessURL.JoinPath(path).String(),
	}
}

// CoderCallback is the address that clients of Coder have registered.
const CoderCallback = "/api/v2/users/oidc/callback"

// StartPath is where a sign-in with a provider begins, CallbackPath where it comes back to.
func StartPath(id string) string { return "/login/oidc/" + id }

// CallbackPath is where a provider sends browsers back to.
func CallbackPath(id string) string { return StartPath(id) + "/callback" }
