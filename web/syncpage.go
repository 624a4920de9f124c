package web

import (
	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/views"
)

// syncItem is the navigation item of the pages about sign-in.
const syncItem = "sync"

var syncCrumbs = []views.Crumb{{Label: "Sign-in", URL: views.SyncURL}}

// providerStates returns the providers as administrators see them.
func (s *Server) providerStates() (out []views.SyncProviderState) {
	for _, p := range s.Providers.List() {
		out = append(out, views.SyncProviderState{
			SignInProvider: views.SignInProvider{ID: p.ID, Name: p.Name, Down: p.Down}, Issuer: p.Issuer, Ready: p.Ready, Trouble: p.Trouble,
		})
	}
	return out
}

// showSync shows the page of the providers.
func (s *Server) showSync(c *call) (reply, error) {
	q := c.query()
	v := views.Sync{End: q.text("end")}
	if err := q.problem(); err != nil {
		return reply{}, err
	}
	p, err := s.syncPage(c, v)
	return reply{html: show(p)}, err
}

// syncPage makes the page of the providers, with the other content in v.
func (s *Server) syncPage(c *call, v views.Sync) (page, error) {
	v.Providers, v.Now = s.providerStates(), c.now()
	ids := make([]string, len(v.Providers))
	for i, p := range v.Providers {
		ids[i] = p.ID
	}
	var err error
	if v.Use, err = s.Service.Sync.Use(c.ctx, c.actor, ids); err != nil {
		return page{}, err
	}
	if v.Status, err = s.Service.Sync.Status(c.ctx, c.actor); err != nil {
		return page{}, err
	}
	v.CanUpdate, v.Owner = c.may("update", "idpsync_settings", uuid.Nil), c.actor.Owner()
	return page{title: "Sign-in", active: syncItem, body: views.SyncPage(v)}, nil
}

// showSyncProvider shows the page of the rules of a provider.
func (s *Server) showSyncProvider(c *call) (reply, error) {
	p, err := s.Providers.Policy(c.param("provider"))
	if err != nil {
		return reply{}, err
	}
	pg, err := s.syncProviderPage(c, p, views.SyncTry{}, nil)
	return reply{html: show(pg)}, err
}

// syncProviderPage makes the page with its forms as they are stored, except for the one that was sent.
func (s *Server) syncProviderPage(c *call, p *org.Provider, try views.SyncTry, sent *views.SyncRulesForm) (pg page, err error) {
	v := views.SyncProvider{Try: try}
	for _, state := range s.providerStates() {
		if state.ID == p.ID {
			v.SyncProviderState = state
		}
	}
	v.Try.Action = views.SyncTryURL(p.ID)
	kinds := []org.SyncKind{org.SyncOrganizations}
	if c.actor.Owner() {
		kinds = append(kinds, org.SyncSiteRoles)
	}
	for _, kind := range kinds {
		if sent != nil && sent.Stored.Kind == kind {
			v.Forms = append(v.Forms, *sent)
			continue
		}
		f, err := s.rulesForm(c, p, org.SyncPlace{Kind: kind})
		if err != nil {
			return pg, err
		}
		v.Forms = append(v.Forms, f)
	}
	all, err := s.Service.Sync.All(c.ctx, c.actor, org.Given(p))
	if err != nil {
		return pg, err
	}
	for _, r := range all {
		if r.Kind == org.SyncRoles && r.Field != "" {
			v.Organizations = append(v.Organizations, r)
		}
	}
	return page{title: p.Name, active: syncItem, crumbs: syncCrumbs, body: views.SyncProviderPage(v)}, nil
}

// editSiteRules handles a step of the editor of memberships, or of that of site roles.
func (s *Server) editSiteRules(c *call) (reply, error) {
	p, err := s.Providers.Policy(c.param("provider"))
	if err != nil {
		return reply{}, err
	}
	o, err := c.object()
	if err != nil {
		return reply{}, err
	}
	kind := org.SyncOrganizations
	if o.text("kind") == string(org.SyncSiteRoles) {
		kind = org.SyncSiteRoles
	}
	return s.editRules(c, p, org.SyncPlace{Kind: kind}, func(f views.SyncRulesForm) (page, error) {
		return s.syncProviderPage(c, p, views.SyncTry{}, &f)
	}, views.SyncProviderURL(p.ID))
}

// chosenProvider returns the provider that the query names, by default the first; nil if there are none.
func (s *Server) chosenProvider(c *call) (*org.Provider, []views.SignInProvider, error) {
	list := s.signInProviders()
	if len(list) == 0 {
		return nil, nil, nil
	}
	id := c.query().text("provider")
	if id == "" {
		id = list[0].ID
	}
	p, err := s.Providers.Policy(id)
	return p, list, err
}

// showOrganizationRules shows the page of the rules of an organization.
func (s *Server) showOrganizationRules(c *call) (reply, error) {
	p, list, err := s.chosenProvider(c)
	if err != nil {
		return reply{}, err
	}
	if p != nil {
		pg, err := s.organizationRulesPage(c, p, list, views.SyncTry{})
		return reply{html: show(pg)}, err
	}
	o, err := s.syncOrganization(c)
	return reply{html: show(organizationSyncPage(views.OrganizationSync{Organization: o}))}, err
}

// errNoProviders refuses a request that needs the rules of a provider.
var errNoProviders = org.ErrInvalid("No sign-in provider is configured.", "")

// organizationRulesPage makes the page of the rules of an organization as they are stored.
func (s *Server) organizationRulesPage(c *call, p *org.Provider, list []views.SignInProvider, try views.SyncTry) (page, error) {
	f, err := s.rulesForm(c, p, c.rulesPlace())
	return organizationSyncPage(views.OrganizationSync{Organization: f.Stored.Organization, Providers: list, Form: f, Try: try}), err
}

// syncOrganization returns the organization of a page of rules, which the caller may read.
func (s *Server) syncOrganization(c *call) (org.Organization, error) {
	v, err := s.tenant.OrganizationView(c.ctx, c.actor, c.organization())
	if err == nil && !c.may("read", "idpsync_settings", v.Organization.ID) {
		err = org.ErrForbidden("idpsync_settings:read")
	}
	return v.Organization, err
}

func (c *call) rulesPlace() org.SyncPlace {
	return org.SyncPlace{Kind: org.SyncRoles, Organization: c.organization()}
}

func organizationSyncPage(v views.OrganizationSync) page {
	v.Try.Organization = v.Organization.Label()
	v.Try.Action = views.OrganizationSyncTryURL(v.Organization.Name, v.Form.Provider.ID)
	return page{title: "Sign-in rules", active: "settings", body: views.OrganizationSyncPage(v)}
}

// editOrganizationRules handles a step of the editor of the rules of an organization.
func (s *Server) editOrganizationRules(c *call) (reply, error) {
	if _, err := s.syncOrganization(c); err != nil {
		return reply{}, err
	}
	p, list, err := s.chosenProvider(c)
	if err != nil {
		return reply{}, err
	}
	if p == nil {
		return reply{}, errNoProviders
	}
	return s.editRules(c, p, c.rulesPlace(), func(f views.SyncRulesForm) (page, error) {
		return organizationSyncPage(views.OrganizationSync{Organization: f.Stored.Organization, Providers: list, Form: f}), nil
	}, views.OrganizationSyncURL(c.organization(), p.ID))
}

// sourceNames returns the names of the providers for people.
func (s *Server) sourceNames() views.SourceNames {
	names := views.SourceNames{}
	for _, p := range s.Providers.List() {
		names[org.Source("oidc:"+p.ID)] = p.Name
	}
	return names
}
