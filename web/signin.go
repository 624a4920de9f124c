package web

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"rolecall.example/org"
	"rolecall.example/views"
	"rolecall.example/web/oidc"
)

// Signing in with a provider. org/signin decides who may come in; web/oidc talks to the provider.

// pathProvider is the path that begins a sign-in with a provider.
const pathProvider = "/login/oidc/{provider}"

// providerCookie names the provider that this browser used last.
const providerCookie = "provider"

// providerTime bounds the time for all requests to a provider during one sign-in.
const providerTime = 25 * time.Second

// loginProviders returns the providers in the order of the sign-in page: the one that was used last comes first.
func (s *Server) loginProviders(c *call) []views.SignInProvider {
	list := s.signInProviders()
	if i := slices.IndexFunc(list, func(p views.SignInProvider) bool { return p.ID == c.cookie(providerCookie) }); i > 0 {
		last := list[i]
		list = slices.Insert(slices.Delete(list, i, i+1), 0, last)
	}
	return list
}

func (s *Server) signInProviders() []views.SignInProvider {
	var list []views.SignInProvider
	for _, p := range s.Providers.List() {
		list = append(list, views.SignInProvider{ID: p.ID, Name: p.Name, Down: p.Down})
	}
	return list
}

// startSignIn redirects to a provider.
func (s *Server) startSignIn(c *call) (reply, error) {
	return s.leadTo(c, c.param("provider"), false)
}

func (s *Server) leadTo(c *call, provider string, coder bool) (reply, error) {
	policy, err := s.Providers.Policy(provider)
	if err != nil {
		return reply{}, err
	}
	if err := mustGet(c); err != nil {
		return reply{}, err
	}
	next := localPath(c.query().text("next"), "")
	where, keep, err := s.Providers.Begin(c.request(), provider, oidc.ModeLogin, next, coder)
	if e, ok := errors.AsType[*org.Error](err); ok {
		return s.refusedSignIn(c, views.SignInFailed{Err: e, Next: next}, policy), nil
	}
	if err != nil {
		return reply{}, err
	}
	http.SetCookie(c.response(), keep)
	return reply{next: to(where, ""), noStore: true}, nil
}

// mustGet refuses HEAD, which must not do anything.
func mustGet(c *call) error {
	if c.request().Method == http.MethodHead {
		return org.ErrInvalid("A sign-in takes a GET.", "")
	}
	return nil
}

// finishSignIn takes the browser that a provider sends back.
func (s *Server) finishSignIn(c *call) (reply, error) {
	return s.finish(c, c.param("provider"), false)
}

// coderSignIn does the same at the address that clients of Coder's API have registered. Without an answer it begins a
// sign-in.
func (s *Server) coderSignIn(c *call) (reply, error) {
	provider := s.Providers.ForCoder()
	if provider == "" {
		return reply{}, errRoute
	}
	q := c.query()
	if !q.values.Has("code") && !q.values.Has("error") && !q.values.Has("state") {
		return s.leadTo(c, provider, true)
	}
	return s.finish(c, provider, true)
}

func (s *Server) finish(c *call, provider string, coder bool) (reply, error) {
	policy, err := s.Providers.Policy(provider)
	if err != nil {
		return reply{}, err
	}
	if err := mustGet(c); err != nil {
		return reply{}, err
	}
	c.takeTime() // requests to the provider have their own time limit
	ctx, cancel := context.WithTimeout(c.ctx, providerTime)
	defer cancel()
	o, err := s.Providers.Finish(ctx, c.request(), provider, coder)
	if o.Taken != nil {
		http.SetCookie(c.response(), o.Taken)
	}
	next := localPath(o.Next, views.HomeURL)
	account, confirmation := o.Mode.Link()
	invitation := o.Mode.Invitation()
	notice := ""
	switch {
	case err != nil:
		err = s.refuseProof(c, provider, &o, err)
	case account != "":
		if err = s.finishLink(c, policy, &o, account, confirmation); err == nil {
			return reply{next: to(views.IdentitiesURL, "You can sign in with "+policy.Name+" from now on."), noStore: true}, nil
		}
	case invitation != "":
		var into []org.InvitedInto
		err = s.signIn(c, true, func(begin org.BeginSession) (err error) {
			into, err = s.Service.SignIn.Accept(c.ctx, c.origin(), policy, o.Proof, invitation, begin)
			return err
		})
		if err == nil {
			next, notice = joined(into), "You are a member now."
		}
	default:
		// Asking for a second factor is up to the provider.
		err = s.signIn(c, true, func(begin org.BeginSession) error {
			_, err := s.Service.SignIn.SignIn(c.ctx, c.origin(), policy, o.Proof, begin)
			return err
		})
	}
	if refusal, ok := errors.AsType[*org.Error](err); ok && refusal.Kind != org.Internal {
		s.Log.WarnContext(c.ctx, "sign-in refused", "request_id", c.id, "provider", provider, "error", err.Error())
		r := s.refusedSignIn(c, views.SignInFailed{Err: refusal, Next: next, Linking: account != "", Invited: invitation != ""}, policy)
		if invitation != "" {
			c.keepInvitation()
		}
		return r, nil
	}
	if err != nil {
		return reply{}, err
	}
	c.setCookie(providerCookie, provider, themeLife, true)
	return reply{next: to(next, notice), noStore: true}, nil
}

// refuseProof records that the answer of a provider is refused, and returns the refusal. A failure of this server is no
// refusal, and is returned as it is.
func (s *Server) refuseProof(c *call, provider string, o *oidc.Outcome, err error) error {
	refusal, ok := errors.AsType[*org.Error](err)
	if !ok {
		return err
	}
	cause := refusal.Message
	if refusal.Err != nil {
		cause = refusal.Err.Error()
	}
	return s.Service.SignIn.Refuse(c.ctx, c.origin(), provider, o.Proof, refusal, cause)
}

// finishLink links a sign-in to the account whose session began it, and only in that session.
func (s *Server) finishLink(c *call, policy *org.Provider, o *oidc.Outcome, account, confirmation string) error {
	if err := s.authenticate(c); err != nil || !c.session || c.actor.ID().String() != account || s.mustShowFactor(c) {
		refusal := org.ErrInvalid("You are no longer signed in as the account that was to be linked. Start again.", "")
		return s.Service.SignIn.Refuse(c.ctx, c.origin(), policy.ID, o.Proof, refusal, "the session is not that of the account to link")
	}
	return s.Service.SignIn.Link(c.ctx, c.actor, policy, o.Proof, confirmation)
}

// refusedSignIn answers every failed sign-in with the same page.
func (s *Server) refusedSignIn(c *call, f views.SignInFailed, p *org.Provider) reply {
	c.retryAfter(f.Err)
	r := problem(c, f.Err.Kind.Status(), f.Err)
	f.Provider = views.SignInProvider{ID: p.ID, Name: p.Name}
	r.html, r.noStore = show(page{title: f.Title(), body: views.SignInFailedPage(f)}), true
	c.actor = nil // the page has the frame for signed-out people
	return r
}

// leaving returns the page that follows the end of a session: if it began at a provider, the page offers to sign out
// there too.
func (s *Server) leaving(c *call, provider, idToken string) destination {
	hint := s.Providers.Hint(provider, idToken)
	if hint == nil {
		return to(views.LoginURL, "")
	}
	http.SetCookie(c.response(), hint)
	return to(views.SignedOutFrom(provider), "")
}

// showSignedOut says that a session has ended here, and leads to where it ends at the provider. That other origin is
// reached by a link or by the header Refresh: the policy of every page keeps forms from leading there.
func (s *Server) showSignedOut(c *call) (reply, error) {
	p := views.SignedOut{}
	if provider := c.query().text("provider"); provider != "" {
		l, err := s.Providers.Leaving(c.request(), provider)
		if err != nil {
			return reply{}, err
		}
		if l.Taken != nil {
			http.SetCookie(c.response(), l.Taken)
		}
		if p.Provider, p.Leave = l.Name, l.URL; l.Auto {
			c.header("Refresh", "0; url="+l.URL)
		}
	}
	return reply{html: show(page{title: "Signed out", body: views.SignedOutPage(p)}), noStore: true}, nil
}

// endedThere takes the provider's notice that a session there has ended. The answers follow the standard.
func (s *Server) endedThere(c *call) (reply, error) {
	token, err := decode(c, func(o object) string { return o.text("logout_token") }).Read()
	if kind := org.KindOf(err); err != nil && kind != org.Invalid {
		return reply{}, err
	}
	if err == nil {
		var e org.EndedThere
		if e, err = s.Providers.Ended(c.ctx, c.param("provider"), token); err == nil {
			err = s.Service.SignIn.EndThere(c.ctx, c.origin(), e)
		}
	}
	if refusal, ok := errors.AsType[*org.Error](err); ok && refusal.Kind != org.Internal {
		s.Log.WarnContext(c.ctx, "notice of a provider refused", "request_id", c.id, "error", cmp.Or(refusal.Err, error(refusal)).Error())
		return reply{status: http.StatusBadRequest, json: map[string]string{"error": "invalid_request"}, noStore: true}, nil
	}
	return reply{json: struct{}{}, noStore: true}, err
}
