package web

import (
	"net/http"

	"rolecall.example/client"
	"rolecall.example/org"
	"rolecall.example/views"
	"rolecall.example/web/oidc"
)

// pathIdentity is the path to link and unlink a sign-in at a provider.
const pathIdentity = views.IdentitiesURL + "/{provider}"

// listIdentities shows the caller's sign-ins at providers.
func (s *Server) listIdentities(c *call) (reply, error) {
	list, err := s.Service.SignIn.Identities(c.ctx, c.actor)
	if err != nil {
		return reply{}, err
	}
	out := client.Identities{Identities: []client.Identity{}}
	for _, i := range list {
		out.Identities = append(out.Identities, client.Identity{
			Provider: i.Provider, Issuer: i.Issuer, Subject: i.Subject, Email: i.Email,
			CreatedAt: wireTime(i.CreatedAt), LastLoginAt: wireTime(i.LastLoginAt),
		})
	}
	return reply{json: out, html: func() (page, error) { return s.identitiesPage(c, list, "", nil) }}, nil
}

// identitiesPage makes the page with the sign-ins; failed is the provider whose form e refused.
func (s *Server) identitiesPage(c *call, list []org.Identity, failed string, e *org.Error) (p page, err error) {
	i := views.Identities{Linked: list, Providers: s.signInProviders(), Failed: failed, Err: e, Now: c.now()}
	if c.session {
		if i.Fresh, err = s.Service.SignIn.Fresh(c.ctx, c.actor); err != nil {
			return p, err
		}
	}
	crumbs := []views.Crumb{{Label: "Account", URL: views.AccountURL}}
	return page{title: "Sign-in methods", active: "account", crumbs: crumbs, body: views.IdentitiesPage(i)}, nil
}

// linkIdentity verifies that the person of the session is present, and shows the way to the provider: as a page, since
// a form may not lead to another site.
func (s *Server) linkIdentity(c *call) (reply, error) {
	provider := c.param("provider")
	policy, err := s.Providers.Policy(provider)
	if err != nil {
		return reply{}, err
	}
	password, err := decode(c, func(o object) string { return o.text("password") }).Read()
	if err != nil {
		return reply{}, err
	}
	confirmation, err := s.Service.SignIn.MayLink(c.ctx, c.actor, password)
	if err != nil {
		return s.identitiesAgain(c, provider, err)
	}
	where, keep, err := s.Providers.Begin(c.request(), provider, oidc.ModeLink(c.actor.ID().String(), confirmation), "", false)
	if err != nil {
		return s.identitiesAgain(c, provider, err)
	}
	http.SetCookie(c.response(), keep)
	crumbs := []views.Crumb{{Label: "Account", URL: views.AccountURL}, {Label: "Sign-in methods", URL: views.IdentitiesURL}}
	body := views.LeavingPage(views.Leaving{Provider: policy.Name, URL: where})
	return reply{html: show(page{title: "Link " + policy.Name, active: "account", crumbs: crumbs, body: body}), noStore: true}, nil
}

// unlinkIdentity removes a sign-in from the caller's account.
func (s *Server) unlinkIdentity(c *call) (reply, error) {
	provider := c.param("provider")
	if err := s.Service.SignIn.Unlink(c.ctx, c.actor, provider); err != nil {
		return s.identitiesAgain(c, provider, err)
	}
	return reply{status: http.StatusNoContent, next: to(views.IdentitiesURL, "The sign-in is no longer linked.")}, nil
}

func (s *Server) identitiesAgain(c *call, provider string, err error) (reply, error) {
	return c.again(err, func(e *org.Error) (page, error) {
		list, err := s.Service.SignIn.Identities(c.ctx, c.actor)
		if err != nil {
			return page{}, err
		}
		return s.identitiesPage(c, list, provider, e)
	})
}
