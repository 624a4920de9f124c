package web

import (
	"maps"
	"net/http"
	"slices"

	"github.com/google/uuid"

	"rolecall.example/client"
	"rolecall.example/org"
	"rolecall.example/views"
)

// syncTestRoutes is the part of the table about what sign-ins change.
var syncTestRoutes = []Route{
	{http.MethodPost, pathSync + "/test", SignedIn, API | Body, "try the rules of a sign-in provider", (*Server).testSync},
	{http.MethodPost, pathOrganizationSync + "/test", SignedIn, API | Body, "try the rules of an organization", (*Server).testOrganizationSync},
	{http.MethodPost, "/settings/idpsync/release", SignedIn, API | Page | Body, "let a source go on that is held", (*Server).releaseSync},
}

// testSync returns what a sign-in would do, and stores nothing.
func (s *Server) testSync(c *call) (reply, error) {
	in := decode(c, func(o object) org.SyncTest { return s.readSyncTest(c, o, readSyncDraft) })
	f, err := s.Service.Sync.Test(c.ctx, c.actor, siteRules, in)
	return reply{json: wireSyncForecast(&f), noStore: true}, err
}

// testOrganizationSync returns what a sign-in would do to a member of an organization. Its draft is the organization's
// one rule set.
func (s *Server) testOrganizationSync(c *call) (reply, error) {
	in := decode(c, func(o object) org.SyncTest {
		return s.readSyncTest(c, o, func(o object) []org.SyncRules {
			return []org.SyncRules{{Kind: org.SyncRoles, Field: o.text("field"), Mapping: o.mapping("mapping")}}
		})
	})
	f, err := s.Service.Sync.Test(c.ctx, c.actor, c.rulesPlace(), in)
	return reply{json: wireSyncForecast(&f), noStore: true}, err
}

// siteRules covers everything that a provider gives, wherever it gives it.
var siteRules = org.SyncPlace{Kind: org.SyncOrganizations}

// readSyncTest reads what to try. Claims come from a provider, so they may have any fields.
func (s *Server) readSyncTest(c *call, o object, draft func(object) []org.SyncRules) org.SyncTest {
	in := org.SyncTest{User: o.text("user"), Impact: true}
	in.Claims, _ = value[map[string]any](o, "claims", "must be an object")
	if in.Provider = s.testedProvider(c, o.text("provider")); in.Provider == nil {
		o.addError("provider", "must be the id of a sign-in provider of the settings")
	}
	if !o.has("claims") && in.User == "" && !o.has("draft") {
		o.addError("claims", "must be given, or user")
	}
	if o.has("draft") {
		in.Draft = draft(o.object("draft"))
	}
	return in
}

// readSyncDraft reads rule sets that are not stored. Organizations are ids or names; the use case looks them up.
func readSyncDraft(o object) (sets []org.SyncRules) {
	if o.has("organization") {
		set := readSyncDraftRules(o.object("organization"), org.SyncOrganizations)
		sets = append(sets, set)
	}
	if o.has("site_roles") {
		sets = append(sets, readSyncDraftRules(o.object("site_roles"), org.SyncSiteRoles))
	}
	if !o.has("roles") {
		return sets
	}
	roles := o.table("roles")
	for _, place := range slices.Sorted(maps.Keys(roles.fields)) {
		set := readSyncDraftRules(roles.object(place), org.SyncRoles)
		set.Organization.Name = place
		sets = append(sets, set)
	}
	return sets
}

func readSyncDraftRules(o object, kind org.SyncKind) org.SyncRules {
	set := org.SyncRules{Kind: kind, Field: o.text("field"), Mapping: o.mapping("mapping")}
	if set.AssignDefault = true; kind == org.SyncOrganizations && o.has("organization_assign_default") {
		set.AssignDefault = o.flag("organization_assign_default")
	}
	return set
}

// testedProvider returns a provider from the settings: the first if none is named, nil if the name is unknown. A
// command that works on the database reaches no provider; it knows their settings, or takes the claims as they are.
func (s *Server) testedProvider(c *call, id string) *org.Provider {
	if c.actor.Operator && s.Policies == nil && id != "" {
		return &org.Provider{ID: id, Name: id}
	}
	for i := range s.Policies {
		if p := &s.Policies[i]; id == "" || p.ID == id {
			return p
		}
	}
	list := s.Providers.List()
	if id == "" && len(list) > 0 {
		id = list[0].ID
	}
	p, err := s.Providers.Policy(id)
	if err != nil {
		return nil
	}
	return p
}

// releaseSync releases a source, or gives it up.
func (s *Server) releaseSync(c *call) (reply, error) {
	q := c.query()
	source := q.text("source")
	if source == "" {
		q.addError("source", `must be given, like "oidc:okta"`)
	}
	if err := q.problem(); err != nil {
		return reply{}, err
	}
	action := org.Given("")
	if b := c.receive(); len(b.data) > 0 || b.tooLarge {
		action = decode(c, func(o object) string { return o.text("action") })
	}
	done, err := s.Service.Sync.Release(c.ctx, c.actor, source, action)
	if err != nil {
		return c.again(err, func(e *org.Error) (page, error) { return s.syncPage(c, views.Sync{Err: e}) })
	}
	said := "What " + done.Source.Words() + " no longer gives ends at the next sign-ins."
	switch done.Action {
	case org.ReleaseKeep:
		said = "People keep what " + done.Source.Words() + " gave. It counts as given by hand now."
	case org.ReleaseEnd:
		said = "What " + done.Source.Words() + " gave has ended."
	}
	return reply{json: client.SyncReleased{Source: string(done.Source), People: done.People, Kept: done.Kept}, next: to("/settings/sync", said)}, nil
}

func wireSyncForecast(f *org.SyncForecast) client.SyncForecast {
	w := client.SyncForecast{
		States: map[string]string{}, Unmatched: append([]string{}, f.Unmatched...),
		Organizations: each(f.Organizations, func(l *org.SyncLine) client.SyncForecastPlace {
			return client.SyncForecastPlace{ID: l.Organization, Name: l.OrganizationName, Rule: l.Rule, Change: string(l.Change)}
		}),
		Roles: each(f.Roles, func(l *org.SyncLine) client.SyncForecastRole {
			return client.SyncForecastRole{OrganizationID: l.Organization, Role: l.Role, Rule: l.Rule, Change: string(l.Change)}
		}),
		SiteRoles: each(f.SiteRoles, func(l *org.SyncLine) client.SyncForecastSiteRole {
			return client.SyncForecastSiteRole{Role: l.Role, Rule: l.Rule, Change: string(l.Change)}
		}),
		Held: each(f.Held, func(h *org.SyncHeld) client.SyncForecastHeld {
			return client.SyncForecastHeld{OrganizationID: optionalID(h.Organization), Role: h.Role, Rule: h.Rule, Why: string(h.Why)}
		}),
	}
	for claim, state := range f.States {
		w.States[claim] = string(state)
	}
	if f.Impact != nil {
		w.Impact = &client.SyncImpact{
			People: f.Impact.People, Complete: f.Impact.Complete,
			Losses: each(f.Impact.Losses, wireSyncImpactLine), Gains: each(f.Impact.Gains, wireSyncImpactLine),
		}
	}
	return w
}

func wireSyncImpactLine(l *org.SyncImpactLine) client.SyncImpactLine {
	return client.SyncImpactLine{
		OrganizationID: optionalID(l.Organization), Organization: l.OrganizationName, Role: l.Role, People: l.People,
		Sample: append([]string{}, l.Sample...),
	}
}

// optionalID returns an id that may be missing.
func optionalID(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}
