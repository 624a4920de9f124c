// Package oidc is the part of a relying party of OpenID Connect that speaks HTTP: it leads browsers to providers, checks what
// they bring back, and takes notices of sessions that ended there. It knows neither accounts nor the database:
// org/signin decides which account a sign-in belongs to. docs/spec/signin.md has the rules,
// docs/adr/0023-sign-in-providers.md the reasons.
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
	Transport http.RoundTripper // of outgoing requests; the standard one with time limits if nil
}

// Providers are the providers that people may sign in with. It is safe for concurrent use.
type Providers struct {
	Options
	list []*provider
}

// provider is one of them, with its own metadata.
type provider struct {
	Settings
	out   *outgoing
	known atomic.Pointer[known] // nil until it has answered
	wrong atomic.Pointer[error] // why its last metadata can't be used; nil if it can, or was not fetched
}

// known is a provider's metadata.
type known struct {
	endpoint oauth2.Endpoint
	userInfo string // "" if it has none
	end      string // where sessions there end, "" if they can't be ended from here
	sendsIss bool   // its answers name it
	keysURL  string
	keys     goidc.KeySet
}

// New makes the providers of checked settings. It does not contact them; see Start.
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
	Ready            bool      // people can sign in with it
	Down             time.Time // since when it has not answered; zero if it does, or was not asked
	Trouble          string    // what is wrong with it, for people; "" if nothing is known
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

// trouble returns what is wrong with the provider: its answers, or else its metadata.
func (one *provider) trouble() string {
	err := one.out.trouble()
	if wrong := one.wrong.Load(); err == nil && wrong != nil {
		err = *wrong
	}
	return inWords(err)
}

// Policy returns what decides which account a sign-in belongs to. NotFound: there is no such provider.
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
	askAgain   = time.Hour // the metadata of a provider may change
)

// Start fetches the metadata of all providers, and repeats that until ctx ends. It returns at once: a provider that is
// down must not keep the server from starting.
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

// Discover fetches the metadata of all providers once.
func (p *Providers) Discover(ctx context.Context) error {
	var errs []error
	for _, one := range p.list {
		errs = append(errs, one.discover(ctx))
	}
	return errors.Join(errs...)
}

// discover fetches the metadata of the provider, and notes what is wrong with it.
func (one *provider) discover(ctx context.Context) error {
	err := one.ask(ctx)
	if err == nil {
		one.wrong.Store(nil)
	} else {
		one.wrong.Store(&err)
	}
	return err
}

// ask fetches the metadata. Addresses in it must be as safe as the issuer.
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
	// Without this the library tries one way and then the other, and would send the code twice.
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

// ready returns the metadata of the provider. Unavailable: it has not answered yet.
func (one *provider) ready() (*known, error) {
	if k := one.known.Load(); k != nil {
		return k, nil
	}
	return nil, one.unreachable(errors.New("it has not said who it is"))
}

// unreachable returns the refusal while the provider does not answer.
func (one *provider) unreachable(cause error) *org.Error {
	return &org.Error{
		Kind: org.Unavailable, RetryAfter: time.Minute, Err: cause, Message: one.Name + " can't be reached at the moment.",
		Detail: "No one can sign in with it until it answers again. People with a password can use that.",
	}
}

// verifier returns what checks the signature, the issuer, the audience and the time of tokens.
func (p *Providers) verifier(one *provider, k *known) *goidc.IDTokenVerifier {
	return goidc.NewVerifier(one.Issuer, k.keys, &goidc.Config{ClientID: one.ClientID, SupportedSigningAlgs: one.Algorithms, Now: p.Now})
}

// exchange returns the configuration for exchanging a code for tokens.
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

// StartPath returns the path that begins a sign-in with a provider.
func StartPath(id string) string { return "/login/oidc/" + id }

// CallbackPath returns the path to which a provider sends browsers back.
func CallbackPath(id string) string { return StartPath(id) + "/callback" }
